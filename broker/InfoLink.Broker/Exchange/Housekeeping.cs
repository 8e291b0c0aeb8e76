using InfoLink.Broker.AccessLog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Transparency;
using InfoLink.V1;

namespace InfoLink.Broker.Exchange;

/// <summary>
/// What the broker does by itself every few seconds: writes <em>unsettled</em> for exchanges that nobody settled in time, puts counted
/// refusals on record, and brings the index of persons up to date.
/// </summary>
internal sealed partial class Housekeeping(
    ExchangeRecords records,
    RefusalRecords refusals,
    ExchangeGates gates,
    TimeSpan settleWithin,
    TimeProvider time,
    ILogger<Housekeeping> logger) : IAsyncDisposable
{
    private const int Batch = 500;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>How far back the first round looks: what is older was judged before, even after a month's outage.</summary>
    private static readonly TimeSpan LookBack = TimeSpan.FromDays(30);

    private readonly CancellationTokenSource _stop = new();
    private DateTimeOffset? _judgedUntil;
    private Task _running = Task.CompletedTask;

    public void Start() => _running = Task.Run(RunAsync);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    /// <summary>One round.</summary>
    public async Task RoundAsync(CancellationToken cancellation)
    {
        await refusals.FlushAsync(all: false);

        var until = time.GetUtcNow() - settleWithin;
        var open = await records.FindUnsettledAsync(_judgedUntil ?? until - LookBack, until, Batch, cancellation);
        await Task.WhenAll(open.Select(exchange => UnsettleAsync(exchange, cancellation)));
        if (open.Count < Batch)
        {
            _judgedUntil = until;
        }

        await records.IndexPersonsAsync(cancellation);
    }

    private async Task UnsettleAsync(ExchangeId exchange, CancellationToken cancellation)
    {
        // A settlement may have come since the look: whoever is inside the gate decides.
        using var pass = await gates.EnterAsync(exchange, cancellation);
        var onRecord = await records.FindAsync(exchange, cancellation);
        if (onRecord.Any(entry => entry.Open.Event is AccessEvent.Settled or AccessEvent.Unsettled))
        {
            return;
        }

        var redeemed = onRecord.First(entry => entry.Open.Event == AccessEvent.Redeemed);
        await records.UnsettledAsync(redeemed);
        Log.Unsettled(logger, exchange.ToString(), redeemed.Open.Provider);
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                await TryAsync(() => RoundAsync(_stop.Token));
            }
            while (await timer.WaitForNextTickAsync(_stop.Token));
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            await TryAsync(() => refusals.FlushAsync(all: true));
        }
    }

    private async Task TryAsync(Func<Task> round)
    {
        try
        {
            await round();
        }
        catch (Exception exception) when (!_stop.IsCancellationRequested || exception is not OperationCanceledException)
        {
            Log.RoundFailed(logger, exception); // The next round does what this one could not.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Exchange {Exchange} was redeemed by {Provider} and not settled in time; it is on record as unsettled")]
        public static partial void Unsettled(ILogger logger, string exchange, string provider);

        [LoggerMessage(2, LogLevel.Error, "Housekeeping could not finish a round; the next one goes on")]
        public static partial void RoundFailed(ILogger logger, Exception exception);
    }
}
