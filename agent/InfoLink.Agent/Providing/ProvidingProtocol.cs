using InfoLink.Agent.AccessLog;
using InfoLink.Agent.Calls;
using InfoLink.Agent.Ledger;
using InfoLink.Agent.Trust;
using InfoLink.Agent.Watching;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Tokens;
using InfoLink.Transparency;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Providing;

/// <summary>
/// The provider's part in an exchange (SPEC §3, steps 6–8). In this order, and nothing later runs if one fails:
/// <list type="number">
/// <item>The peer is a member (the edge has seen to it) and not blocked here.</item>
/// <item>The token: type, algorithm, signature, issuer, audience, times.</item>
/// <item>The token is bound to the peer's certificate, to the recipient key and to the conditions.</item>
/// <item>The own catalog and the own switches allow it, the agency is open by its own hours, and there is a source for every kind.</item>
/// <item>The receipt: every field of its open part equals the token's, and it stands in the broker's log.</item>
/// <item>The own durable ledger: first time this token? Only here it is spent.</item>
/// <item>Redeem at the broker; the log's history and the codes are held against the record.</item>
/// <item>Each subject: person, source, layout, seal, signature, or the queue that people answer; <em>answered</em> in the own log, durable; then the reply.</item>
/// </list>
/// </summary>
internal sealed class ProvidingProtocol(
    TokenVerification tokens,
    FetchChecks checks,
    SpentLedger ledger,
    BrokerCalls broker,
    LogTrust brokerLog,
    EvidenceFolder evidence,
    LeafCertificates certificates,
    SubjectAnswers answers,
    ContentSeal content,
    Settlements settlements,
    AgencyRecords records,
    RefusalRecords refusals,
    AgentTelemetry telemetry)
{
    private static readonly Particulars Automatic = new() { Operator = "automatic", Terminal = "infolink-agent" };

    public async Task<Outcome<SealedAnswers>> AnswerAsync(Peer peer, Fetch fetch, CancellationToken cancellation)
    {
        var about = new OpenPart { Requester = peer.Id.Value, TokenSha256 = fetch.Token.Sha256.ToByteString() };

        // 1. Blocked here?
        if (checks.WhyBlocked(peer.Member) is { } blocked)
        {
            return await refusals.RefuseAsync(peer.Id, about, blocked);
        }

        // 2. The token.
        var verified = await tokens.VerifyAsync(fetch.Token);
        if (verified is not Outcome<TokenClaims>.Done { Value: var claims })
        {
            return await refusals.RefuseAsync(peer.Id, about, ((Outcome<TokenClaims>.Refused)verified).Refusal);
        }

        // 3.–5. Bound, allowed, on record at the broker, who can be asked. Nothing has burned so far.
        about = ApprovedRecord.OpenPart(claims, fetch.Token.Sha256, claims.IssuedAt, Sha256Digest.Zero);
        var refusal = FetchChecks.WhyNotBound(peer, claims, fetch)
            ?? checks.WhyNotAllowed(peer, claims, fetch.Conditions)
            ?? ApprovedRecord.CheckAgainstToken(fetch.Receipt, claims, fetch.Token.Sha256)
            ?? broker.WhyNotReachable();
        if (refusal is not null)
        {
            return await RefuseAsync(peer, about, refusal, claims, fetch);
        }

        var included = brokerLog.Included(fetch.Receipt);
        if (included is not Outcome<SignedCheckpoint>.Done { Value: var tree })
        {
            return await RefuseAsync(peer, about, ((Outcome<SignedCheckpoint>.Refused)included).Refusal, claims, fetch);
        }

        // 6. Spent, here and now and for good.
        about = AccessEntry.TryParse(fetch.Receipt.OpenPart.Span)!;
        var attempt = AttemptId.New();
        if (await ledger.WhyNotSpendAsync(claims, attempt) is { } spent)
        {
            return await refusals.RefuseAsync(peer.Id, about, spent, claims.Count);
        }

        // From here on every end is on record, whether the requester goes away or something breaks.
        try
        {
            return await AnswerSpentAsync(peer, about, claims, fetch, tree, attempt, cancellation);
        }
        catch (Exception fault) when (fault is not LogUnavailableException)
        {
            var why = fault is OperationCanceledException ? RefusalName.AnswerLost : RefusalName.InternalFault;
            await records.AppendAsync(about, AccessEvent.Failed, [], Automatic, why);
            throw;
        }
    }

    private async Task<Outcome<SealedAnswers>> AnswerSpentAsync(
        Peer peer, OpenPart about, TokenClaims claims, Fetch fetch, SignedCheckpoint tree, AttemptId attempt, CancellationToken cancellation)
    {
        // 7. The broker's word, once; the same attempt may ask again. A requester that leaves now does not stop it: the token is spent.
        var pin = brokerLog.PinOf(tree.Checkpoint.Origin);
        var request = new RedeemRequest
        {
            Token = fetch.Token.Reveal(),
            AttemptId = attempt.ToArray().ToByteString(),
            Pin = new LogPin { Origin = tree.Checkpoint.Origin, Size = pin?.Checkpoint.Size ?? 0 },
            ReceiptSize = tree.Checkpoint.Size,
        };
        var own = certificates.Current;
        var redeemed = await broker.RedeemAsync(own, request, CancellationToken.None);
        if (redeemed is not Outcome<RedeemReply>.Done { Value: var reply })
        {
            return await refusals.RefuseAsync(peer.Id, about, ((Outcome<RedeemReply>.Refused)redeemed).Refusal, claims.Count);
        }

        if ((brokerLog.WhyNotOneHistory(tree, pin, reply) ?? checks.WhyNotCommitted(fetch, claims, reply)) is { } notBelieved)
        {
            return await RefuseAsync(peer, about, notBelieved, claims, fetch, reply);
        }

        // 8. The answers. They leave when they are on record; what came of each then goes to the broker.
        (uint, LinkCode)[] subjects = [.. reply.Subjects.Select(subject => (subject.Index, LinkCode.FromBytes(subject.LinkCode.Span)))];
        var results = await answers.ReadAsync(claims, fetch, subjects, cancellation);
        var sealedAnswers = SubjectAnswers.Seal(results, claims, fetch, own, content);
        await records.AppendAsync(about, AccessEvent.Answered, results.Zip(sealedAnswers.Subjects, sealedAnswers.Contents).Select(Answered), answers.ParticularsOf(results, Automatic));
        await answers.CollectedAsync(results);
        settlements.Enqueue(claims.ExchangeId);
        telemetry.Persons(AgentTelemetry.Answered, claims.Entry.Value, results.Select(result => AgentTelemetry.Word(result.Outcome)));
        return sealedAnswers;
    }

    /// <summary>Refuses; what was signed and must not have been is kept beside the record.</summary>
    private Task<Refusal> RefuseAsync(Peer peer, OpenPart about, Refusal why, TokenClaims claims, Fetch fetch, RedeemReply? reply = null)
    {
        if (why.Name is RefusalName.ReceiptInvalid or RefusalName.CommitmentInvalid)
        {
            evidence.KeepReceipt(fetch.Token, fetch.Receipt, reply);
        }

        return refusals.RefuseAsync(peer.Id, about, why, claims.Count);
    }

    private static OwnSubject Answered((SubjectResult Result, SealedSubject Sealed, byte[]? Content) subject) => new(
        subject.Result.Index,
        CommitmentSide.ProviderCode,
        subject.Result.Code,
        subject.Result.Outcome,
        subject.Result.Outcome == SubjectOutcome.AnsweredOutcome ? Sha256Digest.FromBytes(subject.Sealed.Digest.Span) : null)
    {
        SealedContent = subject.Content,
    };
}
