using InfoLink.Contracts.Identifiers;

namespace InfoLink.Contracts.Tokens;

/// <summary>
/// What a token says (design §5, SPEC §4): RFC 9068 claims, <c>cnf</c> of RFC 8705, one authorization detail of RFC 9396.
/// No person is in it, not even as a code.
/// </summary>
public sealed record TokenClaims
{
    /// <summary>The broker's SPIFFE name (<c>iss</c>).</summary>
    public required string Issuer { get; init; }

    /// <summary>The one agency that may redeem it (<c>aud</c>).</summary>
    public required AgencyId Provider { get; init; }

    /// <summary>Who asked (<c>sub</c> and <c>client_id</c>).</summary>
    public required AgencyId Requester { get; init; }

    /// <summary>128 random bits (<c>jti</c>).</summary>
    public required TokenId TokenId { get; init; }

    /// <summary>Ties the records together (<c>txn</c>, RFC 8417).</summary>
    public required ExchangeId ExchangeId { get; init; }

    /// <summary>Whole seconds (<c>iat</c>).</summary>
    public required DateTimeOffset IssuedAt { get; init; }

    /// <summary>Whole seconds, at most 60 s after <see cref="IssuedAt"/> (<c>exp</c>).</summary>
    public required DateTimeOffset Expires { get; init; }

    /// <summary>SHA-256 of the requester's TLS certificate, DER (<c>cnf.x5t#S256</c>).</summary>
    public required Sha256Digest Confirmation { get; init; }

    public required EntryId Entry { get; init; }

    public required SubjectRole Role { get; init; }

    /// <summary>Ascending, each once.</summary>
    public required IReadOnlyList<KindId> Kinds { get; init; }

    /// <summary>SHA-256 of the inquiry conditions' canonical JSON.</summary>
    public required Sha256Digest Conditions { get; init; }

    public required int CatalogVersion { get; init; }

    public required Sha256Digest Catalog { get; init; }

    /// <summary>Approved subjects, 1 to 1,000.</summary>
    public required int Count { get; init; }

    /// <summary>RFC 7638 thumbprint of the recipient key (<c>rek</c>).</summary>
    public required Sha256Digest RecipientKey { get; init; }

    /// <summary>The pending exchange that this one collects.</summary>
    public ExchangeId? Continues { get; init; }
}

/// <summary>Limits that issuer and verifier share.</summary>
public static class TokenRules
{
    /// <summary>RFC 9068: the explicit type of an access token.</summary>
    public const string Type = "at+jwt";

    /// <summary>The one algorithm (a documented narrowing of RFC 9068, which asks for RS256 too).</summary>
    public const string Algorithm = "ES256";

    /// <summary>The authorization detail's type (RFC 9396).</summary>
    public const string DetailType = "urn:infolink:exchange:v1";

    /// <summary>Longest life of a token.</summary>
    public static readonly TimeSpan MaxLifetime = TimeSpan.FromSeconds(60);

    /// <summary>How far two clocks may be apart.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(10);

    /// <summary>How long a redeemed grant and a ledger row outlive the token, so that a repeated attempt gets its answer.</summary>
    public static readonly TimeSpan Afterlife = TimeSpan.FromMinutes(10);

    /// <summary>Most subjects in one exchange.</summary>
    public const int MaxSubjects = 1000;
}
