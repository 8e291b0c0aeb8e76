using System.Diagnostics.CodeAnalysis;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Contracts.Catalog;

/// <summary>
/// A category of office that the Order names as requester or provider, e.g. <c>municipality</c> (市町村長). The law names
/// offices, not organisations: about 1,747 agencies hold <c>municipality</c>, and one agency holds several categories.
/// </summary>
public readonly record struct CategoryId
{
    private readonly string? _value;
    private CategoryId(string value) => _value = value;

    public string Value => _value ?? "";

    /// <exception cref="FormatException">The text is not a category id.</exception>
    public static CategoryId Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException("A category is " + CatalogName.Rule);

    public static bool TryParse([NotNullWhen(true)] string? text, out CategoryId id)
    {
        var good = CatalogName.IsValid(text);
        id = good ? new CategoryId(text!) : default;
        return good;
    }

    public override string ToString() => Value;
}

/// <summary>A category with its names; the Japanese one as the Order writes it.</summary>
public sealed record AgencyCategory(CategoryId Id, Bilingual Name);

/// <summary>A text in Japanese (the law's words where there are any) and in English (ours).</summary>
public sealed record Bilingual(string Ja, string En);
