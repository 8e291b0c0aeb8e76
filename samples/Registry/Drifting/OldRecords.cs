using InfoLink.Samples.Registry.Generating;
using InfoLink.V1;

namespace InfoLink.Samples.Registry.Drifting;

/// <summary>In what an agency's record of a person differs from the register: how it is written, what it lacks, or what is out of date.</summary>
[Flags]
public enum Drift
{
    None = 0,

    /// <summary>3-14-1 for 三丁目１４番１号; 123-4 for １２３番地４.</summary>
    Hyphens = 1 << 0,

    /// <summary>三丁目十四番一号.</summary>
    KanjiNumbers = 1 << 1,

    /// <summary>14番1号, in ASCII digits.</summary>
    NarrowNumbers = 1 << 2,
    NoPrefecture = 1 << 3,

    /// <summary>Without 大字 and 字.</summary>
    NoOaza = 1 << 4,

    /// <summary>コーポ栄町 201号室 for コーポ栄町２０１号.</summary>
    BuildingOtherwise = 1 << 5,
    NoBuilding = 1 << 6,

    /// <summary>高 for 髙: the old system had no such character.</summary>
    UsualCharacters = 1 << 7,

    /// <summary>髙 for 高: somebody wrote it as on the name card.</summary>
    VariantCharacters = 1 << 8,
    HalfWidthKana = 1 << 9,
    Hiragana = 1 << 10,

    /// <summary>No space, or a narrow one, between surname and given name.</summary>
    Spaces = 1 << 11,

    /// <summary>昭和55年3月5日, S55.3.5.</summary>
    EraDate = 1 << 12,

    /// <summary>1980/3/5, 19800305.</summary>
    OtherDate = 1 << 13,
    SexAsNumber = 1 << 14,
    NoSex = 1 << 15,
    NoKana = 1 << 16,

    /// <summary>An address that was right once.</summary>
    StaleAddress = 1 << 17,

    /// <summary>A name that was right once.</summary>
    FormerName = 1 << 18,

    /// <summary>A reading or birth date that was put right since.</summary>
    Uncorrected = 1 << 19,

    /// <summary>Everything that is a matter of writing alone: a person must be found through it.</summary>
    Writing = Hyphens | KanjiNumbers | NarrowNumbers | NoPrefecture | NoOaza | BuildingOtherwise | UsualCharacters | VariantCharacters | HalfWidthKana | Hiragana | Spaces
        | EraDate | OtherDate | SexAsNumber | NoSex | NoKana,

    /// <summary>What was right once.</summary>
    Stale = StaleAddress | FormerName | Uncorrected,

    All = Writing | NoBuilding | Stale,
}

/// <summary>A person's attributes as an agency's old system has them, and what happened to them there. Never prints the attributes.</summary>
public sealed record OldRecord(BasicAttributes Attributes, Drift Drift)
{
    public override string ToString() => $"OldRecord({Drift})";
}

/// <summary>Makes such records from a seed, for tests and measurements: the same seed and number, the same record.</summary>
/// <param name="seed">Of the drift, not of the people.</param>
/// <param name="allowed">What may happen; each of it does in about a quarter of the records that it fits, staleness in one of twenty.</param>
public sealed class OldRecords(ulong seed, Drift allowed = Drift.All)
{
    private const int Often = 250;
    private const int Seldom = 50;

    /// <param name="person">Whose.</param>
    /// <param name="number">Of the record.</param>
    public OldRecord Of(Resident person, long number)
    {
        var dice = new Dice(seed, (ulong)number);
        var done = Drift.None;
        var attributes = person.Current;
        if (Happens(Drift.Stale, Seldom) && person.History.Length > 0)
        {
            attributes = dice.Of(person.History).Attributes;
            done |= Staleness(attributes, person.Current);
        }

        var record = new BasicAttributes
        {
            Name = Name(attributes.Name),
            Kana = Kana(attributes.Kana),
            Address = OldAddress.Write(attributes, drift => Happens(drift, Often) && Done(drift), dice),
            BirthDate = Birth(attributes.BirthDate),
            Sex = Sex(attributes.Sex),
        };
        return new OldRecord(record, done);

        bool Happens(Drift drift, int perThousand) => dice.Chance(perThousand) && (allowed & drift) != Drift.None;

        bool Done(Drift drift)
        {
            done |= drift;
            return true;
        }

        string Name(string name)
        {
            var usual = VariantCharacters.Usual(name);
            var varied = VariantCharacters.Vary(name, dice);
            name = Happens(Drift.UsualCharacters, Often) && !Same(usual, name) && Done(Drift.UsualCharacters) ? usual
                : Happens(Drift.VariantCharacters, Seldom) && !Same(varied, name) && Done(Drift.VariantCharacters) ? varied
                : name;
            return name.Contains('　', StringComparison.Ordinal) && Happens(Drift.Spaces, Often) && Done(Drift.Spaces) ? name.Replace("　", dice.Chance(500) ? "" : " ", StringComparison.Ordinal) : name;
        }

        string Kana(string kana) =>
            Happens(Drift.NoKana, Seldom) && Done(Drift.NoKana) ? ""
            : Happens(Drift.HalfWidthKana, Often) && Done(Drift.HalfWidthKana) ? OldKana.HalfWidth(kana)
            : Happens(Drift.Hiragana, Seldom) && Done(Drift.Hiragana) ? OldKana.Hiragana(kana)
            : kana;

        string Birth(string birth) =>
            !DateOnly.TryParseExact(birth, "yyyy-MM-dd", out var day) ? birth
            : Happens(Drift.EraDate, Often) && Done(Drift.EraDate) ? OldDates.InEra(day, dice)
            : Happens(Drift.OtherDate, Often) && Done(Drift.OtherDate) ? dice.Chance(500) ? $"{day:yyyyMMdd}" : $"{day.Year}/{day.Month}/{day.Day}"
            : birth;

        string Sex(string sex) =>
            Happens(Drift.NoSex, Seldom) && Done(Drift.NoSex) ? ""
            : Happens(Drift.SexAsNumber, Often) && Done(Drift.SexAsNumber) ? Same(sex, "男") ? "1" : "2"
            : sex;
    }

    private static Drift Staleness(Attributes then, Attributes now) =>
        (Same(then.Address, now.Address) ? Drift.None : Drift.StaleAddress)
        | (Same(then.Name, now.Name) ? Drift.None : Drift.FormerName)
        | (Same(then.BirthDate, now.BirthDate) && (Same(then.Kana, now.Kana) || !Same(then.Name, now.Name)) ? Drift.None : Drift.Uncorrected);

    private static bool Same(string a, string b) => string.Equals(a, b, StringComparison.Ordinal);
}
