using System.Globalization;
using InfoLink.Agent.Calls;
using InfoLink.Agent.Links;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting.Trust;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Linking;

/// <summary>
/// What the agency asks the registry beside links (SPEC §12.1): where its persons lived on a day, and their newest attributes. Asked with the attributes that its own system has; what comes
/// back is used for the question at hand and kept nowhere. Whom the registry knows by former attributes only, or not, is looked at soon (<see cref="LinkTable.VerifySoonAsync"/>).
/// </summary>
internal sealed class ResidentRegistry(TrustBase trust, LinkTable links, LinkCalls calls, LeafCertificates certificates, OwnPersons own)
{
    private const int MostReasons = 20;

    /// <param name="ids">1 to 1,000.</param>
    /// <param name="days">At most three; a residence is told for each.</param>
    /// <param name="withAttributes">The newest attributes too.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>For each identifier, in order, what the registry says; or why nothing was asked or believed.</returns>
    public async Task<Outcome<IReadOnlyList<RegistryWord>>> AskAsync(
        IReadOnlyList<LocalId> ids, IReadOnlyList<DateOnly> days, bool withAttributes, CancellationToken cancellation)
    {
        var read = await own.ReadAsync(ids, cancellation);
        if (read is not Outcome<IReadOnlyList<LocalPerson?>>.Done { Value: var persons })
        {
            return ((Outcome<IReadOnlyList<LocalPerson?>>.Refused)read).Refusal;
        }

        var asked = await AskAsync([.. persons.OfType<LocalPerson>()], days, withAttributes, cancellation);
        if (asked is not Outcome<IReadOnlyList<RegistryWord>>.Done { Value: var answers })
        {
            return asked;
        }

        var next = 0;
        return Told(persons.Select(person => person is null ? RegistryWord.NotInOwnSystem : answers[next++]));
    }

    /// <inheritdoc cref="AskAsync(IReadOnlyList{LocalId}, IReadOnlyList{DateOnly}, bool, CancellationToken)"/>
    public async Task<Outcome<IReadOnlyList<RegistryWord>>> AskAsync(
        IReadOnlyList<LocalPerson> persons, IReadOnlyList<DateOnly> days, bool withAttributes, CancellationToken cancellation)
    {
        if (persons.Count == 0)
        {
            return Told([]);
        }

        if (WhyNot() is { } not)
        {
            return not;
        }

        var request = new MatchRequest { Purpose = withAttributes ? MatchPurpose.RefreshPurpose : MatchPurpose.ResidencePurpose };
        request.Persons.Add(persons.Select(person => person.ToAttributes()));
        request.AsOf.Add(days.Select(day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)));
        var told = await calls.MatchAsync(certificates.Current, request, cancellation);
        if (told is not Outcome<MatchReply>.Done { Value: var reply })
        {
            return ((Outcome<MatchReply>.Refused)told).Refusal;
        }

        if (reply.Persons.Count != persons.Count
            || reply.Persons.Any(person => person.Verdict == MatchVerdict.Matched && (person.Residences.Count != days.Count || (withAttributes && person.Current is null))))
        {
            return new Refusal(RefusalName.AnswerInvalid, "registry");
        }

        await links.VerifySoonAsync(
            persons.Where((_, i) => reply.Persons[i] is not { Verdict: MatchVerdict.Matched, Standing: not PersonStanding.MovedOn }).Select(person => person.Id), cancellation);
        return Told(reply.Persons.Select((person, i) => Read(persons[i], person)));
    }

    /// <summary>Why the registry would not answer this agency, as far as it knows itself.</summary>
    public Refusal? WhyNot() =>
        trust.WhyNotFresh() is { } stale ? stale
        : trust.Members.TryFind(trust.Self, out var member) && member.Has(MemberFlags.DirectMatching) ? null
        : new Refusal(RefusalName.MemberNotEntitled, MemberFlags.DirectMatching);

    /// <summary>Ids alone: a registry's own text goes no further.</summary>
    public static string[] ReasonsOf(PersonMatch match) => [.. match.Reasons.Where(reason => Contracts.Identifiers.KindId.TryParse(reason, out _)).Take(MostReasons)];

    private static RegistryWord Read(LocalPerson asked, PersonMatch match) => new(match.Verdict, match.Standing, [.. match.Residences], ReasonsOf(match))
    {
        Newest = match is { Verdict: MatchVerdict.Matched, Current: { } now }
            ? new LocalPerson { Id = asked.Id, Name = now.Name, Kana = now.Kana, Address = now.Address, BirthDate = now.BirthDate, Sex = now.Sex }
            : null,
    };

    private static Outcome<IReadOnlyList<RegistryWord>> Told(IEnumerable<RegistryWord> residents) => residents.ToList();
}

/// <summary>Asks the registry about 1 to 1,000 of the agency's persons; <see cref="ResidentRegistry"/> does it over the wire.</summary>
internal delegate Task<Outcome<IReadOnlyList<RegistryWord>>> AskRegistry(IReadOnlyList<LocalId> ids, IReadOnlyList<DateOnly> days, bool withAttributes, CancellationToken cancellation);

/// <summary>What the registry says of a person.</summary>
/// <param name="Verdict">One resident, several or nobody.</param>
/// <param name="Standing">MATCHED only.</param>
/// <param name="Residences">MATCHED only: one for each day asked for.</param>
/// <param name="Reasons">Ids that a clerk can act on.</param>
internal sealed record RegistryWord(MatchVerdict Verdict, PersonStanding Standing, IReadOnlyList<Residence> Residences, IReadOnlyList<string> Reasons)
{
    public const string NotInOwnSystemReason = "not-in-own-system";

    public static readonly RegistryWord NotInOwnSystem = new(MatchVerdict.NotFound, PersonStanding.Unspecified, [], [NotInOwnSystemReason]);

    /// <summary>The newest attributes, where they were asked for and the person was found.</summary>
    public LocalPerson? Newest { get; init; }

    public override string ToString() => "RegistryWord(redacted)";
}
