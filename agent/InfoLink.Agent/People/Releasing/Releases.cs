using System.Globalization;
using InfoLink.Agent.Links;
using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Transparency;
using InfoLink.V1;
using InquiryConditions = InfoLink.Contracts.Catalog.InquiryConditions;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.People.Releasing;

/// <summary>
/// Questions of this agency that a second person releases before anything of them leaves (SPEC §22). Who asks is refused with the ticket's number, and asks the same again once it is released; a release holds for exactly
/// that question of that operator, until its deadline. A decision is on record (ACT) before it takes effect.
/// </summary>
public sealed partial class Releases
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan KeptFor = TimeSpan.FromDays(30);
    private readonly ReleaseStore _store;
    private readonly ReleaseContent _content;
    private readonly FourEyesOptions _options;
    private readonly AgencyPeople _people;
    private readonly ActRecords _acts;
    private readonly TimeProvider _time;

    internal Releases(ReleaseStore store, ReleaseContent content, FourEyesOptions options, AgencyPeople people, ActRecords acts, TimeProvider time) =>
        (_store, _content, _options, _people, _acts, _time) = (store, content, options, people, acts, time);

    /// <summary>The soonest deadline first, at most 1,000.</summary>
    /// <param name="all">Those that are decided or lapsed, too.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<IReadOnlyList<ReleaseTicket>> ListAsync(bool all = false, CancellationToken cancellation = default) =>
        await EachAsync(all, cancellation).Take(Pages.Size).ToListAsync(cancellation);

    /// <summary>The soonest deadline first, as many as there are: for whoever looks for some of them.</summary>
    /// <param name="all">Those that are decided or lapsed, too.</param>
    /// <param name="cancellation">Gives up.</param>
    public IAsyncEnumerable<ReleaseTicket> EachAsync(bool all = false, CancellationToken cancellation = default)
    {
        var now = _time.GetUtcNow();
        return Pages.EachAsync(from => _store.ListAsync(all, now, Pages.Size, from, cancellation), cancellation).Select(Shown);
    }

    /// <exception cref="InvalidOperationException">There is none of this number.</exception>
    public async Task<ReleaseTicket> FindAsync(long number, CancellationToken cancellation = default) => Shown(await RowAsync(number, cancellation));

    /// <summary>Lets the question be asked.</summary>
    /// <exception cref="InvalidOperationException">It is decided already, has lapsed, or is this operator's own.</exception>
    /// <exception cref="RefusedException">OPERATOR-UNKNOWN or OPERATOR-NOT-ALLOWED.</exception>
    /// <exception cref="LogUnavailableException">It is not on record, and did not happen.</exception>
    public Task<ReleaseTicket> ReleaseAsync(long number, LinkAct by, CancellationToken cancellation = default) => DecideAsync(number, ReleaseState.Released, by, cancellation);

    /// <summary>Does not let it be asked.</summary>
    /// <inheritdoc cref="ReleaseAsync"/>
    public Task<ReleaseTicket> RefuseAsync(long number, LinkAct by, CancellationToken cancellation = default) => DecideAsync(number, ReleaseState.Refused, by, cancellation);

    /// <summary>May whoever looks see and decide it?</summary>
    public bool MayRelease(LinkAct by, EntryId entry) => _people.WhyNotRelease(by, entry) is null;

    /// <summary>Why it is not asked now; null: nobody else has to see to it, or somebody has released it.</summary>
    internal async Task<Refusal?> WhyNotAsync(Question question, IReadOnlyList<string> persons, Asker who)
    {
        if (question.Inquiry.Continues is not null || !_people.NeedsTwo(question.Entry.Id))
        {
            return null; // An answer that is collected was asked for before.
        }

        var now = _time.GetUtcNow();
        var (tag, content) = _content.Write(question, persons, who, _people.RecordedAs(who));
        var wanted = new ReleaseRow(0, tag, question.Entry.Id, persons.Count, ReleaseState.Waiting, now, now + TimeSpan.FromHours(_options.Hours), content);
        return await _store.TakeAsync(wanted, _options.Most) switch
        {
            null => new Refusal(RefusalName.Overloaded, "questions that wait for a release", TimeSpan.FromHours(1)),
            { State: ReleaseState.Released } => null,
            { State: ReleaseState.Refused } ticket => new Refusal(RefusalName.ReleaseRefused, Named(ticket)),
            var ticket => new Refusal(RefusalName.ReleasePending, Named(ticket)),
        };
    }

    /// <summary>Each minute: what was asked goes at its deadline.</summary>
    internal Rounds Rounds(ILogger<Releases> logger) => new(_ => _store.ForgetAsync(_time.GetUtcNow(), _time.GetUtcNow() - KeptFor), Interval, _time, fault => Log.RoundFailed(logger, fault));

    private static string Named(ReleaseRow ticket) => $"ticket {ticket.Number.ToString(CultureInfo.InvariantCulture)}";

    private async Task<ReleaseTicket> DecideAsync(long number, ReleaseState to, LinkAct by, CancellationToken cancellation)
    {
        var row = await RowAsync(number, cancellation);
        if (_people.WhyNotRelease(by, row.Entry) is { } not)
        {
            throw new RefusedException(not);
        }

        if (row is not { State: ReleaseState.Waiting, Content: { } content } || row.Deadline <= _time.GetUtcNow())
        {
            throw new InvalidOperationException($"Ticket {number} is decided already, or has lapsed.");
        }

        var question = _content.Open(row.Question, content);
        if (string.Equals(question.Operator.Trim(), by.Operator.Trim(), StringComparison.OrdinalIgnoreCase))
        {
            throw new InvalidOperationException("Who asks cannot release it: a second person does.");
        }

        if (question.Persons.Any(person => by.Reason.Contains(person, StringComparison.Ordinal)))
        {
            throw new FormatException("The reason stands on record and names nobody: say it without the person's identifier.");
        }

        var what = to == ReleaseState.Released ? "released" : "refused";
        await _acts.RecordAsync(new OperatorAct
        {
            Operator = _people.RecordedAs(by),
            What = to == ReleaseState.Released ? "release question" : "refuse to release question",
            About = string.Create(CultureInfo.InvariantCulture, $"ticket {number}, {row.Entry}, {row.Persons} persons, asked by {question.RecordedAs ?? _people.RecordedAs(question.Operator)}"),
            Before = "waiting",
            After = what,
            Reason = by.Reason,
        });
        return await _store.DecideAsync(number, to, by.Operator, _time.GetUtcNow())
            ? await FindAsync(number, CancellationToken.None)
            : throw new InvalidOperationException($"Somebody else has decided ticket {number} meanwhile, or it has lapsed.");
    }

    private async Task<ReleaseRow> RowAsync(long number, CancellationToken cancellation) =>
        await _store.FindAsync(number, cancellation) ?? throw new InvalidOperationException($"There is no ticket {number}. See 'infolink-agent release list'.");

    private ReleaseTicket Shown(ReleaseRow row) => new(
        row.Number, row.Entry, row.Persons, row.State == ReleaseState.Waiting && row.Deadline <= _time.GetUtcNow() ? ReleaseState.Lapsed : row.State, row.AskedAt, row.Deadline)
    {
        DecidedBy = row.DecidedBy,
        Question = row.Content is { } content && row.Deadline > _time.GetUtcNow() ? _content.Open(row.Question, content) : null,
    };

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Questions that waited for a release could not be put away; the next round tries again")]
        public static partial void RoundFailed(ILogger logger, Exception fault);
    }
}

/// <summary>How far it is with a question that a second person releases. Values are kept on disk.</summary>
public enum ReleaseState
{
    /// <summary>Nobody has decided.</summary>
    Waiting = 1,

    /// <summary>It may be asked until its deadline.</summary>
    Released = 2,

    /// <summary>It may not.</summary>
    Refused = 3,

    /// <summary>Nobody has decided until the deadline; who asks again gets a new ticket.</summary>
    Lapsed = 4,
}

/// <summary>A question that a second person releases.</summary>
/// <param name="Number">The ticket's.</param>
/// <param name="Entry">On what basis it asks.</param>
/// <param name="Persons">About how many.</param>
/// <param name="State">How far it is.</param>
/// <param name="AskedAt">When it was asked first.</param>
/// <param name="Deadline">Until when it waits, and its release holds.</param>
public sealed record ReleaseTicket(long Number, EntryId Entry, int Persons, ReleaseState State, DateTimeOffset AskedAt, DateTimeOffset Deadline)
{
    /// <summary>Who has decided; null: nobody.</summary>
    public string? DecidedBy { get; init; }

    /// <summary>What is asked; null once it is over.</summary>
    public ReleaseQuestion? Question { get; init; }
}

/// <summary>What is asked, by whom, about whom.</summary>
/// <param name="Operator">Who asks.</param>
/// <param name="Use">What for.</param>
/// <param name="CaseReference">In which case.</param>
/// <param name="Role">Whose data.</param>
/// <param name="Provider">Who is asked; null: who by the kinds' rule holds it.</param>
/// <param name="Kinds">What.</param>
/// <param name="Conditions">On what conditions.</param>
/// <param name="Persons">The agency's own identifiers.</param>
public sealed record ReleaseQuestion(
    string Operator, string Use, string CaseReference, SubjectRole Role, AgencyId? Provider, IReadOnlyList<KindId> Kinds, InquiryConditions Conditions, IReadOnlyList<string> Persons)
{
    /// <summary>Who asks, as she stands on record; null where the ticket is of before this was kept.</summary>
    internal string? RecordedAs { get; init; }

    public override string ToString() => "ReleaseQuestion(redacted)";
}
