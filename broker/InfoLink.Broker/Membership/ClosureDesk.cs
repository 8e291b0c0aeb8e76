using System.Collections.Frozen;
using System.Collections.Immutable;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Transparency;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Broker.Membership;

/// <summary>
/// Takes what agencies announce of their own closures, on record before it takes effect, and puts it into the directory, together with what others announce (SPEC §23): a directory goes to every
/// agency, so it is not made anew for each of them. What waits is in memory alone: an agency whose word the directory does not have says it again.
/// </summary>
internal sealed partial class ClosureDesk(DirectoryDesk directory, ActRecords acts, TimeProvider time, ILogger<ClosureDesk> logger) : IAsyncDisposable
{
    /// <summary>Of all agencies together: the directory stays a document that everybody reads.</summary>
    private const int MostOfAll = 100_000;

    /// <summary>An agency may change its word so often at once, and then once in each <see cref="ChangeEvery"/>.</summary>
    private const int ChangesAtOnce = 12;

    private static readonly TimeSpan ChangeEvery = TimeSpan.FromMinutes(10);

    /// <summary>What changes within this time is told soon; the rest together.</summary>
    private static readonly TimeSpan Near = TimeSpan.FromHours(1);

    private static readonly TimeSpan SoonEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Together = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly CancellationTokenSource _ended = new();
    private readonly Dictionary<AgencyId, ImmutableArray<Closure>> _waiting = [];
    private readonly Dictionary<AgencyId, DateTimeOffset> _changesSpentUntil = [];
    private DateTimeOffset _due = DateTimeOffset.MaxValue;
    private DateTimeOffset _toldAt = DateTimeOffset.MinValue;
    private Task _running = Task.CompletedTask;

    public void Start() => _running = RunAsync();

    /// <param name="agency">Whose word it is, by its certificate.</param>
    /// <param name="announced">All of it, well formed.</param>
    /// <param name="cancellation">Gives up; what is on record by then takes effect.</param>
    /// <returns>The closures that are not over; they are in the directory, or will be.</returns>
    /// <exception cref="LogUnavailableException">It is not on record, and does not take effect.</exception>
    public async Task<Outcome<ImmutableArray<Closure>>> AnnounceAsync(AgencyId agency, IEnumerable<Closure> announced, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            var now = time.GetUtcNow();
            ImmutableArray<Closure> closed = [.. announced.Where(closure => closure.Until > now)];
            var known = _waiting.TryGetValue(agency, out var waiting) ? waiting : directory.Current.Directory.ClosedOf(agency);
            if (Closure.AreSame(known, closed, now, DateTimeOffset.MaxValue))
            {
                return closed;
            }

            if (WhyNot(agency, closed, now) is { } not)
            {
                return not;
            }

            await acts.RecordAsync(new OperatorAct { Operator = $"agency {agency}", What = "closed", About = agency.Value, Before = string.Join(' ', known), After = string.Join(' ', closed) });
            _waiting[agency] = closed;
            var due = Closure.AreSame(known, closed, now, now + Near) ? now + Together : Later(now, _toldAt + SoonEvery);
            _due = due < _due ? due : _due;
            await TellAsync();
            return closed;
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _running;
        _ended.Dispose();
        _gate.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(LookEvery, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_ended.Token))
            {
                await _gate.WaitAsync(_ended.Token);
                try
                {
                    await TellAsync();
                }
                finally
                {
                    _gate.Release();
                }
            }
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            // The end.
        }
    }

    private Refusal? WhyNot(AgencyId agency, ImmutableArray<Closure> closed, DateTimeOffset now)
    {
        if (directory.Current.Directory.Closed.Where(pair => pair.Key != agency).Sum(pair => pair.Value.Length) + _waiting.Values.Sum(other => other.Length) + closed.Length > MostOfAll)
        {
            return new Refusal(RefusalName.Overloaded, "closed", Together);
        }

        var spentUntil = Later(now, _changesSpentUntil.GetValueOrDefault(agency)) + ChangeEvery;
        if (spentUntil - now - (ChangesAtOnce * ChangeEvery) is var wait && wait > TimeSpan.Zero)
        {
            return new Refusal(RefusalName.Overloaded, "closed", wait);
        }

        _changesSpentUntil[agency] = spentUntil;
        return null;
    }

    /// <summary>Puts what waits into the directory, where it is time. A store that is away for a while has it a little later.</summary>
    private async Task TellAsync()
    {
        var now = time.GetUtcNow();
        if (now < _due)
        {
            return;
        }

        try
        {
            await directory.ChangeAsync(With, CancellationToken.None);
            _waiting.Clear();
            (_due, _toldAt) = (DateTimeOffset.MaxValue, now);
        }
        catch (Exception fault)
        {
            _due = now + SoonEvery;
            Log.NotTold(logger, fault);
        }
    }

    private BrokerDirectory With(BrokerDirectory before)
    {
        var closed = new Dictionary<AgencyId, ImmutableArray<Closure>>(before.Closed);
        foreach (var (agency, closures) in _waiting)
        {
            closed[agency] = closures;
        }

        return before with { Closed = closed.Where(pair => pair.Value.Length > 0).ToFrozenDictionary() };
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "What agencies announced of their closures could not be put into the directory; it is tried again in a minute")]
        public static partial void NotTold(ILogger logger, Exception fault);
    }
}
