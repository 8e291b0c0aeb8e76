using InfoLink.Agent.Links;
using InfoLink.Contracts.Refusals;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Linking;

/// <summary>
/// Looks at links again (SPEC §12.4), a page of up to a thousand persons at a time:
/// <list type="number">
/// <item>The agency's own attributes of each, under each identifier that its source of persons knows.</item>
/// <item>The registry and the broker, as for a new link: the same code confirms, another quarantines.</item>
/// <item>Who has moved or married since is asked for with the newest attributes; of two who come to one resident, each is asked for alone.</item>
/// <item>Who cannot be confirmed stays in use, is listed with reasons, and is looked at again later.</item>
/// </list>
/// How far it is stands in the link table and nowhere else, so it goes on where it stopped, whatever stopped it.
/// </summary>
internal sealed class Verification(LinkTable links, OwnPersons own, ResidentRegistry registry, PersonLinking linking)
{
    /// <summary>Persons of one page.</summary>
    public const int Page = PersonLinking.MostPersons;

    /// <summary>Reasons of the registry that a second question settles.</summary>
    private const string FormerAttributes = "former-attributes";
    private const string SamePersonAsAnother = "same-person-as-another";

    /// <summary>Reasons of this side.</summary>
    private const string NotInOwnSystem = RegistryWord.NotInOwnSystemReason;
    private const string CodesNotInUse = "codes-not-in-use";
    private const string NoLongerLinked = "not-linked-any-more";

    /// <summary>Questions about one person alone, in one page.</summary>
    private const int MostAlone = 50;

    private static readonly LinkAct Act = new("automatic", "verification");
    private readonly SemaphoreSlim _one = new(1);

    /// <summary>There is a system that tells who the agency's persons are.</summary>
    public bool HasSource => own.IsThere;

    /// <summary>Why nothing can be verified here at all; null where it can.</summary>
    public Refusal? WhyNot() => own.IsThere ? registry.WhyNot() : new Refusal(RefusalName.SourceUnavailable, "no source of basic attributes is configured here");

    /// <summary>One page of those who are due.</summary>
    /// <returns>What came of them; empty where nobody is due.</returns>
    /// <exception cref="RefusedException">It cannot go on now; what is done stays done.</exception>
    public async Task<VerificationCounts> PageAsync(TimeSpan every, int most, CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            await links.DistrustFutureAsync(cancellation);
            var due = await links.DueAsync(every, most, cancellation);
            return due.Count == 0 ? VerificationCounts.None : VerificationCounts.Of(await LookAsync(due, cancellation));
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>These persons now, due or not.</summary>
    /// <returns>One result for each that is linked.</returns>
    /// <exception cref="RefusedException">It cannot go on now; what is done stays done.</exception>
    public async Task<IReadOnlyList<PersonVerified>> LookAtAsync(IReadOnlyList<LocalId> ids, CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            var results = new List<PersonVerified>();
            foreach (var page in (await links.PersonsAsync(ids, cancellation)).Chunk(Page))
            {
                results.AddRange(await LookAsync(page, cancellation));
            }

            return results;
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task<IReadOnlyList<PersonVerified>> LookAsync(IReadOnlyList<DuePerson> page, CancellationToken cancellation)
    {
        if (WhyNot() is { } not)
        {
            throw new RefusedException(not);
        }

        // 1. and 2. Identifiers of one person are asked for apart: in one question they would be the same resident twice.
        var results = page.ToDictionary(person => person.Number, person => new List<PersonLinked>());
        for (var turn = 0; turn < page.Max(person => person.Ids.Count); turn++)
        {
            var asked = page.Where(person => person.Ids.Count > turn).ToList();
            var found = await ConfirmAsync([.. asked.Select(person => person.Ids[turn])], cancellation);
            for (var i = 0; i < asked.Count; i++)
            {
                results[asked[i].Number].Add(found[i]);
            }
        }

        var verified = page.Select(person => PersonVerified.Of(person, results[person.Number])).ToList();

        // 4. Later again. Who was confirmed under one identifier and not under another is in doubt as a whole.
        await links.WriteAsync(
            writing =>
            {
                foreach (var (person, result) in page.Zip(verified).Where(pair => pair.Second.Result == VerificationResult.Unconfirmed))
                {
                    LinkTable.Doubt(writing, person.Number, result.Reasons);
                }
            },
            cancellation);
        return verified;
    }

    /// <summary>One result for each identifier, in order; each of another person.</summary>
    private async Task<PersonLinked[]> ConfirmAsync(IReadOnlyList<LocalId> ids, CancellationToken cancellation)
    {
        var read = await own.ReadAsync(ids, cancellation);
        var persons = ValueOf(read);
        var results = persons.Select((person, i) => new PersonLinked(i, ids[i], LinkingResult.NotFound, [NotInOwnSystem])).ToArray();
        await AskAsync(Enumerable.Range(0, ids.Count).Where(i => persons[i] is not null).Select(i => (i, persons[i]!)), results, cancellation);

        // 3. The newest attributes of those who have others by now.
        var moved = Places(FormerAttributes);
        if (moved.Count > 0)
        {
            var newest = ValueOf(await registry.AskAsync([.. moved.Select(i => persons[i]!)], days: [], withAttributes: true, cancellation));
            await AskAsync(moved.Select((place, i) => (place, newest[i].Newest)).Where(pair => pair.Newest is not null).Select(pair => (pair.place, pair.Newest!)), results, cancellation);
        }

        // Two records that come to one resident: which of the two links is wrong shows when each is asked for alone.
        foreach (var place in Places(SamePersonAsAnother).Take(MostAlone))
        {
            await AskAsync([(place, persons[place]!)], results, cancellation);
        }

        return results;

        List<int> Places(string reason) => [.. results.Where(result => result.Result == LinkingResult.NotFound && result.Reasons.Contains(reason, StringComparer.Ordinal)).Select(result => (int)result.At)];
    }

    private async Task AskAsync(IEnumerable<(int Place, LocalPerson Person)> asked, PersonLinked[] results, CancellationToken cancellation)
    {
        var persons = asked.ToList();
        if (persons.Count == 0)
        {
            return;
        }

        var found = ValueOf(await linking.ConfirmAsync([.. persons.Select(pair => pair.Person)], Act, cancellation));
        for (var i = 0; i < persons.Count; i++)
        {
            results[persons[i].Place] = found[i] with
            {
                At = persons[i].Place,
                Reasons = found[i] switch
                {
                    { Result: LinkingResult.Refused } => [CodesNotInUse],
                    { Result: LinkingResult.NotFound, Reasons: [] } => [NoLongerLinked],
                    _ => found[i].Reasons,
                },
            };
        }
    }

    private static T ValueOf<T>(Outcome<T> outcome) => outcome switch
    {
        Outcome<T>.Done done => done.Value,
        Outcome<T>.Refused refused => throw new RefusedException(refused.Refusal),
        _ => throw new InvalidOperationException("An outcome is done or refused."),
    };
}

/// <summary>What came of looking at a person's link again.</summary>
public enum VerificationResult
{
    /// <summary>The registry says the same person, under every identifier that the agency's source knows.</summary>
    Confirmed = 1,

    /// <summary>The registry says another person than the link: quarantined, until a human decides.</summary>
    Contradicted = 2,

    /// <summary>The registry says neither: the link stays in use, stands in the list of <see cref="LinkTable.UnconfirmedAsync"/>, and is looked at again later.</summary>
    Unconfirmed = 3,
}

/// <summary>One person's result.</summary>
/// <param name="Ids">The agency's own identifiers.</param>
/// <param name="Result">What came of it.</param>
/// <param name="Reasons">Unconfirmed: ids that a clerk can act on.</param>
public sealed record PersonVerified(IReadOnlyList<LocalId> Ids, VerificationResult Result, IReadOnlyList<string> Reasons)
{
    public override string ToString() => $"PersonVerified({Result}, redacted)";

    internal static PersonVerified Of(DuePerson person, IReadOnlyList<PersonLinked> found)
    {
        if (found.Any(each => each.Result == LinkingResult.Contradicted))
        {
            return new PersonVerified(person.Ids, VerificationResult.Contradicted, []);
        }

        return found.Count > 0 && found.All(each => each.Result is LinkingResult.Verified or LinkingResult.Renewed)
            ? new PersonVerified(person.Ids, VerificationResult.Confirmed, [])
            : new PersonVerified(person.Ids, VerificationResult.Unconfirmed, found.Count == 0 ? ["no-identifier-of-a-person"] : ReasonsOf(found));
    }

    private static string[] ReasonsOf(IReadOnlyList<PersonLinked> found) =>
    [
        .. found.Where(each => each.Result is not (LinkingResult.Verified or LinkingResult.Renewed))
            .SelectMany(each => each.Reasons.DefaultIfEmpty(each.Result == LinkingResult.Ambiguous ? "several-persons" : "nobody-found"))
            .Distinct(StringComparer.Ordinal),
    ];
}

/// <summary>What came of a run so far: every person that was looked at stands in exactly one count.</summary>
public sealed record VerificationCounts(long Looked, long Confirmed, long Contradicted, long Unconfirmed)
{
    internal static readonly VerificationCounts None = new(0, 0, 0, 0);

    /// <summary>Nobody is missing or stands twice.</summary>
    public bool Agrees => Looked == Confirmed + Contradicted + Unconfirmed;

    /// <summary>The counts of these results.</summary>
    public static VerificationCounts Of(IReadOnlyList<PersonVerified> results) => new(
        results.Count,
        results.Count(each => each.Result == VerificationResult.Confirmed),
        results.Count(each => each.Result == VerificationResult.Contradicted),
        results.Count(each => each.Result == VerificationResult.Unconfirmed));

    internal VerificationCounts And(VerificationCounts more) =>
        new(Looked + more.Looked, Confirmed + more.Confirmed, Contradicted + more.Contradicted, Unconfirmed + more.Unconfirmed);
}
