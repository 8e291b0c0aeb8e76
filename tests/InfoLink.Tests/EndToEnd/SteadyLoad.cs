using System.Collections.Concurrent;
using InfoLink.Agent.Requesting;

namespace InfoLink.Tests.EndToEnd;

/// <summary>A few clerks who ask about one person each, one exchange after the other, until they are told to stop.</summary>
internal sealed class SteadyLoad : IAsyncDisposable
{
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(20);
    private readonly ConcurrentBag<string> _failures = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _all;
    private int _answered;

    private SteadyLoad(AgentNetwork network, IEnumerable<int> persons) => _all = Task.WhenAll(persons.Select(person => Task.Run(() => AskAsync(network, person))));

    /// <summary>Exchanges answered so far.</summary>
    public int Answered => Volatile.Read(ref _answered);

    /// <summary>Both agencies know these persons.</summary>
    public static async Task<SteadyLoad> StartAsync(AgentNetwork network, params int[] persons)
    {
        await network.LinkAsync(persons);
        return new SteadyLoad(network, persons);
    }

    /// <returns>What went wrong in any exchange, in words; empty: nothing.</returns>
    public async Task<IReadOnlyCollection<string>> StopAsync()
    {
        await _stop.CancelAsync();
        await _all;
        return _failures;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task AskAsync(AgentNetwork network, int person)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var fetched = await network.AskAsync(person);
                if (fetched.Persons is [FetchedPerson.Answered])
                {
                    Interlocked.Increment(ref _answered);
                }
                else
                {
                    _failures.Add($"{fetched}");
                }
            }
            catch (Exception fault)
            {
                _failures.Add(fault.ToString());
            }

            await Task.Delay(Breath, TimeProvider.System);
        }
    }
}
