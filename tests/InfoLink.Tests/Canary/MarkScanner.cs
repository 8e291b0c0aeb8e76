using System.Runtime.InteropServices;

namespace InfoLink.Tests.Canary;

/// <summary>
/// Looks for thousands of forms at once, in one pass over bytes of any number: four bytes of each form are its anchor, and only where some anchor may stand is
/// anything compared.
/// </summary>
internal sealed class MarkScanner
{
    private const int AnchorLength = 4;
    private const int TableBits = 20;
    private const int Piece = 1 << 22;
    private readonly ulong[] _table = new ulong[(1 << TableBits) / 64];
    private readonly Dictionary<uint, List<Anchored>> _anchors = [];
    private readonly int _longest;

    public MarkScanner(IEnumerable<Mark> marks)
    {
        foreach (var mark in marks)
        {
            foreach (var form in mark.Forms)
            {
                var at = BestAnchor(form.Whole.AsSpan(0, form.Needed));
                var anchor = MemoryMarshal.Read<uint>(form.Whole.AsSpan(at));
                if (!_anchors.TryGetValue(anchor, out var here))
                {
                    _anchors[anchor] = here = [];
                }

                here.Add(new Anchored(mark, form, at));
                var bit = Hash(anchor);
                _table[bit >> 6] |= 1UL << (int)(bit & 63);
                _longest = Math.Max(_longest, form.Whole.Length + 4);
            }
        }
    }

    /// <summary>Each mark in each form that was found, once.</summary>
    public IReadOnlyList<Sighting> FoundIn(ReadOnlySpan<byte> place)
    {
        var found = new Found();
        Scan(place, 0, found);
        return found.All;
    }

    /// <summary>The same of a stream that need not fit into memory.</summary>
    public IReadOnlyList<Sighting> FoundIn(Stream place)
    {
        var found = new Found();
        var buffer = new byte[Piece + (2 * _longest)];
        var (kept, offset) = (0, 0L);
        while (place.ReadAtLeast(buffer.AsSpan(kept), buffer.Length - kept, throwOnEndOfStream: false) is var read and > 0)
        {
            var filled = kept + read;
            Scan(buffer.AsSpan(0, filled), offset, found);

            // What stands across two pieces is whole in the next.
            kept = Math.Min(filled, 2 * _longest);
            buffer.AsSpan(filled - kept, kept).CopyTo(buffer);
            offset += filled - kept;
        }

        return found.All;
    }

    private void Scan(ReadOnlySpan<byte> place, long offset, Found found)
    {
        for (var i = 0; i + AnchorLength <= place.Length; i++)
        {
            var anchor = MemoryMarshal.Read<uint>(place[i..]);
            var bit = Hash(anchor);
            if ((_table[bit >> 6] & (1UL << (int)(bit & 63))) == 0 || !_anchors.TryGetValue(anchor, out var candidates))
            {
                continue;
            }

            foreach (var candidate in candidates)
            {
                var start = i - candidate.At;
                if (start >= 0 && Is(place, start, candidate.Form) is { } whole)
                {
                    found.Add(new Sighting(candidate.Mark, candidate.Form.Encoding, whole, offset + start));
                }
            }
        }
    }

    /// <summary>Null: not there. True: whole; false: a part of it.</summary>
    private static bool? Is(ReadOnlySpan<byte> place, int start, MarkForm form)
    {
        var here = place[start..];
        if (here.Length < form.Needed || !here[..form.Needed].SequenceEqual(form.Whole.AsSpan(0, form.Needed)))
        {
            return null;
        }

        var matching = here.CommonPrefixLength(form.Whole);
        var whole = matching == form.Whole.Length;
        const int LongEnough = 10; // Digits, of which so many stand nowhere by chance.
        if (form.Unit == 0 || (whole && matching >= LongEnough * form.Unit))
        {
            return whole;
        }

        var end = start + (matching / form.Unit * form.Unit);
        return IsBoundary(place, start - form.Unit, form.Unit) && IsBoundary(place, end, form.Unit) ? whole : null;
    }

    private static bool IsBoundary(ReadOnlySpan<byte> place, int at, int unit) =>
        at < 0 || at + unit > place.Length || !char.IsAsciiLetterOrDigit((char)place[at]) || (unit == 2 && place[at + 1] != 0);

    /// <summary>The four bytes that stand in few other places: many different ones, and few zeros.</summary>
    private static int BestAnchor(ReadOnlySpan<byte> form)
    {
        var (best, at) = (-1, 0);
        for (var i = 0; i + AnchorLength <= form.Length; i++)
        {
            var worth = 0;
            for (var j = i; j < i + AnchorLength; j++)
            {
                worth += form[j] == 0 ? 0 : form[i..j].Contains(form[j]) ? 1 : 3;
            }

            if (worth > best)
            {
                (best, at) = (worth, i);
            }
        }

        return at;
    }

    private static uint Hash(uint anchor) => (anchor * 2_654_435_761u) >> (32 - TableBits);

    private sealed record Anchored(Mark Mark, MarkForm Form, int At);

    private sealed class Found
    {
        private readonly Dictionary<(Mark Mark, string Encoding), Sighting> _all = [];

        public IReadOnlyList<Sighting> All => [.. _all.Values];

        public void Add(Sighting sighting)
        {
            var key = (sighting.Mark, sighting.Encoding);
            if (!_all.TryGetValue(key, out var before) || (sighting.Whole && !before.Whole))
            {
                _all[key] = sighting;
            }
        }
    }
}
