namespace InfoLink.Matching.Places;

/// <summary>Compares two addresses (SPEC "Matching", rule 4.9).</summary>
internal static class PlaceComparison
{
    public static void Compare(PlaceForm? a, PlaceForm? b, SortedSet<MatchReason> found)
    {
        if (a is null || b is null)
        {
            return; // Its problem is told already.
        }

        var reasons = new List<MatchReason>();
        if (!AgreeOnTown(a, b, reasons) || !AgreeOnNumbers(a, b, reasons))
        {
            // Where a character is lost, only what is readable on both sides can differ.
            if ((a.Readable && b.Readable) || !CouldRead(a.Text, b.Text))
            {
                found.Add(Reasons.AddressDiffers);
            }

            return;
        }

        CompareDwellings(a, b, reasons);
        found.UnionWith(reasons);
    }

    private static bool AgreeOnTown(PlaceForm a, PlaceForm b, List<MatchReason> reasons)
    {
        if (a.Prefecture is { } prefecture && b.Prefecture is { } other && !string.Equals(prefecture, other, StringComparison.Ordinal))
        {
            return false;
        }

        switch (a.Head.Municipality, b.Head.Municipality)
        {
            case ({ } one, { } two) when one != two:
                if (!string.Equals(one.City, two.City, StringComparison.Ordinal) || (one.Ward.Length > 0 && two.Ward.Length > 0))
                {
                    return false;
                }

                reasons.Add(Reasons.AddressMunicipality); // The ward is left out on one side.
                break;
            case ({ } known, null):
                reasons.Add(Reasons.AddressMunicipality);
                return IsEndOf(known, a, b);
            case (null, { } known):
                reasons.Add(Reasons.AddressMunicipality);
                return IsEndOf(known, b, a);
            case (null, null) when a.Head.IsUndecided || b.Head.IsUndecided || !string.Equals(a.Prefecture, b.Prefecture, StringComparison.Ordinal):
                reasons.Add(Reasons.AddressMunicipality);
                break;
            default:
                break;
        }

        if (string.Equals(a.Town, b.Town, StringComparison.Ordinal))
        {
            if (!string.Equals(a.Street, b.Street, StringComparison.Ordinal))
            {
                reasons.Add(Reasons.AddressStreet);
            }

            return true;
        }

        // One ends within the town's name.
        var isPart = (a.Lot.Numbers.Count == 0 && a.Lot.Rest.Length == 0 && b.Town.StartsWith(a.Town, StringComparison.Ordinal))
            || (b.Lot.Numbers.Count == 0 && b.Lot.Rest.Length == 0 && a.Town.StartsWith(b.Town, StringComparison.Ordinal));
        if (isPart)
        {
            reasons.Add(Reasons.AddressNumber);
        }

        return isPart;
    }

    /// <summary>Is the shorter address the end of the one whose municipality is known: 北区紫野… of 京都府京都市北区紫野…?</summary>
    private static bool IsEndOf(Municipality known, PlaceForm full, PlaceForm shorter) =>
        shorter.Town.Length > 0 && shorter.Town.Length >= full.Town.Length
        && PlaceText.Town(known.Prefecture + known.Name + full.Street + full.Town).EndsWith(shorter.Town, StringComparison.Ordinal);

    private static bool AgreeOnNumbers(PlaceForm a, PlaceForm b, List<MatchReason> reasons)
    {
        var (mine, others) = (a.Lot, b.Lot);
        var common = Math.Min(mine.Numbers.Count, others.Numbers.Count);
        if (!mine.Numbers.Take(common).SequenceEqual(others.Numbers.Take(common), StringComparer.Ordinal))
        {
            return false;
        }

        // 五丁目27 and 5番地27 are two places; 5-27 may be either.
        if (common > 0 && !mine.IsFirstConcluded && !others.IsFirstConcluded && mine.First != FirstNumber.Bare && others.First != FirstNumber.Bare && mine.First != others.First)
        {
            return false;
        }

        if (!mine.HasLot || !others.HasLot)
        {
            reasons.Add(Reasons.AddressNumber);
        }
        else if (mine.Numbers.Count != others.Numbers.Count)
        {
            reasons.Add(Reasons.AddressNumberPart);
        }

        return true;
    }

    private static void CompareDwellings(PlaceForm a, PlaceForm b, List<MatchReason> reasons)
    {
        var none = new DwellingForm("", null, null);
        var (mine, others) = (a.Dwelling ?? none, b.Dwelling ?? none);
        if (mine == others)
        {
            return;
        }

        if (CompareRooms(mine, others) is { } reason)
        {
            reasons.Add(reason);
        }

        if (mine.Building.Length == 0 != (others.Building.Length == 0))
        {
            reasons.Add(Reasons.AddressBuilding);
        }
        else if (!mine.Building.Contains(others.Building, StringComparison.Ordinal) && !others.Building.Contains(mine.Building, StringComparison.Ordinal))
        {
            reasons.Add(Reasons.AddressBuildingDiffers);
        }
    }

    private static MatchReason? CompareRooms(DwellingForm a, DwellingForm b)
    {
        if (a.Further is not null && b.Further is not null)
        {
            if (!string.Equals(a.Further, b.Further, StringComparison.Ordinal))
            {
                return Reasons.AddressRoomDiffers;
            }
        }
        else if (a.Further is not null || b.Further is not null)
        {
            var (with, without) = a.Further is not null ? (a, b) : (b, a);
            return with.Room is null && string.Equals(with.Further, without.Room, StringComparison.Ordinal) ? null : Reasons.AddressNumberPart; // 2-27-305 and 2-27 305号室.
        }

        return (a.Room, b.Room) switch
        {
            ({ } room, { } other) => string.Equals(room, other, StringComparison.Ordinal) ? null : IsEndOf(room, other) ? Reasons.AddressNumberPart : Reasons.AddressRoomDiffers,
            (null, null) => null,
            _ => Reasons.AddressBuilding,
        };
    }

    /// <summary>2-305 and 305: a wing on one side only.</summary>
    private static bool IsEndOf(string a, string b) => a.EndsWith("-" + b, StringComparison.Ordinal) || b.EndsWith("-" + a, StringComparison.Ordinal);

    private static bool CouldRead(string a, string b) =>
        a.Length == b.Length && a.Zip(b).All(pair => pair.First == pair.Second || pair.First == '\uFFFD' || pair.Second == '\uFFFD');
}
