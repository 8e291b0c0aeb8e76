using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace InfoLink.Contracts.Identifiers;

/// <summary>
/// An agency (情報保有機関): 1 to 32 characters of <c>a-z 0-9 -</c>. Local governments use their six-digit code
/// (全国地方公共団体コード). One agency is one <em>code domain</em>: it has link codes of its own.
/// </summary>
public readonly record struct AgencyId
{
    private const int MaxLength = 32;
    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");
    private readonly string? _value;

    private AgencyId(string value) => _value = value;

    /// <summary>The identifier's text; empty for <c>default</c>, which no parser returns.</summary>
    public string Value => _value ?? "";

    /// <exception cref="FormatException">The text is not an agency identifier.</exception>
    public static AgencyId Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException("An agency id is 1 to 32 characters of a-z, 0-9 and '-'.");

    public static bool TryParse([NotNullWhen(true)] string? text, out AgencyId id)
    {
        var good = text is { Length: > 0 and <= MaxLength } && !text.AsSpan().ContainsAnyExcept(Allowed);
        id = good ? new AgencyId(text!) : default;
        return good;
    }

    public override string ToString() => Value;
}
