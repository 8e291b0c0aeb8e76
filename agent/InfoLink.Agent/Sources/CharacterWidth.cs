using System.Text;

namespace InfoLink.Agent.Sources;

/// <summary>The two widths in which Japanese systems write the same characters. The runtime's normalization does nothing in a culture-invariant build, and would change more.</summary>
internal static class CharacterWidth
{
    /// <summary>U+FF61 to U+FF9F in full width, in their order.</summary>
    private const string Katakana = "。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン゛゜";

    private const char VoicedMark = '\uFF9E';
    private const char SemiVoicedMark = '\uFF9F';
    private const int Between = 0xFEE0; // From ASCII to its full-width forms.

    /// <summary>Letters, digits, signs and blanks in half width; katakana stay.</summary>
    public static string Half(string text) => string.Create(text.Length, text, (half, from) =>
    {
        for (var i = 0; i < half.Length; i++)
        {
            half[i] = from[i] switch
            {
                >= '\uFF01' and <= '\uFF5E' => (char)(from[i] - Between),
                '\u3000' => ' ',
                var other => other,
            };
        }
    });

    /// <summary>These and katakana in full width, a mark of voicing joined to what it voices.</summary>
    public static string Full(string text)
    {
        var full = new StringBuilder(text.Length);
        foreach (var each in text)
        {
            if (each is VoicedMark or SemiVoicedMark && full.Length > 0 && Voiced(full[^1], each) is { } joined)
            {
                full[^1] = joined;
            }
            else
            {
                full.Append(each switch
                {
                    >= '!' and <= '~' => (char)(each + Between),
                    ' ' => '\u3000',
                    >= '\uFF61' and <= '\uFF9F' => Katakana[each - '\uFF61'],
                    _ => each,
                });
            }
        }

        return full.ToString();
    }

    private static char? Voiced(char kana, char mark) => (kana, mark) switch
    {
        ('ウ', VoicedMark) => 'ヴ',
        ('カ' or 'キ' or 'ク' or 'ケ' or 'コ' or 'サ' or 'シ' or 'ス' or 'セ' or 'ソ' or 'タ' or 'チ' or 'ツ' or 'テ' or 'ト' or 'ハ' or 'ヒ' or 'フ' or 'ヘ' or 'ホ', VoicedMark) => (char)(kana + 1),
        ('ハ' or 'ヒ' or 'フ' or 'ヘ' or 'ホ', SemiVoicedMark) => (char)(kana + 2),
        _ => null,
    };
}
