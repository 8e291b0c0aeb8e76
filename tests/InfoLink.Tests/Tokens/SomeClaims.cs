using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Tokens;

namespace InfoLink.Tests.Tokens;

/// <summary>Claims of tokens that a broker might issue.</summary>
internal static class SomeClaims
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>Of every form that is allowed; identifiers and digests are random beside what FsCheck chooses.</summary>
    public static Arbitrary<TokenClaims> Any =>
        (from seconds in Gen.Choose(0, int.MaxValue)
         from life in Gen.Choose(1, 60)
         from kinds in Text(64).ListOf(5)
         from entry in Text(64)
         from role in Text(64)
         from provider in Text(32)
         from requester in Text(32)
         from count in Gen.Choose(1, 1000)
         from version in Gen.Choose(1, int.MaxValue)
         from continues in Gen.Elements(true, false)
         select Make(seconds) with
         {
             Expires = DateTimeOffset.FromUnixTimeSeconds(seconds + life),
             Kinds = [.. kinds.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(KindId.Parse)],
             Entry = EntryId.Parse(entry),
             Role = SubjectRole.Parse(role),
             Provider = AgencyId.Parse(provider),
             Requester = AgencyId.Parse(requester),
             Count = count,
             CatalogVersion = version,
             Continues = continues ? ExchangeId.New() : null,
         }).ToArbitrary();

    public static TokenClaims Make(long issuedAt = 1789450000) => new()
    {
        Issuer = "spiffe://infolink.example/broker",
        Provider = AgencyId.Parse("131121"),
        Requester = AgencyId.Parse("141003"),
        TokenId = TokenId.New(),
        ExchangeId = ExchangeId.New(),
        IssuedAt = DateTimeOffset.FromUnixTimeSeconds(issuedAt),
        Expires = DateTimeOffset.FromUnixTimeSeconds(issuedAt + 60),
        Confirmation = Digest(),
        Entry = EntryId.Parse("106.municipality.108-1-ro"),
        Role = SubjectRole.Parse("claimant"),
        Kinds = [KindId.Parse("a-kind"), KindId.Parse("b-kind")],
        Conditions = Digest(),
        CatalogVersion = 7,
        Catalog = Digest(),
        Count = 3,
        RecipientKey = Digest(),
    };

    private static Gen<string> Text(int longest) => Gen.Choose(1, longest)
        .SelectMany(length => Gen.Elements(Letters.ToCharArray()).ListOf(length))
        .Select(characters => string.Concat(characters));

    private static Sha256Digest Digest() => Sha256Digest.FromBytes(RandomNumberGenerator.GetBytes(Sha256Digest.Size));
}
