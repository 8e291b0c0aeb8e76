using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace InfoLink.Contracts.Identifiers;

/// <summary>
/// A statute entry's stable id, e.g. <c>106.municipality.108-1-ro</c>: row of the Order, provider, article leaf.
/// It survives renumbering: the citation may change, the id does not.
/// </summary>
public readonly record struct EntryId
{
    private readonly string? _value;
    private EntryId(string value) => _value = value;

    public string Value => _value ?? "";

    /// <exception cref="FormatException">The text is not an entry id.</exception>
    public static EntryId Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException("An entry id is " + CatalogName.Rule);

    public static bool TryParse([NotNullWhen(true)] string? text, out EntryId id)
    {
        var good = CatalogName.IsValid(text);
        id = good ? new EntryId(text!) : default;
        return good;
    }

    public override string ToString() => Value;
}

/// <summary>An information kind (特定個人情報名), e.g. <c>municipal-inhabitant-tax</c>.</summary>
public readonly record struct KindId
{
    private readonly string? _value;
    private KindId(string value) => _value = value;

    public string Value => _value ?? "";

    /// <exception cref="FormatException">The text is not a kind id.</exception>
    public static KindId Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException("An information kind is " + CatalogName.Rule);

    public static bool TryParse([NotNullWhen(true)] string? text, out KindId id)
    {
        var good = CatalogName.IsValid(text);
        id = good ? new KindId(text!) : default;
        return good;
    }

    public override string ToString() => Value;
}

/// <summary>
/// Whose data is asked for, as the article's leaf says, e.g. <c>claimant</c> or <c>dependent-child</c>:
/// the data subject is often not the applicant.
/// </summary>
public readonly record struct SubjectRole
{
    private readonly string? _value;
    private SubjectRole(string value) => _value = value;

    public string Value => _value ?? "";

    /// <exception cref="FormatException">The text is not a subject role.</exception>
    public static SubjectRole Parse(string text) =>
        TryParse(text, out var role) ? role : throw new FormatException("A subject role is " + CatalogName.Rule);

    public static bool TryParse([NotNullWhen(true)] string? text, out SubjectRole role)
    {
        var good = CatalogName.IsValid(text);
        role = good ? new SubjectRole(text!) : default;
        return good;
    }

    public override string ToString() => Value;
}

internal static class CatalogName
{
    public const string Rule = "1 to 64 characters of a-z, 0-9, '.' and '-'.";
    private const int MaxLength = 64;
    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789.-");

    public static bool IsValid([NotNullWhen(true)] string? text) =>
        text is { Length: > 0 and <= MaxLength } && !text.AsSpan().ContainsAnyExcept(Allowed);
}
