using System.Globalization;
using System.Text;
using InfoLink.Matching.Text;

namespace InfoLink.Matching.Names;

/// <summary>
/// Which characters are forms of one (SPEC "Matching", rules 2.5 to 2.7). Decided where the register's notices or JIS say so and nothing speaks against it;
/// what only some source relates stays apart and is undecided.
/// </summary>
internal static class VariantCharacters
{
    private const int Jis = 1, Dictionaries = 4, Register = 8;
    private const int MostSteps = 8; // The longest chain of the map has five.

    private static readonly Dictionary<int, Row[]> Map = [];
    private static readonly Dictionary<int, int> OldToNew = [];
    private static readonly Dictionary<int, int> Folded = [];

    static VariantCharacters()
    {
        foreach (var row in Table.Rows("mj_shrink.tsv"))
        {
            var from = CodeOf(row[0]);
            Map[from] = [.. Map.GetValueOrDefault(from, []), .. row[1].Split(' ').Select(Row.Parse).Where(to => to.To != from)];
        }

        foreach (var row in Table.Rows("old_new_forms.tsv"))
        {
            OldToNew[CodeOf(row[1])] = CodeOf(row[0]);
        }

        foreach (var code in Map.Keys.Concat(OldToNew.Keys).ToList())
        {
            var roots = new HashSet<int>();
            CollectRoots(code, roots, MostSteps);
            if (roots.Count == 1 && roots.First() is var root && root != code)
            {
                Folded[code] = root;
            }
        }
    }

    /// <summary>The form to which a character is folded: itself where there is no decided one.</summary>
    public static Rune Fold(Rune rune) => rune.Value > 0x2FFF && Folded.TryGetValue(rune.Value, out var root) ? new Rune(root) : rune;

    /// <summary>Does some source relate the two folded characters, though it is not decided that they are one?</summary>
    public static bool MayBeOne(Rune a, Rune b) => Related(a.Value).Overlaps(Related(b.Value));

    private static HashSet<int> Related(int code)
    {
        HashSet<int> related = [code];
        if (Map.TryGetValue(code, out var rows))
        {
            foreach (var row in rows)
            {
                related.Add(Folded.GetValueOrDefault(row.To, row.To));
            }
        }

        return related;
    }

    private static void CollectRoots(int code, HashSet<int> roots, int steps)
    {
        var next = steps == 0 ? [] : Decided(code);
        if (next.Count == 0)
        {
            roots.Add(code);
        }

        foreach (var to in next)
        {
            CollectRoots(to, roots, steps - 1);
        }
    }

    /// <summary>Where a character leads by decision: the pairs of law and form first, then what all of its rows in the map allow.</summary>
    private static List<int> Decided(int code)
    {
        if (OldToNew.TryGetValue(code, out var form))
        {
            return [form];
        }

        if (!Map.TryGetValue(code, out var rows))
        {
            return [];
        }

        if (rows.Length > 0 && rows.All(row => row.Bits == Dictionaries))
        {
            return [.. rows.Select(row => row.To)]; // One root for all of them, or none (SPEC).
        }

        return rows.All(row => (row.Bits & (Jis | Register)) != 0)
            ? [.. rows.Where(row => (row.Bits & Jis) != 0 || row.Hop == 1).Select(row => row.To)]
            : [];
    }

    /// <summary>A compatibility ideograph of the map stands for its plain one.</summary>
    private static int CodeOf(string text) => UnicodeForms.Kc(text.EnumerateRunes())[0].Value;

    private readonly record struct Row(int To, int Bits, int Hop)
    {
        /// <summary>"高9/1": character, bits, hop.</summary>
        public static Row Parse(string text)
        {
            var first = text.EnumerateRunes().First();
            var numbers = text[first.Utf16SequenceLength..].Split('/');
            return new Row(CodeOf(first.ToString()), int.Parse(numbers[0], CultureInfo.InvariantCulture), numbers.Length > 1 ? int.Parse(numbers[1], CultureInfo.InvariantCulture) : 0);
        }
    }
}
