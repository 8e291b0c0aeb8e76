using System.Text;

namespace InfoLink.Samples.Registry.Generating;

/// <summary>
/// Characters that Japanese registers write in several ways for the same name (異体字): 高橋 is 髙橋 in many a register, and in none of the older systems that had no such
/// character. Each stands with its usual form.
/// </summary>
internal static class VariantCharacters
{
    private static readonly (string Usual, string[] Variants)[] Table =
    [
        ("高", ["髙"]), ("崎", ["﨑"]), ("辺", ["邊", "邉"]), ("斎", ["齋"]), ("斉", ["齊"]), ("沢", ["澤"]), ("浜", ["濱", "濵"]), ("広", ["廣"]), ("島", ["嶋"]),
        ("桜", ["櫻"]), ("国", ["國"]), ("関", ["關"]), ("徳", ["德"]), ("吉", ["𠮷"]), ("真", ["眞"]), ("恵", ["惠"]), ("寿", ["壽"]), ("栄", ["榮"]),
        ("静", ["靜"]), ("礼", ["禮"]), ("滝", ["瀧"]), ("稲", ["稻"]), ("曽", ["曾"]), ("衛", ["衞"]), ("参", ["參"]), ("実", ["實"]), ("神", ["\uFA19"]),
    ];

    private static readonly Dictionary<Rune, string[]> Of = Table.ToDictionary(row => row.Usual.EnumerateRunes().Single(), row => row.Variants);

    private static readonly Dictionary<Rune, string> Back =
        Table.SelectMany(row => row.Variants.Select(variant => (variant, row.Usual))).ToDictionary(pair => pair.variant.EnumerateRunes().Single(), pair => pair.Usual);

    /// <summary>The name with one of its characters, if any has variants, in another form.</summary>
    public static string Vary(string name, Dice dice)
    {
        var at = name.EnumerateRunes().Select((rune, place) => (rune, place)).Where(each => Of.ContainsKey(each.rune)).ToList();
        if (at.Count == 0)
        {
            return name;
        }

        var chosen = dice.Of(at);
        return string.Concat(name.EnumerateRunes().Select((rune, place) => place == chosen.place ? dice.Of(Of[rune]) : rune.ToString()));
    }

    /// <summary>The name in usual forms.</summary>
    public static string Usual(string name) => string.Concat(name.EnumerateRunes().Select(rune => Back.GetValueOrDefault(rune) ?? rune.ToString()));
}
