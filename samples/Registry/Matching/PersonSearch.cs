using InfoLink.Codes;
using InfoLink.Matching;
using InfoLink.Samples.Registry.Keeping;
using InfoLink.V1;
using BasicAttributes = InfoLink.V1.BasicAttributes;

namespace InfoLink.Samples.Registry.Matching;

/// <summary>What a search for one person came to. Closed.</summary>
internal abstract record Found
{
    private Found()
    {
    }

    /// <summary>One, and nobody else could be meant.</summary>
    public sealed record Person(ResidentRecordCode Code, PersonStanding Standing, Attributes Current, IReadOnlyList<Residence> Residences, IReadOnlyList<string> Reasons) : Found
    {
        public override string ToString() => "Found.Person(redacted)";
    }

    /// <summary>It could be somebody, and a human must look: how many it could be.</summary>
    public sealed record Several(int Count, IReadOnlyList<string> Reasons) : Found;

    public sealed record Nobody(IReadOnlyList<string> Reasons) : Found;
}

/// <summary>
/// Who is meant by basic attributes, by the register (SPEC §12.1): one person whose normal form agrees while nobody else's could, and else nobody. Attributes that were right once find their
/// person only where a person's newest attributes are asked for: a link made by them would be made by what the agency no longer knows to be so.
/// </summary>
internal sealed class PersonSearch(Register register)
{
    /// <summary>Reasons of the registry's own, beside those of the comparison.</summary>
    public const string FormerAttributes = "former-attributes";

    public const string SamePersonAsAnother = "same-person-as-another";

    private const int MostTold = 100;
    private const int LongestText = 400;
    private const int LongestAddress = 1000;

    /// <inheritdoc cref="Search(IReadOnlyList{BasicAttributes}, MatchPurpose, IReadOnlyList{DateOnly}, CancellationToken)"/>
    public IReadOnlyList<Found> Search(IReadOnlyList<BasicAttributes> persons, MatchPurpose purpose, CancellationToken cancellation) => Search(persons, purpose, [], cancellation);

    /// <param name="persons">As the agency wrote them.</param>
    /// <param name="purpose">Decides what former attributes are good for.</param>
    /// <param name="days">On which the municipality of those who are found is asked for.</param>
    /// <param name="cancellation">The caller has left.</param>
    public IReadOnlyList<Found> Search(IReadOnlyList<BasicAttributes> persons, MatchPurpose purpose, IReadOnlyList<DateOnly> days, CancellationToken cancellation)
    {
        using var lookup = new Lookup(register);
        var found = new List<Found>(persons.Count);
        foreach (var person in persons)
        {
            cancellation.ThrowIfCancellationRequested();
            found.Add(TooLong(person) is { } reason ? new Found.Nobody([reason]) : Search(lookup, FormOf(person), purpose, days));
        }

        return purpose == MatchPurpose.LinkPurpose ? WithoutRepeated(found) : found;
    }

    private static Found Search(Lookup lookup, NormalForm asked, MatchPurpose purpose, IReadOnlyList<DateOnly> days)
    {
        // 1. Who agrees in two of three attributes, now or once.
        if (lookup.States(asked) is not { } states)
        {
            return new Found.Several(MostTold, [ReasonIds.SeveralPersons]);
        }

        // 2. Each of them compared, at his or her best: present attributes before former ones, agreement before doubt.
        var meant = states.GroupBy(state => state.Resident).Select(person => Best(lookup, asked, person)).OfType<Meant>().ToList();

        // 3. One, and nobody else: everything else is no link.
        return meant switch
        {
            [] => new Found.Nobody([.. asked.Problems.Select(problem => problem.Id), ReasonIds.NobodyFound]),
            [{ Sure: false } doubtful] => new Found.Several(1, doubtful.Reasons),
            [{ Former: true }] when purpose == MatchPurpose.LinkPurpose => new Found.Nobody([FormerAttributes]),
            [var one] => Of(lookup, one, days),
            _ => new Found.Several(Math.Min(meant.Count, MostTold), [.. meant.SelectMany(each => each.Sure ? [] : each.Reasons).Prepend(ReasonIds.SeveralPersons).Distinct(StringComparer.Ordinal)]),
        };
    }

    private static Meant? Best(Lookup lookup, NormalForm asked, IGrouping<long, (long Resident, int Former)> person) => person
        .Select(state =>
        {
            var attributes = state.Former == 0 ? lookup.Present(state.Resident).Attributes : lookup.Former(state.Resident, state.Former);
            var result = AttributeMatch.Compare(asked, Blocks.FormOf(attributes));
            return new Meant(state.Resident, state.Former != 0, result.Outcome == MatchOutcome.Match, result);
        })
        .Where(each => each.Result.Outcome != MatchOutcome.NoMatch)
        .OrderByDescending(each => each.Sure).ThenBy(each => each.Former)
        .FirstOrDefault();

    private static Found.Person Of(Lookup lookup, Meant one, IReadOnlyList<DateOnly> days)
    {
        IReadOnlyList<Residence> residences = days.Count == 0 ? [] : [.. days.Select(lookup.Residences(one.Resident).On)];
        var (current, code, standing) = lookup.Present(one.Resident);
        return new Found.Person(code, (standing, one.Former) switch
        {
            (Standing.Deceased, _) => PersonStanding.Deceased,
            (Standing.Emigrated, _) => PersonStanding.Emigrated,
            (_, true) => PersonStanding.MovedOn,
            _ => PersonStanding.Resident,
        }, current, residences, one.Former ? [FormerAttributes, .. one.Reasons] : one.Reasons);
    }

    /// <summary>Two of one request that are the same person: one of the agency's two records is wrong, or one person stands there twice. Neither is linked before a human has looked.</summary>
    private static List<Found> WithoutRepeated(List<Found> found)
    {
        var repeated = found.OfType<Found.Person>().GroupBy(person => person.Code).Where(same => same.Count() > 1).Select(same => same.Key).ToHashSet();
        return [.. found.Select(each => each is Found.Person person && repeated.Contains(person.Code) ? new Found.Nobody([SamePersonAsAnother]) : each)];
    }

    private static NormalForm FormOf(BasicAttributes person) => NormalForm.Of(new InfoLink.Matching.BasicAttributes
    {
        Name = person.Name,
        Kana = person.Kana,
        Address = person.Address,
        BirthDate = person.BirthDate,
        Sex = person.Sex,
    });

    private static string? TooLong(BasicAttributes person) =>
        person.Name.Length > LongestText ? "name-too-long"
        : person.Kana.Length > LongestText ? "kana-too-long"
        : person.Address.Length > LongestAddress ? "address-too-long"
        : person.BirthDate.Length > LongestText ? "birth-date-too-long"
        : person.Sex.Length > LongestText ? "sex-too-long"
        : null;

    private sealed record Meant(long Resident, bool Former, bool Sure, MatchResult Result)
    {
        public IReadOnlyList<string> Reasons => [.. Result.Reasons.Select(reason => reason.Id)];
    }

    private static class ReasonIds
    {
        public const string SeveralPersons = "several-persons";
        public const string NobodyFound = "nobody-found";
    }
}
