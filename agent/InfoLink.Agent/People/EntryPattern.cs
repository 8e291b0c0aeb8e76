using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent.People;

/// <summary>An entry's id, or the beginning of some with <c>*</c> behind it.</summary>
internal readonly record struct EntryPattern
{
    private readonly string _beginning;
    private readonly bool _isWhole;

    private EntryPattern(string beginning, bool isWhole) => (_beginning, _isWhole) = (beginning, isWhole);

    public static bool TryParse(string? text, out EntryPattern pattern)
    {
        var isWhole = text is null || !text.EndsWith('*');
        var beginning = isWhole ? text ?? "" : text![..^1];
        pattern = new EntryPattern(beginning, isWhole);

        // A beginning is one of an id: with something behind it, it reads as an id.
        return isWhole ? EntryId.TryParse(beginning, out _) : beginning.Length == 0 || EntryId.TryParse(beginning + "0", out _);
    }

    public bool Covers(EntryId entry) => _isWhole
        ? string.Equals(entry.Value, _beginning, StringComparison.Ordinal)
        : entry.Value.StartsWith(_beginning, StringComparison.Ordinal);
}
