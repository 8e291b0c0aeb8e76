namespace InfoLink.Matching.Places;

/// <summary>Compares two addresses (SPEC "Matching", rule 4).</summary>
internal static class PlaceComparison
{
    public static void Compare(PlaceForm? a, PlaceForm? b, SortedSet<MatchReason> found)
    {
        if (a is not null && b is not null && !string.Equals(a.Key, b.Key, StringComparison.Ordinal))
        {
            found.Add(Reasons.AddressDiffers);
        }
    }
}
