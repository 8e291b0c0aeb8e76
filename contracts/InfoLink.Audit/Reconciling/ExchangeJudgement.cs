using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Refusals;
using InfoLink.V1;

namespace InfoLink.Audit.Reconciling;

/// <summary>
/// One exchange as its custodians have it. In the order of its events: asked → approved → redeemed → answered → received → settled; then what all
/// of them must say alike.
/// </summary>
internal sealed class ExchangeJudgement(ExchangeTable table, IReadOnlyList<AuditedLog> logs, Coverage coverage, Tally tally, CancellationToken cancellation)
{
    private const string Broker = ApprovedRecord.BrokerCustodian;

    /// <summary>Differences of one class that are read again to be told in full.</summary>
    private const int MaxTold = 1000;

    private static readonly TimeSpan ClocksApart = TimeSpan.FromSeconds(10);

    /// <summary>How long a broker waits for a settlement (SPEC §3.10).</summary>
    private static readonly TimeSpan SettleWithin = TimeSpan.FromSeconds(300);

    public async Task JudgeAsync(IReadOnlyList<ExchangeRow> rows)
    {
        var exchange = new Exchange(rows, logs);
        var asked = exchange.Approved is { } approved ? table.FindAsked(approved.Link) : null;
        JudgeApproval(exchange, asked);
        JudgeAnswer(exchange);
        JudgeSettlement(exchange);
        JudgeClocks(exchange, asked);
        await JudgeAnswersAlikeAsync(exchange);
        await JudgeFieldsAlikeAsync(exchange, asked);
    }

    private void JudgeApproval(Exchange exchange, AskedRow? asked)
    {
        if (exchange.Approved is not { } approved)
        {
            return;
        }

        if (asked is null)
        {
            TellAbsent(exchange, "approved-without-asked", exchange.Requester, approved, "No ASKED record has the approval's request commitment");
        }
        else if (table.IsReused(approved))
        {
            Tell(exchange, "approved-without-asked", "Its request commitment is that of an earlier approval: one question was approved twice.", [approved]);
        }

        if (exchange.Withdrawn.Count == 0 && exchange.Redeemed.Count == 0 && exchange.Answered.Count == 0
            && coverage.Of(exchange.Provider, approved.TimeMs) != Absence.NotKnown)
        {
            var why = Names(exchange.FailedAtRequester.Concat(exchange.RefusedAtProvider).Concat(exchange.RefusedAtBroker));
            Tell(exchange, "approved-never-used", why.Length > 0 ? $"Refused or failed: {why}." : "Its token was never redeemed.", [approved]);
        }
    }

    private void JudgeAnswer(Exchange exchange)
    {
        if (exchange.Answered is [var answered, ..])
        {
            if (exchange.Approved is null)
            {
                TellAbsent(exchange, "answered-without-approval", Broker, answered, "The broker has no approval");
            }
            else if (exchange.Withdrawn is [var withdrawn, ..])
            {
                Tell(exchange, "answered-without-approval", "The approval was withdrawn.", [answered, withdrawn]);
            }
            else if (exchange.Redeemed.Count == 0)
            {
                TellAbsent(exchange, "answered-without-approval", Broker, answered, "The token was approved and never redeemed");
            }
        }
        else if (exchange is { Approved: null, Redeemed: [var redeemed, ..] } && coverage.Has(Broker))
        {
            Tell(exchange, "answered-without-approval", "It was redeemed without an approval.", [redeemed]);
        }

        if (exchange.Answered.Count > 1)
        {
            Tell(exchange, "answered-twice", $"{exchange.Answered.Count} ANSWERED records.", exchange.Answered);
        }

        if (exchange.Answered.Count > 0 && exchange.Received.Count == 0)
        {
            if (exchange.FailedAtRequester.Count > 0)
            {
                Tell(exchange, "answered-never-received", $"The requester failed: {Names(exchange.FailedAtRequester)}.", exchange.FailedAtRequester, Severity.Notice);
            }
            else
            {
                TellAbsent(exchange, "answered-never-received", exchange.Requester, exchange.Answered[0], "The requester has neither RECEIVED nor FAILED");
            }
        }

        if (exchange.Received.Count > exchange.Answered.Count)
        {
            if (exchange.Answered.Count == 0)
            {
                TellAbsent(exchange, "received-without-answer", exchange.Provider, exchange.Received[0], "The provider has no ANSWERED record");
            }
            else if (coverage.Has(exchange.Provider))
            {
                Tell(exchange, "received-without-answer", $"{exchange.Received.Count} RECEIVED records for {exchange.Answered.Count} answers.", exchange.Received);
            }
        }
    }

    private void JudgeSettlement(Exchange exchange)
    {
        var different = exchange.Settled.Select(settled => Convert.ToHexString(settled.Answers)).Distinct(StringComparer.Ordinal).Count();
        var conflicts = exchange.RefusedAtBroker.Where(refused => refused.Refusal == RefusalName.SettleConflict).ToList();
        if (different > 1 || conflicts.Count > 0)
        {
            Tell(
                exchange, "settled-twice-differently",
                different > 1 ? $"{different} different SETTLED records." : "The provider settled again, differently, and was refused.",
                [.. exchange.Settled, .. conflicts]);
        }

        if (exchange.Redeemed is not [var redeemed, ..] || exchange.Settled.Count > 0)
        {
            return;
        }

        var why = Names(exchange.FailedAtProvider.Concat(exchange.RefusedAtProvider).Concat(exchange.UnsettledAtProvider));
        var isOver = exchange.Unsettled.Count > 0 || coverage.Of(Broker, redeemed.TimeMs, SettleWithin) == Absence.Certain;
        if (isOver || coverage.Has(Broker))
        {
            Tell(
                exchange, "unsettled",
                why.Length > 0 ? $"The provider ended it: {why}." : isOver ? "No settlement came." : "No settlement yet; its time is not over in the bundle.",
                [redeemed, .. exchange.Unsettled],
                why.Length > 0 || !isOver ? Severity.Notice : Severity.Difference);
        }
    }

    private void JudgeClocks(Exchange exchange, AskedRow? asked)
    {
        (string Name, long? Time)[] chain =
        [
            ("ASKED", asked?.TimeMs), ("APPROVED", exchange.Approved?.TimeMs), ("REDEEMED", First(exchange.Redeemed)), ("ANSWERED", First(exchange.Answered)),
            ("RECEIVED", First(exchange.Received)),
        ];
        (string, long?)[] end = [("ANSWERED", First(exchange.Answered)), ("SETTLED", First(exchange.Settled))];
        foreach (var events in ((string Name, long? Time)[][])[chain, end])
        {
            var known = events.Where(one => one.Time is not null).ToList();
            foreach (var (before, after) in known.Zip(known.Skip(1)))
            {
                var ahead = before.Time!.Value - after.Time!.Value;
                if (ahead > ClocksApart.TotalMilliseconds)
                {
                    Tell(exchange, "clocks-apart", $"{after.Name} is {ahead / 1000} s before {before.Name}, which it follows.", exchange.Rows);
                    return;
                }
            }
        }

        static long? First(IReadOnlyList<ExchangeRow> rows) => rows is [var first, ..] ? first.TimeMs : null;
    }

    /// <summary>Provider, requester and broker have the same outcomes and digests.</summary>
    private async Task JudgeAnswersAlikeAsync(Exchange exchange)
    {
        ExchangeRow[] rows = [.. exchange.Answered.Take(1), .. exchange.Received.Take(1), .. exchange.Settled.Take(1)];
        foreach (var other in rows.Skip(1).Where(row => !row.Answers.AsSpan().SequenceEqual(rows[0].Answers)))
        {
            var how = tally.CountOf("digests-differ") < MaxTold && await ReadAsync(rows[0]) is { } mine && await ReadAsync(other) is { } theirs
                ? Fingerprint.Differing(mine.Subjects, theirs.Subjects)
                : "not read again";
            Tell(exchange, "digests-differ", $"{NameOf(rows[0])} and {NameOf(other)}: {how}.", [rows[0], other]);
        }
    }

    /// <summary>What follows from the approval repeats it.</summary>
    private async Task JudgeFieldsAlikeAsync(Exchange exchange, AskedRow? asked)
    {
        var rows = exchange.Following;
        if (rows.Count == 0)
        {
            return;
        }

        var reference = exchange.Approved ?? rows[0];
        foreach (var row in rows.Where(row => row != reference))
        {
            if (!row.Fields.AsSpan().SequenceEqual(reference.Fields))
            {
                var fields = tally.CountOf("fields-differ") < MaxTold && await ReadAsync(reference) is { } mine && await ReadAsync(row) is { } theirs
                    ? string.Join(", ", Fingerprint.Differing(Fingerprint.Common(mine.Open), Fingerprint.Common(theirs.Open)))
                    : "not read again";
                Tell(exchange, "fields-differ", $"{NameOf(reference)} and {NameOf(row)}: {fields}.", [reference, row]);
            }
            else if (exchange.HasCount(row) && exchange.HasCount(reference) && row.Count != reference.Count)
            {
                Tell(exchange, "fields-differ", $"{NameOf(reference)} and {NameOf(row)}: count.", [reference, row]);
            }
        }

        foreach (var row in exchange.Answered.Where(row => !IsOf(row, row.Provider)).Concat(exchange.Received.Where(row => !IsOf(row, row.Requester))))
        {
            Tell(exchange, "fields-differ", $"{NameOf(row)}: its custodian is not the agency that the exchange names.", [row]);
        }

        foreach (var row in rows.Where(row => row.Event == AccessEvent.Corrected && !IsOf(row, row.Requester) && !IsOf(row, row.Provider)))
        {
            Tell(exchange, "fields-differ", $"{NameOf(row)}: its custodian is neither of the agencies that the exchange names.", [row]);
        }

        if (asked is not null && exchange.Approved is { } approved)
        {
            if (!string.Equals(logs[asked.Log].Custodian, approved.Requester, StringComparison.Ordinal))
            {
                Tell(exchange, "fields-differ", "ASKED stands in another agency's log than the requester's.", [approved]);
            }
            else if (!asked.Question.AsSpan().SequenceEqual(approved.Question))
            {
                var before = await logs[asked.Log].ReadAsync(asked.Serial, cancellation);
                var fields = before is { } mine && await ReadAsync(approved) is { } theirs
                    ? string.Join(", ", Fingerprint.Differing(Fingerprint.Question(mine.Open), Fingerprint.Question(theirs.Open)))
                    : "not read again";
                Tell(exchange, "fields-differ", $"ASKED at {logs[asked.Log].Custodian} and APPROVED: {fields}.", [approved]);
            }
        }
    }

    private Task<(OpenPart Open, IReadOnlyList<SubjectLeaf> Subjects)?> ReadAsync(ExchangeRow row) => logs[row.Log].ReadAsync(row.Serial, cancellation);

    private bool IsOf(ExchangeRow row, string custodian) => string.Equals(logs[row.Log].Custodian, custodian, StringComparison.Ordinal);

    private void TellAbsent(Exchange exchange, string name, string custodian, ExchangeRow about, string detail)
    {
        switch (coverage.Of(custodian, about.TimeMs))
        {
            case Absence.Certain:
                Tell(exchange, name, detail + ".", [about]);
                break;
            case Absence.AtTheEnd:
                Tell(exchange, name, $"{detail}; the event lies so near the end of the bundle of {custodian} that its record may stand behind it.", [about], Severity.Notice);
                break;
            default:
                break;
        }
    }

    private void Tell(Exchange exchange, string name, string detail, IEnumerable<ExchangeRow> records, Severity? severity = null) =>
        tally.Add(new Difference(name, severity ?? FindingTable.Of(name).Severity, detail)
        {
            Exchange = exchange.Id.ToString(),
            Requester = exchange.Requester,
            Provider = exchange.Provider,
            Records = [.. records.Take(10).Select(row => new RecordPlace(logs[row.Log].Custodian, logs[row.Log].Known.Origin, row.Serial, EventName(row)))],
        });

    private string NameOf(ExchangeRow row) => $"{EventName(row)} at {logs[row.Log].Custodian}";

    private static string EventName(ExchangeRow row) => row.Event.ToString().ToUpperInvariant();

    private static string Names(IEnumerable<ExchangeRow> rows) => string.Join(
        ", ", rows.Select(row => RefusalTable.TryOf(row.Refusal, out var known) ? known!.Text : "no name").Distinct(StringComparer.Ordinal));

    /// <summary>The records of one exchange, by what they are.</summary>
    private sealed class Exchange
    {
        private readonly IReadOnlyList<AuditedLog> _logs;

        public Exchange(IReadOnlyList<ExchangeRow> rows, IReadOnlyList<AuditedLog> logs)
        {
            (Rows, _logs) = (rows, logs);
            var approvals = Of(AccessEvent.Approved, broker: true);
            Approved = approvals.Count > 0 ? approvals[0] : null;
            var names = Approved ?? rows.FirstOrDefault(row => row.Event != AccessEvent.Refused) ?? rows[0];
            (Id, Requester, Provider) = (rows[0].Exchange, names.Requester, names.Provider);
            (Withdrawn, Redeemed) = (Of(AccessEvent.Withdrawn, broker: true), Of(AccessEvent.Redeemed, broker: true));
            (Settled, Unsettled) = (Of(AccessEvent.Settled, broker: true), Of(AccessEvent.Unsettled, broker: true));
            (Answered, Received) = (Of(AccessEvent.Answered, broker: false), Of(AccessEvent.Received, broker: false));
            (RefusedAtBroker, RefusedAtProvider) = (Of(AccessEvent.Refused, broker: true), Of(AccessEvent.Refused, broker: false));
            var failed = Of(AccessEvent.Failed, broker: false);
            FailedAtRequester = [.. failed.Where(row => Is(row, Requester))];
            FailedAtProvider = [.. failed.Where(row => !Is(row, Requester))];
            UnsettledAtProvider = Of(AccessEvent.Unsettled, broker: false);
        }

        public ExchangeId Id { get; }

        public string Requester { get; }

        public string Provider { get; }

        public IReadOnlyList<ExchangeRow> Rows { get; }

        public ExchangeRow? Approved { get; }

        public IReadOnlyList<ExchangeRow> Withdrawn { get; }

        public IReadOnlyList<ExchangeRow> Redeemed { get; }

        public IReadOnlyList<ExchangeRow> Settled { get; }

        public IReadOnlyList<ExchangeRow> Unsettled { get; }

        public IReadOnlyList<ExchangeRow> Answered { get; }

        public IReadOnlyList<ExchangeRow> Received { get; }

        public IReadOnlyList<ExchangeRow> FailedAtRequester { get; }

        public IReadOnlyList<ExchangeRow> FailedAtProvider { get; }

        public IReadOnlyList<ExchangeRow> RefusedAtBroker { get; }

        public IReadOnlyList<ExchangeRow> RefusedAtProvider { get; }

        public IReadOnlyList<ExchangeRow> UnsettledAtProvider { get; }

        /// <summary>All but refusals, which tell only what was known when they were made.</summary>
        public IReadOnlyList<ExchangeRow> Following => [.. Rows.Where(row => row.Event != AccessEvent.Refused)];

        /// <summary>Records of an agency's failure or settlement count persons in their own way.</summary>
        public bool HasCount(ExchangeRow row) =>
            _logs[row.Log].IsBroker || row.Event is AccessEvent.Answered or AccessEvent.Received;

        private List<ExchangeRow> Of(AccessEvent what, bool broker) => [.. Rows.Where(row => row.Event == what && _logs[row.Log].IsBroker == broker)];

        private bool Is(ExchangeRow row, string custodian) => string.Equals(_logs[row.Log].Custodian, custodian, StringComparison.Ordinal);
    }
}
