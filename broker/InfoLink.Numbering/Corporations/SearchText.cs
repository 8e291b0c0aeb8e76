using System.Text;

namespace InfoLink.Numbering.Corporations;

/// <summary>
/// The form in which names are compared: width, case, spaces and the choice between hiragana and katakana do not matter, and ㈱ is (株).
/// </summary>
/// <remarks>
/// It is what Unicode's NFKC does to the characters of company names, by a table of its own: the runtime here is culture-invariant, which leaves normalization out.
/// It is for finding, never for storing.
/// </remarks>
internal static class SearchText
{
    private const string HalfWidthKana = "。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン\u3099\u309A";
    private const string Parenthesized = "株有社名特財祝労代呼学監企資協祭休自至";
    private const string Voiceable = "カキクケコサシスセソタチツテトハヒフヘホ";
    private static readonly string[] Roman = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"];

    public static string Of(string text)
    {
        var folded = new StringBuilder(text.Length);
        foreach (var given in text)
        {
            Append(folded, given);
        }

        return folded.ToString();
    }

    private static void Append(StringBuilder folded, char given)
    {
        switch (given)
        {
            case >= '\uFF01' and <= '\uFF5E':
                Append(folded, (char)(given - 0xFEE0)); // Full-width ASCII.
                break;
            case >= '\uFF61' and <= '\uFF9F':
                Append(folded, HalfWidthKana[given - 0xFF61]);
                break;
            case >= '\u3231' and <= '\u3243':
                folded.Append('(').Append(Parenthesized[given - 0x3231]).Append(')');
                break;
            case >= '\u2160' and <= '\u216B':
                folded.Append(Roman[given - 0x2160]);
                break;
            case >= '\u2170' and <= '\u217B':
                folded.Append(Roman[given - 0x2170]);
                break;
            case >= '\u3041' and <= '\u3096':
                folded.Append((char)(given + 0x60)); // Hiragana.
                break;
            case '\u3099' when folded.Length > 0 && Voiced(folded[^1]) is { } voiced:
                folded[^1] = voiced;
                break;
            case '\u309A' when folded.Length > 0 && "ハヒフヘホ".Contains(folded[^1], StringComparison.Ordinal):
                folded[^1] = (char)(folded[^1] + 2);
                break;
            default:
                if (!char.IsWhiteSpace(given) && !char.IsControl(given))
                {
                    folded.Append(char.ToLowerInvariant(given));
                }

                break;
        }
    }

    private static char? Voiced(char kana) => kana == 'ウ' ? 'ヴ' : Voiceable.Contains(kana, StringComparison.Ordinal) ? (char)(kana + 1) : null;
}
