namespace InfoLink.Contracts.Catalog;

/// <summary>The conditions' part of the decision: all that are missing first, then what is not allowed, then what is out of range.</summary>
internal static class ConditionCheck
{
    public static CatalogDecision.Denied? Denial(ConditionRules rules, NeededConditions needed, CatalogQuestion question)
    {
        var given = question.Conditions;
        ReadOnlySpan<Finding> findings =
        [
            Of("taxYear", rules.TaxYear.Use, needed.HasFlag(NeededConditions.TaxYear), given.TaxYear,
                year => rules.TaxYear.Covers(year)),
            Of("period", rules.Period.Use, needed.HasFlag(NeededConditions.Period), given.Period,
                period => rules.Period.Covers(period, question.Date)),
            Of("asOf", rules.AsOf.Use, needed.HasFlag(NeededConditions.AsOf), given.AsOf,
                day => rules.AsOf.Covers(day, question.Date)),
        ];

        return First(findings, CatalogDenial.ConditionMissing)
            ?? First(findings, CatalogDenial.ConditionNotAllowed)
            ?? First(findings, CatalogDenial.ConditionOutOfRange);
    }

    private static Finding Of<T>(string name, ConditionUse use, bool needed, T? given, Func<T, bool> covers)
        where T : struct
    {
        CatalogDenial? denial = given switch
        {
            null when needed || use == ConditionUse.Required => CatalogDenial.ConditionMissing,
            null => null,
            _ when use == ConditionUse.Forbidden => CatalogDenial.ConditionNotAllowed,
            { } value when !covers(value) => CatalogDenial.ConditionOutOfRange,
            _ => null,
        };
        return new Finding(name, denial);
    }

    private static CatalogDecision.Denied? First(ReadOnlySpan<Finding> findings, CatalogDenial reason)
    {
        foreach (var finding in findings)
        {
            if (finding.Denial == reason)
            {
                return new CatalogDecision.Denied(reason, finding.Condition);
            }
        }

        return null;
    }

    private readonly record struct Finding(string Condition, CatalogDenial? Denial);
}
