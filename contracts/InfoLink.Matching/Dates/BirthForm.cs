namespace InfoLink.Matching;

/// <summary>A date of birth in normal form (SPEC "Matching", rule 5): a day, or what is known of it. Never prints it.</summary>
public sealed class BirthForm
{
    /// <summary>Of a date of birth as written, in UTF-16 code units.</summary>
    public const int LongestText = 100;

    /// <summary>The day; null where it is not known entirely, or is one of the old calendar.</summary>
    public DateOnly? Date { get; internal init; }

    /// <summary>The first year that it can be; null where nothing is known of the year.</summary>
    internal int? FirstYear { get; init; }

    internal int? LastYear { get; init; }

    internal int? Month { get; init; }

    internal int? Day { get; init; }

    /// <summary>Before 明治6年1月1日, in an era: not convertible by rule.</summary>
    internal bool IsLunar { get; init; }

    /// <inheritdoc/>
    public override string ToString() => nameof(BirthForm);

    internal static BirthForm? Of(string? text, SortedSet<MatchReason> problems)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            problems.Add(Reasons.BirthMissing);
            return null;
        }

        var (form, problem) = text.Length > LongestText ? (null, Reasons.BirthUnreadable) : Dates.BirthReader.Read(text);
        if (problem is not null)
        {
            problems.Add(problem);
        }

        return form;
    }
}
