using InfoLink.Contracts.Identifiers;

namespace InfoLink.Broker.Exchange;

/// <summary>
/// Lets one call at a time look at an exchange's records and add to them. A fixed number of gates: two exchanges may share one and then
/// only wait for each other.
/// </summary>
internal sealed class ExchangeGates : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(15);
    private readonly SemaphoreSlim[] _gates = [.. Enumerable.Range(0, 256).Select(_ => new SemaphoreSlim(1, 1))];

    /// <exception cref="TimeoutException">The call before is stuck; the edge answers with a fault.</exception>
    public async Task<IDisposable> EnterAsync(ExchangeId exchange, CancellationToken cancellation)
    {
        var gate = _gates[(uint)exchange.GetHashCode() % _gates.Length];
        return await gate.WaitAsync(Deadline, cancellation) ? new Pass(gate) : throw new TimeoutException("The exchange's gate did not open.");
    }

    public void Dispose()
    {
        foreach (var gate in _gates)
        {
            gate.Dispose();
        }
    }

    private sealed class Pass(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }
}
