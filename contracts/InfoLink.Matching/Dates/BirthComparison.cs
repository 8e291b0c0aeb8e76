namespace InfoLink.Matching.Dates;

/// <summary>Compares two dates of birth (SPEC "Matching", rule 5).</summary>
internal static class BirthComparison
{
    public static void Compare(BirthForm? a, BirthForm? b, SortedSet<MatchReason> found)
    {
        if (a is null || b is null)
        {
            return; // Its problem is told already.
        }

        if (a.Date is { } day && b.Date is { } other)
        {
            if (day != other)
            {
                found.Add(Reasons.BirthDiffers);
            }
        }
        else if (a.IsLunar || b.IsLunar)
        {
            found.Add(Reasons.BirthLunar);
        }
        else
        {
            found.Add(Contradict(a, b) ? Reasons.BirthDiffers : Reasons.BirthUnknown);
        }
    }

    private static bool Contradict(BirthForm a, BirthForm b) =>
        (a.FirstYear > b.LastYear) || (b.FirstYear > a.LastYear)
        || (a.Month is { } month && b.Month is { } otherMonth && month != otherMonth)
        || (a.Day is { } day && b.Day is { } otherDay && day != otherDay);
}
