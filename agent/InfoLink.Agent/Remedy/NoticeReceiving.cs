using InfoLink.Agent.Links;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Tokens;
using InfoLink.Transparency;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Remedy;

/// <summary>
/// What another agency tells of an exchange (SPEC §15). In this order, and nothing later runs if one fails:
/// <list type="number">
/// <item>The message is well formed.</item>
/// <item>The same notice is here already: the answer is what has become of it.</item>
/// <item>The agency's own log has the exchange, with the caller as its other party and these persons in it; else one refusal for all.</item>
/// <item>There is room in the list.</item>
/// <item>CORRECTED in the own log, durable.</item>
/// <item>With a wrong link there: the own links of these persons are due for verification here. Nothing is closed.</item>
/// <item>The list for this agency's people, durable; then the reply.</item>
/// </list>
/// </summary>
internal sealed partial class NoticeReceiving(
    RemedyStore store, CorrectionRecords records, RefusalRecords refusals, LinkTable links, TimeProvider time, ILogger<NoticeReceiving> logger) : IDisposable
{
    /// <summary>Notices that nobody has taken note of, at most: of all agencies, and of one.</summary>
    public const int MostOpen = 100_000;

    /// <inheritdoc cref="MostOpen"/>
    public const int MostOpenOfOne = 20_000;

    private static readonly TimeSpan UntilSomebodyLooks = TimeSpan.FromHours(1);
    private readonly SemaphoreSlim _one = new(1); // Two of the same at once would be two records.

    public async Task<Outcome<CorrectionAcknowledgement>> ReceiveAsync(AgencyId caller, CorrectionNotice message, CancellationToken cancellation)
    {
        // 1. Well formed.
        if (TryRead(caller, message) is not { } notice)
        {
            return await refusals.RefuseAsync(caller, new OpenPart(), new Refusal(RefusalName.RequestMalformed, "notice"));
        }

        await _one.WaitAsync(cancellation);
        try
        {
            // 2. Here already.
            if (await store.ReceivedAsync(caller, notice.Reference, notice.Exchange, cancellation) is { } known)
            {
                return known.Side == notice.Side && known.Reason == notice.Reason && known.Indices.SequenceEqual(notice.Indices)
                    ? Acknowledgement(known)
                    : await RefuseAsync(caller);
            }

            // 3. An exchange of the two agencies, with these persons.
            var entries = await records.FindAsync(notice.Exchange, cancellation);
            if (records.Own(entries, CorrectionRecords.Other(notice.Side), caller, notice.Indices) is not { } own)
            {
                return await RefuseAsync(caller);
            }

            // 4. Room.
            var (all, ofCaller) = await store.OpenNoticesAsync(caller, cancellation);
            if (all >= MostOpen || ofCaller >= MostOpenOfOne)
            {
                return new Refusal(RefusalName.Overloaded, "notices that nobody has taken note of", UntilSomebodyLooks);
            }

            // 5. On record; from here on nothing is given up.
            var correction = new Correction { Reference = message.Reference, Reason = notice.Reason, FoundBy = caller.Value };
            await records.RecordAsync(entries, own, correction, notice.Indices, new Particulars { Operator = "automatic", Terminal = "infolink-agent" });

            // 6. The own links.
            if (notice.Reason == CorrectionReason.WrongLink)
            {
                var act = new LinkAct("automatic", $"{caller} found a wrong link of its own in exchange {notice.Exchange}");
                foreach (var subject in own.Subjects.Where(subject => notice.Indices.Contains(subject.Index)))
                {
                    if (subject.OwnLinkCode is { } code)
                    {
                        await links.NoticedAsync(LinkCode.FromBytes(code), act, CancellationToken.None);
                    }
                }
            }

            // 7. The list.
            await store.KeepAsync(notice);
            Log.Received(logger, caller.Value, notice.Exchange.ToString(), RemedyReport.NameOf(notice.Reason));
            return Acknowledgement(notice);
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    /// <summary>Another agency's exchange, an unknown one and another person's place are one answer.</summary>
    private Task<Refusal> RefuseAsync(AgencyId caller) => refusals.RefuseAsync(caller, new OpenPart(), RefusalName.CorrectionRefused);

    private static CorrectionAcknowledgement Acknowledgement(ReceivedNotice notice) =>
        new() { TimeMs = notice.ReceivedAt.ToUnixTimeMilliseconds(), State = notice.State };

    private ReceivedNotice? TryRead(AgencyId caller, CorrectionNotice message) =>
        message.Reference.Length == RemedyNotice.ReferenceSize
        && ExchangeId.TryFromBytes(message.ExchangeId.Span, out var exchange)
        && message.Indices.Count is >= 1 and <= TokenRules.MaxSubjects
        && message.Indices.Zip(message.Indices.Skip(1)).All(pair => pair.First < pair.Second)
        && message.Reason is CorrectionReason.WrongLink or CorrectionReason.CorrectedRecord
        && message.Side is ExchangeSide.RequesterSide or ExchangeSide.ProviderSide
        && message.TimeMs is >= 0 and < 253_402_300_800_000
            ? new ReceivedNotice(0, caller, exchange, message.Side, [.. message.Indices], message.Reason, CorrectionState.CorrectionOpen, time.GetUtcNow())
            {
                Reference = message.Reference.ToByteArray(),
                DecidedThereAt = DateTimeOffset.FromUnixTimeMilliseconds(message.TimeMs),
            }
            : null;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Agency {Caller} corrects exchange {Exchange}: {Reason}. A person looks: infolink-agent remedy notices")]
        public static partial void Received(ILogger logger, string caller, string exchange, string reason);
    }
}
