using System.Diagnostics;
using System.Diagnostics.Metrics;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting.Trust;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Watching;

/// <summary>
/// What an agent tells a monitor; the table is in README.md. No tag holds a person, a value, a condition or who asks. What a caller typed becomes a tag only where the catalog or the member
/// list has it: anything else may be a slip, a person's number too.
/// </summary>
public sealed class AgentTelemetry : IDisposable
{
    /// <summary>Of the <see cref="ActivitySource"/> and of the <see cref="Meter"/>.</summary>
    public const string Name = "InfoLink.Agent";

    internal const string Entry = "infolink.entry";
    internal const string Provider = "infolink.provider";
    internal const string Requester = "infolink.requester";
    internal const string Subjects = "infolink.subjects";
    internal const string Outcome = "infolink.outcome";
    internal const string Exchange = "infolink.exchange";
    internal const string Side = "infolink.side";
    internal const string Asked = "asked";
    internal const string Answered = "answered";
    internal const string Done = "done";
    internal const string GivenUp = "given up";
    internal const string Unknown = "unknown";

    private static readonly ActivitySource Source = new(Name);
    private readonly Meter _meter = new(Name);
    private readonly Counter<long> _exchanges;
    private readonly Counter<long> _persons;
    private readonly Histogram<double> _duration;

    internal AgentTelemetry()
    {
        _exchanges = _meter.CreateCounter<long>("infolink.agent.exchanges", "{exchange}", "Exchanges that ended.");
        _persons = _meter.CreateCounter<long>("infolink.agent.persons", "{person}", "What came of each person.");
        _duration = _meter.CreateHistogram<double>("infolink.agent.exchange.duration", "s", "From the question to its end.", tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60] });
    }

    /// <summary>For listeners that must tell one agent of a process from another.</summary>
    internal Meter Meter => _meter;

    /// <summary>The meter's end.</summary>
    public void Dispose() => _meter.Dispose();

    /// <summary>A queue's length, looked at when a monitor asks.</summary>
    internal void Watch(string name, string unit, string description, Func<int> length) => _meter.CreateObservableGauge(name, length, unit, description);

    internal static Activity? Begin(string span, ActivityKind kind = ActivityKind.Internal) => Source.StartActivity(span, kind);

    /// <summary>How a step of an exchange ended, on its span.</summary>
    [return: System.Diagnostics.CodeAnalysis.NotNullIfNotNull(nameof(refusal))]
    internal static Refusal? End(Activity? span, Refusal? refusal)
    {
        span?.SetTag(Outcome, refusal?.Text ?? Done);
        span?.SetStatus(refusal is null ? ActivityStatusCode.Ok : ActivityStatusCode.Error);
        return refusal;
    }

    /// <summary>The catalog's, or "unknown".</summary>
    internal static string NameOf(EntryId entry, TrustBase trust) => trust.Catalog.Entries.ContainsKey(entry) ? entry.Value : Unknown;

    /// <summary>The member list's, or "unknown".</summary>
    internal static string NameOf(AgencyId agency, TrustBase trust) => trust.Members.TryFind(agency, out _) ? agency.Value : Unknown;

    internal void Ended(string side, string entry, string outcome, TimeSpan took)
    {
        TagList tags = new() { { Side, side }, { Entry, entry }, { Outcome, outcome } };
        _exchanges.Add(1, tags);
        _duration.Record(took.TotalSeconds, tags);
    }

    internal void Persons(string side, string entry, IEnumerable<string> outcomes)
    {
        foreach (var outcome in outcomes.GroupBy(outcome => outcome, StringComparer.Ordinal))
        {
            _persons.Add(outcome.Count(), new TagList { { Side, side }, { Entry, entry }, { Outcome, outcome.Key } });
        }
    }

    /// <summary>What came of a person, as the provider has it on record.</summary>
    internal static string Word(SubjectOutcome outcome) => outcome switch
    {
        SubjectOutcome.AnsweredOutcome => "answered",
        SubjectOutcome.PendingOutcome => "pending",
        SubjectOutcome.NotAvailableOutcome => RefusalTable.Of(RefusalName.NotAvailable).Text,
        SubjectOutcome.MismatchOutcome => RefusalTable.Of(RefusalName.IdentityMismatch).Text,
        _ => "refused",
    };
}
