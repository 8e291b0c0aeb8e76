using System.Text;
using InfoLink.Matching.Names;
using InfoLink.Matching.Text;

namespace InfoLink.Matching;

/// <summary>A name in normal form (SPEC "Matching", rule 2). Never prints it.</summary>
public sealed class NormalName
{
    /// <summary>Of a name, before it is normalized, in UTF-16 code units.</summary>
    public const int LongestText = 500;

    private NormalName(List<Rune> runes, List<int> splits)
    {
        (Runes, Splits) = (runes, splits);
        Key = PlainText.Join(runes);
        Readable = !runes.Contains(PlainText.Unreadable);
    }

    /// <summary>The name without blanks, every character in its decided form. Equal keys are equal names, but for where the family name ends.</summary>
    public string Key { get; }

    /// <summary>Has it no character that only its own system can show?</summary>
    public bool Readable { get; }

    internal List<Rune> Runes { get; }

    /// <summary>After how many characters a blank or middle dot stood.</summary>
    internal List<int> Splits { get; }

    /// <inheritdoc/>
    public override string ToString() => nameof(NormalName);

    internal static NormalName? Of(string? text, SortedSet<MatchReason> problems)
    {
        if (text is { Length: > LongestText })
        {
            problems.Add(Reasons.NameTooLong);
            return null;
        }

        var (runes, splits) = (new List<Rune>(), new List<int>());
        foreach (var rune in Kana.Unify(PlainText.Runes(text ?? "")))
        {
            if (!IsDivider(rune))
            {
                runes.Add(VariantCharacters.Fold(rune));
            }
            else if (runes.Count > 0 && (splits.Count == 0 || splits[^1] != runes.Count))
            {
                splits.Add(runes.Count);
            }
        }

        if (splits.Count > 0 && splits[^1] == runes.Count)
        {
            splits.RemoveAt(splits.Count - 1);
        }

        if (runes.Count == 0)
        {
            problems.Add(Reasons.NameMissing);
            return null;
        }

        var name = new NormalName(runes, splits);
        if (!name.Readable)
        {
            problems.Add(Reasons.NameUnreadable);
        }

        return name;
    }

    /// <summary>Blanks, middle dots, commas and full stops divide a name and are not part of it.</summary>
    internal static bool IsDivider(Rune rune) => rune.Value is ' ' or '・' or 0x00B7 or 0x2022 or 0x2027 or 0x2219 or 0x22C5 or ',' or '.' or '、' or '。' or '，';
}
