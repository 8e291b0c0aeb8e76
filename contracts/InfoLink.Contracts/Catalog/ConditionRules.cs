namespace InfoLink.Contracts.Catalog;

/// <summary>May a condition be given, must it, or must it not?</summary>
public enum ConditionUse
{
    Forbidden,
    Optional,
    Required,
}

/// <summary>The conditions an entry allows, each with its range. What an entry does not mention is forbidden.</summary>
public sealed record ConditionRules(TaxYearRule TaxYear, PeriodRule Period, AsOfRule AsOf)
{
    public static ConditionRules None { get; } = new(TaxYearRule.Forbidden, PeriodRule.Forbidden, AsOfRule.Forbidden);
}

/// <summary>Tax years <see cref="From"/> to <see cref="To"/>, both included.</summary>
public sealed record TaxYearRule(ConditionUse Use, int From, int To)
{
    public static TaxYearRule Forbidden { get; } = new(ConditionUse.Forbidden, 0, 0);

    public bool Covers(int taxYear) => taxYear >= From && taxYear <= To;
}

/// <summary>
/// A period that begins no earlier than <see cref="Earliest"/>, ends no later than <see cref="Latest"/> (null: the day of asking,
/// since nothing is on record about tomorrow) and spans at most <see cref="MaxMonths"/> calendar months.
/// </summary>
public sealed record PeriodRule(ConditionUse Use, DateOnly Earliest, DateOnly? Latest, int MaxMonths)
{
    public static PeriodRule Forbidden { get; } = new(ConditionUse.Forbidden, DateOnly.MinValue, DateOnly.MinValue, 0);

    public bool Covers(InquiryPeriod period, DateOnly askedOn) =>
        period.From >= Earliest && period.To <= (Latest ?? askedOn) && SpansAtMost(period, MaxMonths);

    /// <summary>1 April to 31 March is twelve months: the last day lies before the same day twelve months on.</summary>
    private static bool SpansAtMost(InquiryPeriod period, int months)
    {
        var left = DateOnly.MaxValue.DayNumber - period.From.DayNumber;
        return months * 31L > left || period.To < period.From.AddMonths(months);
    }
}

/// <summary>A day from <see cref="Earliest"/> to <see cref="Latest"/> (null: the day of asking), both included.</summary>
public sealed record AsOfRule(ConditionUse Use, DateOnly Earliest, DateOnly? Latest)
{
    public static AsOfRule Forbidden { get; } = new(ConditionUse.Forbidden, DateOnly.MinValue, DateOnly.MinValue);

    public bool Covers(DateOnly asOf, DateOnly askedOn) => asOf >= Earliest && asOf <= (Latest ?? askedOn);
}

/// <summary>Conditions without which a kind cannot be answered, whichever entry asks: a tax amount is always of a year.</summary>
[Flags]
public enum NeededConditions
{
    None = 0,
    TaxYear = 1,
    Period = 2,
    AsOf = 4,
}
