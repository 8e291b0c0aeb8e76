using InfoLink.Agent.AccessLog;
using InfoLink.Agent.Calls;
using InfoLink.Agent.Links;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Tokens;
using InfoLink.Hosting.Trust;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Linking;

/// <summary>
/// How an agency comes by link codes (SPEC §12), for up to a thousand persons at a time:
/// <list type="number">
/// <item>Registry: who is it? Attributes in; a verdict for each, and one ticket for those who matched.</item>
/// <item>Broker: the ticket in, the agency's own codes out. It learns nothing of who they are; the registry learns nothing of the codes.</item>
/// <item>Own log: <em>linked</em>, durable.</item>
/// <item>Broker again, for those who have another code than this one: are the two the same person's?</item>
/// <item>Link table: entered, confirmed, renewed; or quarantined where it is another person. With it, how far the job is.</item>
/// </list>
/// The ticket is kept nowhere.
/// </summary>
internal sealed class PersonLinking(TrustBase trust, LinkTable links, LinkCalls calls, CodeRenewal renewal, LeafCertificates certificates, AgencyRecords records)
{
    /// <summary>Most persons of one batch.</summary>
    public const int MostPersons = TokenRules.MaxSubjects;

    /// <param name="persons">1 to 1,000, each identifier once.</param>
    /// <param name="first">Place of the first in its job.</param>
    /// <param name="act">Who links, and why.</param>
    /// <param name="advance">What else belongs to the transaction.</param>
    /// <param name="cancellation">Gives up; nothing is written then.</param>
    /// <returns>A result for each person in order, or why nothing was done.</returns>
    public Task<Outcome<IReadOnlyList<PersonLinked>>> LinkAsync(
        IReadOnlyList<LocalPerson> persons, long first, LinkAct act, Action<LinkWriting, IReadOnlyList<PersonLinked>> advance, CancellationToken cancellation) =>
        AskAsync(persons, first, act, Put, advance, cancellation);

    /// <summary>
    /// The same question about persons who are linked: their links are confirmed or quarantined, and never entered, nor replaced but by the same person's newer code.
    /// </summary>
    /// <inheritdoc cref="LinkAsync"/>
    public Task<Outcome<IReadOnlyList<PersonLinked>>> ConfirmAsync(IReadOnlyList<LocalPerson> persons, LinkAct act, CancellationToken cancellation) =>
        AskAsync(persons, first: 0, act, Confirm, (_, _) => { }, cancellation);

    private async Task<Outcome<IReadOnlyList<PersonLinked>>> AskAsync(
        IReadOnlyList<LocalPerson> persons, long first, LinkAct act, EnterCode enter, Action<LinkWriting, IReadOnlyList<PersonLinked>> advance, CancellationToken cancellation)
    {
        if (persons.Count is 0 or > MostPersons)
        {
            return new Refusal(RefusalName.SubjectCount);
        }

        if (trust.WhyNotFresh() is { } stale)
        {
            return stale;
        }

        // 1. Who is it?
        var own = certificates.Current;
        var request = new MatchRequest { Purpose = MatchPurpose.LinkPurpose };
        request.Persons.Add(persons.Select(person => person.ToAttributes()));
        var matched = await calls.MatchAsync(own, request, cancellation);
        if (matched is not Outcome<MatchReply>.Done { Value: var match })
        {
            return ((Outcome<MatchReply>.Refused)matched).Refusal;
        }

        int[] places = [.. Enumerable.Range(0, match.Persons.Count).Where(i => match.Persons[i].Verdict == MatchVerdict.Matched)];
        if (match.Persons.Count != persons.Count || (places.Length > 0) != (match.Ticket is not null))
        {
            return new Refusal(RefusalName.AnswerInvalid, "registry");
        }

        // 2. The codes.
        var codes = new LinkCode?[persons.Count];
        if (match.Ticket is not null)
        {
            var given = await calls.GiveAsync(
                own, new GiveRequest { Ticket = match.Ticket, AttemptId = AttemptId.New().ToArray().ToByteString() }, cancellation);
            if (given is not Outcome<GiveReply>.Done { Value: var reply })
            {
                return ((Outcome<GiveReply>.Refused)given).Refusal;
            }

            if (!TryPlace(reply, places, codes))
            {
                return new Refusal(RefusalName.AnswerInvalid, "broker");
            }

            // 3. On record before they are used.
            var about = new OpenPart { ExchangeId = reply.ExchangeId, Requester = trust.Self.Value };
            await records.AppendAsync(
                about,
                AccessEvent.Linked,
                reply.Codes.Select(code => new OwnSubject(code.Index, CommitmentSide.RequesterCode, LinkCode.FromBytes(code.LinkCode.Span))),
                new Particulars { Operator = act.Operator, Terminal = "infolink-agent", Use = act.Reason });
        }

        // 4. Newer codes of the same persons.
        IReadOnlySet<int> renewed;
        try
        {
            renewed = await SamePersonsAsync(persons, codes, cancellation);
        }
        catch (RefusedException refused)
        {
            return refused.Refusal;
        }

        // 5. The table.
        var results = new List<PersonLinked>(persons.Count);
        await links.WriteAsync(
            writing =>
            {
                for (var i = 0; i < persons.Count; i++)
                {
                    var (result, reasons) = Enter(writing, persons[i].Id, match.Persons[i], codes[i], renewed.Contains(i), act, enter);
                    results.Add(new PersonLinked(first + i, persons[i].Id, result, reasons));
                }

                advance(writing, results);
            },
            cancellation);
        return results;
    }

    /// <summary>
    /// The places of those whose link has another code than the one given now, where both are one person's: her codes were replaced, or she has another
    /// resident record code. The broker converts both and tells nothing else.
    /// </summary>
    private async Task<IReadOnlySet<int>> SamePersonsAsync(IReadOnlyList<LocalPerson> persons, LinkCode?[] codes, CancellationToken cancellation)
    {
        if (codes.FirstOrDefault(code => code is not null) is not { Epoch: var epoch })
        {
            return new HashSet<int>();
        }

        var held = await links.CodesOfAsync([.. persons.Select(person => person.Id)], epoch, cancellation);
        int[] places = [.. Enumerable.Range(0, codes.Length).Where(i => codes[i] is { } given && held[i] is { } other && other != given)];
        if (places.Length == 0)
        {
            return new HashSet<int>();
        }

        var (_, converted) = await renewal.RenewAsync([.. places.Select(i => held[i]!.Value), .. places.Select(i => codes[i]!.Value)], from: null, cancellation);
        return places.Where((_, at) => converted[at] is { } was && was == converted[places.Length + at]).ToHashSet();
    }

    private static (LinkingResult Result, IReadOnlyList<string> Reasons) Enter(
        LinkWriting writing, LocalId id, PersonMatch match, LinkCode? code, bool renewed, LinkAct act, EnterCode enter)
    {
        string[] reasons = [.. match.Reasons.Where(reason => KindId.TryParse(reason, out _)).Take(20)]; // Ids alone: a registry's own text goes no further.
        switch (match.Verdict)
        {
            case MatchVerdict.Ambiguous:
                return (LinkingResult.Ambiguous, reasons);
            case not MatchVerdict.Matched:
                return (LinkingResult.NotFound, reasons);
        }

        if (code is not { } own)
        {
            return (LinkingResult.Refused, reasons);
        }

        if (writing.CodeOf(id, own.Epoch) is { } present && present != own)
        {
            if (renewed && writing.Renew(id, own, act))
            {
                return (LinkingResult.Renewed, reasons);
            }

            // Somebody has to look.
            writing.Mark(id, act with { Reason = "the registry says another code than the link" }, LinkState.Quarantined, withheld: null, manualOnly: null);
            return (LinkingResult.Contradicted, reasons);
        }

        return (enter(writing, id, own, act), reasons);
    }

    private static LinkingResult Put(LinkWriting writing, LocalId id, LinkCode code, LinkAct act)
    {
        switch (writing.Put(id, code, act))
        {
            case LinkPut.Linked:
                return LinkingResult.Linked;
            case LinkPut.Moved:
                return LinkingResult.Renewed;
            case LinkPut.Already:
                writing.Verified(id);
                return LinkingResult.Verified;
            default:
                return LinkingResult.Duplicate;
        }
    }

    /// <summary>Here the code is the link's own, or the link has none of this epoch: it was taken away, or is not converted yet.</summary>
    private static LinkingResult Confirm(LinkWriting writing, LocalId id, LinkCode code, LinkAct act)
    {
        if (writing.CodeOf(id, code.Epoch) is null)
        {
            return LinkingResult.NotFound;
        }

        writing.Verified(id);
        return LinkingResult.Verified;
    }

    /// <summary>What becomes of a code that nothing contradicts.</summary>
    private delegate LinkingResult EnterCode(LinkWriting writing, LocalId id, LinkCode code, LinkAct act);

    /// <summary>The broker's places are the ticket's; the ticket's are those of the matched, in their order.</summary>
    private static bool TryPlace(GiveReply reply, int[] places, LinkCode?[] codes)
    {
        if (reply.ExchangeId.Length != ExchangeId.Size || reply.Codes.Count + reply.Refused.Count != places.Length)
        {
            return false;
        }

        var seen = new HashSet<uint>(reply.Refused);
        foreach (var given in reply.Codes)
        {
            if (given.Index >= places.Length || given.LinkCode.Length != LinkCode.ByteLength || !seen.Add(given.Index))
            {
                return false;
            }

            codes[places[given.Index]] = LinkCode.FromBytes(given.LinkCode.Span);
        }

        return seen.Count == places.Length;
    }
}
