using InfoLink.Agent.AccessLog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.V1;

namespace InfoLink.Agent.Manual;

/// <summary>
/// Ends what is past its deadline: LAPSED in the own log for those whom nobody collected, durable, once; then what was asked and answered is gone from the queue. What was queued and never
/// left as <em>pending</em>, because the agent was stopped in between, has promised nothing and goes without a record.
/// </summary>
internal sealed partial class QueueLapse(QueueStore store, AgencyRecords records, TimeProvider time, ILogger<QueueLapse> logger)
{
    private const int Batch = 100;
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>How long after its deadline a question's frame can still be looked up.</summary>
    private static readonly TimeSpan KeptFor = TimeSpan.FromDays(30);

    /// <summary>Each minute; what a round leaves, the store has for the next one.</summary>
    public Rounds Rounds() => new(LookAsync, Interval, time, fault => Log.RoundFailed(logger, fault));

    /// <summary>Ends what is due now.</summary>
    public async Task LookAsync(CancellationToken cancellation)
    {
        while (await store.OverdueAsync(time.GetUtcNow(), Batch, cancellation) is { Count: > 0 } overdue)
        {
            foreach (var exchange in overdue)
            {
                await LapseAsync(exchange, cancellation);
            }
        }

        await store.ForgetAsync(time.GetUtcNow() - KeptFor);
    }

    private async Task LapseAsync(ExchangeId exchange, CancellationToken cancellation)
    {
        var lost = (await store.OfAsync(exchange, cancellation)).Where(row => row.State != QueueState.Collected).Select(row => row.Index).ToHashSet();
        var entries = await records.Store.FindAsync(exchange, cancellation);
        if (lost.Count > 0
            && entries.FirstOrDefault(entry => entry.Open.Event == AccessEvent.Answered) is { } answered
            && entries.All(entry => entry.Open.Event != AccessEvent.Lapsed))
        {
            await records.AppendAsync(answered.Open, AccessEvent.Lapsed, Lapsed.Of(answered, lost, CommitmentSide.ProviderCode), Lapsed.ByItself);
        }

        await store.LapseAsync(exchange);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Questions past their deadline could not be ended; what is left stands in the queue")]
        public static partial void RoundFailed(ILogger logger, Exception fault);
    }
}
