using System.Security.Cryptography;
using InfoLink.Agent.Service;
using InfoLink.Agent.Sources;
using InfoLink.Agent.Trust;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Sealing;
using InfoLink.Contracts.Tokens;
using InfoLink.Hosting.Trust;
using InfoLink.V1;
using InquiryConditions = InfoLink.Contracts.Catalog.InquiryConditions;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Providing;

/// <summary>
/// Everything a provider checks before its ledger is touched, in the order of SPEC §3: nothing burns a token that was not sent by the agent it
/// is bound to, for something this provider answers.
/// </summary>
/// <param name="trust">Catalog, members, directory.</param>
/// <param name="switches">The own will.</param>
/// <param name="hours">The own hours.</param>
/// <param name="sources">What is answered from.</param>
/// <param name="time">The clock.</param>
/// <param name="restored">Null: an agent without a disk, to which nothing is ever put back.</param>
internal sealed class FetchChecks(TrustBase trust, LocalSwitches switches, ServiceHours hours, SourceTable sources, TimeProvider time, RestoredMarks? restored)
{
    /// <summary>Does this provider answer nobody after a restore, has it blocked the requester by its own will, or does no entry name it as one who may ask?</summary>
    public Refusal? WhyBlocked(Member requester)
    {
        if (trust.WhyNotFresh() is { } stale)
        {
            return stale;
        }

        if (restored is { Unreviewed: true })
        {
            return new Refusal(RefusalName.SourceUnavailable, RestoredMarks.Detail);
        }

        if (switches.Blocks(requester.Id))
        {
            return new Refusal(RefusalName.BlockedByProvider, "agency");
        }

        return trust.Catalogs.Versions.Any(catalog => catalog.LetsAsk(requester.AsParty(), JapanTime.Today(time)))
            ? null
            : new Refusal(RefusalName.RequesterNotInEntry, "no entry names this agency");
    }

    /// <summary>Bound to this connection's certificate, to this key and to these conditions (RFC 8705)?</summary>
    public static Refusal? WhyNotBound(Peer peer, TokenClaims claims, Fetch fetch)
    {
        if (claims.Requester != peer.Id || claims.Confirmation != peer.Certificate)
        {
            return new Refusal(RefusalName.TokenOtherCertificate);
        }

        try
        {
            if (!CryptographicOperations.FixedTimeEquals(RecipientKey.ThumbprintOf(fetch.RecipientKey), claims.RecipientKey.Span))
            {
                return new Refusal(RefusalName.RecipientKeyMismatch);
            }
        }
        catch (SealingException)
        {
            return new Refusal(RefusalName.RecipientKeyMismatch, "not a point on P-256");
        }

        return Sha256Digest.FromBytes(fetch.Conditions.Digest()) == claims.Conditions ? null : new Refusal(RefusalName.ConditionsMismatch);
    }

    /// <summary>Allowed by this provider's own catalog, its own switches, within its own hours, and answered here at all?</summary>
    public Refusal? WhyNotAllowed(Peer peer, TokenClaims claims, InquiryConditions conditions)
    {
        // The version that the token names and the one in force here must both allow it: a removed entry is refused from its moment on, and an
        // added one is not used before the broker has it.
        var catalogs = trust.Catalogs;
        var inForce = trust.Catalog;
        if (catalogs.Find(claims.CatalogVersion, claims.Catalog) is not { } named)
        {
            return new Refusal(RefusalName.CatalogMismatch, $"version {claims.CatalogVersion} there, {inForce.Version} here", TimeSpan.FromSeconds(2));
        }

        if (!trust.Members.TryFind(trust.Self, out var self))
        {
            return new Refusal(RefusalName.MemberUnknown, "provider");
        }

        var question = new CatalogQuestion
        {
            Requester = peer.Member.AsParty(),
            Provider = self.AsParty(),
            Entry = claims.Entry,
            Role = claims.Role,
            Kinds = [.. claims.Kinds],
            Conditions = conditions,
            Mode = CatalogQuestion.ModeFor(claims.Count),
            Date = JapanTime.Today(time),
            ClaimedOn = conditions.ClaimedOn,
        };
        var decision = CatalogDecision.Decide(inForce, question);
        if (decision is not CatalogDecision.Allowed)
        {
            return ((CatalogDecision.Denied)decision).ToRefusal();
        }

        if (!ReferenceEquals(named, inForce) && CatalogDecision.Decide(named, question) is CatalogDecision.Denied deniedThen)
        {
            return deniedThen.ToRefusal();
        }

        if (switches.Blocks(claims.Entry))
        {
            return new Refusal(RefusalName.BlockedByProvider, "entry");
        }

        // By the own configuration, whatever the directory says by now: the broker may not have heard of it.
        if (hours.WhyClosed(time.GetUtcNow()) is { } closed)
        {
            return closed;
        }

        var missing = claims.Kinds.FirstOrDefault(kind => !sources.Serves(kind, named));
        return missing == default ? null : new Refusal(RefusalName.KindNotServed, missing.Value);
    }

    /// <summary>The broker's codes, held against the record that the requester brought: a wrong conversion is refused before a value moves.</summary>
    public Refusal? WhyNotCommitted(Fetch fetch, TokenClaims claims, RedeemReply reply)
    {
        var codes = new Dictionary<uint, LinkCode>();
        foreach (var subject in reply.Subjects)
        {
            if (!LinkCode.TryFromBytes(subject.LinkCode.Span, out var code) || subject.Commitment?.Index != subject.Index || !codes.TryAdd(subject.Index, code))
            {
                return new Refusal(RefusalName.CommitmentInvalid, "subjects");
            }
        }

        // The requester brought the receipt: what the token does not say of it, the broker's word must.
        if (!Sha256Digest.Of(fetch.Receipt.OpenPart.Span).Span.SequenceEqual(reply.OpenPartSha256.Span))
        {
            return new Refusal(RefusalName.ReceiptInvalid, "not the broker's record");
        }

        return reply.Subjects.Count == claims.Count
            && ExchangeId.TryFromBytes(reply.ExchangeId.Span, out var exchange) && exchange == claims.ExchangeId
            && ApprovedRecord.CommitsTo(
                fetch.Receipt, reply.Subjects.Select(subject => subject.Commitment), CommitmentSide.ProviderCode, trust.Self, index => codes[index])
            ? null
            : new Refusal(RefusalName.CommitmentInvalid);
    }
}

/// <summary>Who fetches: a member, by the certificate of this connection.</summary>
internal sealed record Peer(Member Member, Sha256Digest Certificate)
{
    public AgencyId Id => Member.Id;
}

/// <summary>What was sent.</summary>
internal sealed record Fetch(ExchangeToken Token, Receipt Receipt, byte[] RecipientKey, InquiryConditions Conditions)
{
    /// <summary>Sealed to this provider; none where the requester made none.</summary>
    public IReadOnlyList<SealedIdentityCheck> IdentityChecks { get; init; } = [];
}
