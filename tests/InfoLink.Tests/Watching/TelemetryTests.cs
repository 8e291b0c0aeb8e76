using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using InfoLink.Agent.Requesting;
using InfoLink.Agent.Testing;
using InfoLink.Agent.Watching;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using Xunit;

namespace InfoLink.Tests.Watching;

/// <summary>What a monitor sees of an agent: each step and its end, and of no person anything.</summary>
public sealed class TelemetryTests
{
    /// <summary>Everything that a tag must not hold: who is asked about at either side, what was answered, who asks, where, for what.</summary>
    private static readonly string[] Marks =
        ["Y-1", "S-1", "Y-7", "124500", "1000001", "4900000", AgentNetwork.Clerk.Operator, AgentNetwork.Clerk.Terminal, AgentNetwork.Clerk.Use, AgentNetwork.Clerk.CaseReference, "hanako", "19870412", "own-baggage"];

    [Fact]
    public async Task An_exchange_is_four_spans_and_counted_at_both_sides_and_its_trace_ends_at_each_agency()
    {
        await using var network = await AgentNetwork.StartAsync(new() { Witnessed = false });
        await network.LinkAsync(1);
        using var spans = new Spans(AgentTelemetry.Name, "Microsoft.AspNetCore");
        using var asked = new Measured(network.Requester.Telemetry);
        using var answered = new Measured(network.Provider.Telemetry);
        using var root = new Activity("a clerk's own system").AddBaggage("case", "own-baggage").Start();
        var fetched = await network.AskAsync(1, 7);
        var refused = await Assert.ThrowsAsync<RefusedException>(() => AskStrangelyAsync(network.Requester.Agent));
        root.Stop();
        Assert.Equal("ENTRY-UNKNOWN", refused.Refusal.Text);
        await Until.TrueAsync(() => spans.Of("infolink.answer").Any(span => span.Is(AgentTelemetry.Exchange, fetched.ExchangeId.ToString())));

        var ours = spans.All.Where(span => span.TraceId == root.TraceId).ToList();
        Assert.Equal(["infolink.ask", "infolink.ask", "infolink.authorize", "infolink.fetch"], ours.Select(span => span.OperationName).Order(StringComparer.Ordinal), StringComparer.Ordinal);
        var ask = Assert.Single(ours, span => span.Is(AgentTelemetry.Exchange, fetched.ExchangeId.ToString()));
        Assert.Equal(
            [(AgentTelemetry.Entry, AgentNetwork.TaxEntry), (AgentTelemetry.Exchange, fetched.ExchangeId.ToString()), (AgentTelemetry.Outcome, "done"), (AgentTelemetry.Provider, NetworkFolder.Provider), (AgentTelemetry.Subjects, "2")],
            ask.TagObjects.Select(tag => (tag.Key, tag.Value?.ToString())).OrderBy(tag => tag.Key, StringComparer.Ordinal));
        Assert.All(ours.Where(span => span.Kind == ActivityKind.Client), span => Assert.Equal(ask.SpanId, span.ParentSpanId));
        Assert.Contains(ours, span => span.Is(AgentTelemetry.Entry, "unknown") && span.Is(AgentTelemetry.Outcome, "ENTRY-UNKNOWN"));

        // At the provider it is another trace; neither it nor the broker was sent ours.
        var answer = Assert.Single(spans.Of("infolink.answer"), span => span.Is(AgentTelemetry.Exchange, fetched.ExchangeId.ToString()));
        Assert.NotEqual(root.TraceId, answer.TraceId);
        Assert.True(answer.Is(AgentTelemetry.Requester, NetworkFolder.Requester) && answer.Is(AgentTelemetry.Subjects, "1") && answer.Is(AgentTelemetry.Outcome, "done"));
        Assert.DoesNotContain(spans.All, span => span.TraceId == root.TraceId && span.Source.Name is not AgentTelemetry.Name);
        Assert.Contains(spans.All, span => span.Source.Name is not AgentTelemetry.Name);

        Assert.Equal(
            [
                $"infolink.agent.exchanges 1 infolink.entry={AgentNetwork.TaxEntry} infolink.outcome=done infolink.side=asked",
                "infolink.agent.exchanges 1 infolink.entry=unknown infolink.outcome=ENTRY-UNKNOWN infolink.side=asked",
                $"infolink.agent.persons 1 infolink.entry={AgentNetwork.TaxEntry} infolink.outcome=LINK-MISSING infolink.side=asked",
                $"infolink.agent.persons 1 infolink.entry={AgentNetwork.TaxEntry} infolink.outcome=answered infolink.side=asked",
            ],
            asked.Counted,
            StringComparer.Ordinal);
        Assert.Equal(
            [
                $"infolink.agent.exchanges 1 infolink.entry={AgentNetwork.TaxEntry} infolink.outcome=done infolink.side=answered",
                $"infolink.agent.persons 1 infolink.entry={AgentNetwork.TaxEntry} infolink.outcome=answered infolink.side=answered",
            ],
            answered.Counted,
            StringComparer.Ordinal);
        Assert.Equal((2, 1), (asked.Durations, answered.Durations));
        Assert.Equal(["infolink.agent.bulk.running", "infolink.agent.settlements.waiting"], asked.Gauges(), StringComparer.Ordinal);
        AssertUnmarked(spans, asked, answered);
    }

    [Fact]
    public async Task Refusals_and_what_was_given_up_are_counted_by_name()
    {
        await using var network = InMemoryNetwork.StartSample();
        var (yokohama, setagaya) = (network.Agency("141003"), network.Agency("131121"));
        var person = network.AddPerson();
        person.At(yokohama, "Y-1");
        var known = person.At(setagaya, "S-1").Answers("municipal-inhabitant-tax", AgentNetwork.TaxOf(1));
        using var spans = new Spans(AgentTelemetry.Name);
        using var asked = new Measured(yokohama.Telemetry);
        using var given = new CancellationTokenSource();
        await AskAsync(CancellationToken.None);
        known.WaitsForAHuman();
        await AskAsync(CancellationToken.None);
        known.IsSomebodyElse();
        await AskAsync(CancellationToken.None);
        setagaya.IsAway = true;
        await yokohama.Agent.Links.ReleaseAsync(Agent.Links.LocalId.Of("Y-1"), Agent.Links.LinkAct.ByProgram);
        await Assert.ThrowsAsync<RefusedException>(() => AskAsync(CancellationToken.None));
        await given.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => AskAsync(given.Token));
        Assert.Equal(
            ["done 3", "given up 1", "PROVIDER-UNREACHABLE 1", "answered 1", "IDENTITY-MISMATCH 1", "pending 1"],
            asked.Sums("infolink.agent.exchanges").Concat(asked.Sums("infolink.agent.persons")),
            StringComparer.Ordinal);
        AssertUnmarked(spans, asked);

        Task<Fetched> AskAsync(CancellationToken cancellation) => yokohama.Agent.FetchAsync(
            ["Y-1"],
            new Inquiry { Entry = EntryId.Parse(AgentNetwork.TaxEntry), Provider = setagaya.Id, Role = SubjectRole.Parse("claimant"), Conditions = new() { TaxYear = 2026 } },
            AgentNetwork.Clerk,
            cancellation);
    }

    /// <summary>A slip of a clerk's: what stands for the entry is a person.</summary>
    private static Task AskStrangelyAsync(Agent.InfoLinkAgent agent) =>
        agent.FetchAsync("Y-1", "hanako-19870412", "hanako", new() { TaxYear = 2026 }, AgentNetwork.Clerk);

    private static void AssertUnmarked(Spans spans, params Measured[] measured)
    {
        string[] seen =
        [
            .. spans.All.Where(span => span.Source.Name is AgentTelemetry.Name).SelectMany(span => (string?[])
            [
                span.OperationName, span.DisplayName, span.StatusDescription,
                .. span.TagObjects.SelectMany(tag => (string?[])[tag.Key, tag.Value?.ToString()]),
                .. span.Events.SelectMany(happened => (string?[])[happened.Name, .. happened.Tags.Select(tag => tag.Value?.ToString())]),
            ]).OfType<string>(),
            .. measured.SelectMany(each => each.Words),
        ];
        Assert.NotEmpty(seen);
        Assert.All(seen, word => Assert.DoesNotContain(Marks, mark => word.Contains(mark, StringComparison.Ordinal)));
    }

    /// <summary>Every span of some sources that ends while it listens.</summary>
    private sealed class Spans : IDisposable
    {
        private readonly ConcurrentQueue<Activity> _ended = new();
        private readonly ActivityListener _listener;

        public Spans(params string[] sources)
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = source => sources.Contains(source.Name, StringComparer.Ordinal),
                Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = _ended.Enqueue,
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public IReadOnlyCollection<Activity> All => _ended;

        public IEnumerable<Activity> Of(string name) => _ended.Where(span => string.Equals(span.OperationName, name, StringComparison.Ordinal));

        public void Dispose() => _listener.Dispose();
    }

    /// <summary>What one agent measured.</summary>
    private sealed class Measured : IDisposable
    {
        private readonly ConcurrentQueue<(string Name, long Value, KeyValuePair<string, object?>[] Tags)> _counts = new();
        private readonly ConcurrentQueue<string> _gauges = new();
        private readonly ConcurrentQueue<KeyValuePair<string, object?>[]> _durations = new();
        private readonly MeterListener _listener = new();

        public Measured(AgentTelemetry telemetry)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter, telemetry.Meter))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => _counts.Enqueue((instrument.Name, value, tags.ToArray())));
            _listener.SetMeasurementEventCallback<int>((instrument, _, _, _) => _gauges.Enqueue(instrument.Name));
            _listener.SetMeasurementEventCallback<double>((_, value, tags, _) =>
            {
                Assert.True(value >= 0);
                _durations.Enqueue(tags.ToArray());
            });
            _listener.Start();
        }

        public int Durations => _durations.Count;

        public IEnumerable<string> Counted => _counts
            .Select(count => $"{count.Name} {count.Value} {string.Join(' ', count.Tags.OrderBy(tag => tag.Key, StringComparer.Ordinal).Select(tag => $"{tag.Key}={tag.Value}"))}")
            .Order(StringComparer.Ordinal);

        public IEnumerable<string> Words => _counts.SelectMany(count => count.Tags).Concat(_durations.SelectMany(tags => tags)).Select(tag => $"{tag.Key}={tag.Value}");

        public IEnumerable<string> Sums(string name) => _counts
            .Where(count => string.Equals(count.Name, name, StringComparison.Ordinal))
            .GroupBy(count => count.Tags.Single(tag => string.Equals(tag.Key, AgentTelemetry.Outcome, StringComparison.Ordinal)).Value!.ToString()!, count => count.Value, StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.OrdinalIgnoreCase)
            .Select(group => $"{group.Key} {group.Sum()}");

        public IEnumerable<string> Gauges()
        {
            _listener.RecordObservableInstruments();
            return _gauges.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        }

        public void Dispose() => _listener.Dispose();
    }
}

/// <summary>A span's tags, in words.</summary>
file static class Tagged
{
    public static bool Is(this Activity span, string tag, string? value) => value is not null && string.Equals(span.GetTagItem(tag)?.ToString(), value, StringComparison.Ordinal);
}
