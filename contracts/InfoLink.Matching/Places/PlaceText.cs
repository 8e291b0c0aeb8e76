using System.Text;
using InfoLink.Matching.Names;
using InfoLink.Matching.Text;

namespace InfoLink.Matching.Places;

/// <summary>The characters of place names (SPEC "Matching", rule 4.1): variants in one form, and one way of writing の, ケ and ツ between names' parts.</summary>
internal static class PlaceText
{
    private const string BeforeNo = "内出丸丘里森杜宮台原街通";
    private const string BeforeGa = "丘台原浜野森";

    private static readonly Dictionary<Rune, Rune> Confused = Table.Rows("place_variants.tsv")
        .ToDictionary(row => VariantCharacters.Fold(row[1].EnumerateRunes().First()), row => VariantCharacters.Fold(row[0].EnumerateRunes().First()));

    /// <summary>One character for each, for looking names up only: の, ケ and ツ in one form wherever they stand, 々 written out, what lies outside the BMP lost.</summary>
    public static string Key(IEnumerable<Rune> text)
    {
        var key = new StringBuilder();
        foreach (var rune in text)
        {
            var folded = Fold(rune).Value;
            key.Append(folded switch
            {
                'の' or '之' or '乃' => 'ノ',
                'が' or 'ガ' or 'ヶ' or 'ヵ' => 'ケ',
                'つ' or 'っ' or 'ッ' => 'ツ',
                '々' when key.Length > 0 => key[^1],
                > 0xFFFF => '\uFFFD',
                _ => (char)folded,
            });
        }

        return key.ToString();
    }

    public static string Key(string text) => Key(text.EnumerateRunes());

    /// <summary>A town's name in normal form.</summary>
    public static string Town(string written)
    {
        var runes = written.EnumerateRunes().Select(Fold).ToList();
        var town = new StringBuilder(written.Length);
        for (var i = 0; i < runes.Count; i++)
        {
            Rune? before = i > 0 ? runes[i - 1] : null;
            Rune? after = i + 1 < runes.Count ? runes[i + 1] : null;
            town.Append(Joint(before, runes[i], after));
        }

        return town.ToString();
    }

    private static Rune Joint(Rune? before, Rune rune, Rune? after)
    {
        if (before is not { } left)
        {
            return rune;
        }

        if (IsKanji(rune) && left == rune && !Numerals.IsKanji((char)rune.Value))
        {
            return new Rune('々'); // 佐佐 as 佐々.
        }

        if (after is not { } right || !IsKanji(right))
        {
            return rune;
        }

        switch (rune.Value)
        {
            case 'の' or 'ノ' or '之' or '乃' when IsKanji(left):
                return new Rune(Contains(BeforeNo, right) ? 'の' : 'ノ');
            case 'ケ' or 'ヶ' or 'ヵ' or 'ガ' or 'が' when IsKanji(left):
                return new Rune(right.Value is '丘' or '台' ? 'が' : 'ケ');
            case 'ケ' or 'ヶ' or 'ガ' or 'が' when Kana.Is(left) && Contains(BeforeGa, right):
                return new Rune('が');
            case 'ツ' or 'ッ' or 'つ' or 'っ' when IsKanji(left):
                return new Rune('ツ');
            default:
                return rune;
        }
    }

    private static Rune Fold(Rune rune)
    {
        var folded = VariantCharacters.Fold(rune);
        return Confused.TryGetValue(folded, out var one) ? one : Rune.ToUpperInvariant(folded);
    }

    private static bool IsKanji(Rune rune) => rune.Value is '々' or (>= 0x3400 and <= 0x9FFF) or (>= 0xF900 and <= 0xFAFF) or >= 0x20000;

    private static bool Contains(string set, Rune rune) => rune.IsBmp && set.Contains((char)rune.Value, StringComparison.Ordinal);
}
