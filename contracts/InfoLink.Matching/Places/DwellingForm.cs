using System.Text;
using InfoLink.Matching.Names;
using InfoLink.Matching.Text;

namespace InfoLink.Matching.Places;

/// <summary>Building and room behind a lot's number, for comparison (SPEC "Matching", rule 4.8).</summary>
/// <param name="Building">Without blanks and brackets, in katakana; empty where only a room is named.</param>
/// <param name="Room">The room's number; null where there is none.</param>
/// <param name="Further">A further number after the lot's that may be a room or a branch; null where there is none.</param>
internal sealed record DwellingForm(string Building, string? Room, string? Further)
{
    public static DwellingForm? Of(string rest, string? further)
    {
        var runes = Kana.Unify(PlainText.Runes(rest)).Where(rune => rune.Value is not ('(' or ')' or '「' or '」')).ToList();
        var text = PlainText.Join(runes.Select(VariantCharacters.Fold)).Trim();
        if (text.Length == 0)
        {
            return further is null ? null : new DwellingForm("", null, further);
        }

        var words = text.Split(' ', 2);
        if (words.Length == 2 && RoomOf(words[0]) is { } leading && leading.Length == words[0].Length)
        {
            return new DwellingForm(words[1].Replace(" ", "", StringComparison.Ordinal), Bare(leading), further);
        }

        var room = RoomOf(text);
        var building = text[..^(room?.Length ?? 0)].Replace(" ", "", StringComparison.Ordinal);
        return new DwellingForm(building, room is null ? null : Bare(room), further);
    }

    /// <summary>The room at the end of a text, with its unit; null where no digit stands there.</summary>
    private static string? RoomOf(string text)
    {
        var end = text.Length;
        foreach (var unit in (string[])["号室", "号", "室", "階"])
        {
            if (text.EndsWith(unit, StringComparison.Ordinal))
            {
                end -= unit.Length;
                break;
            }
        }

        var start = end;
        while (start > 0 && (char.IsAsciiLetterOrDigit(text[start - 1]) || text[start - 1] is '-' or '#'))
        {
            start--;
        }

        return text.AsSpan(start, end - start).ContainsAnyInRange('0', '9') ? text[start..] : null;
    }

    private static string Bare(string room)
    {
        var bare = new StringBuilder(room.Length);
        foreach (var each in room)
        {
            if (char.IsAsciiLetterOrDigit(each) || (each == '-' && bare.Length > 0))
            {
                bare.Append(each);
            }
        }

        return bare.ToString().TrimStart('0').TrimEnd('-') + (room.EndsWith('階') ? "F" : "");
    }
}
