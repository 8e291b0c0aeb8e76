using System.Text;

namespace InfoLink.Matching.Places;

/// <summary>大字, 字 and 小字 are left out in normal form: whether they are written changes no place (SPEC "Matching", rule 4.3).</summary>
internal static class TownPrefix
{
    /// <summary>What makes 字 a part of a name before it: 十文字, 丁字屋, 苗字.</summary>
    private const string BeforeNamePart = "文十丁名苗赤八一太米工井数";

    private const string AfterNamePart = "町村屋路通";

    public static string Strip(string town)
    {
        var stripped = new StringBuilder(town.Length);
        for (var i = 0; i < town.Length; i++)
        {
            var word = IsAt(town, i, "大字") || IsAt(town, i, "小字") ? 2 : town[i] == '字' ? 1 : 0;
            var isPrefix = word > 0 && i + word < town.Length && !AfterNamePart.Contains(town[i + word], StringComparison.Ordinal)
                && (stripped.Length == 0 || word == 2 || !BeforeNamePart.Contains(stripped[^1], StringComparison.Ordinal));
            if (isPrefix)
            {
                i += word - 1;
            }
            else
            {
                stripped.Append(town[i]);
            }
        }

        return stripped.ToString();
    }

    private static bool IsAt(string text, int at, string word) => text.AsSpan(at).StartsWith(word, StringComparison.Ordinal);
}
