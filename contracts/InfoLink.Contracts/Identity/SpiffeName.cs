using System.Diagnostics.CodeAnalysis;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Contracts.Identity;

/// <summary>
/// A party's name in certificates and tokens, as SPIFFE writes it: <c>spiffe://&lt;platform&gt;/agency/&lt;id&gt;</c> or
/// <c>spiffe://&lt;platform&gt;/broker</c>.
/// </summary>
public sealed record SpiffeName
{
    private const string Scheme = "spiffe://";

    private SpiffeName(string platform, AgencyId? agency)
    {
        Platform = platform;
        Agency = agency;
        Text = agency is { } id ? $"{Scheme}{platform}/agency/{id.Value}" : $"{Scheme}{platform}/broker";
    }

    /// <summary>The trust domain.</summary>
    public string Platform { get; }

    /// <summary>Which agency; null for the broker.</summary>
    public AgencyId? Agency { get; }

    public string Text { get; }

    public static SpiffeName OfAgency(string platform, AgencyId agency) => new(platform, agency);

    public static SpiffeName OfBroker(string platform) => new(platform, agency: null);

    /// <summary>Reads exactly the two forms; anything else (a query, another path, upper case in the domain) is refused.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out SpiffeName? name)
    {
        name = null;
        if (text is null || !text.StartsWith(Scheme, StringComparison.Ordinal))
        {
            return false;
        }

        var parts = text[Scheme.Length..].Split('/');
        name = parts switch
        {
            [var platform, "broker"] when IsTrustDomain(platform) => OfBroker(platform),
            [var platform, "agency", var id] when IsTrustDomain(platform) && AgencyId.TryParse(id, out var agency) =>
                OfAgency(platform, agency),
            _ => null,
        };
        return name is not null;
    }

    /// <summary>A SPIFFE trust domain: 1 to 255 of a-z, 0-9, '.', '-' and '_'.</summary>
    public static bool IsTrustDomain(string text) =>
        text.Length is > 0 and <= 255 && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-' or '_');

    public override string ToString() => Text;
}
