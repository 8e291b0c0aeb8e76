using System.Globalization;
using System.Security.Cryptography;
using InfoLink.Broker.Codes;
using InfoLink.CodeAuthority.Derivation;
using InfoLink.Codes;
using InfoLink.Contracts.Identifiers;
using InfoLink.Samples.Network;
using InfoLink.Tests.Rotation;

namespace InfoLink.Tests.Canary;

/// <summary>A made-up person of whom everything is marked: drawn anew for each run, so that nothing but the run can have written it.</summary>
internal sealed class MarkedPerson
{
    public const string Sex = "女";

    // Without those that also count or divide an address (イロハ, ノ, ケ, ツ …): what is made of them is one town's name.
    private const string OfTowns = "アウエオカキクコサシスセソタチテナヌネヒフマミムメモヤユヨラリルレワ";
    private const string Syllables = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワ";
    private readonly byte[] _id = new byte[IdCode.ByteLength];
    private readonly LinkCode _requesterNext;

    /// <param name="part">The part that she plays.</param>
    /// <param name="authority">Makes her ID code of her resident record code.</param>
    /// <param name="cipher">Makes her link codes.</param>
    public MarkedPerson(string part, IdCodeDerivation authority, LinkCodeCipher cipher)
    {
        Part = part;
        var record = ResidentRecordCode.FromBase(ulong.Parse(RandomDigits(10), CultureInfo.InvariantCulture));
        RecordCode = record.Reveal();
        var id = authority.Derive(record, IdCodeKind.Test, generation: 0);
        id.CopyTo(_id);
        Id = id;
        RequesterCode = cipher.Encode(id, AgencyId.Parse(NetworkFolder.Requester), NetworkFolder.Epoch);
        ProviderCode = cipher.Encode(id, AgencyId.Parse(NetworkFolder.Provider), NetworkFolder.Epoch);
        ThirdCode = cipher.Encode(id, AgencyId.Parse(NetworkFolder.Bystander), NetworkFolder.Epoch);
        _requesterNext = cipher.Encode(id, AgencyId.Parse(NetworkFolder.Requester), Rotating.Next);
    }

    public string Part { get; }

    /// <summary>Drawn by the numbering authority, for whoever stands on the register.</summary>
    public string Number { get; set; } = RandomNumber();

    /// <summary>In katakana, so that it is its own reading, and its own normal form.</summary>
    public string Name { get; } = RandomName(12);

    public string Address { get; } = RandomNumberGenerator.GetString(OfTowns, 12) + "町";

    public string FullAddress => $"神奈川県横浜市中区{Address}１番地２";

    /// <summary>A day that no part of a network has to do with; in the calendar of today, which began in 1873.</summary>
    public DateOnly Born { get; } = RandomDay(1874, 1898);

    public string RecordCode { get; }

    public IdCode Id { get; }

    public LinkCode RequesterCode { get; }

    public LinkCode ProviderCode { get; }

    public LinkCode ThirdCode { get; }

    /// <summary>What the agencies call her, each in its own way.</summary>
    public string AtRequester { get; } = "Y-" + RandomName(10);

    public string AtProvider { get; } = "S-" + RandomName(10);

    public string AtThird { get; } = "K-" + RandomName(10);

    // What is answered about her.
    public string TotalIncome { get; } = RandomDigits(11);

    public string SalaryReceipts { get; } = RandomDigits(11);

    public string IncomeLevy { get; } = RandomDigits(11);

    public DateOnly AssessedOn { get; } = RandomDay(2121, 2199);

    public string Householder { get; } = RandomName(14);

    public IReadOnlyList<Mark> Marks() =>
    [
        new(Column.Number, Part, "number", MarkForms.Digits(Number)),
        new(Column.BasicAttributes, Part, "name", MarkForms.Text(Name)),
        new(Column.BasicAttributes, Part, "address", MarkForms.Text(Address)),
        new(Column.BasicAttributes, Part, "date of birth", MarkForms.Date(Born)),
        new(Column.ResidentRecordCode, Part, "resident record code", MarkForms.Digits(RecordCode)),
        new(Column.IdCode, Part, "ID code", MarkForms.Code(_id, halves: false)),
        .. LinkCodes(Column.RequesterCode, RequesterCode),
        .. LinkCodes(Column.RequesterCode, _requesterNext),
        .. LinkCodes(Column.ProviderCode, ProviderCode),
        .. LinkCodes(Column.ThirdCode, ThirdCode),
        new(Column.Value, Part, "total income", MarkForms.Digits(TotalIncome)),
        new(Column.Value, Part, "salary receipts", MarkForms.Digits(SalaryReceipts)),
        new(Column.Value, Part, "income levy", MarkForms.Digits(IncomeLevy)),
        new(Column.Value, Part, "day of assessment", MarkForms.Date(AssessedOn)),
        new(Column.Value, Part, "householder's name", MarkForms.Text(Householder)),
        new(Column.RequesterId, Part, "local identifier", MarkForms.Text(AtRequester)),
        new(Column.ProviderId, Part, "local identifier", MarkForms.Text(AtProvider)),
        new(Column.ThirdId, Part, "local identifier", MarkForms.Text(AtThird)),
    ];

    private IEnumerable<Mark> LinkCodes(Column column, LinkCode code)
    {
        var bytes = new byte[LinkCode.ByteLength];
        code.CopyTo(bytes);
        yield return new Mark(column, Part, "link code", MarkForms.Code(bytes, halves: true));
        yield return new Mark(column, Part, "link code without its epoch", MarkForms.Code(bytes[1..], halves: true));
    }

    /// <summary>Neither the first nor the last is 0: reversed, it is a number too.</summary>
    private static string RandomDigits(int count) =>
        $"{RandomNumberGenerator.GetInt32(1, 10)}{string.Concat(RandomNumberGenerator.GetItems<char>("0123456789", count - 2))}{RandomNumberGenerator.GetInt32(1, 10)}";

    /// <summary>An individual number with a right check digit, since wrong ones are refused earlier; like other digits, without zeros at its ends.</summary>
    private static string RandomNumber()
    {
        while (true)
        {
            var number = IndividualNumber.FromBase(ulong.Parse(RandomDigits(11))).Reveal();
            if (number[^1] != '0')
            {
                return number;
            }
        }
    }

    private static string RandomName(int count) => RandomNumberGenerator.GetString(Syllables, count);

    private static DateOnly RandomDay(int from, int until) =>
        new DateOnly(from, 1, 1).AddDays(RandomNumberGenerator.GetInt32(365 * (until - from + 1)));
}
