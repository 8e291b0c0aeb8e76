using InfoLink.Agent.Calls;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Refusals;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Remedy;

/// <summary>
/// Tells counterparts of what a person has decided. For each notice in this order: CORRECTED in the own log, durable → the counterpart → what came of it,
/// durable. The store is the outbox; a hint after a decision makes it quick, a look every minute makes it sure. Who cannot be reached is tried again, at longer
/// and longer distances up to an hour, for <see cref="GiveUpAfter"/>; then a person is told. A counterpart whose people have not taken note is asked again once a day.
/// </summary>
internal sealed partial class NoticeOutbox(
    RemedyStore store, EndedLinks ended, CorrectionRecords records, CorrectionCalls calls, LeafCertificates certificates, AgencyId self, TimeProvider time, ILogger<NoticeOutbox> logger)
    : IAsyncDisposable
{
    /// <summary>How long after the decision a counterpart is tried.</summary>
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromDays(14);

    /// <summary>How long after the decision a counterpart is asked what its people have made of it.</summary>
    public static readonly TimeSpan AskFor = TimeSpan.FromDays(90);

    private const int Batch = 100;
    private const int SideBySide = 8;
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);
    private static readonly TimeSpan AskAgain = TimeSpan.FromDays(1);
    private readonly SemaphoreSlim _due = new(0);
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>Somebody has decided.</summary>
    public void Wake() => _due.Release();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
        _due.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await ended.LookAsync(_stop.Token);
                await SendAsync(_stop.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                Log.RoundFailed(logger, fault); // The store says what is left; the next round finds it.
            }

            try
            {
                using var timer = new CancellationTokenSource(Interval, time);
                using var wait = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, timer.Token);
                await _due.WaitAsync(wait.Token);
            }
            catch (OperationCanceledException)
            {
                // Time for a round, or for the end.
            }
        }
    }

    private async Task SendAsync(CancellationToken cancellation)
    {
        while (await store.DueAsync(time.GetUtcNow(), Batch, cancellation) is { Count: > 0 } due)
        {
            foreach (var some in due.GroupBy(notice => notice.About.Counterpart).Chunk(SideBySide))
            {
                await Task.WhenAll(some.Select(group => SendAllAsync([.. group], cancellation)));
            }
        }
    }

    /// <summary>One agency's, one after the other; who does not answer once is left alone for a while.</summary>
    private async Task SendAllAsync(IReadOnlyList<RemedyNotice> notices, CancellationToken cancellation)
    {
        foreach (var notice in notices)
        {
            if (await SendAsync(notice, cancellation) is { } again)
            {
                await store.PostponeAsync(notice.About.Counterpart, again);
                return;
            }
        }
    }

    /// <returns>When the counterpart may be tried again, where it does not answer now.</returns>
    private async Task<DateTimeOffset?> SendAsync(RemedyNotice notice, CancellationToken cancellation)
    {
        var decided = await store.CaseAsync(notice.Case, cancellation) is { DecidedAt: not null } found
            ? found
            : throw new InvalidOperationException($"Notice of case {notice.Case}, which nobody has decided.");
        var now = time.GetUtcNow();
        var isNew = notice.Progress == NoticeProgress.Due;
        var indices = notice.About.Subjects.Select(subject => subject.Index).ToList();
        if (isNew)
        {
            var entries = await records.FindAsync(notice.About.Exchange, cancellation);
            if (records.Own(entries, notice.About.Side, notice.About.Counterpart, indices) is not { } own)
            {
                return await EndAsync(NoticeProgress.Undelivered, RefusalName.ExchangeUnknown); // The record has expired since it was listed.
            }

            var correction = new Correction { Reference = notice.Reference.ToArray().ToByteString(), Reason = decided.Reason, FoundBy = self.Value };
            await records.RecordAsync(
                entries, own, correction, indices, new Particulars { Operator = decided.Decision!.Operator, Terminal = "infolink-agent", Use = $"remedy case {decided.Number}" });
        }

        var message = new CorrectionNotice
        {
            Reference = notice.Reference.ToArray().ToByteString(),
            ExchangeId = notice.About.Exchange.ToArray().ToByteString(),
            Indices = { indices },
            Reason = decided.Reason,
            Side = notice.About.Side,
            TimeMs = decided.DecidedAt!.Value.ToUnixTimeMilliseconds(),
        };
        switch (await calls.NotifyAsync(certificates.Current, notice.About.Counterpart, message, cancellation))
        {
            case Outcome<CorrectionAcknowledgement>.Done { Value: var reply }:
                var next = reply.State == CorrectionState.CorrectionActed || now + AskAgain > decided.DecidedAt + AskFor ? DateTimeOffset.MaxValue : now + AskAgain;
                await store.ProgressAsync(notice, NoticeProgress.Acknowledged, refusal: null, (now, reply.State), next);
                return null;

            // The counterpart's last word. What is acknowledged stays so, though its record may have expired there since.
            case Outcome<CorrectionAcknowledgement>.Refused { Refusal.Name: (RefusalName.CorrectionRefused or RefusalName.RequestMalformed) and var last }:
                if (isNew)
                {
                    return await EndAsync(NoticeProgress.Refused, last);
                }

                await store.ProgressAsync(notice, notice.Progress, last, acknowledged: null, DateTimeOffset.MaxValue);
                return null;

            case Outcome<CorrectionAcknowledgement>.Refused { Refusal.Name: var name } when isNew && now > decided.DecidedAt + GiveUpAfter:
                return await EndAsync(NoticeProgress.Undelivered, name);

            case Outcome<CorrectionAcknowledgement>.Refused { Refusal: var refusal }:
                var again = now + Pause(notice.Attempts, refusal);
                await store.ProgressAsync(notice, notice.Progress, refusal.Name, acknowledged: null, again);
                return again;

            default:
                throw new InvalidOperationException("An outcome is done or refused.");
        }

        async Task<DateTimeOffset?> EndAsync(NoticeProgress progress, RefusalName? why)
        {
            await store.ProgressAsync(notice, progress, why, acknowledged: null, DateTimeOffset.MaxValue);
            Log.NotTold(logger, notice.Case, notice.About.Counterpart.Value, notice.About.Exchange.ToString(), why is { } name ? RefusalTable.Of(name).Text : "-");
            return null;
        }
    }

    private static TimeSpan Pause(int attempts, Refusal refusal)
    {
        var pause = FirstPause * Math.Pow(2, Math.Min(attempts, 10));
        return refusal.RetryAfter > pause ? refusal.RetryAfter : pause < LongestPause ? pause : LongestPause;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Critical, "ALARM: remedy case {Case}: agency {Counterpart} could not be told of exchange {Exchange} ({Refusal}). A person tells it by other means")]
        public static partial void NotTold(ILogger logger, long @case, string counterpart, string exchange, string refusal);

        [LoggerMessage(2, LogLevel.Error, "Notices of corrections could not go on; what is left stands in the store")]
        public static partial void RoundFailed(ILogger logger, Exception fault);
    }
}
