using System.Collections.Immutable;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Contracts.Catalog;

/// <summary>
/// One line of the statute list (法令リスト): a row of the table in article 2 of the Order (令和6年デジタル庁・総務省令第9号), one provider
/// of that row, and one leaf of the article the row points to. Who may ask whom, for which task, about whom, for what.
/// </summary>
public sealed record StatuteEntry
{
    /// <summary>Survives renumbering of the Order: the citation changes, the id does not.</summary>
    public required EntryId Id { get; init; }

    /// <summary>Row of the table, with its branch where it has one: <c>106</c>, <c>51-2</c> (五十一の二).</summary>
    public required string Row { get; init; }

    /// <summary>Article, item and sub-item, <c>108-1-ro</c> for 第108条第1号ロ (イロハ in romaji, as they are read).</summary>
    public required string ArticleLeaf { get; init; }

    public required Bilingual Citation { get; init; }

    /// <summary>Whoever is named by one of these may ask.</summary>
    public required ImmutableArray<Designation> Requester { get; init; }

    /// <summary>Whoever is named by one of these may be asked.</summary>
    public required ImmutableArray<Designation> Provider { get; init; }

    /// <summary>The task (事務) in the words of the article.</summary>
    public required Bilingual Task { get; init; }

    /// <summary>What the information is for (目的): not the task, and not the single use a clerk states.</summary>
    public required Bilingual Purpose { get; init; }

    /// <summary>The information in the words of the leaf, which also say whose it is.</summary>
    public required Bilingual Information { get; init; }

    /// <summary>Whose data may be asked for.</summary>
    public required ImmutableArray<RoleName> Roles { get; init; }

    public required ImmutableArray<KindId> Kinds { get; init; }

    public required ConditionRules Conditions { get; init; }

    public required ExchangeModes Modes { get; init; }

    public required Requirements Requirements { get; init; }

    /// <summary>Calendar days (JST) within which an answer that a human must give is due; the day of asking is day 0.</summary>
    public required int AnswerDeadlineDays { get; init; }

    public required EntryValidity Validity { get; init; }

    public required ImpactAssessment ImpactAssessment { get; init; }

    public required DisplayRule Display { get; init; }

    /// <summary>An individual number (個人番号) may be among the values. Only marked entries may hold a kind with such an item.</summary>
    public bool CarriesIndividualNumber { get; init; }

    /// <summary>Switched off by a directory or a provider; see <see cref="StatuteCatalog.Without"/>.</summary>
    public bool SwitchedOff { get; init; }

    public bool IsUsable => !SwitchedOff && ImpactAssessment == ImpactAssessment.Done;
}

/// <summary>A subject role with its names.</summary>
public sealed record RoleName(SubjectRole Role, Bilingual Name);

/// <summary>How an entry may be used. Notice: the provider tells of a change without being asked.</summary>
[Flags]
public enum ExchangeModes
{
    None = 0,

    /// <summary>One person.</summary>
    Single = 1,

    /// <summary>2 to 1,000 persons in one exchange.</summary>
    Bulk = 2,

    Notice = 4,
}

/// <summary>What must hold beyond the catalog's own answer; the stages of the exchange see to it.</summary>
/// <param name="Consent">The data subject's consent is on record at the requester.</param>
/// <param name="OpenCase">The requester has an open case about the person.</param>
/// <param name="Manual">A human at the provider releases each answer.</param>
/// <param name="IdentityCheck">Both sides compare birth date, sex and kana name, each cut to 8 bits.</param>
public sealed record Requirements(bool Consent = false, bool OpenCase = false, bool Manual = false, bool IdentityCheck = false);

/// <summary>State of the impact assessment (特定個人情報保護評価, articles 27 and 28 of the Act); only <see cref="Done"/> lets an entry be used.</summary>
public enum ImpactAssessment
{
    Missing,
    Underway,
    Done,
}

/// <summary>
/// When the citizen sees the access: after <see cref="HoldDays"/> days (0: at once). An entry can delay, never hide;
/// a delay names the law it stands on.
/// </summary>
public sealed record DisplayRule(int HoldDays, string? Ground)
{
    public static DisplayRule AtOnce { get; } = new(0, Ground: null);
}
