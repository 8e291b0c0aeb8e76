using InfoLink.Agent.Links;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.Hosting.Trust;
using InfoLink.Transparency;
using InfoLink.V1;

namespace InfoLink.Agent.Remedy;

/// <summary>
/// Remedy after a wrong link or a corrected record (SPEC §15): a case lists every exchange that it concerns; a person decides; each counterpart is told
/// through InfoLink; the oversight body gets a report. And the other direction: what other agencies have told this one.
/// </summary>
/// <remarks>
/// Each decision is an act in the agency's own log before it takes effect. Operators and reasons stand there and in the report, so they name nobody: a text
/// with the person's own identifier, a code or a number in it is not taken.
/// </remarks>
public sealed class Remedies
{
    private const int MaxListed = 1_000;
    private readonly RemedyStore _store;
    private readonly LinkTable _links;
    private readonly ExchangeSearch _search;
    private readonly CorrectionRecords _records;
    private readonly ActRecords _acts;
    private readonly NoticeOutbox _outbox;
    private readonly TrustBase _trust;
    private readonly TimeProvider _time;

    internal Remedies(
        RemedyStore store, LinkTable links, ExchangeSearch search, CorrectionRecords records, ActRecords acts, NoticeOutbox outbox, TrustBase trust, TimeProvider time)
    {
        (_store, _links, _search, _records) = (store, links, search, records);
        (_acts, _outbox, _trust, _time) = (acts, outbox, trust, time);
    }

    /// <summary>
    /// A person has found that a link is wrong, or has corrected a record: opens a case with every exchange that it concerns. A wrong link that still
    /// stands is put in quarantine. Nobody is told before <see cref="DecideAsync"/>.
    /// </summary>
    /// <param name="id">Whose link.</param>
    /// <param name="reason">
    /// WRONG_LINK: every exchange through the identifier's newest link, in both roles. CORRECTED_RECORD: those in which this agency answered.
    /// </param>
    /// <param name="act">Who, and on what grounds.</param>
    /// <param name="scope">Less than all of them.</param>
    /// <param name="cancellation">Gives up; before the act is on record nothing is done.</param>
    /// <exception cref="InvalidOperationException">The identifier never had a link, or the text names somebody. Nothing was done.</exception>
    /// <exception cref="LogUnavailableException">The act is not on record and did not happen.</exception>
    public async Task<RemedyCase> OpenAsync(LocalId id, CorrectionReason reason, LinkAct act, RemedyScope? scope = null, CancellationToken cancellation = default)
    {
        RequireNameless(act, id);
        if ((await _links.PastLinksAsync(id, cancellation)).LastOrDefault() is not { } link)
        {
            throw new InvalidOperationException("This identifier never had a link here. Check it, and its kind.");
        }

        var now = _time.GetUtcNow();
        var (found, isCut) = await _search.FindAsync(link.Codes, scope?.From ?? link.From, scope?.Until ?? (link.End?.Time ?? now) + EndedLinks.Late, cancellation);
        IReadOnlyList<AffectedExchange> exchanges = reason switch
        {
            CorrectionReason.WrongLink => found,
            CorrectionReason.CorrectedRecord => [.. found.Where(exchange => IsAnswered(exchange, scope?.Kinds ?? []))],
            _ => throw new ArgumentOutOfRangeException(nameof(reason)),
        };
        await RecordAsync("open remedy", $"{RemedyReport.NameOf(reason)}, {exchanges.Count} exchanges", "", "to decide", act);
        if (reason == CorrectionReason.WrongLink && link.End is null)
        {
            await _links.QuarantineAsync(id, act, CancellationToken.None);
        }

        var (number, _) = await _store.OpenAsync(new RemedyCase(0, id, reason, RemedyState.ToDecide, now, act) { IsCut = isCut }, exchanges, ending: null);
        return await FindAsync(number, CancellationToken.None);
    }

    /// <summary>A person decides that the counterparts are told; it begins at once and survives restarts.</summary>
    /// <param name="number">The case.</param>
    /// <param name="act">Who, and why.</param>
    /// <param name="except">Exchanges that are not concerned, e.g. of another record of the same link that was right.</param>
    /// <exception cref="InvalidOperationException">There is no such case, it was decided before, or the text names somebody.</exception>
    /// <exception cref="LogUnavailableException">The act is not on record and did not happen.</exception>
    public async Task DecideAsync(long number, LinkAct act, IReadOnlyCollection<ExchangeId>? except = null)
    {
        await ConcludeAsync(number, RemedyState.Decided, act, except ?? []);
        _outbox.Wake();
    }

    /// <summary>A person decides that nobody need be told.</summary>
    /// <inheritdoc cref="DecideAsync"/>
    public Task DropAsync(long number, LinkAct act) => ConcludeAsync(number, RemedyState.Dropped, act, []);

    /// <summary>Cases, the newest first, at most 1,000.</summary>
    public Task<IReadOnlyList<RemedyCase>> ListAsync(CancellationToken cancellation = default) => _store.CasesAsync(MaxListed, cancellation);

    /// <exception cref="InvalidOperationException">There is no such case.</exception>
    public async Task<RemedyCase> FindAsync(long number, CancellationToken cancellation = default) =>
        await _store.CaseAsync(number, cancellation) ?? throw new InvalidOperationException($"There is no case {number}. See 'infolink-agent remedy list'.");

    /// <summary>The exchanges of a case, oldest first, and where the notice about each is.</summary>
    public Task<IReadOnlyList<RemedyNotice>> NoticesAsync(long number, CancellationToken cancellation = default) => _store.NoticesAsync(number, cancellation);

    /// <summary>Prepares the report to the oversight body: a file that <see cref="RemedyReportFile.WhyNot"/> verifies. That it was prepared is on record.</summary>
    /// <exception cref="InvalidOperationException">There is no such case, or the text names somebody.</exception>
    /// <exception cref="LogUnavailableException">The act is not on record, and there is no report.</exception>
    public async Task<byte[]> ReportAsync(long number, LinkAct act, CancellationToken cancellation = default)
    {
        var reported = await FindAsync(number, cancellation);
        RequireNameless(act, reported.Id);
        var history = await _links.HistoryAsync(reported.Id, cancellation);
        var report = new RemedyReport
        {
            Platform = _trust.Members.Platform,
            Agency = _trust.Self.Value,
            Case = number,
            Reason = reported.Reason,
            FoundAt = reported.FoundAt,
            DecidedAt = reported.DecidedAt,
            Operator = (reported.Decision ?? reported.Found).Operator,
            Grounds = (reported.Decision ?? reported.Found).Reason,
            PreparedAt = _time.GetUtcNow(),
            IsCut = reported.IsCut,
            History = [.. history.Select(row => (row.Time, RemedyWords.Of(row.What.ToString())))],
            Exchanges = [.. (await NoticesAsync(number, cancellation)).Select(Reported)],
        }.ToCanonicalJson();
        var recorded = await RecordAsync(RemedyReportFile.ActName, RemedyReportFile.About(report), "", $"case {number}", act);
        var receipt = await recorded.ToReceiptAsync(CancellationToken.None);
        return RemedyReportFile.Make(report, receipt);
    }

    /// <summary>What other agencies have told this one, the newest first, at most 1,000.</summary>
    /// <param name="all">Those that somebody has taken note of, too.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<IReadOnlyList<ReceivedNotice>> ReceivedAsync(bool all = false, CancellationToken cancellation = default) => _store.ReceivedAsync(all, MaxListed, cancellation);

    /// <summary>Whom a notice is about here: the identifiers that the codes in the own record stand with now. Empty: they are linked no more.</summary>
    /// <exception cref="InvalidOperationException">There is no such notice.</exception>
    public async Task<IReadOnlyList<LocalId>> PersonsOfAsync(long number, CancellationToken cancellation = default)
    {
        var notice = await ReceivedAsync(number, cancellation);
        var entries = await _records.FindAsync(notice.Exchange, cancellation);
        var codes = _records.Own(entries, CorrectionRecords.Other(notice.Side), notice.From, notice.Indices)?.Subjects
            .Where(subject => notice.Indices.Contains(subject.Index)).Select(subject => subject.OwnLinkCode).OfType<byte[]>() ?? [];
        var ids = new List<LocalId>();
        foreach (var code in codes)
        {
            ids.AddRange(await _links.HoldersAsync(LinkCode.FromBytes(code), cancellation));
        }

        return ids;
    }

    /// <summary>A person of this agency has taken note of a notice, or has done what was to be done here.</summary>
    /// <param name="number">The notice.</param>
    /// <param name="state">CORRECTION_TAKEN_NOTE_OF or CORRECTION_ACTED; the agency that told hears it when it asks again.</param>
    /// <param name="act">Who, and what was done.</param>
    /// <exception cref="InvalidOperationException">There is no such notice, or the text names somebody.</exception>
    /// <exception cref="LogUnavailableException">The act is not on record and did not happen.</exception>
    public async Task NoteAsync(long number, CorrectionState state, LinkAct act)
    {
        ArgumentOutOfRangeException.ThrowIfEqual((int)state, (int)CorrectionState.Unspecified);
        ArgumentOutOfRangeException.ThrowIfEqual((int)state, (int)CorrectionState.CorrectionOpen);
        var notice = await ReceivedAsync(number, CancellationToken.None);
        foreach (var id in await PersonsOfAsync(number))
        {
            RequireNameless(act, id);
        }

        RequireNameless(act, id: null);
        await RecordAsync("note correction", $"exchange {notice.Exchange}, told by {notice.From}", RemedyWords.Of(notice.State), RemedyWords.Of(state), act);
        await _store.NoteAsync(number, state, act);
    }

    private async Task<ReceivedNotice> ReceivedAsync(long number, CancellationToken cancellation) =>
        await _store.ReceivedAsync(number, cancellation) ?? throw new InvalidOperationException($"There is no notice {number}. See 'infolink-agent remedy notices'.");

    private async Task ConcludeAsync(long number, RemedyState state, LinkAct act, IReadOnlyCollection<ExchangeId> except)
    {
        var open = await FindAsync(number);
        RequireNameless(act, open.Id);
        if (open.State != RemedyState.ToDecide)
        {
            throw new InvalidOperationException($"Case {number} was decided before. What was told cannot be taken back; open another case where more is to be told.");
        }

        var listed = await NoticesAsync(number);
        if (except.Except(listed.Select(notice => notice.About.Exchange)).Any())
        {
            throw new InvalidOperationException($"An exchange that is to be left out is not in case {number}. See 'infolink-agent remedy show'.");
        }

        var told = state == RemedyState.Decided ? listed.Count(notice => !except.Contains(notice.About.Exchange)) : 0;
        await RecordAsync("decide remedy", $"case {number}, {RemedyReport.NameOf(open.Reason)}", "to decide", $"{RemedyWords.Of(state.ToString())}, {told} of {listed.Count} exchanges are told", act);
        await _store.DecideAsync(number, state, act, except, _time.GetUtcNow());
    }

    private Task<Appended> RecordAsync(string what, string about, string before, string after, LinkAct act) => _acts.RecordAsync(new OperatorAct
    {
        Operator = act.Operator,
        What = what,
        About = about,
        Before = before,
        After = after,
        Reason = act.Reason,
    });

    private static bool IsAnswered(AffectedExchange exchange, IReadOnlyCollection<KindId> kinds) =>
        exchange.Side == ExchangeSide.ProviderSide && exchange.Subjects.Any(subject => subject.Outcome == SubjectOutcome.AnsweredOutcome)
        && (kinds.Count == 0 || exchange.Kinds.Any(kind => kinds.Any(wanted => string.Equals(wanted.Value, kind, StringComparison.Ordinal))));

    private static void RequireNameless(LinkAct act, LocalId? id)
    {
        if (RemedyWords.WhyNot(act, id) is { } error)
        {
            throw new InvalidOperationException(error);
        }
    }

    private static ReportedExchange Reported(RemedyNotice notice) => new()
    {
        Exchange = notice.About.Exchange,
        Reference = Convert.ToHexStringLower(notice.Reference.Span),
        Side = notice.About.Side == ExchangeSide.RequesterSide ? "requester" : "provider",
        Counterpart = notice.About.Counterpart.Value,
        Entry = notice.About.Entry,
        Kinds = notice.About.Kinds,
        Time = notice.About.Time,
        Subjects = [.. notice.About.Subjects.Select(subject => RemedyWords.Of(subject))],
        Notice = RemedyWords.Of(notice.Progress.ToString()),
        AtCounterpart = RemedyWords.Of(notice.AtCounterpart),
        AcknowledgedAt = notice.AcknowledgedAt,
    };
}

/// <summary>Less than all exchanges of a link.</summary>
/// <param name="From">The earliest; null: since the link began.</param>
/// <param name="Until">The latest; null: until it ended.</param>
/// <param name="Kinds">With a corrected record, those with one of these kinds; empty: all.</param>
public sealed record RemedyScope(DateTimeOffset? From = null, DateTimeOffset? Until = null, IReadOnlyList<KindId>? Kinds = null);
