using InfoLink.Agent.Asking;
using InfoLink.Agent.Inspection;
using InfoLink.Agent.Linking;
using InfoLink.Agent.Links;
using InfoLink.Agent.Manual;
using InfoLink.Agent.People.Releasing;
using InfoLink.Agent.Remedy;
using InfoLink.Agent.Requesting;
using InfoLink.Agent.Sources.Replicas;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Transparency;
using InfoLink.V1;
using AnsweredKinds = InfoLink.Agent.Requesting.AnsweredKinds;
using InquiryConditions = InfoLink.Contracts.Catalog.InquiryConditions;

namespace InfoLink.Agent;

/// <summary>
/// The agent as a developer uses it: ask for a person's information at another agency. What is answered to others is registered with
/// <c>MapKind</c> when the agent is added.
/// </summary>
/// <remarks>Every question needs the operator, terminal and use; they stand in this agency's access log and nowhere else.</remarks>
public sealed partial class InfoLinkAgent
{
    private readonly Func<Running> _running;

    internal InfoLinkAgent(Func<Running> running) => _running = running;

    internal Running Now => _running();

    /// <summary>Persons and their link codes at this agency.</summary>
    public LinkTable Links => _running().Links;

    /// <summary>What is done about wrong links and corrected records, and what other agencies have told of theirs.</summary>
    public Remedies Remedies => _running().Upkeep.Remedies;

    /// <summary>The agency's look at its own log.</summary>
    public OwnAudit Audit => _running().Upkeep.Audit;

    /// <summary>For acts that change what the agent does: has this operator a role that may (<see cref="RoleOptions.Operate"/>)? Where no people are configured, everybody has.</summary>
    /// <param name="operator">Her id.</param>
    /// <param name="claims">What somebody who has proved who she is says of her; null: the file of operators does.</param>
    /// <exception cref="RefusedException">OPERATOR-UNKNOWN or OPERATOR-NOT-ALLOWED.</exception>
    public void RequireMayOperate(string @operator, OperatorClaims? claims = null)
    {
        if (_running().Upkeep.People.WhyNotOperate(@operator, claims) is { } not)
        {
            throw new RefusedException(not);
        }
    }

    /// <summary>The same, for whoever shows only what may be done.</summary>
    public bool MayOperate(string @operator, OperatorClaims? claims = null) => _running().Upkeep.People.WhyNotOperate(@operator, claims) is null;

    /// <summary>Questions of other agencies that this agency's people answer.</summary>
    public AnswerQueue Queue => _running().Upkeep.Queue;

    /// <summary>Answers that other agencies' people give later.</summary>
    public PendingAnswers Pending => _running().Upkeep.Pending;

    /// <summary>Questions of this agency that a second person releases before they are asked.</summary>
    public Releases Releases => _running().Upkeep.Releases;

    /// <summary>What existing systems deliver to the agency's replicas.</summary>
    public ReplicaDeliveries Replicas => _running().Upkeep.Replicas;

    /// <summary>The statute catalog in force, as the authority signed it: entries, kinds, and what their items are called.</summary>
    public StatuteCatalog Catalog => _running().Trust.Catalog;

    /// <summary>The agency that this agent speaks for.</summary>
    public AgencyId Agency => _running().Trust.Self;

    /// <summary>What an agency is called in the member list; null where it is no member.</summary>
    public Bilingual? NameOf(AgencyId agency) => _running().Trust.Members.TryFind(agency, out var member) ? member.Name : null;

    /// <summary>Asks for one person's information.</summary>
    /// <param name="person">The agency's own identifier for the person.</param>
    /// <param name="entry">The statute entry, e.g. <c>106.municipality.108-1-ro</c>.</param>
    /// <param name="provider">The agency that is asked, e.g. <c>131121</c>; null: the one that <see cref="ChooseProviderAsync"/> finds. One that is named goes before any rule.</param>
    /// <param name="conditions">Tax year, period, as-of date: what the entry requires.</param>
    /// <param name="who">Operator, terminal, use.</param>
    /// <param name="role">Whose data, e.g. <c>claimant</c>; may be left out where the entry covers one role only.</param>
    /// <param name="cancellation">Gives up; a token that was sent may be spent all the same.</param>
    /// <returns>The values, or for each item the reason why there is none.</returns>
    /// <exception cref="RefusedException">Nothing was handed over; the refusal has a stable name and says why and what to do. <see cref="ProviderNotMemberException"/> is one of them.</exception>
    /// <exception cref="PendingException">A human at the provider answers later.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    /// <exception cref="FormatException">Entry, provider or role are not identifiers.</exception>
    public async Task<AnsweredKinds> FetchAsync(
        string person, string entry, string? provider, InquiryConditions conditions, Asker who, string? role = null, CancellationToken cancellation = default)
    {
        var inquiry = new Inquiry
        {
            Entry = EntryId.Parse(entry),
            Provider = provider is null ? null : AgencyId.Parse(provider),
            Role = role is null ? null : SubjectRole.Parse(role),
            Conditions = conditions,
        };
        var fetched = await FetchAsync([person], inquiry, who, cancellation);
        return fetched.Persons[0] switch
        {
            FetchedPerson.Answered answered => answered.Kinds,
            FetchedPerson.Refused refused => throw new RefusedException(refused.Refusal),
            FetchedPerson.Pending pending => throw new PendingException(fetched.ExchangeId!.Value, pending.Deadline),
            _ => throw new InvalidOperationException("A person is answered, pending or refused."),
        };
    }

    /// <summary>Asks for 1 to 1,000 persons in one exchange; what comes of each is each one's own.</summary>
    /// <exception cref="RefusedException">The exchange as a whole was refused.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async Task<Fetched> FetchAsync(IReadOnlyList<string> persons, Inquiry inquiry, Asker who, CancellationToken cancellation = default)
    {
        var running = _running();
        return await running.Requesting.AskAsync(persons, inquiry, who, running.Time, cancellation) switch
        {
            Outcome<Fetched>.Done done => done.Value,
            Outcome<Fetched>.Refused refused => throw new RefusedException(refused.Refusal),
            _ => throw new InvalidOperationException("An outcome is done or refused."),
        };
    }

    /// <summary>Asks 1 to 100 questions together: a household, several providers, several entries. Those that can share an exchange do; what is refused for one does not stop another.</summary>
    /// <param name="questions">Each about one person; without a provider, the one that <see cref="ChooseProviderAsync"/> finds for her.</param>
    /// <param name="who">Operator, terminal, use.</param>
    /// <param name="cancellation">Gives up all of them; tokens that were sent may be spent all the same.</param>
    /// <returns>One answer for each question, in order.</returns>
    /// <exception cref="ArgumentException">None, or more than 100.</exception>
    public Task<IReadOnlyList<PersonAnswer>> FetchSeveralAsync(IReadOnlyList<PersonQuestion> questions, Asker who, CancellationToken cancellation = default) =>
        questions.Count is 0 or > SeveralQuestions.Most
            ? throw new ArgumentException($"1 to {SeveralQuestions.Most} questions.", nameof(questions))
            : new SeveralQuestions(_running()).AskAsync(questions, who, cancellation);

    /// <summary>
    /// Asks about any number of lines, up to 1,000 persons in an exchange, and writes one result for each line; a job of the same name goes on where it stopped (SPEC §17). Trouble that passes by itself
    /// is waited out up to <see cref="BulkQuestion.Patience"/>.
    /// </summary>
    /// <param name="job">The operator's name for it, 1 to 200 characters.</param>
    /// <param name="lines">In the same order each time they are read, with their numbers ascending.</param>
    /// <param name="question">What is asked about each line, and the result file.</param>
    /// <param name="who">Operator, terminal, use; the case reference of lines that name none.</param>
    /// <param name="progress">Told after each exchange, and when the job waits.</param>
    /// <param name="cancellation">Stops at once; lines of an exchange that was under way are asked again, as a second exchange.</param>
    /// <returns>The job at its end: every line stands in exactly one count.</returns>
    /// <exception cref="RefusedException">It cannot go on now; what is done stays done.</exception>
    /// <exception cref="InvalidOperationException">It runs already, or the job of this name is another one; the message says which.</exception>
    /// <exception cref="IOException">The result file cannot be written, or is there already.</exception>
    /// <exception cref="FormatException">The result file's path is not whole, or has an unknown ending.</exception>
    public Task<AskJob> AskAllAsync(
        string job, IAsyncEnumerable<BulkLine> lines, BulkQuestion question, Asker who, IProgress<AskJob>? progress = null, CancellationToken cancellation = default) =>
        _running().Bulk.RunAsync(job, lines, question, who, progress, cancellation);

    /// <summary>Bulk jobs and how far they are, the newest first; a thousand are kept.</summary>
    public Task<IReadOnlyList<AskJob>> AskJobsAsync(CancellationToken cancellation = default) => _running().Bulk.AllAsync(cancellation);

    /// <summary>One bulk job; null where none has this name.</summary>
    public Task<AskJob?> AskJobAsync(string job, CancellationToken cancellation = default) => _running().Bulk.FindAsync(job, cancellation);

    /// <summary>
    /// Who holds a person's information, by the rule of its kinds: where the address was on 1 January of the tax year, where it is now, or the sole agency that the entry names (SPEC §16).
    /// For the first two the registry is asked, with the attributes that the agency's own source of persons has. <see cref="FetchAsync(IReadOnlyList{string}, Inquiry, Asker, CancellationToken)"/>
    /// does the same where an inquiry names no provider.
    /// </summary>
    /// <param name="person">The agency's own identifier for the person.</param>
    /// <param name="entry">The statute entry.</param>
    /// <param name="conditions">With the tax year, where the rule is of one.</param>
    /// <param name="kinds">Empty or null: all of the entry.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="ProviderNotMemberException">Who holds it takes no part; the exception names the municipality.</exception>
    /// <exception cref="RefusedException">PROVIDER-RULE-MISSING: no rule, or not one; PROVIDER-ADDRESS-UNKNOWN: abroad, none, not found; or why nobody could be asked.</exception>
    /// <exception cref="FormatException">The entry is not an identifier.</exception>
    public async Task<ProviderChoice> ChooseProviderAsync(
        string person, string entry, InquiryConditions conditions, IReadOnlyList<KindId>? kinds = null, CancellationToken cancellation = default) =>
        await _running().Questions.ChooseAsync([person], EntryId.Parse(entry), kinds ?? [], conditions, cancellation) switch
        {
            Outcome<IReadOnlyList<ProviderChoice>>.Done done => done.Value[0],
            Outcome<IReadOnlyList<ProviderChoice>>.Refused refused => throw new RefusedException(refused.Refusal),
            _ => throw new InvalidOperationException("An outcome is done or refused."),
        };

    /// <summary>
    /// Looks at these persons' links now (SPEC §12.4): for a system that knows of a move, a marriage or a doubt. The agent looks at everybody by itself every <c>persons.verifyEveryDays</c>.
    /// </summary>
    /// <param name="ids">The agency's own identifiers, of persons who are linked; others are left out.</param>
    /// <param name="cancellation">Stops between two thousands; nothing is lost.</param>
    /// <returns>One result for each person.</returns>
    /// <exception cref="RefusedException">It cannot go on now; what is done stays done.</exception>
    public async Task<IReadOnlyList<PersonVerified>> VerifyAsync(IReadOnlyList<LocalId> ids, CancellationToken cancellation = default)
    {
        try
        {
            return await _running().Upkeep.Verification.LookAtAsync(ids, cancellation);
        }
        catch (LogUnavailableException fault)
        {
            throw new RefusedException(RefusalName.LogUnavailable, fault);
        }
    }

    /// <summary>Looks now at all links that are due, a thousand at a time. It goes on by itself where it stopped.</summary>
    /// <param name="everybody">Those who are not due too.</param>
    /// <param name="progress">Told after each thousand, with the sums so far.</param>
    /// <param name="cancellation">Stops between two thousands; nothing is lost.</param>
    /// <returns>The sums of this run.</returns>
    /// <exception cref="RefusedException">It cannot go on now; what is done stays done.</exception>
    public async Task<VerificationCounts> VerifyDueAsync(bool everybody = false, IProgress<VerificationCounts>? progress = null, CancellationToken cancellation = default)
    {
        try
        {
            return await _running().Upkeep.Schedule.RunAsync(everybody, progress, cancellation);
        }
        catch (LogUnavailableException fault)
        {
            throw new RefusedException(RefusalName.LogUnavailable, fault);
        }
    }

    /// <summary>How far the agency's links are verified.</summary>
    public Task<VerificationStanding> VerificationAsync(CancellationToken cancellation = default) => _running().Upkeep.Schedule.StandingAsync(cancellation);

    /// <summary>Links one person: the registry says who it is, the broker gives this agency's code. Also confirms a link that is there.</summary>
    /// <param name="person">As the agency's own system has her.</param>
    /// <param name="act">Who links, and why: for the access log and the link's history.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="RefusedException">Nothing was done; the refusal says why and what to do.</exception>
    public async Task<PersonLinked> LinkAsync(LocalPerson person, LinkAct act, CancellationToken cancellation = default)
    {
        try
        {
            return (await _running().Upkeep.Linking.LinkAsync([person], first: 0, act, (_, _) => { }, cancellation)) switch
            {
                Outcome<IReadOnlyList<PersonLinked>>.Done done => done.Value[0],
                Outcome<IReadOnlyList<PersonLinked>>.Refused refused => throw new RefusedException(refused.Refusal),
                _ => throw new InvalidOperationException("An outcome is done or refused."),
            };
        }
        catch (LogUnavailableException fault)
        {
            throw new RefusedException(RefusalName.LogUnavailable, fault);
        }
    }

    /// <summary>Links a population, a thousand at a time; a job of the same name goes on where it stopped.</summary>
    /// <param name="job">The operator's name for it.</param>
    /// <param name="persons">In the same order each time they are read.</param>
    /// <param name="act">Who links, and why.</param>
    /// <param name="progress">Told after each thousand.</param>
    /// <param name="cancellation">Stops between two batches; nothing is lost.</param>
    /// <returns>The job at its end: every person stands in exactly one count.</returns>
    /// <exception cref="RefusedException">It cannot go on now; what is done stays done.</exception>
    public async Task<LinkJob> LinkAllAsync(
        string job, IAsyncEnumerable<LocalPerson> persons, LinkAct act, IProgress<LinkJob>? progress = null, CancellationToken cancellation = default)
    {
        try
        {
            return await _running().Upkeep.Population.RunAsync(job, persons, act, progress, cancellation);
        }
        catch (LogUnavailableException fault)
        {
            throw new RefusedException(RefusalName.LogUnavailable, fault);
        }
    }

    /// <summary>Whom a linking job could not link, and why, in the order of its source.</summary>
    /// <param name="job">Its name.</param>
    /// <param name="after">The place of the last that is known; −1: from the beginning.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<IReadOnlyList<PersonLinked>> LinkTroublesAsync(string job, long after, int limit, CancellationToken cancellation = default) =>
        _running().Upkeep.Population.TroublesAsync(job, after, limit, cancellation);

    /// <summary>
    /// Brings the agency's codes to where the member list wants them (SPEC §7), and asks once more for those that were refused. The agent does this by
    /// itself whenever a list changes; a call shows how far it is, and goes on where it stopped.
    /// </summary>
    /// <param name="progress">Told after each ten thousand.</param>
    /// <param name="cancellation">Stops between two pages; nothing is lost.</param>
    /// <exception cref="RefusedException">It cannot go on now; what is done stays done.</exception>
    public async Task<Rotation> RotateAsync(IProgress<Rotation>? progress = null, CancellationToken cancellation = default)
    {
        try
        {
            return await _running().Upkeep.Rotation.RunAsync(again: true, progress, cancellation);
        }
        catch (LogUnavailableException fault)
        {
            throw new RefusedException(RefusalName.LogUnavailable, fault);
        }
    }

    /// <summary>Takes over the persons of an agency that was merged into this one; the member list says so (<c>absorbs</c>).</summary>
    /// <param name="from">The agency that was.</param>
    /// <param name="persons">Its identifiers, codes and marks, from its link table (<see cref="LinkTable.ReadAsync"/>). The same persons once more do no harm.</param>
    /// <param name="act">Who does it, and why.</param>
    /// <param name="progress">Told after each ten thousand.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    /// <exception cref="RefusedException">It cannot go on now; what is done stays done.</exception>
    public Task<Absorbed> AbsorbAsync(
        AgencyId from, IAsyncEnumerable<AbsorbedPerson> persons, LinkAct act, IProgress<Absorbed>? progress = null, CancellationToken cancellation = default) =>
        _running().Upkeep.Absorption.RunAsync(from, persons, act, progress, cancellation);
}
