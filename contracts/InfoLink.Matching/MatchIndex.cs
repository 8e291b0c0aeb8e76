namespace InfoLink.Matching;

/// <summary>
/// An index in memory over many persons' normal forms. A search looks at those born on the same day and at those of the same name whose day is not
/// known. Reading is safe from many threads, adding is not.
/// </summary>
public sealed class MatchIndex
{
    private readonly List<NormalForm> _persons = [];
    private readonly Dictionary<DateOnly, List<int>> _byBirth = [];
    private readonly Dictionary<string, List<int>> _byName = new(StringComparer.Ordinal);

    /// <summary>How many persons are in it.</summary>
    public int Count => _persons.Count;

    /// <summary>Adds a person.</summary>
    /// <returns>Its number, from 0 in the order of adding.</returns>
    public int Add(NormalForm person)
    {
        ArgumentNullException.ThrowIfNull(person);
        var index = _persons.Count;
        _persons.Add(person);
        if (person.Birth?.Date is { } date)
        {
            ListOf(_byBirth, date).Add(index);
        }

        if (person.Name is { } name)
        {
            ListOf(_byName, name.Key).Add(index);
        }

        return index;
    }

    /// <summary>Looks for one person.</summary>
    /// <returns>Match: exactly one matches and no other could be meant. Ambiguous: how many match or could be meant, never who. Else no match.</returns>
    public MatchResult Find(NormalForm asked)
    {
        ArgumentNullException.ThrowIfNull(asked);
        var near = new HashSet<int>();
        if (asked.Birth?.Date is { } date && _byBirth.TryGetValue(date, out var born))
        {
            near.UnionWith(born);
        }

        if (asked.Name is { } name && _byName.TryGetValue(name.Key, out var named))
        {
            near.UnionWith(asked.Birth?.Date is null ? named : named.Where(index => _persons[index].Birth?.Date is null));
        }

        return new Search(asked).Over(near.Order().Select(index => (index, _persons[index])));
    }

    private static List<int> ListOf<TKey>(Dictionary<TKey, List<int>> lists, TKey key)
        where TKey : notnull
    {
        if (!lists.TryGetValue(key, out var list))
        {
            lists.Add(key, list = []);
        }

        return list;
    }
}

/// <summary>One person's search over candidates.</summary>
internal readonly struct Search(NormalForm asked)
{
    public MatchResult Over(IEnumerable<(int Index, NormalForm Form)> candidates)
    {
        var (matches, undecided, person) = (0, 0, -1);
        MatchResult? match = null;
        var reasons = new SortedSet<MatchReason>(Reasons.InOrder);
        foreach (var (index, form) in candidates)
        {
            var result = AttributeMatch.Compare(asked, form);
            switch (result.Outcome)
            {
                case MatchOutcome.Match:
                    (matches, person, match) = (matches + 1, index, result);
                    break;
                case MatchOutcome.Ambiguous:
                    undecided++;
                    reasons.UnionWith(result.Reasons);
                    break;
                default:
                    break;
            }
        }

        if (matches == 1 && undecided == 0)
        {
            return match! with { PersonIndex = person };
        }

        if (matches + undecided > 0)
        {
            if (matches + undecided > 1)
            {
                reasons.Add(Reasons.SeveralPersons);
            }

            return new MatchResult(MatchOutcome.Ambiguous, [.. reasons], matches + undecided);
        }

        reasons.UnionWith(asked.Problems);
        reasons.Add(Reasons.NobodyFound);
        return new MatchResult(MatchOutcome.NoMatch, [.. reasons], 0);
    }
}
