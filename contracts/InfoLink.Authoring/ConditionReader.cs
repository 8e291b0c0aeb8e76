using InfoLink.Contracts.Catalog;

namespace InfoLink.Authoring;

/// <summary>The conditions an entry allows. What is not written is forbidden, so <c>use</c> is only ever optional or required.</summary>
internal static class ConditionReader
{
    private const int EarliestTaxYear = 1950; // 地方税法 is of 1950.
    private const int LatestTaxYear = 2200;
    private const int LongestMonths = 1_200;

    public static ConditionRules Read(Spot? spot)
    {
        if (spot?.Fields("taxYear", "period", "asOf") is not { } fields)
        {
            return ConditionRules.None;
        }

        return new ConditionRules(TaxYear(fields.Optional("taxYear")), Period(fields.Optional("period")), AsOf(fields.Optional("asOf")));
    }

    /// <summary>The conditions that may be given at all.</summary>
    public static NeededConditions Allowed(ConditionRules rules) =>
        (rules.TaxYear.Use == ConditionUse.Forbidden ? NeededConditions.None : NeededConditions.TaxYear)
        | (rules.Period.Use == ConditionUse.Forbidden ? NeededConditions.None : NeededConditions.Period)
        | (rules.AsOf.Use == ConditionUse.Forbidden ? NeededConditions.None : NeededConditions.AsOf);

    public static string Text(NeededConditions conditions) => string.Join(" and ", new[]
    {
        conditions.HasFlag(NeededConditions.TaxYear) ? "taxYear" : "",
        conditions.HasFlag(NeededConditions.Period) ? "period" : "",
        conditions.HasFlag(NeededConditions.AsOf) ? "asOf" : "",
    }.Where(name => name.Length > 0));

    private static TaxYearRule TaxYear(Spot? spot)
    {
        if (spot?.Fields("use", "from", "to") is not { } fields)
        {
            return TaxYearRule.Forbidden;
        }

        var end = fields.Required("to");
        var from = fields.Required("from")?.Integer(EarliestTaxYear, LatestTaxYear);
        var to = end?.Integer(EarliestTaxYear, LatestTaxYear);
        end.MustNotPrecede(from, to, "from");
        return new TaxYearRule(Use(fields), from ?? 0, to ?? 0);
    }

    private static PeriodRule Period(Spot? spot)
    {
        if (spot?.Fields("use", "earliest", "latest", "maxMonths") is not { } fields)
        {
            return PeriodRule.Forbidden;
        }

        var (earliest, latest) = Days(fields);
        return new PeriodRule(Use(fields), earliest, latest, fields.Required("maxMonths")?.Integer(1, LongestMonths) ?? 1);
    }

    private static AsOfRule AsOf(Spot? spot)
    {
        if (spot?.Fields("use", "earliest", "latest") is not { } fields)
        {
            return AsOfRule.Forbidden;
        }

        var (earliest, latest) = Days(fields);
        return new AsOfRule(Use(fields), earliest, latest);
    }

    private static ConditionUse Use(Fields fields) =>
        fields.Required("use")?.OneOf(("required", ConditionUse.Required), ("optional", ConditionUse.Optional)) ?? ConditionUse.Required;

    private static (DateOnly Earliest, DateOnly? Latest) Days(Fields fields)
    {
        var end = fields.Optional("latest");
        var earliest = fields.Required("earliest")?.Date();
        var latest = end?.Date();
        end.MustNotPrecede(earliest, latest, "earliest");
        return (earliest ?? DateOnly.MinValue, latest);
    }
}

/// <summary>When an entry is in force.</summary>
internal static class ValidityReader
{
    private static readonly EntryValidity Unknown = new(DateOnly.MinValue, Until: null, Transitional: null);

    public static EntryValidity Read(Spot? spot)
    {
        if (spot?.Fields("from", "until", "transitional") is not { } fields)
        {
            return Unknown;
        }

        var end = fields.Optional("until");
        var from = fields.Required("from")?.Date();
        var until = end?.Date();
        end.MustNotPrecede(from, until, "from");
        return new EntryValidity(from ?? DateOnly.MinValue, until, Transitional(fields.Optional("transitional"), until));
    }

    private static TransitionalRule? Transitional(Spot? spot, DateOnly? validUntil)
    {
        if (spot?.Fields("claimsBefore", "until") is not { } fields)
        {
            return null;
        }

        if (validUntil is null)
        {
            spot.Value.Fail("A transitional rule begins where the entry ends, and this entry has no 'until'. Give it one, or leave the rule out.");
        }

        var end = fields.Optional("until");
        var until = end?.Date();
        end.MustNotPrecede(validUntil, until, "validity.until");
        return new TransitionalRule(fields.Required("claimsBefore")?.Date() ?? DateOnly.MinValue, until);
    }
}
