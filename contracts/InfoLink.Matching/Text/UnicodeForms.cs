using System.Globalization;
using System.Text;

namespace InfoLink.Matching.Text;

/// <summary>
/// Normalization form KC (UAX #15) from a table of ours: the build is culture-invariant, and there the runtime's own normalization returns what it was
/// given.
/// </summary>
internal static class UnicodeForms
{
    private const int SyllableBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TailBase = 0x11A7;
    private const int LeadCount = 19, VowelCount = 21, TailCount = 28, SyllableCount = LeadCount * VowelCount * TailCount;

    private static readonly Dictionary<int, int[]> Decompositions = [];
    private static readonly Dictionary<int, byte> Classes = [];
    private static readonly Dictionary<long, int> Compositions = [];

    static UnicodeForms()
    {
        foreach (var row in Table.Rows("unicode_forms.tsv"))
        {
            var code = Hex(row[0]);
            if (row[1].Length > 0)
            {
                Decompositions[code] = Hexes(row[1]);
            }

            if (row[2].Length > 0)
            {
                Classes[code] = byte.Parse(row[2], CultureInfo.InvariantCulture);
            }

            if (row[3].Length > 0)
            {
                var pair = Hexes(row[3]);
                Compositions[Pair(pair[0], pair[1])] = code;
            }
        }
    }

    /// <summary>Decomposes, orders and composes in place of <paramref name="text"/>.</summary>
    public static List<Rune> Kc(IEnumerable<Rune> text)
    {
        var codes = new List<int>();
        foreach (var rune in text)
        {
            Decompose(rune.Value, codes);
        }

        Order(codes);
        return Compose(codes);
    }

    /// <summary>The character without its combining marks: E of É. Itself where there are none.</summary>
    public static int BaseOf(int code) => Decompositions.TryGetValue(code, out var parts) ? parts[0] : code;

    private static void Decompose(int code, List<int> codes)
    {
        if (code < 0x80)
        {
            codes.Add(code);
        }
        else if (code - SyllableBase is >= 0 and < SyllableCount and var syllable)
        {
            codes.Add(LeadBase + syllable / (VowelCount * TailCount));
            codes.Add(VowelBase + syllable % (VowelCount * TailCount) / TailCount);
            if (syllable % TailCount is > 0 and var tail)
            {
                codes.Add(TailBase + tail);
            }
        }
        else if (Decompositions.TryGetValue(code, out var parts))
        {
            codes.AddRange(parts);
        }
        else
        {
            codes.Add(code);
        }
    }

    private static void Order(List<int> codes)
    {
        for (var i = 0; i < codes.Count; i++)
        {
            if (ClassOf(codes[i]) == 0)
            {
                continue;
            }

            var end = i + 1;
            while (end < codes.Count && ClassOf(codes[end]) != 0)
            {
                end++;
            }

            if (end - i > 1)
            {
                var sorted = codes.GetRange(i, end - i).OrderBy(ClassOf).ToList(); // Stable.
                for (var at = 0; at < sorted.Count; at++)
                {
                    codes[i + at] = sorted[at];
                }
            }

            i = end - 1;
        }
    }

    private static List<Rune> Compose(List<int> codes)
    {
        var composed = new List<Rune>(codes.Count);
        var (starter, last) = (-1, 0); // The latest starter's place; the class of what stands after it.
        foreach (var code in codes)
        {
            var own = ClassOf(code);
            var blocked = starter >= 0 && starter < composed.Count - 1 && last >= own;
            if (starter >= 0 && !blocked && ComposeTwo(composed[starter].Value, code) is { } whole)
            {
                composed[starter] = new Rune(whole);
                continue;
            }

            if (own == 0)
            {
                starter = composed.Count;
            }

            last = own;
            composed.Add(new Rune(code));
        }

        return composed;
    }

    private static int? ComposeTwo(int first, int second)
    {
        if (first - LeadBase is >= 0 and < LeadCount and var lead && second - VowelBase is >= 0 and < VowelCount and var vowel)
        {
            return SyllableBase + (lead * VowelCount + vowel) * TailCount;
        }

        if (first - SyllableBase is >= 0 and < SyllableCount and var syllable && syllable % TailCount == 0 && second - TailBase is > 0 and < TailCount and var tail)
        {
            return SyllableBase + syllable + tail;
        }

        return Compositions.TryGetValue(Pair(first, second), out var whole) ? whole : null;
    }

    private static byte ClassOf(int code) => code < 0x300 ? (byte)0 : Classes.GetValueOrDefault(code);

    private static long Pair(int first, int second) => ((long)first << 32) | (uint)second;

    private static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static int[] Hexes(string text) => [.. text.Split(' ').Select(Hex)];
}
