using System.Threading.Channels;
using InfoLink.Agent.AccessLog;
using InfoLink.Agent.Calls;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting.Trust;
using InfoLink.Transparency;
using InfoLink.V1;

namespace InfoLink.Agent.Providing;

/// <summary>
/// The settle outbox. The own access log is the outbox: an exchange that is <em>answered</em> and not yet <em>settled</em> there is still to be
/// told to the broker, however often the agent was killed in between. A hint after each answer makes it quick; a look every minute makes it sure.
/// </summary>
internal sealed partial class Settlements(
    AgencyRecords records,
    RefusalRecords refusals,
    TrustBase trust,
    BrokerCalls broker,
    LeafCertificates certificates,
    TimeProvider time,
    ILogger<Settlements> logger) : IAsyncDisposable
{
    private const int Batch = 500;

    /// <summary>Settled side by side, at most: they share the commits of both logs, and a provider under load does not fall behind.</summary>
    private const int SideBySide = 8;

    private static readonly AccessEvent[] Ends = [AccessEvent.Settled, AccessEvent.Unsettled, AccessEvent.Failed];
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LookBack = TimeSpan.FromDays(30);
    private readonly Channel<ExchangeId> _hints = Channel.CreateBounded<ExchangeId>(
        new BoundedChannelOptions(10_000) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly CancellationTokenSource _stop = new();
    private DateTimeOffset? _settledUntil;
    private Task _running = Task.CompletedTask;

    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>Hints that nobody has looked at yet; what did not find room stands in the log alone.</summary>
    public int Waiting => _hints.Reader.Count;

    /// <summary>An exchange was answered just now. A hint that finds the queue full is found again in the log.</summary>
    public void Enqueue(ExchangeId exchange) => _hints.Writer.TryWrite(exchange);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    /// <summary>Settles what the log says is unsettled.</summary>
    public async Task CatchUpAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var open = await records.Store.FindOpenAsync(
            AccessEvent.Answered, Ends, _settledUntil ?? now - LookBack, now + Interval, Batch, cancellation);
        var all = true;
        foreach (var few in open.Chunk(SideBySide))
        {
            all &= await SettleAsync(few, cancellation);
        }

        if (all && open.Count < Batch)
        {
            _settledUntil = now - Interval; // What was answered before is settled; the next look need not go further back.
        }
    }

    private async Task RunAsync()
    {
        var lastLook = DateTimeOffset.MinValue;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                if (time.GetUtcNow() - lastLook >= Interval)
                {
                    lastLook = time.GetUtcNow();
                    await refusals.FlushAsync(all: false);
                    await CatchUpAsync(_stop.Token);
                }

                using var timer = new CancellationTokenSource(Interval, time);
                using var wait = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, timer.Token);
                await _hints.Reader.WaitToReadAsync(wait.Token);
                await SettleAsync(Hinted(), _stop.Token);
            }
            catch (OperationCanceledException)
            {
                // Time for a look, or for the end.
            }
            catch (Exception fault)
            {
                Log.RoundFailed(logger, fault); // The log says what is left; the next look finds it.
            }
        }

        try
        {
            await refusals.FlushAsync(all: true);
        }
        catch (LogUnavailableException fault)
        {
            Log.RoundFailed(logger, fault);
        }
    }

    /// <summary>Each once: of two that settle one exchange side by side, both would find it open.</summary>
    private HashSet<ExchangeId> Hinted()
    {
        var hinted = new HashSet<ExchangeId>(SideBySide);
        while (hinted.Count < SideBySide && _hints.Reader.TryRead(out var exchange))
        {
            hinted.Add(exchange);
        }

        return hinted;
    }

    /// <summary>A few at once; each ends by itself, whatever comes of the others.</summary>
    /// <returns>False while one is still to be settled.</returns>
    private async Task<bool> SettleAsync(IEnumerable<ExchangeId> few, CancellationToken cancellation) =>
        (await Task.WhenAll(few.Select(exchange => SettleAsync(exchange, cancellation)))).All(isSettled => isSettled);

    /// <returns>False while it is still to be settled.</returns>
    private async Task<bool> SettleAsync(ExchangeId exchange, CancellationToken cancellation)
    {
        var entries = await records.Store.FindAsync(exchange, cancellation);
        if (entries.FirstOrDefault(entry => entry.Open.Event == AccessEvent.Answered) is not { } answered
            || entries.Any(entry => Ends.Contains(entry.Open.Event)))
        {
            return true;
        }

        switch (await broker.SettleAsync(certificates.Current, Message(answered), cancellation))
        {
            case Outcome<SettleReply>.Done:
                await records.AppendAsync(answered.Open, AccessEvent.Settled, []);
                return true;

            // The broker's last word. Any other refusal is about the way to the broker, or about now: it is tried again.
            case Outcome<SettleReply>.Refused
            {
                Refusal.Name: RefusalName.SettleConflict or RefusalName.ExchangeUnknown or RefusalName.ExchangeNotRedeemed or RefusalName.RequestMalformed
            } refused:
                Log.Refused(logger, exchange.ToString(), refused.Refusal.Text);
                await records.AppendAsync(answered.Open, AccessEvent.Unsettled, [], why: refused.Refusal.Name);
                return true;

            default:
                return false;
        }
    }

    private SettleRequest Message(StoredEntry answered)
    {
        // The entry's display rule; where the entry has left the catalog since, nothing is shown sooner than it may be.
        var held = !EntryId.TryParse(answered.Open.Entry, out var id) || !trust.Catalog.Entries.TryGetValue(id, out var entry) || entry.Display.HoldDays > 0;
        var message = new SettleRequest { ExchangeId = answered.Open.ExchangeId, TokenSha256 = answered.Open.TokenSha256 };
        message.Subjects.Add(answered.Subjects.Select(subject => new SubjectSettlement
        {
            Index = subject.Index,
            Outcome = subject.Outcome,
            DisplayHold = held,
            Digest = subject.Outcome == SubjectOutcome.AnsweredOutcome ? subject.Digest.ToByteString() : Google.Protobuf.ByteString.Empty,
        }));
        return message;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Critical, "ALARM: the broker refuses the settlement of exchange {Exchange}: {Refusal}")]
        public static partial void Refused(ILogger logger, string exchange, string refusal);

        [LoggerMessage(2, LogLevel.Error, "Settling could not go on; what is left stands in the access log")]
        public static partial void RoundFailed(ILogger logger, Exception fault);
    }
}
