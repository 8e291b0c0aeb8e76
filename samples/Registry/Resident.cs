using System.Collections.Immutable;
using InfoLink.Codes;

namespace InfoLink.Samples.Registry;

/// <summary>
/// What the register says of a person, in its own notation: 渡邊　花子, ワタナベ　ハナコ, an address with prefecture, kanji 丁目 and full-width numbers, 1980-03-05 (a part that nobody knows
/// is 00), 男 or 女. Never prints.
/// </summary>
/// <param name="Name">Surname and given name, a full-width space between them; Latin capitals with foreigners.</param>
/// <param name="Kana">Katakana.</param>
/// <param name="Address">The whole address, or 住所不定, or a country for those who left.</param>
/// <param name="BirthDate">yyyy-MM-dd, unknown parts 00.</param>
/// <param name="Sex">男 or 女.</param>
/// <param name="Municipality">Six digits; empty without an address in Japan.</param>
public sealed record Attributes(string Name, string Kana, string Address, string BirthDate, string Sex, string Municipality)
{
    public override string ToString() => "Attributes(redacted)";
}

/// <summary>What began or ended a state of the register. The numbers are stored.</summary>
public enum ChangeKind
{
    /// <summary>The register began; the person was there.</summary>
    Recorded = 0,
    Born = 1,

    /// <summary>Came from abroad.</summary>
    Entered = 2,
    Moved = 3,

    /// <summary>By marriage, divorce, adoption or a court.</summary>
    Renamed = 4,

    /// <summary>What stood there had been wrong all along.</summary>
    Corrected = 5,
    Died = 6,

    /// <summary>Left the country.</summary>
    Emigrated = 7,
}

/// <summary>Whether a person is on the register now. The numbers are stored.</summary>
public enum Standing
{
    Resident = 1,
    Deceased = 3,
    Emigrated = 4,
}

/// <summary>Attributes that do not hold any more.</summary>
/// <param name="Attributes">As they stood.</param>
/// <param name="From">Their first day.</param>
/// <param name="Until">The first day on which they held no more.</param>
/// <param name="EndedBy">What ended them.</param>
/// <param name="Reason">Why, in a word or two of the clerk.</param>
public sealed record FormerAttributes(Attributes Attributes, DateOnly From, DateOnly Until, ChangeKind EndedBy, string Reason)
{
    public override string ToString() => "FormerAttributes(redacted)";
}

/// <summary>A person on the register, with history. Never prints.</summary>
public sealed record Resident
{
    /// <summary>The code that holds now.</summary>
    public required ResidentRecordCode Code { get; init; }

    /// <summary>Who lives together has one number.</summary>
    public required long Household { get; init; }

    public required Attributes Current { get; init; }

    /// <summary>The first day of <see cref="Current"/>.</summary>
    public required DateOnly Since { get; init; }

    /// <summary>How <see cref="Current"/> came about.</summary>
    public required ChangeKind By { get; init; }

    public required Standing Standing { get; init; }

    /// <summary>The day of death or of leaving; null for residents.</summary>
    public DateOnly? StandingSince { get; init; }

    /// <summary>What held before, oldest first, without gaps.</summary>
    public ImmutableArray<FormerAttributes> History { get; init; } = [];

    /// <summary>Codes that were given up, oldest first (a person may ask for another one).</summary>
    public ImmutableArray<FormerCode> FormerCodes { get; init; } = [];

    public override string ToString() => "Resident(redacted)";
}

/// <summary>A code that a person had until a day. It is nobody's afterwards.</summary>
public sealed record FormerCode(ResidentRecordCode Code, DateOnly Until, string Reason);
