using System.Globalization;
using InfoLink.Agent.AccessLog;
using InfoLink.Agent.People;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Refusals;
using InfoLink.Transparency;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Requesting;

/// <summary>
/// Answers that other agencies' people give later: what is waited for, and how it is had. Each collection is an exchange of its own, approved afresh and on record; where the inquiry wished it
/// (<see cref="Inquiry.CollectsItself"/>), the agent asks again by itself, ever more rarely, and keeps what comes, sealed, until somebody takes it. At the deadline the agency's log has LAPSED for
/// whom nothing came.
/// </summary>
public sealed partial class PendingAnswers
{
    private const int Batch = 100;
    private const int SideBySide = 4;
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>How long after the deadline answers wait to be taken.</summary>
    private static readonly TimeSpan KeptFor = TimeSpan.FromDays(30);

    private readonly PendingStore _store;
    private readonly PendingContent _content;
    private readonly IExchange _requesting;
    private readonly AgencyRecords _records;
    private readonly ActRecords _acts;
    private readonly AgencyPeople _people;
    private readonly TimeProvider _time;
    private readonly ILogger<PendingAnswers> _logger;

    internal PendingAnswers(
        PendingStore store, PendingContent content, IExchange requesting, AgencyRecords records, ActRecords acts, AgencyPeople people, TimeProvider time, ILogger<PendingAnswers> logger) =>
        (_store, _content, _requesting, _records, _acts, _people, _time, _logger) = (store, content, requesting, records, acts, people, time, logger);

    /// <summary>May this operator see and collect what was asked under this entry?</summary>
    public bool MayCollect(Asker who, EntryId entry) => _people.WhyNotAsk(who, entry) is null;

    /// <summary>The soonest deadline first, at most 1,000: what is waited for, and what waits to be taken.</summary>
    /// <param name="all">Those that are done or lapsed, too.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<IReadOnlyList<PendingExchange>> ListAsync(bool all = false, CancellationToken cancellation = default) =>
        await EachAsync(all, cancellation).Take(Pages.Size).ToListAsync(cancellation);

    /// <summary>The soonest deadline first, as many as there are: for whoever looks for some of them.</summary>
    /// <param name="all">Those that are done or lapsed, too.</param>
    /// <param name="cancellation">Gives up.</param>
    public IAsyncEnumerable<PendingExchange> EachAsync(bool all = false, CancellationToken cancellation = default) =>
        Pages.EachAsync(from => _store.ListAsync(all, Pages.Size, from, cancellation), cancellation).Select(Shown);

    /// <summary>Null where nothing of it is kept here.</summary>
    public async Task<PendingExchange?> FindAsync(ExchangeId exchange, CancellationToken cancellation = default) =>
        await _store.FindAsync(exchange, cancellation) is { } row ? Shown(row) : null;

    /// <summary>
    /// What there is: answers that were collected and nobody has taken, and for the others the provider is asked again now. Until the deadline the same can be had again, for whoever lost it. That kept answers are
    /// taken, and by whom, is on record (ACT) before they are.
    /// </summary>
    /// <param name="exchange">The pending one.</param>
    /// <param name="who">Who asks now; null: who asked first.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>One result for each person whose answer was pending.</returns>
    /// <exception cref="InvalidOperationException">Nothing of this exchange is kept here.</exception>
    /// <exception cref="RefusedException">The question was refused, and nothing was here to take; or OPERATOR-UNKNOWN, OPERATOR-NOT-ALLOWED.</exception>
    /// <exception cref="LogUnavailableException">It is not on record that kept answers are taken; nothing is.</exception>
    public async Task<Fetched> CollectAsync(ExchangeId exchange, Asker? who = null, CancellationToken cancellation = default)
    {
        var row = await _store.FindAsync(exchange, cancellation) ?? throw new InvalidOperationException($"Nothing pending is kept of exchange {exchange}. See 'infolink-agent pending list'.");
        var question = _content.Open(exchange, row.Content);
        var kept = row.Persons.Where(person => person.Answer is not null).ToDictionary(
            person => person.Place, person => Outcomes.Person(question.Persons[person.Place], AnswerMessages.TryRead(_content.OpenAnswer(exchange, person.Place, person.Answer!))!));
        if (kept.Count > 0 && who is not null && _people.WhyNotAsk(who, row.Entry) is { } not)
        {
            throw new RefusedException(not);
        }

        if (kept.Count > 0)
        {
            await _acts.RecordAsync(new OperatorAct
            {
                Operator = who is null ? question.Who.Operator : _people.RecordedAs(who),
                What = "take kept answers",
                About = string.Create(CultureInfo.InvariantCulture, $"exchange {exchange}, {kept.Count} persons"),
                Before = "kept",
                After = "taken",
                Reason = (who ?? question.Who).Use,
            });
        }

        var open = row.Deadline > _time.GetUtcNow()
            ? row.Persons.Where(person => person.State is PendingState.Waiting or PendingState.Answered && !kept.ContainsKey(person.Place)).ToList()
            : [];
        Fetched? asked = null;
        if (open.Count > 0)
        {
            switch (await AskAsync(question, open, question.Inquiry, who ?? question.Who, cancellation))
            {
                case Outcome<Fetched>.Done done:
                    asked = done.Value;
                    break;
                case Outcome<Fetched>.Refused refused when kept.Count == 0:
                    throw new RefusedException(refused.Refusal);
            }
        }

        var collected = asked?.Persons.ToDictionary(person => person.Person, StringComparer.Ordinal) ?? [];
        var persons = row.Persons.Select(person => kept.GetValueOrDefault(person.Place) ?? collected.GetValueOrDefault(question.Persons[person.Place]) ?? AsItIs(row, person, question)).ToList();
        if (kept.Count > 0)
        {
            await _store.TakenAsync(exchange);
        }

        return new Fetched(asked?.ExchangeId ?? exchange, persons) { Choice = asked?.Choice };
    }

    /// <summary>Each minute; what a round leaves, the store has for the next one.</summary>
    internal Rounds Rounds() => new(LookAsync, Interval, _time, fault => Log.RoundFailed(_logger, fault));

    /// <summary>Ends what is past its deadline, and asks again for what is due.</summary>
    internal async Task LookAsync(CancellationToken cancellation)
    {
        while (await _store.OverdueAsync(_time.GetUtcNow(), Batch, cancellation) is { Count: > 0 } overdue)
        {
            foreach (var row in overdue)
            {
                await LapseAsync(row, cancellation);
            }
        }

        await _store.ForgetAsync(_time.GetUtcNow() - KeptFor);
        foreach (var some in (await _store.DueAsync(_time.GetUtcNow(), Batch, cancellation)).Chunk(SideBySide))
        {
            await Task.WhenAll(some.Select(row => AskAgainAsync(row, cancellation)));
        }
    }

    /// <summary>Postponed before it is asked: an agent that is stopped in the middle does not ask again at once, over and over.</summary>
    private async Task AskAgainAsync(PendingRow row, CancellationToken cancellation)
    {
        await _store.PostponeAsync(row.Exchange, PendingList.NextTry(_time.GetUtcNow(), row.Deadline, row.Attempts, TimeSpan.Zero), row.Trouble);
        var question = _content.Open(row.Exchange, row.Content);
        var trouble = new Refusal(RefusalName.InternalFault);
        try
        {
            switch (await AskAsync(question, row.Persons.Where(person => person.State == PendingState.Waiting), question.Inquiry with { KeepsAnswers = true }, question.Who, cancellation))
            {
                case Outcome<Fetched>.Done:
                    return;
                case Outcome<Fetched>.Refused refused:
                    trouble = refused.Refusal;
                    break;
            }
        }
        catch (RefusedException refused)
        {
            trouble = refused.Refusal;
        }

        await _store.PostponeAsync(row.Exchange, PendingList.NextTry(_time.GetUtcNow(), row.Deadline, row.Attempts, trouble.RetryAfter), trouble.Text);
    }

    private Task<Outcome<Fetched>> AskAsync(PendingQuestion question, IEnumerable<PendingResult> persons, Inquiry inquiry, Asker who, CancellationToken cancellation) =>
        _requesting.AskAsync([.. persons.Select(person => question.Persons[person.Place])], inquiry, who, _time, cancellation);

    private async Task LapseAsync(PendingRow row, CancellationToken cancellation)
    {
        var lost = row.Persons.Where(person => person.State == PendingState.Waiting).Select(person => person.Place).ToHashSet();
        var entries = await _records.Store.FindAsync(row.Exchange, cancellation);
        if (entries.FirstOrDefault(entry => entry.Open.Event == AccessEvent.Received) is { } received && entries.All(entry => entry.Open.Event != AccessEvent.Lapsed))
        {
            await _records.AppendAsync(received.Open, AccessEvent.Lapsed, Lapsed.Of(received, lost, CommitmentSide.RequesterCode), Lapsed.ByItself);
        }

        await _store.LapseAsync(row.Exchange, _time.GetUtcNow());
    }

    private static FetchedPerson AsItIs(PendingRow row, PendingResult person, PendingQuestion question) => person.State switch
    {
        PendingState.Waiting => new FetchedPerson.Pending(question.Persons[person.Place], row.Deadline),
        PendingState.Refused when RefusalTable.TryParse(person.Refusal, out var name) => new FetchedPerson.Refused(question.Persons[person.Place], name),
        _ => new FetchedPerson.Refused(question.Persons[person.Place], RefusalName.NothingPending),
    };

    private PendingExchange Shown(PendingRow row)
    {
        var question = _content.Open(row.Exchange, row.Content);
        var persons = row.Persons.Select(person => new PendingPerson(question.Persons[person.Place], person.State, person.Refusal, person.Answer is not null)).ToList();
        var waits = row.CollectsItself && persons.Any(person => person.State == PendingState.Waiting);
        return new PendingExchange(row.Exchange, row.Provider, row.Entry, row.AskedAt, row.Deadline, row.CollectsItself, persons) { Next = waits ? row.Next : null, Trouble = row.Trouble, Caller = row.Caller, Who = question.Who };
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Pending answers could not be looked after; what is left stands in the store")]
        public static partial void RoundFailed(ILogger logger, Exception fault);
    }
}
