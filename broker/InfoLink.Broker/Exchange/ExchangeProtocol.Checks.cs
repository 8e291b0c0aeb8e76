using InfoLink.Broker.Membership;
using InfoLink.Broker.Tokens;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Tokens;
using InfoLink.Transparency;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Broker.Exchange;

/// <summary>The questions that the story asks, each answered with a refusal or with nothing.</summary>
internal sealed partial class ExchangeProtocol
{
    /// <summary>The provider, where the catalog allows the request for so many subjects, and it is open by its own word.</summary>
    private Outcome<Member> Decide(MemberList list, StatuteCatalog inForce, Caller caller, AuthorizationRequest request, int subjects)
    {
        if (!list.TryFind(request.Provider, out var provider))
        {
            return new Refusal(RefusalName.MemberUnknown, "provider");
        }

        if (provider.Suspended)
        {
            return new Refusal(RefusalName.MemberSuspended, "provider");
        }

        var decision = CatalogDecision.Decide(inForce, new CatalogQuestion
        {
            Requester = caller.Member.AsParty(),
            Provider = provider.AsParty(),
            Entry = request.Entry,
            Role = request.Role,
            Kinds = request.Kinds,
            Conditions = request.Conditions,
            Mode = CatalogQuestion.ModeFor(subjects),
            Date = JapanTime.Today(time),
            ClaimedOn = request.Conditions.ClaimedOn,
        });
        if (decision is CatalogDecision.Denied denied)
        {
            return denied.ToRefusal();
        }

        return Closure.WhyClosed(provider.Closed, time.GetUtcNow()) is { } closed ? closed : provider;
    }

    /// <summary>
    /// What a refusal's record may say: names that the catalog or the member list has. Another text in their place may be anything, a person's number too,
    /// and the broker keeps none.
    /// </summary>
    private static OpenPart Refusable(OpenPart asked, MemberList list, StatuteCatalog inForce, AuthorizationRequest request)
    {
        inForce.Entries.TryGetValue(request.Entry, out var entry);
        asked.Entry = entry is null ? "" : asked.Entry;
        asked.Role = entry?.Roles.Any(role => role.Role == request.Role) == true ? asked.Role : "";
        asked.Provider = list.TryFind(request.Provider, out _) ? asked.Provider : "";
        if (request.Kinds.Any(kind => !inForce.Kinds.ContainsKey(kind)))
        {
            var known = asked.Kinds.Where(kind => inForce.Kinds.ContainsKey(KindId.Parse(kind))).ToList();
            asked.Kinds.Clear();
            asked.Kinds.Add(known);
        }

        return asked;
    }

    private TokenClaims Claims(MemberList list, StatuteCatalog inForce, Caller caller, AuthorizationRequest request)
    {
        var issuedAt = DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());
        return new TokenClaims
        {
            Issuer = list.BrokerName.ToString(),
            Provider = request.Provider,
            Requester = caller.Id,
            TokenId = TokenId.New(),
            ExchangeId = ExchangeId.New(),
            IssuedAt = issuedAt,
            Expires = issuedAt + TokenRules.MaxLifetime,
            Confirmation = caller.Certificate,
            Entry = request.Entry,
            Role = request.Role,
            Kinds = [.. request.Kinds.OrderBy(kind => kind.Value, StringComparer.Ordinal)],
            Conditions = Sha256Digest.FromBytes(request.Conditions.Digest()),
            CatalogVersion = inForce.Version,
            Catalog = Sha256Digest.FromBytes(inForce.Sha256.Span),
            Count = request.LinkCodes.Count,
            RecipientKey = request.RecipientKey,
            Continues = request.Continues,
        };
    }

    private Refusal? WhyNot(Caller caller, ExchangeToken token, OpenPart approval)
    {
        if (!string.Equals(approval.Provider, caller.Id.Value, StringComparison.Ordinal))
        {
            return new Refusal(RefusalName.TokenNotForCaller);
        }

        if (token.Sha256 != Sha256Digest.FromBytes(approval.TokenSha256.Span))
        {
            return new Refusal(RefusalName.TokenInvalid);
        }

        return members.Current.TryFind(AgencyId.Parse(approval.Requester), out var requester) && !requester.Suspended
            ? null
            : new Refusal(RefusalName.MemberSuspended, "requester");
    }

    private Refusal? WhyNot(Redemption redemption, OpenPart approval, bool onRecord) => redemption switch
    {
        // The store drops what is past its time; where its clock lags behind ours, ours decides, and decides again for the same attempt.
        Redemption.First or Redemption.Repeated =>
            !onRecord && time.GetUtcNow() > DateTimeOffset.FromUnixTimeSeconds(approval.ExpiresAt) + TokenRules.ClockSkew
                ? new Refusal(RefusalName.TokenExpired)
                : null,
        Redemption.Spent => new Refusal(RefusalName.TokenSpent),
        Redemption.Revoked => new Refusal(RefusalName.TokenRevoked),
        _ => new Refusal(RefusalName.TokenUnknown),
    };

    private async Task<bool> IsOnRecordAsync(ExchangeId exchange, AccessEvent @event, CancellationToken cancellation) =>
        (await records.FindAsync(exchange, cancellation)).Any(entry => entry.Open.Event == @event);

    private static bool IsOf(Caller caller, Settlement settlement, OpenPart approval) =>
        string.Equals(approval.Provider, caller.Id.Value, StringComparison.Ordinal)
        && settlement.Token == Sha256Digest.FromBytes(approval.TokenSha256.Span);

    private static bool IsSame(Settlement settlement, StoredEntry settled) =>
        settlement.Subjects.Select(subject => (subject.Index, subject.Outcome, subject.Digest.ToString(), subject.DisplayHold))
            .SequenceEqual(settled.Subjects.Select(subject => (subject.Index, subject.Outcome, subject.Digest.ToString(), subject.DisplayHold)));
}
