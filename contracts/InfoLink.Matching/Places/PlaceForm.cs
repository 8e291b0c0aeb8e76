using System.Globalization;
using System.Text;
using InfoLink.Matching.Places;
using InfoLink.Matching.Text;

namespace InfoLink.Matching;

/// <summary>An address in normal form (SPEC "Matching", rule 4). Printed only by whoever asks for <see cref="Text"/>.</summary>
public sealed class PlaceForm
{
    /// <summary>Of an address as written, in UTF-16 code units.</summary>
    public const int LongestText = 1000;

    private PlaceForm(AddressHead head, string street, string town, LotReader lot, DwellingForm? dwelling)
    {
        (Head, Street, Town, Lot, Dwelling) = (head, street, town, lot, dwelling);
        Text = Write(lot.Rest);
        Key = $"{head.Municipality?.Code ?? head.Prefecture}\u001f{street}{town}\u001f{string.Join('-', lot.Numbers)}";
    }

    /// <summary>The normal form as text, with building and room: 東京都江東区豊洲一丁目2-27 305号室.</summary>
    public string Text { get; }

    /// <summary>Prefecture (都道府県), written or known through the municipality; null where neither.</summary>
    public string? Prefecture => Head.Prefecture;

    /// <summary>Code of municipality or ward, 6 digits with the check digit; null where it is not certain which it is.</summary>
    public string? Code => Head.Municipality?.Code;

    internal AddressHead Head { get; }

    /// <summary>In Kyoto the streets by which the town is found, up to 上る, 下る, 東入 or 西入.</summary>
    internal string Street { get; }

    internal string Town { get; }

    internal LotReader Lot { get; }

    internal DwellingForm? Dwelling { get; }

    internal string Key { get; }

    internal bool Readable => !Text.Contains('\uFFFD', StringComparison.Ordinal);

    /// <summary>Can it be the address of a match: one municipality, a number, every character readable?</summary>
    internal bool Usable => !Head.IsUndecided && Lot.HasLot && Readable;

    /// <summary>The normal form of an address; never throws for bad content. Null where there is none, or it is longer than <see cref="LongestText"/>.</summary>
    public static PlaceForm? Of(string? address) => Of(address, new SortedSet<MatchReason>(Reasons.InOrder));

    /// <summary>One line's address as text: its normal form; as plain text what is too long for one; empty for nothing.</summary>
    public static string TextOf(string line) => Of(line)?.Text ?? PlainText.Of(line);

    /// <inheritdoc/>
    public override string ToString() => nameof(PlaceForm);

    internal static PlaceForm? Of(string? address, SortedSet<MatchReason> problems)
    {
        if (address is { Length: > LongestText })
        {
            problems.Add(Reasons.AddressTooLong);
            return null;
        }

        var written = WithoutPrelude(PlainText.Runes(address ?? ""));
        if (written.Count == 0)
        {
            problems.Add(Reasons.AddressMissing);
            return null;
        }

        var compact = written.Select((rune, index) => (rune, index)).Where(pair => pair.rune.Value != ' ').ToList();
        var head = Municipalities.Read(PlaceText.Key(compact.Select(pair => pair.rune)));
        var rest = head.Length < compact.Count ? PlainText.Join(written.Skip(compact[head.Length].index)) : "";
        var isKyoto = string.Equals(head.Municipality?.City, "京都市", StringComparison.Ordinal);
        var lot = LotReader.Read(isKyoto ? KyotoStreets.Unify(rest) : rest);
        var town = PlaceText.Town(TownPrefix.Strip(lot.Town));
        var street = isKyoto ? KyotoStreets.Of(town) : "";
        var form = new PlaceForm(head, street, town[street.Length..], lot, DwellingForm.Of(lot.Rest, lot.Further));
        if (!form.Readable)
        {
            problems.Add(Reasons.AddressUnreadable);
        }

        return form;
    }

    /// <summary>Without postal code, and without a remark in brackets before everything.</summary>
    private static List<Rune> WithoutPrelude(List<Rune> written)
    {
        var start = 0;
        while (start < written.Count)
        {
            if (written[start].Value == '(' && written.FindIndex(start, rune => rune.Value == ')') is > 0 and var end && end + 1 < written.Count)
            {
                start = end + 1;
            }
            else if (written[start].Value is '〒' or ' ')
            {
                start++;
            }
            else if (PostalCodeAt(written, start) is > 0 and var length)
            {
                start += length;
            }
            else
            {
                break;
            }
        }

        return start == 0 ? written : written[start..];
    }

    /// <summary>The length of 123-4567 or 1234567 before something that is no number.</summary>
    private static int PostalCodeAt(List<Rune> written, int at)
    {
        var (digits, end) = (0, at);
        while (end < written.Count && (Rune.IsDigit(written[end]) || (digits == 3 && PlainText.IsHyphen(written[end]) && end == at + 3)))
        {
            digits += Rune.IsDigit(written[end]) ? 1 : 0;
            end++;
        }

        return digits == 7 && end < written.Count && !PlainText.IsHyphen(written[end]) ? end - at : 0;
    }

    private string Write(string rest)
    {
        var text = new StringBuilder(Head.Prefecture).Append(Head.Municipality?.Name).Append(Street).Append(Town);
        var numbers = Lot.Numbers;
        if (Lot.First == FirstNumber.Chome)
        {
            text.Append(Numerals.ToKanji(int.Parse(numbers[0], CultureInfo.InvariantCulture))).Append("丁目").AppendJoin('-', numbers.Skip(1));
        }
        else
        {
            text.AppendJoin('-', numbers);
        }

        foreach (var part in (string?[])[Lot.Further, rest])
        {
            if (part is { Length: > 0 })
            {
                text.Append(text.Length == 0 || part[0] == '(' ? "" : " ").Append(part);
            }
        }

        return text.ToString();
    }
}
