namespace InfoLink.Agent.Links;

/// <summary>
/// What one of the agency's systems calls a person: a value of a kind, such as the resident system's <c>person</c> or the tax office's <c>taxpayer</c>.
/// One human being may have several, also of one kind where records were split.
/// </summary>
public readonly record struct LocalId(string Kind, string Value)
{
    /// <summary>The kind that is meant where none is said.</summary>
    public const string DefaultKind = "person";

    /// <summary>Longest kind and value.</summary>
    public const int MaxLength = 1_000;

    /// <summary>A value of the default kind.</summary>
    public static LocalId Of(string value) => new(DefaultKind, value);

    /// <summary>Never the value.</summary>
    public override string ToString() => $"LocalId({Kind}, redacted)";
}
