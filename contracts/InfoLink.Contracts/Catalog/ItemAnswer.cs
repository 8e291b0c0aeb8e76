using System.Diagnostics.CodeAnalysis;

namespace InfoLink.Contracts.Catalog;

/// <summary>What stands in a data item: a value or a reason for its absence, never neither. It does not print its value.</summary>
public abstract record ItemAnswer
{
    private ItemAnswer()
    {
    }

    /// <param name="Text">The value's canonical text; see <see cref="ItemType"/>.</param>
    public sealed record Value(string Text) : ItemAnswer
    {
        public override string ToString() => "(a value)";
    }

    public sealed record Absent(AbsenceReason Reason) : ItemAnswer
    {
        public override string ToString() => "(absent)";
    }
}

/// <summary>
/// Why there is no value. The list is closed: a receiving program must know what each means. The last two are the reasons
/// <c>NotAcceptable</c> and <c>NotConverted</c> of the copies (副本) that agencies keep for exchange.
/// </summary>
public sealed class AbsenceReason
{
    private AbsenceReason(string id, string ja, string en)
    {
        Id = id;
        Name = new Bilingual(ja, en);
    }

    /// <summary>The source has no record of it (birth date unknown, no report was filed).</summary>
    public static AbsenceReason NotRecorded { get; } = new("not-recorded", "記録なし", "not recorded");

    /// <summary>The item makes no sense for this person (date of leaving of one who has not left).</summary>
    public static AbsenceReason NotApplicable { get; } = new("not-applicable", "該当なし", "not applicable");

    /// <summary>It will be there later (this year's tax before the assessment).</summary>
    public static AbsenceReason NotYetDetermined { get; } = new("not-yet-determined", "未決定", "not yet determined");

    /// <summary>A law forbids to give it, and says so openly; persons whose data is withheld get no answer at all, not this.</summary>
    public static AbsenceReason WithheldByLaw { get; } = new("withheld-by-law", "法令による不提供", "withheld by law");

    /// <summary>The source holds something that the layout does not take.</summary>
    public static AbsenceReason NotAcceptable { get; } = new("not-acceptable", "登録不可", "not acceptable in the layout");

    /// <summary>The source still holds it in an older form.</summary>
    public static AbsenceReason NotConverted { get; } = new("not-converted", "未変換", "not converted from an older form");

    public static IReadOnlyList<AbsenceReason> All { get; } =
        [NotRecorded, NotApplicable, NotYetDetermined, WithheldByLaw, NotAcceptable, NotConverted];

    /// <summary>The stable id, as catalogs and answers write it.</summary>
    public string Id { get; }

    public Bilingual Name { get; }

    public static bool TryParse(string? id, [NotNullWhen(true)] out AbsenceReason? reason)
    {
        reason = All.FirstOrDefault(known => string.Equals(known.Id, id, StringComparison.Ordinal));
        return reason is not null;
    }

    public override string ToString() => Id;
}
