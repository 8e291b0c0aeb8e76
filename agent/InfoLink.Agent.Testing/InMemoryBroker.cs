using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Tokens;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Testing;

/// <summary>The broker's decisions on a request, in its order: who calls, the catalog, each code, and the catalog again for those who are left.</summary>
internal sealed class InMemoryBroker(InMemoryNetwork network)
{
    public Outcome<InMemoryApproval> Authorize(InMemoryAgency requester, AddressedQuestion question, IReadOnlyList<LinkCode> codes)
    {
        if (network.BrokerIsAway)
        {
            return new Refusal(RefusalName.BrokerUnreachable);
        }

        var members = requester.Trust.Members;
        if (!members.TryFind(requester.Id, out var caller) || caller.Suspended)
        {
            return new Refusal(RefusalName.MemberSuspended);
        }

        if (WhyNot(members, caller, question, codes.Count) is { } denied)
        {
            return denied;
        }

        var persons = codes.Select(code => network.PersonOf(code)).Select(person => person is { CodeIsRefused: false } ? person : null).ToList();
        if (codes.Distinct().Count() < codes.Count)
        {
            return new Refusal(RefusalName.SubjectRepeated);
        }

        (uint Index, TestPerson Person)[] approved = [.. persons.Select((person, i) => ((uint)i, person)).Where(subject => subject.person is not null).Select(subject => (subject.Item1, subject.person!))];
        if (approved.Length == 0)
        {
            return new Refusal(RefusalName.LinkCodeRefused);
        }

        if (approved.Length < codes.Count && WhyNot(members, caller, question, approved.Length) is { } noLonger)
        {
            return noLonger;
        }

        var issuedAt = DateTimeOffset.FromUnixTimeSeconds(network.Time.GetUtcNow().ToUnixTimeSeconds());
        var catalog = requester.Trust.Catalog;
        var claims = new TokenClaims
        {
            Issuer = members.BrokerName.ToString(),
            Provider = question.Provider.Id,
            Requester = requester.Id,
            TokenId = TokenId.New(),
            ExchangeId = ExchangeId.New(),
            IssuedAt = issuedAt,
            Expires = issuedAt + TokenRules.MaxLifetime,
            Confirmation = Sha256Digest.Zero,
            Entry = question.Inquiry.Entry,
            Role = question.Role,
            Kinds = [.. question.Kinds],
            Conditions = Sha256Digest.FromBytes(question.Inquiry.Conditions.Digest()),
            CatalogVersion = catalog.Version,
            Catalog = Sha256Digest.FromBytes(catalog.Sha256.Span),
            Count = approved.Length,
            RecipientKey = Sha256Digest.Zero,
            Continues = question.Inquiry.Continues,
        };
        return new InMemoryApproval(claims, caller, approved);
    }

    private Refusal? WhyNot(MemberList members, Member caller, AddressedQuestion question, int subjects)
    {
        if (!members.TryFind(question.Provider.Id, out var provider))
        {
            return new Refusal(RefusalName.MemberUnknown, "provider");
        }

        if (provider.Suspended)
        {
            return new Refusal(RefusalName.MemberSuspended, "provider");
        }

        var decision = CatalogDecision.Decide(network.Catalog, new CatalogQuestion
        {
            Requester = caller.AsParty(),
            Provider = provider.AsParty(),
            Entry = question.Inquiry.Entry,
            Role = question.Role,
            Kinds = [.. question.Kinds],
            Conditions = question.Inquiry.Conditions,
            Mode = CatalogQuestion.ModeFor(subjects),
            Date = JapanTime.Today(network.Time),
            ClaimedOn = question.Inquiry.Conditions.ClaimedOn,
        });
        return (decision as CatalogDecision.Denied)?.ToRefusal() ?? Closure.WhyClosed(provider.Closed, network.Time.GetUtcNow());
    }
}

/// <summary>What the broker lets through.</summary>
/// <param name="Claims">As they would stand in the token.</param>
/// <param name="Requester">Who asks.</param>
/// <param name="Subjects">Who may be asked about, by their places in the question; the others' codes were refused.</param>
internal sealed record InMemoryApproval(TokenClaims Claims, Member Requester, IReadOnlyList<(uint Index, TestPerson Person)> Subjects);
