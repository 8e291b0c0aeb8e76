using System.Text;
using InfoLink.Matching.Text;

namespace InfoLink.Matching.Names;

/// <summary>Compares two names, and their readings where both are given (SPEC "Matching", rules 2 and 3).</summary>
internal static class NameComparison
{
    /// <summary>Kanji that are mistaken for kana or for one another, and below each the shape they share.</summary>
    private const string LookAlikes = "力口二八夕工卜一三千才已巳-";
    private const string Shapes = "カロニハタエトーミチオ己己ー";

    public static void Compare(NormalForm a, NormalForm b, SortedSet<MatchReason> found)
    {
        if (a.Name is { } first && b.Name is { } second)
        {
            Compare(first, second, found);
        }

        if (a.Kana is { } kana && b.Kana is { } other && !string.Equals(kana, other, StringComparison.Ordinal))
        {
            found.Add(KanaForm.IsNear(kana, other) ? Reasons.KanaNear : Reasons.KanaDiffers);
        }
    }

    private static void Compare(NormalName a, NormalName b, SortedSet<MatchReason> found)
    {
        if (string.Equals(a.Key, b.Key, StringComparison.Ordinal))
        {
            if (a.Splits.Count > 0 && b.Splits.Count > 0 && !a.Splits.SequenceEqual(b.Splits))
            {
                found.Add(Reasons.NameSplit);
            }

            return;
        }

        if (a.Runes.Count != b.Runes.Count)
        {
            found.Add(Reasons.NameDiffers);
            return;
        }

        var doubts = new List<MatchReason>();
        for (var i = 0; i < a.Runes.Count; i++)
        {
            if (a.Runes[i] == b.Runes[i])
            {
                continue;
            }

            if (Doubt(a.Runes[i], b.Runes[i]) is not { } doubt)
            {
                found.Add(Reasons.NameDiffers);
                return;
            }

            doubts.Add(doubt);
        }

        found.UnionWith(doubts);
    }

    /// <summary>Why two unequal characters may yet be one; null where nothing says so.</summary>
    private static MatchReason? Doubt(Rune a, Rune b) =>
        a == PlainText.Unreadable || b == PlainText.Unreadable ? Reasons.NameUnreadable
        : ShapeOf(a) == ShapeOf(b) ? Reasons.NameLookAlike
        : VariantCharacters.MayBeOne(a, b) ? Reasons.NameVariant
        : null;

    private static int ShapeOf(Rune rune)
    {
        var plain = Kana.Enlarge(rune).Value;
        return plain <= char.MaxValue && LookAlikes.IndexOf((char)plain, StringComparison.Ordinal) is >= 0 and var at ? Shapes[at] : plain < 0x2E80 ? UnicodeForms.BaseOf(plain) : plain;
    }
}
