using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Tokens;

namespace InfoLink.Tests.Ledger;

/// <summary>What a token might say.</summary>
internal static class SomeClaims
{
    public static TokenClaims IssuedAt(DateTimeOffset time) => new()
    {
        Issuer = "spiffe://infolink.example/broker",
        Provider = AgencyId.Parse("131121"),
        Requester = AgencyId.Parse("141003"),
        TokenId = TokenId.New(),
        ExchangeId = ExchangeId.New(),
        IssuedAt = time,
        Expires = time + TokenRules.MaxLifetime,
        Confirmation = Sha256Digest.Of([1]),
        Entry = EntryId.Parse("106.municipality.108-1-ro"),
        Role = SubjectRole.Parse("claimant"),
        Kinds = [KindId.Parse("municipal-inhabitant-tax")],
        Conditions = Sha256Digest.Of([2]),
        CatalogVersion = 1,
        Catalog = Sha256Digest.Of([3]),
        Count = 1,
        RecipientKey = Sha256Digest.Of([4]),
    };
}
