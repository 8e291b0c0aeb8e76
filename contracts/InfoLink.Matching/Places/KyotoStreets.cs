namespace InfoLink.Matching.Places;

/// <summary>Kyoto's addresses by streets: 今出川通大宮西入 before the town, 上ル, 上る and 上がる as one (SPEC "Matching", rule 4.7).</summary>
internal static class KyotoStreets
{
    private static readonly string[] Turns = ["上る", "下る", "東入", "西入"];

    private static readonly (string Written, string Form)[] Spellings =
    [
        ("上がる", "上る"), ("上ガル", "上る"), ("上ル", "上る"), ("下がる", "下る"), ("下ガル", "下る"), ("下ル", "下る"), ("東入ル", "東入"), ("東入る", "東入"), ("東イル", "東入"), ("東いる", "東入"),
        ("西入ル", "西入"), ("西入る", "西入"), ("西イル", "西入"), ("西いる", "西入"),
    ];

    public static string Unify(string text)
    {
        foreach (var (written, form) in Spellings)
        {
            text = text.Replace(written, form, StringComparison.Ordinal);
        }

        return text;
    }

    /// <summary>The part of a town's text that names streets; empty where none does.</summary>
    public static string Of(string town)
    {
        var end = Turns.Max(turn => town.LastIndexOf(turn, StringComparison.Ordinal) is >= 0 and var at ? at + turn.Length : 0);
        return town[..end];
    }
}
