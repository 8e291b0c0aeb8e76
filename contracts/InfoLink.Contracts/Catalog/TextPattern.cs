using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace InfoLink.Contracts.Catalog;

/// <summary>
/// A pattern that a text must match as a whole. It runs on the non-backtracking engine: time grows with the text, never with the
/// pattern's cleverness, so no value and no catalog can hold a provider up. (Back references and look-around are therefore not there.)
/// </summary>
public sealed class TextPattern : IEquatable<TextPattern>
{
    /// <summary>Longest pattern, in characters.</summary>
    public const int MaxLength = 200;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);
    private readonly Regex _whole;

    private TextPattern(string source, Regex whole)
    {
        Source = source;
        _whole = whole;
    }

    /// <summary>The pattern as written, without the anchors.</summary>
    public string Source { get; }

    /// <summary>False, with a cause, where the text is no pattern, is too long, or needs backtracking.</summary>
    public static bool TryCreate(string source, [NotNullWhen(true)] out TextPattern? pattern, out string cause)
    {
        pattern = null;
        cause = "";
        if (source.Length is 0 or > MaxLength)
        {
            cause = $"a pattern has 1 to {MaxLength} characters";
            return false;
        }

        try
        {
            const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;
            _ = new Regex(source, Options, Limit); // On its own first: "a)(b" is no pattern, though the anchors would make it one.
            pattern = new TextPattern(source, new Regex($@"\A(?:{source})\z", Options, Limit));
            return true;
        }
        catch (Exception fault) when (fault is ArgumentException or NotSupportedException)
        {
            cause = fault.Message;
            return false;
        }
    }

    public bool Matches(string text) => _whole.IsMatch(text);

    public bool Equals(TextPattern? other) => other is not null && string.Equals(Source, other.Source, StringComparison.Ordinal);

    public override bool Equals(object? obj) => Equals(obj as TextPattern);

    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Source);

    public override string ToString() => Source;
}
