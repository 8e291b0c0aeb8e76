using System.Collections.Immutable;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Contracts.Catalog;

/// <summary>The rules an answer can break.</summary>
public enum LayoutRule
{
    /// <summary>The layout has no such item.</summary>
    UnknownItem,

    /// <summary>A required item is not in the answer.</summary>
    Missing,

    /// <summary>The item is absent for a reason that the layout does not allow there.</summary>
    ReasonNotAllowed,

    /// <summary>Not the canonical text of the item's type.</summary>
    NotCanonical,

    TooShort,

    TooLong,

    /// <summary>A control, line-separating, bidirectional-override or unpaired-surrogate character.</summary>
    ForbiddenCharacter,

    PatternNotMatched,

    OutOfRange,

    NotInCodeList,

    CheckDigitWrong,
}

/// <summary>One item and the rule it breaks. Never a value, so it may be logged and sent.</summary>
public sealed record LayoutViolation(string Item, LayoutRule Rule)
{
    public override string ToString() => $"{Item}: {Rule}";
}

/// <summary>
/// Checks an answer against its kind's layout. The provider checks before sealing and the requester after opening: what lies
/// outside is refused at whichever end meets it first.
/// </summary>
public static class Layout
{
    /// <summary>Stands in a violation for an item id that is not even formed like one: an unknown key is the sender's text.</summary>
    public const string UnnamedItem = "(not an item id)";

    /// <summary>Every violation; empty: the answer keeps the layout. Unknown items beyond the first 20 are not listed one by one.</summary>
    public static IReadOnlyList<LayoutViolation> Check(InformationKind kind, IReadOnlyDictionary<string, ItemAnswer> answers)
    {
        var violations = new List<LayoutViolation>();
        var known = 0;
        foreach (var item in kind.Items)
        {
            LayoutRule? broken;
            if (answers.TryGetValue(item.Id, out var answer))
            {
                known++;
                broken = BrokenBy(item, answer);
            }
            else
            {
                broken = item.Required ? LayoutRule.Missing : null;
            }

            if (broken is { } rule)
            {
                violations.Add(new LayoutViolation(item.Id, rule));
            }
        }

        if (known < answers.Count)
        {
            violations.AddRange(Unknown(kind.Items, answers.Keys));
        }

        return violations;
    }

    private static IEnumerable<LayoutViolation> Unknown(ImmutableArray<DataItem> items, IEnumerable<string> keys)
    {
        const int Listed = 20;
        var ids = items.Select(item => item.Id).ToHashSet(StringComparer.Ordinal);
        return keys.Where(key => !ids.Contains(key))
            .Take(Listed)
            .Select(key => new LayoutViolation(CatalogName.IsValid(key) ? key : UnnamedItem, LayoutRule.UnknownItem));
    }

    private static LayoutRule? BrokenBy(DataItem item, ItemAnswer answer) => answer switch
    {
        ItemAnswer.Value value => CanonicalText.BrokenBy(item.Type, value.Text),
        ItemAnswer.Absent absent => item.AbsenceReasons.Contains(absent.Reason) ? null : LayoutRule.ReasonNotAllowed,
        _ => LayoutRule.Missing,
    };
}
