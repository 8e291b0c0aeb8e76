using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Contracts.Membership;

/// <summary>
/// The name in a certificate's one URI SAN: <c>spiffe://&lt;platform&gt;/agency/&lt;id&gt;</c> or <c>spiffe://&lt;platform&gt;/broker</c>
/// (SPIFFE-ID standard). Exactly these two forms, without escapes, ports or capitals: two texts never name one party.
/// </summary>
public readonly record struct SpiffeName
{
    private const string Scheme = "spiffe://";
    private const string BrokerPath = "/broker";
    private const string AgencyPath = "/agency/";
    private const int MaxPlatformLength = 255;
    private static readonly SearchValues<char> PlatformCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789.-_");
    private readonly string? _platform;

    private SpiffeName(string platform, AgencyId? agency)
    {
        _platform = platform;
        Agency = agency;
    }

    /// <summary>The trust domain.</summary>
    public string Platform => _platform ?? "";

    /// <summary>Null: the broker.</summary>
    public AgencyId? Agency { get; }

    public bool IsBroker => _platform is not null && Agency is null;

    /// <exception cref="FormatException">The platform is not a trust domain name.</exception>
    public static SpiffeName ForAgency(string platform, AgencyId agency) => new(Checked(platform), agency);

    /// <exception cref="FormatException">The platform is not a trust domain name.</exception>
    public static SpiffeName ForBroker(string platform) => new(Checked(platform), agency: null);

    /// <summary>Is the text a trust domain name: 1 to 255 characters of a-z, 0-9, '.', '-' and '_'?</summary>
    public static bool IsPlatform([NotNullWhen(true)] string? text) =>
        text is { Length: > 0 and <= MaxPlatformLength } && !text.AsSpan().ContainsAnyExcept(PlatformCharacters);

    public static bool TryParse([NotNullWhen(true)] string? text, out SpiffeName name)
    {
        name = default;
        if (text is null || !text.StartsWith(Scheme, StringComparison.Ordinal))
        {
            return false;
        }

        var slash = text.IndexOf('/', Scheme.Length);
        if (slash < 0 || !IsPlatform(text[Scheme.Length..slash]))
        {
            return false;
        }

        var platform = text[Scheme.Length..slash];
        var path = text[slash..];
        if (string.Equals(path, BrokerPath, StringComparison.Ordinal))
        {
            name = new SpiffeName(platform, agency: null);
            return true;
        }

        var isAgency = path.StartsWith(AgencyPath, StringComparison.Ordinal) && AgencyId.TryParse(path[AgencyPath.Length..], out _);
        name = isAgency ? new SpiffeName(platform, AgencyId.Parse(path[AgencyPath.Length..])) : default;
        return isAgency;
    }

    public override string ToString() => _platform is null ? "" : Scheme + _platform + (Agency is { } id ? AgencyPath + id.Value : BrokerPath);

    private static string Checked(string platform) =>
        IsPlatform(platform) ? platform : throw new FormatException("A platform is 1 to 255 characters of a-z, 0-9, '.', '-' and '_'.");
}
