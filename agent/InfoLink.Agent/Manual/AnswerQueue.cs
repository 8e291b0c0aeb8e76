using InfoLink.Agent.Links;
using InfoLink.Agent.People;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting.Trust;
using InfoLink.Transparency;
using InfoLink.V1;

namespace InfoLink.Agent.Manual;

/// <summary>
/// Questions of other agencies that wait for this agency's people, and what people do with them. A decision is on record (ACT) before it takes effect; the requester has it when it asks
/// again, as often as it likes until the deadline. Who decided stands in the record of that answer, too.
/// </summary>
/// <remarks>What is answered is read, checked and sealed when it is decided: what a person has seen to is what leaves, and when it leaves does not tell whom it is about.</remarks>
public sealed class AnswerQueue
{
    private readonly QueueStore _store;
    private readonly QueueContent _content;
    private readonly ManualOptions _options;
    private readonly LinkTable _links;
    private readonly SourceTable _sources;
    private readonly TrustBase _trust;
    private readonly ActRecords _acts;
    private readonly AgencyPeople _people;
    private readonly TimeProvider _time;

    internal AnswerQueue(QueueStore store, QueueContent content, ManualOptions options, LinkTable links, SourceTable sources, TrustBase trust, ActRecords acts, AgencyPeople people, TimeProvider time) =>
        (_store, _content, _options, _links, _sources, _trust, _acts, _people, _time) = (store, content, options, links, sources, trust, acts, people, time);

    /// <summary>The soonest deadline first, at most 1,000.</summary>
    /// <param name="all">Those that are decided, collected or lapsed, too.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<IReadOnlyList<QueuedQuestion>> ListAsync(bool all = false, CancellationToken cancellation = default) =>
        await EachAsync(all, cancellation).Take(Pages.Size).ToListAsync(cancellation);

    /// <summary>The soonest deadline first, as many as there are: for whoever looks for some of them.</summary>
    /// <param name="all">Those that are decided, collected or lapsed, too.</param>
    /// <param name="cancellation">Gives up.</param>
    public IAsyncEnumerable<QueuedQuestion> EachAsync(bool all = false, CancellationToken cancellation = default) =>
        Pages.EachAsync(from => _store.ListAsync(all, Pages.Size, from, cancellation), cancellation).Select(async (row, stop) => await QuestionAsync(row, stop));

    /// <exception cref="InvalidOperationException">There is none of this number.</exception>
    public async Task<QueuedQuestion> FindAsync(long number, CancellationToken cancellation = default) => await QuestionAsync(await RowAsync(number, cancellation), cancellation);

    /// <summary>Must a second person confirm what is decided on questions under this entry?</summary>
    public bool NeedsTwo(EntryId entry) => _options.FourEyes.Contains(entry.Value, StringComparer.Ordinal);

    /// <summary>May whoever looks see and decide questions under this entry?</summary>
    public bool MayDecide(LinkAct by, EntryId entry) => _people.WhyNotAnswer(by, entry) is null;

    /// <summary>Answers with what the existing system has now.</summary>
    /// <exception cref="InvalidOperationException">Nobody may be answered for, the source has nothing or does not answer, or somebody else has decided.</exception>
    /// <exception cref="LogUnavailableException">It is not on record, and did not happen.</exception>
    public Task<QueuedQuestion> ApproveAsync(long number, LinkAct by, CancellationToken cancellation = default) =>
        AnswerAsync(number, QueueAct.Approved, new HandAnswer { FromSource = true }, by, cancellation);

    /// <summary>Answers in part, or by hand.</summary>
    /// <exception cref="FormatException">It does not keep the layout: every item with its rule.</exception>
    /// <exception cref="InvalidOperationException">As for <see cref="ApproveAsync"/>.</exception>
    /// <exception cref="LogUnavailableException">It is not on record, and did not happen.</exception>
    public Task<QueuedQuestion> AnswerAsync(long number, HandAnswer answer, LinkAct by, CancellationToken cancellation = default) =>
        AnswerAsync(number, QueueAct.Answered, answer, by, cancellation);

    /// <summary>Does not answer. For somebody who is not here, or must look so, <see cref="DenialReason.NotAvailable"/> is the only reason there is.</summary>
    /// <exception cref="InvalidOperationException">The reason would tell who is here, or somebody else has decided.</exception>
    /// <exception cref="LogUnavailableException">It is not on record, and did not happen.</exception>
    public async Task<QueuedQuestion> DenyAsync(long number, DenialReason why, LinkAct by, CancellationToken cancellation = default)
    {
        var (row, asked) = await OpenAsync(number, cancellation);
        if (why != DenialReason.NotAvailable && await _links.PersonOfAsync(asked.Code, byHand: true, cancellation) is null)
        {
            throw new InvalidOperationException("Nobody here may be answered for: to the requester this is not-available and nothing else, or it could tell who is withheld from who is not here.");
        }

        return await DecideAsync(row, asked, new QueueDecision(QueueAct.Denied, by, _time.GetUtcNow()) { Denial = why }, answer: null, cancellation);
    }

    /// <summary>A second person confirms what the first one decided, exactly that.</summary>
    /// <exception cref="InvalidOperationException">Nothing waits to be confirmed, or it is the same person.</exception>
    /// <exception cref="LogUnavailableException">It is not on record, and did not happen.</exception>
    public async Task<QueuedQuestion> ConfirmAsync(long number, LinkAct by, CancellationToken cancellation = default)
    {
        var (row, asked) = await OpenAsync(number, cancellation);
        if (row is not { State: QueueState.Proposed, Decision: { } proposed })
        {
            throw new InvalidOperationException($"Nothing waits to be confirmed in question {number}.");
        }

        if (string.Equals(proposed.By.Operator.Trim(), by.Operator.Trim(), StringComparison.OrdinalIgnoreCase))
        {
            throw new InvalidOperationException("Who decided cannot confirm it: a second person does.");
        }

        RequireAllowed(by, row);
        RequireNameless(by, asked);
        await RecordAsync("confirm queued question", row, by, $"{Word(proposed)} by {_people.RecordedAs(proposed.By.Operator)}");
        await StoreAsync(row, QueueState.Decided, proposed with { ConfirmedBy = by.Operator }, row.Answer);
        return await FindAsync(number, CancellationToken.None);
    }

    private async Task<QueuedQuestion> AnswerAsync(long number, QueueAct what, HandAnswer answer, LinkAct by, CancellationToken cancellation)
    {
        var (row, asked) = await OpenAsync(number, cancellation);
        if (await _links.PersonOfAsync(asked.Code, byHand: true, cancellation) is not { } person)
        {
            throw new InvalidOperationException("Nobody here may be answered for: unknown, withheld, or the link is in quarantine. Deny it as not-available; or, where the link is right, release it first (links release).");
        }

        if (asked.Ids.Count > 0 && !asked.Ids.Any(person.Ids.Contains))
        {
            throw new InvalidOperationException("Since it was asked, the link has become another person's. Deny it as not-available; the requester asks anew.");
        }

        if (await _links.IsClosedAsync(person.Ids[0], row.Requester, cancellation))
        {
            throw new InvalidOperationException("This requester means somebody else by the link, and nobody has resolved that. Check the person first; where the link is right, release it (links release).");
        }

        var catalog = _trust.Catalog;
        var source = new Dictionary<KindId, Items>();
        foreach (var kind in answer.FromSource ? asked.Kinds.Where(kind => !answer.AbsentKinds.ContainsKey(kind)) : [])
        {
            source.Add(kind, await ReadAsync(catalog, row, asked, person, kind, cancellation));
        }

        var made = answer.Make(asked.Kinds, catalog, source);
        var decided = new DecidedAnswer(person.Ids, AnswerMessages.Write(made));
        return await DecideAsync(row, asked, new QueueDecision(what, by, _time.GetUtcNow()), _content.Seal(row.Exchange, row.Index, decided), cancellation);
    }

    private async Task<Items> ReadAsync(StatuteCatalog catalog, QueuedRow row, AskedAbout asked, LinkedPerson person, KindId kind, CancellationToken cancellation)
    {
        var request = new InformationRequest
        {
            Person = person.Id,
            Kind = kind,
            Conditions = asked.Conditions,
            Entry = row.Entry,
            Role = asked.Role,
            Requester = row.Requester,
        };
        return await _sources.ReadAsync(catalog, [request], cancellation) switch
        {
            Outcome<IReadOnlyDictionary<KindId, Items>>.Done done => done.Value[kind],
            Outcome<IReadOnlyDictionary<KindId, Items>>.Refused { Refusal.Name: RefusalName.NotAvailable } =>
                throw new InvalidOperationException($"The source of '{kind}' has nothing for this person. Answer by hand, or deny."),
            Outcome<IReadOnlyDictionary<KindId, Items>>.Refused refused =>
                throw new InvalidOperationException($"The source of '{kind}' gives no answer now: {refused.Refusal.Text} {refused.Refusal.Detail}"),
            _ => throw new InvalidOperationException("An outcome is done or refused."),
        };
    }

    private async Task<QueuedQuestion> DecideAsync(QueuedRow row, AskedAbout asked, QueueDecision decision, byte[]? answer, CancellationToken cancellation)
    {
        if (row.State is not (QueueState.Waiting or QueueState.Proposed))
        {
            throw new InvalidOperationException($"Question {row.Number} is {row.State.ToString().ToLowerInvariant()} already.");
        }

        RequireAllowed(decision.By, row);
        RequireNameless(decision.By, asked);
        cancellation.ThrowIfCancellationRequested();
        var needsTwo = NeedsTwo(row.Entry);
        await RecordAsync(needsTwo ? "propose for queued question" : "decide queued question", row, decision.By, Word(decision));
        await StoreAsync(row, needsTwo ? QueueState.Proposed : QueueState.Decided, decision, answer);
        return await FindAsync(row.Number, CancellationToken.None);
    }

    private Task RecordAsync(string what, QueuedRow row, LinkAct by, string after) => _acts.RecordAsync(new OperatorAct
    {
        Operator = _people.RecordedAs(by),
        What = what,
        About = $"question {row.Number}, exchange {row.Exchange}, place {row.Index}",
        Before = row.State.ToString().ToLowerInvariant(),
        After = after,
        Reason = by.Reason,
    });

    private async Task StoreAsync(QueuedRow row, QueueState to, QueueDecision decision, byte[]? answer)
    {
        if (!await _store.DecideAsync(row.Number, row, to, decision, answer))
        {
            throw new InvalidOperationException($"Somebody else has decided question {row.Number} meanwhile, or it has lapsed. Look at it again.");
        }
    }

    private static string Word(QueueDecision decision) => decision.Denial is { } why ? $"denied: {DenialReasons.NameOf(why)}" : decision.What.ToString().ToLowerInvariant();

    /// <exception cref="RefusedException">OPERATOR-UNKNOWN or OPERATOR-NOT-ALLOWED.</exception>
    private void RequireAllowed(LinkAct by, QueuedRow row)
    {
        if (_people.WhyNotAnswer(by, row.Entry) is { } not)
        {
            throw new RefusedException(not);
        }
    }

    /// <summary>Reasons stand on record, where nobody is named.</summary>
    private static void RequireNameless(LinkAct by, AskedAbout asked)
    {
        if (asked.Ids.Any(id => by.Reason.Contains(id.Value, StringComparison.Ordinal)))
        {
            throw new FormatException("The reason stands on record and names nobody: say it without the person's identifier.");
        }
    }

    private async Task<(QueuedRow Row, AskedAbout Asked)> OpenAsync(long number, CancellationToken cancellation)
    {
        var row = await RowAsync(number, cancellation);
        return row.Content is { } sealedContent && row.Deadline > _time.GetUtcNow()
            ? (row, _content.OpenAsked(row.Exchange, row.Index, sealedContent))
            : throw new InvalidOperationException($"Question {number} is past its deadline.");
    }

    private async Task<QueuedRow> RowAsync(long number, CancellationToken cancellation) =>
        await _store.FindAsync(number, cancellation) ?? throw new InvalidOperationException($"There is no question {number}. See 'infolink-agent queue list'.");

    private async Task<QueuedQuestion> QuestionAsync(QueuedRow row, CancellationToken cancellation)
    {
        QueuedContent? shown = null;
        if (row.Content is { } sealedContent)
        {
            var asked = _content.OpenAsked(row.Exchange, row.Index, sealedContent);
            var person = await _links.PersonOfAsync(asked.Code, byHand: true, cancellation);
            shown = new QueuedContent(asked.Role, asked.Kinds, asked.Conditions, asked.Cause) { Persons = person?.Ids ?? [] };
        }

        return new QueuedQuestion(row.Number, row.Exchange, row.Index, row.Requester, row.Entry, row.State, row.AskedAt, row.Deadline) { Content = shown, Decision = row.Decision };
    }
}
