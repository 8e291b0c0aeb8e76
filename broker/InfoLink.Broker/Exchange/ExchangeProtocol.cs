using InfoLink.Broker.AccessLog;
using InfoLink.Broker.Catalog;
using InfoLink.Broker.Codes;
using InfoLink.Broker.Limits;
using InfoLink.Broker.Membership;
using InfoLink.Broker.Tokens;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Refusals;
using InfoLink.Transparency;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Broker.Exchange;

/// <summary>
/// The broker's part in an exchange (SPEC §3). Who calls is known already: the edge takes the agency from the certificate.
/// <list type="number">
/// <item><b>Authorize</b>: provider a member? → catalog allows it? → provider open? → not too many persons? → link codes to persons → token → grant kept and approval on record,
/// side by side → the token may leave.</item>
/// <item><b>Redeem</b>: token known? → for this caller? → nobody suspended since? → compare-and-set issued to redeemed → provider's link
/// codes → on record → they may leave.</item>
/// <item><b>Settle</b>: redeemed by this caller? → not settled otherwise? → on record.</item>
/// </list>
/// Write before act: an approval, a redeem and a refusal are durable before the caller hears of them.
/// </summary>
internal sealed partial class ExchangeProtocol(
    Members members,
    CatalogInForce catalog,
    CodeConversion codes,
    GrantedCodes grantedCodes,
    TokenDesk tokens,
    ExchangeRecords records,
    LogHistories histories,
    RefusalRecords refusals,
    ExchangeLimits limits,
    ExchangeGates gates,
    TimeProvider time,
    ILogger<ExchangeProtocol> logger)
{
    public async Task<Outcome<Approval>> AuthorizeAsync(Caller caller, AuthorizationRequest request, CancellationToken cancellation)
    {
        // One member list and one catalog for the whole call.
        var (list, inForce) = (members.Current, catalog.Current);
        var claims = Claims(list, inForce, caller, request);

        // 1. The decision: who may ask whom, for which task, about whom, for what.
        var decision = Decide(list, inForce, caller, request, request.LinkCodes.Count);
        if (decision is not Outcome<Member>.Done { Value: var provider })
        {
            return await refusals.RefuseAsync(caller.Id, About(), ((Outcome<Member>.Refused)decision).Refusal, request.LinkCodes.Count);
        }

        // Not more persons than this agency and this entry may ask for; what deciphering will show is not known yet.
        if (limits.Persons.WhyNot(caller.Id, request.Entry, request.LinkCodes.Count) is { } tooMany)
        {
            return await refusals.RefuseAsync(caller.Id, About(), tooMany, request.LinkCodes.Count);
        }

        // 2. The persons, each once. A code that is refused is refused alone, and every one in the same way.
        var ids = await codes.IdentifyAsync(caller.Member, request.LinkCodes, cancellation);
        if (ids.Count(id => id.IsNone) is var strange and > 0)
        {
            limits.Codes.Count(caller.Id, strange);
        }

        GrantedSubject[] subjects =
        [
            .. Enumerable.Range(0, ids.Length).Where(i => !ids[i].IsNone).Select(i => new GrantedSubject((uint)i, request.LinkCodes[i].Epoch, ids[i])),
        ];
        if (ids.Length > 1 && (subjects.DistinctBy(subject => subject.Id).Count() < subjects.Length || request.LinkCodes.Distinct().Count() < ids.Length))
        {
            return await refusals.RefuseAsync(caller.Id, About(), RefusalName.SubjectRepeated, request.LinkCodes.Count);
        }

        uint[] refused = [.. Enumerable.Range(0, ids.Length).Where(i => ids[i].IsNone).Select(i => (uint)i)];
        Array.Clear(ids); // From here on the persons are the grant's, which is wiped at the end.
        if (refused.Length > 0)
        {
            // Where others are approved, the exchange id ties the two records together.
            var about = About();
            about.ExchangeId = (subjects.Length == 0 ? [] : claims.ExchangeId.ToArray()).ToByteString();
            await refusals.RecordAsync(caller.Id, about, RefusalName.LinkCodeRefused, refused);
        }

        if (subjects.Length == 0)
        {
            return new Refusal(RefusalName.LinkCodeRefused);
        }

        // Fewer persons may be another mode; the provider will decide on those that are left, and so does the broker.
        if (refused.Length > 0 && Decide(list, inForce, caller, request, subjects.Length) is Outcome<Member>.Refused { Refusal: var noLonger })
        {
            return await refusals.RefuseAsync(caller.Id, About(), noLonger, subjects.Length);
        }

        // 3. The token, and what is kept until it is redeemed.
        var issued = tokens.Make(claims with { Count = subjects.Length });
        var approval = ApprovedRecord.OpenPart(issued.Claims, issued.Token.Sha256, time.GetUtcNow(), request.RequestCommitment);
        using var grant = TokenDesk.Grant(approval, provider.CodeEpochs.Current, subjects);
        var granted = grantedCodes.Of(grant, approval);
        NewSubject[] persons = [.. granted.Select(code => code.ToRecord())];

        // 4. Grant and record side by side; the token leaves after both, or not at all.
        var keeping = tokens.KeepAsync(issued, grant, CancellationToken.None);
        var recording = records.ApprovedAsync(approval, persons);
        try
        {
            await Task.WhenAll(keeping, recording);
        }
        catch
        {
            await tokens.TryRevokeAsync(issued);
            if (recording.IsCompletedSuccessfully)
            {
                await records.WithdrawnAsync(approval, RefusalName.TokenStoreUnavailable, persons);
            }

            throw;
        }

        var proof = await histories.OfAsync(await recording, request.Pins, CancellationToken.None);
        return new Approval(issued.Claims.ExchangeId, issued.Token, proof, granted, refused);

        OpenPart About() => Refusable(
            ApprovedRecord.OpenPart(claims, Sha256Digest.Zero, time.GetUtcNow(), request.RequestCommitment).WithoutToken(), list, inForce, request);
    }

    public async Task<Outcome<Redeemed>> RedeemAsync(Caller caller, RedeemCall call, CancellationToken cancellation)
    {
        // 1. The grant, by the token's id. No JWT work: the whole token's hash is compared with the one on record.
        if (await tokens.FindAsync(call.TokenId, cancellation) is not { } found)
        {
            var unknown = new OpenPart { Provider = caller.Id.Value, TokenSha256 = call.Token.Sha256.ToByteString() };
            return await refusals.RefuseAsync(caller.Id, unknown, RefusalName.TokenUnknown, subjects: 0);
        }

        // 2. Is it this token, and for this caller?
        using var grant = found.Grant;
        var approval = found.Approval;
        var exchange = ExchangeId.FromBytes(approval.ExchangeId.Span);
        if (WhyNot(caller, call.Token, approval) is { } no)
        {
            return await refusals.RefuseAsync(caller.Id, approval, no, grant.Subjects.Length);
        }

        // 3. Once. Only the attempt that made it may ask again.
        using var pass = await gates.EnterAsync(exchange, cancellation);
        var redemption = await tokens.RedeemAsync(found, call.Attempt, cancellation);
        var onRecord = redemption == Redemption.Repeated && await IsOnRecordAsync(exchange, AccessEvent.Redeemed, cancellation);
        if (WhyNot(redemption, approval, onRecord) is { } notRedeemed)
        {
            if (redemption == Redemption.Spent)
            {
                Log.SpentAgain(logger, exchange.ToString(), caller.Id.Value);
            }

            return await refusals.RefuseAsync(caller.Id, approval, notRedeemed, grant.Subjects.Length);
        }

        // 4. The provider's codes leave when the redeem is on record; for a repeated attempt it may be on record already.
        var granted = grantedCodes.Of(grant, approval);
        if (!onRecord)
        {
            await records.RedeemedAsync(approval, [.. granted.Select(code => code.ToRecord())]);
        }

        var history = await histories.ForRedeemAsync(call.Pin, call.ReceiptSize, CancellationToken.None);
        return new Redeemed(exchange, Sha256Digest.Of(grant.OpenPart), granted, history);
    }

    public async Task<Outcome<Settlement>> SettleAsync(Caller caller, Settlement settlement, CancellationToken cancellation)
    {
        using var pass = await gates.EnterAsync(settlement.ExchangeId, cancellation);
        var onRecord = await records.FindAsync(settlement.ExchangeId, cancellation);

        // 1. Only the provider that redeemed this very token may say what came of it.
        var redeemed = onRecord.FirstOrDefault(entry => entry.Open.Event == AccessEvent.Redeemed && IsOf(caller, settlement, entry.Open));
        if (redeemed is null)
        {
            var approved = onRecord.FirstOrDefault(entry => entry.Open.Event == AccessEvent.Approved && IsOf(caller, settlement, entry.Open));
            var about = approved?.Open ?? new OpenPart { ExchangeId = settlement.ExchangeId.ToArray().ToByteString() };
            var name = approved is null ? RefusalName.ExchangeUnknown : RefusalName.ExchangeNotRedeemed;
            return await refusals.RefuseAsync(caller.Id, about, name, settlement.Subjects.Count);
        }

        if (!settlement.Subjects.Select(subject => subject.Index).SequenceEqual(redeemed.Subjects.Select(subject => subject.Index)))
        {
            return new Refusal(RefusalName.RequestMalformed, "subjects");
        }

        // 2. Settled before: the same again changes nothing, another outcome is an alarm.
        if (onRecord.FirstOrDefault(entry => entry.Open.Event == AccessEvent.Settled) is { } settled)
        {
            if (IsSame(settlement, settled))
            {
                return settlement;
            }

            Log.SettledDifferently(logger, settlement.ExchangeId.ToString(), caller.Id.Value);
            return await refusals.RefuseAsync(caller.Id, redeemed.Open, RefusalName.SettleConflict, settlement.Subjects.Count);
        }

        // 3. On record.
        await records.SettledAsync(redeemed, [.. settlement.Subjects.Zip(redeemed.Subjects, (subject, person) => subject.ToRecord(person))]);
        return settlement;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Critical, "ALARM: the token of exchange {Exchange} was presented a second time, by {Provider}, in another attempt")]
        public static partial void SpentAgain(ILogger logger, string exchange, string provider);

        [LoggerMessage(2, LogLevel.Critical, "ALARM: {Provider} settled exchange {Exchange} a second time, and differently")]
        public static partial void SettledDifferently(ILogger logger, string exchange, string provider);
    }
}
