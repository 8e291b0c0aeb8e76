using System.Text.RegularExpressions;
using InfoLink.Samples.Registry.Generating;

namespace InfoLink.Samples.Registry.Drifting;

/// <summary>The register's address in other notations.</summary>
internal static partial class OldAddress
{
    /// <summary>True where this drift is to happen, and then it is noted.</summary>
    public delegate bool Drifts(Drift drift);

    public static string Write(Attributes attributes, Drifts drifts, Dice dice)
    {
        if (Municipalities.Find(attributes.Municipality) is not { } municipality || Parts().Match(attributes.Address) is not { Success: true } parts)
        {
            return attributes.Address; // 住所不定, a country.
        }

        var head = municipality.Prefecture + municipality.Name;
        var town = parts.Groups["town"].Value[head.Length..];
        if (town.Contains('字', StringComparison.Ordinal) && drifts(Drift.NoOaza))
        {
            town = town.Replace("大字", "", StringComparison.Ordinal).Replace("字", "", StringComparison.Ordinal);
        }

        // Two municipalities have the same name in some places; there the prefecture is not left out.
        var where = Municipalities.IsOnlyOne(municipality) && drifts(Drift.NoPrefecture) ? municipality.Name : head;
        return where + town + Number(parts, drifts, dice) + Building(parts, drifts, dice);
    }

    private static string Number(Match parts, Drifts drifts, Dice dice)
    {
        var chome = parts.Groups["chome"].Value;
        var (first, second) = (Int(parts.Groups["first"]), Int(parts.Groups["second"]));
        var unit = chome.Length > 0 ? "番" : "番地";
        var end = chome.Length > 0 ? "号" : "";
        if (drifts(Drift.Hyphens))
        {
            var lot = second is null ? $"{first}" : $"{first}-{second}";
            var text = chome.Length == 0 ? lot : dice.Chance(500) ? $"{FromKanji(chome)}-{lot}" : $"{chome}丁目{lot}";
            return dice.Chance(300) ? Wide(text) : text;
        }

        var prefix = chome.Length > 0 ? $"{chome}丁目" : "";
        return drifts(Drift.KanjiNumbers) ? $"{prefix}{Kanji(first)}{unit}{Kanji(second)}{end}"
            : drifts(Drift.NarrowNumbers) ? $"{prefix}{first}{unit}{second}{end}"
            : $"{prefix}{parts.Groups["first"].Value}{unit}{parts.Groups["second"].Value}{end}";
    }

    private static string Building(Match parts, Drifts drifts, Dice dice)
    {
        var building = parts.Groups["building"].Value;
        if (building.Length == 0 || drifts(Drift.NoBuilding))
        {
            return "";
        }

        var room = Int(parts.Groups["room"]);
        return !drifts(Drift.BuildingOtherwise) ? $"　{building}{parts.Groups["room"].Value}号"
            : dice.Below(3) switch { 0 => $" {building}{room}", 1 => $" {building} {room}号室", _ => $"　{building}－{Wide($"{room}")}" };
    }

    private static int? Int(Group digits) => digits.Length == 0 ? null : int.Parse(string.Concat(digits.Value.Select(digit => (char)(digit - '０' + '0'))));

    private static string Wide(string text) => string.Concat(text.Select(each => char.IsAsciiDigit(each) ? (char)(each - '0' + '０') : each == '-' ? '－' : each));

    private static int FromKanji(string number) => Enumerable.Range(1, 19).First(each => string.Equals(Places.Kanji(each), number, StringComparison.Ordinal));

    /// <summary>千二百三十四; up to 9,999.</summary>
    private static string Kanji(int? number)
    {
        if (number is not { } rest)
        {
            return "";
        }

        var text = "";
        foreach (var (unit, name) in new[] { (1000, "千"), (100, "百"), (10, "十"), (1, "") })
        {
            var digit = rest / unit;
            rest %= unit;
            text += digit == 0 ? "" : (digit == 1 && unit > 1 ? "" : Places.Kanji(digit)) + name;
        }

        return text;
    }

    [GeneratedRegex(
        "^(?<town>.+?)((?<chome>[一二三四五六七八九十]+)丁目(?<first>[０-９]+)番(?<second>[０-９]+)号|(?<first>[０-９]+)番地(?<second>[０-９]*))(　(?<building>.+?)(?<room>[０-９]+)号)?$",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Parts();
}
