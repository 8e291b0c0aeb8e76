using InfoLink.Audit;
using InfoLink.Audit.Bundles;
using InfoLink.Audit.Reconciling;
using InfoLink.Authoring;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Records;
using InfoLink.V1;
using Xunit;
using static InfoLink.Tests.Audit.AuditedWorld;

namespace InfoLink.Tests.Audit;

/// <summary>Each class of difference is found in a world made for it, under its own name alone; in honest worlds there is none.</summary>
public sealed class ReconciliationTests : IAsyncLifetime
{
    private AuditedWorld _world = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await AuditedWorld.OpenAsync();
        await _world.WriteAsync([.. _world.Honest(), .. _world.Honest("broker-2", persons: 1)]); // Honest ones beside whatever a test adds.
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task An_honest_world_has_no_difference()
    {
        var honest = _world.Honest();
        var refused = _world.Honest().Until(AccessEvent.Asked, Yokohama); // The broker said no: nothing follows, and it is no difference.
        var withdrawn = _world.Honest().Until(AccessEvent.Approved, TheBroker);
        withdrawn.Add(withdrawn[1].With(open => (open.Event, open.Refusal) = (AccessEvent.Withdrawn, RefusalName.TokenStoreUnavailable)));
        var late = _world.Honest();
        late.Insert(5, late.Of(AccessEvent.Redeemed, TheBroker).With(open => (open.Event, open.TimeMs) = (AccessEvent.Unsettled, open.TimeMs + 2000), []));
        var repeated = _world.Honest();
        repeated.Add(repeated.Of(AccessEvent.Redeemed, TheBroker).With(open => open.TimeMs += 100));
        repeated.Add(repeated.Of(AccessEvent.Settled, TheBroker).With(open => open.TimeMs += 100));
        repeated.Add(repeated.Of(AccessEvent.Answered, Setagaya).With(open => (open.Event, open.Refusal, open.Caller) = (AccessEvent.Refused, RefusalName.TokenSpent, Yokohama), []));

        var report = await _world.ReconcileAsync([.. honest, .. refused, .. withdrawn, .. late, .. repeated]);

        Assert.Empty(report.Counts);
        Assert.Empty(report.Missing);
        Assert.True(report.Sound);
        Assert.Equal(6, report.Exchanges);
        Assert.Equal("fields-outside-entry", Assert.Single(report.NotJudged).Class);
        Assert.All(report.Bundles, bundle => Assert.True(bundle.Sound));
    }

    [Fact]
    public async Task An_approval_that_nobody_asked_for() =>
        AssertOnly("approved-without-asked", Severity.Alarm, await _world.ReconcileAsync(_world.Honest().Without(AccessEvent.Asked, Yokohama)));

    [Fact]
    public async Task One_question_that_was_approved_twice()
    {
        var first = _world.Honest();
        var again = ExchangeId.New().ToArray().ToByteString();
        var second = first.Without(AccessEvent.Asked, Yokohama).Select(step => step.With(open => (open.ExchangeId, open.TimeMs) = (again, open.TimeMs + 1000)));

        AssertOnly("approved-without-asked", Severity.Alarm, await _world.ReconcileAsync([.. first, .. second]));
    }

    [Fact]
    public async Task An_approval_that_was_never_used_is_a_notice_and_names_its_refusal()
    {
        var unused = _world.Honest().Until(AccessEvent.Approved, TheBroker);
        AssertOnly("approved-never-used", Severity.Notice, await _world.ReconcileAsync(unused));

        unused = _world.Honest().Until(AccessEvent.Approved, TheBroker);
        unused.Add(new Step(Yokohama, new OpenPart(unused[1].Open) { Event = AccessEvent.Failed, Custodian = Yokohama, Refusal = RefusalName.ProviderUnreachable }, []));
        var report = await _world.ReconcileAsync(unused);
        Assert.Equal(2, Assert.Single(report.Counts).Count);
        Assert.Contains(report.Examples, example => example.Detail.Contains("PROVIDER-UNREACHABLE", StringComparison.Ordinal));
        Assert.True(report.Sound);
    }

    [Fact]
    public async Task An_answer_that_the_broker_never_approved()
    {
        var hidden = _world.Honest().Without(AccessEvent.Approved, TheBroker).Without(AccessEvent.Redeemed, TheBroker).Without(AccessEvent.Settled, TheBroker);
        AssertOnly("answered-without-approval", Severity.Alarm, await _world.ReconcileAsync(hidden));
    }

    [Fact]
    public async Task An_answer_without_a_redeem_and_a_redeem_without_an_approval()
    {
        AssertOnly("answered-without-approval", Severity.Alarm, await _world.ReconcileAsync(_world.Honest().Without(AccessEvent.Redeemed, TheBroker)));
        var bare = _world.Honest();
        var report = await _world.ReconcileAsync(bare.Of(AccessEvent.Redeemed, TheBroker), bare.Of(AccessEvent.Settled, TheBroker));
        Assert.Equal(("answered-without-approval", 2L), (Assert.Single(report.Counts).Class, report.Counts[0].Count));
    }

    [Fact]
    public async Task An_exchange_that_was_answered_twice()
    {
        var twice = _world.Honest();
        twice.Add(twice.Of(AccessEvent.Answered, Setagaya).With(open => open.TimeMs += 10));
        AssertOnly("answered-twice", Severity.Alarm, await _world.ReconcileAsync(twice));
    }

    [Fact]
    public async Task An_answer_that_never_arrived_and_one_of_which_the_requester_says_why()
    {
        AssertOnly("answered-never-received", Severity.Difference, await _world.ReconcileAsync(_world.Honest().Without(AccessEvent.Received, Yokohama)));

        var failed = _world.Honest();
        var received = failed.Of(AccessEvent.Received, Yokohama);
        failed = failed.Without(AccessEvent.Received, Yokohama);
        failed.Add(received.With(open => (open.Event, open.Refusal) = (AccessEvent.Failed, RefusalName.AnswerLost)));
        var report = await _world.ReconcileAsync(failed);
        var explained = Assert.Single(report.Examples, example => example.Severity == Severity.Notice);
        Assert.Contains("ANSWER-LOST", explained.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_received_without_an_answer()
    {
        var steps = _world.Honest().Without(AccessEvent.Answered, Setagaya).Without(AccessEvent.Settled, Setagaya);
        AssertOnly("received-without-answer", Severity.Alarm, await _world.ReconcileAsync(steps));
    }

    [Fact]
    public async Task Something_received_twice_for_one_answer()
    {
        var steps = _world.Honest();
        steps.Add(steps.Of(AccessEvent.Received, Yokohama).With(open => open.TimeMs += 10));
        AssertOnly("received-without-answer", Severity.Alarm, await _world.ReconcileAsync(steps));
    }

    [Theory]
    [InlineData(AccessEvent.Received, Yokohama)]
    [InlineData(AccessEvent.Settled, TheBroker)]
    public async Task A_digest_that_differs_names_the_subject(AccessEvent what, string custodian)
    {
        var steps = _world.Honest();
        var leaves = steps.Of(what, custodian).Leaves;
        var report = await _world.ReconcileAsync(steps.Bent(what, custodian, _ => { }, [leaves[0] with { Digest = Sha256Digest.Of([7]) }, leaves[1]]));
        AssertOnly("digests-differ", Severity.Alarm, report);
        Assert.Contains("digest of subject 0", report.Examples[0].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_outcome_that_differs_names_both()
    {
        var steps = _world.Honest();
        var leaves = steps.Of(AccessEvent.Settled, TheBroker).Leaves;
        var report = await _world.ReconcileAsync(steps.Bent(AccessEvent.Settled, TheBroker, _ => { }, [leaves[0], new SubjectLeaf(1, SubjectOutcome.PendingOutcome)]));
        AssertOnly("digests-differ", Severity.Alarm, report);
        Assert.Contains("outcome of subject 1: notavailable and pending", report.Examples[0].Detail, StringComparison.Ordinal);
    }

    public static TheoryData<AccessEvent, string, string> Fields()
    {
        var data = new TheoryData<AccessEvent, string, string>();
        foreach (var field in (string[])["token_sha256", "entry", "role", "provider", "kinds", "conditions_sha256", "catalog_version", "catalog_sha256", "cnf", "rek", "issued_at", "expires_at", "request_commitment", "continues"])
        {
            data.Add(AccessEvent.Redeemed, TheBroker, field);
        }

        data.Add(AccessEvent.Answered, Setagaya, "entry");
        data.Add(AccessEvent.Received, Yokohama, "token_sha256");
        data.Add(AccessEvent.Settled, TheBroker, "count");
        data.Add(AccessEvent.Settled, Setagaya, "kinds");
        return data;
    }

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task A_field_that_differs_is_named(AccessEvent what, string custodian, string field)
    {
        var report = await _world.ReconcileAsync(_world.Honest().Bent(what, custodian, open => Bend(open, field)));
        AssertOnly("fields-differ", Severity.Alarm, report);
        Assert.EndsWith($" {field}.", report.Examples[0].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_approval_of_something_else_than_what_was_asked()
    {
        var steps = _world.Honest();
        List<Step> bent = [.. steps.Select(step => step.Open.Event == AccessEvent.Asked ? step : step.With(open => open.Role = "child"))];
        var report = await _world.ReconcileAsync(bent);
        AssertOnly("fields-differ", Severity.Alarm, report);
        Assert.Equal("ASKED at 141003 and APPROVED: role.", report.Examples[0].Detail);
    }

    [Theory]
    [InlineData("kind")]
    [InlineData("role")]
    [InlineData("requester")]
    [InlineData("entry")]
    [InlineData("nothing")]
    public async Task A_field_outside_its_entry_is_named_where_a_catalog_is_given(string what)
    {
        var catalog = ((Loaded<StatuteCatalog>.Whole)CatalogFile.Read(RepositoryRoot.Path("samples", "Network", "catalog.yaml"))).Value;
        List<Step> steps = [.. _world.Honest(persons: 1).Where(step => step.Open.Event != AccessEvent.Asked).Select(step => step.With(open =>
        {
            open.CatalogSha256 = Google.Protobuf.ByteString.CopyFrom(catalog.Sha256.Span);
            open.TimeMs += (long)TimeSpan.FromDays(250).TotalMilliseconds; // When the sample's catalog is in force.
            _ = what switch
            {
                "kind" => Set(() => open.Kinds.Add("public-assistance")),
                "role" => Set(() => open.Role = "neighbour"),
                "entry" => Set(() => open.Entry = "1.nobody"),
                "requester" => Set(() => open.Requester = "mhlw"),
                _ => 0,
            };
        }))];
        await _world.WriteAsync(steps);
        _world.Time.Advance(TimeSpan.FromDays(251));
        var bundles = (await _world.ExportAsync()).Values;

        var report = await _world.ReconcileAsync(bundles, catalog);
        var outside = report.Counts.SingleOrDefault(count => count.Class is "fields-outside-entry");
        Assert.Equal(what is "nothing" ? null : 2L, outside?.Count); // APPROVED and ANSWERED.
        Assert.Contains("4 records are under other versions", Assert.Single(report.NotJudged, not => not.Class is "fields-outside-entry").Why, StringComparison.Ordinal);
        if (outside is not null)
        {
            Assert.Contains(report.Examples, example => example.Class is "fields-outside-entry" && example.Detail.Contains(what is "entry" ? "no such entry" : what, StringComparison.Ordinal));
        }

        static int Set(Action act)
        {
            act();
            return 0;
        }
    }

    [Fact]
    public async Task Clocks_that_are_apart_by_more_than_ten_seconds()
    {
        Assert.Empty((await _world.ReconcileAsync(_world.Honest().Bent(AccessEvent.Answered, Setagaya, open => open.TimeMs += 11_000))).Counts); // Ten after RECEIVED.
        var report = await _world.ReconcileAsync(_world.Honest().Bent(AccessEvent.Answered, Setagaya, open => open.TimeMs += 12_001));
        AssertOnly("clocks-apart", Severity.Difference, report);
        Assert.Contains("RECEIVED is 11 s before ANSWERED", report.Examples[0].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redeemed_exchange_that_nobody_settled()
    {
        var steps = _world.Honest().Without(AccessEvent.Settled, TheBroker);
        AssertOnly("unsettled", Severity.Difference, await _world.ReconcileAsync(steps));

        steps = _world.Honest().Without(AccessEvent.Settled, TheBroker);
        steps.Add(steps.Of(AccessEvent.Redeemed, TheBroker).With(open => open.Event = AccessEvent.Unsettled, []));
        Assert.Equal(("unsettled", 2L), ((await _world.ReconcileAsync(steps)).Counts.Single().Class, 2L));
    }

    [Fact]
    public async Task A_provider_that_failed_explains_why_nothing_was_settled()
    {
        var steps = _world.Honest().Until(AccessEvent.Redeemed, TheBroker);
        steps.Add(new Step(Setagaya, new OpenPart(steps[1].Open) { Event = AccessEvent.Failed, Custodian = Setagaya, Refusal = RefusalName.InternalFault }, []));
        steps.Add(new Step(Yokohama, new OpenPart(steps[1].Open) { Event = AccessEvent.Failed, Custodian = Yokohama, Refusal = RefusalName.AnswerLost }, []));
        var report = await _world.ReconcileAsync(steps);
        AssertOnly("unsettled", Severity.Notice, report);
        Assert.Contains("INTERNAL-FAULT", report.Examples[0].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_settlements_that_differ_and_one_that_the_broker_refused()
    {
        var steps = _world.Honest();
        var settled = steps.Of(AccessEvent.Settled, TheBroker);
        steps.Add(settled.With(open => open.TimeMs += 10, [settled.Leaves[0] with { Digest = Sha256Digest.Of([8]) }, settled.Leaves[1]]));
        AssertOnly("settled-twice-differently", Severity.Alarm, await _world.ReconcileAsync(steps));

        steps = _world.Honest();
        steps.Add(steps.Of(AccessEvent.Redeemed, TheBroker).With(open => (open.Event, open.Refusal) = (AccessEvent.Refused, RefusalName.SettleConflict), []));
        Assert.Equal(("settled-twice-differently", 2L), ((await _world.ReconcileAsync(steps)).Counts.Single() is var count ? (count.Class, count.Count) : default));
    }

    [Fact]
    public async Task Only_what_the_bundles_at_hand_can_tell_is_judged()
    {
        await _world.WriteAsync([.. _world.Honest().Without(AccessEvent.Asked, Yokohama), .. _world.Honest().Without(AccessEvent.Received, Yokohama)]);
        var folders = await _world.ExportAsync();

        var withoutRequester = await _world.ReconcileAsync([folders["broker-1"], folders["broker-2"], folders[Setagaya]]);
        Assert.Empty(withoutRequester.Counts);
        Assert.Equal([Yokohama], withoutRequester.Missing);
        Assert.Contains(withoutRequester.NotJudged, not => not.Class is "approved-without-asked");

        var withHalfTheBroker = await _world.ReconcileAsync([folders["broker-1"], folders[Yokohama], folders[Setagaya]]);
        Assert.DoesNotContain(withHalfTheBroker.Counts, count => count.Class is "answered-without-approval");
        Assert.Equal([TheBroker], withHalfTheBroker.Missing);
        Assert.Contains(withHalfTheBroker.NotJudged, not => not.Class is "answered-without-approval");
    }

    [Fact]
    public async Task What_lies_at_the_end_of_a_bundle_is_only_a_notice()
    {
        await _world.WriteAsync(_world.Honest().Without(AccessEvent.Received, Yokohama));
        await _world[Yokohama].Log.PublishAsync(_world[Yokohama].Log.Checkpoint, CancellationToken.None); // At the very time.
        var early = Path.Combine(_world.Folder, "early");
        await BundleExport.WriteAsync(_world[Yokohama].Log.Store, early, null, _world.Time, CancellationToken.None);
        var folders = await _world.ExportAsync();

        var report = await _world.ReconcileAsync([folders["broker-1"], folders["broker-2"], folders[Setagaya], early]);
        AssertOnly("answered-never-received", Severity.Notice, report);
        Assert.True(report.Sound);
    }

    [Theory]
    [InlineData("records/000.p/", "forged", true)]
    [InlineData("records/000.p/", "gap", false)]
    [InlineData("tile/entries/000.p/", "forged", true)]
    [InlineData("tile/0/000.p/", "gap", false)]
    public async Task A_bundle_that_is_not_what_was_signed_is_told_with_its_custodian(string path, string name, bool flip)
    {
        var folders = await _world.ExportAsync();
        var file = Directory.GetFiles(Path.Combine(folders[Setagaya], path)).Single();
        if (flip)
        {
            await File.WriteAllBytesAsync(file, new Dice(1).Flip(await File.ReadAllBytesAsync(file)));
        }
        else
        {
            File.Delete(file);
        }

        var report = await _world.ReconcileAsync(folders.Values);
        Assert.Contains(report.Counts, count => string.Equals(count.Class, name, StringComparison.Ordinal) && count.Severity == Severity.Alarm);
        Assert.Contains(report.Examples, example => example.Detail.StartsWith($"{Setagaya}, ", StringComparison.Ordinal));
        Assert.False(report.Sound);
    }

    [Fact]
    public async Task A_pin_that_is_not_in_the_brokers_tree_is_a_fork_with_both_checkpoints()
    {
        var pins = Directory.CreateDirectory(Path.Combine(_world.Folder, "pins")).FullName;
        var log = _world["broker-1"];
        await File.WriteAllBytesAsync(Path.Combine(pins, "good.checkpoint"), log.Log.Checkpoint.Note);
        Assert.Empty((await _world.ReconcileAsync((await _world.ExportAsync(pins)).Values)).Counts);

        var other = SignedCheckpoint.Sign(new Checkpoint(log.Log.Origin, 2, Sha256Digest.Of([5])), log.Signer);
        await File.WriteAllBytesAsync(Path.Combine(pins, "shown.checkpoint"), other);
        var report = await _world.ReconcileAsync((await _world.ExportAsync(pins)).Values);
        AssertOnly("fork", Severity.Alarm, report);
        Assert.Equal(2, report.Examples[0].Checkpoints!.Count);
        Assert.Contains(Setagaya, report.Examples[0].Detail, StringComparison.Ordinal);

        // The agent found out by itself: its evidence is told even where the tree at hand has one of the two.
        File.Delete(Path.Combine(pins, "shown.checkpoint"));
        await File.WriteAllTextAsync(Path.Combine(pins, "kept.fork"), $"{SignedNote.TryParse(log.Log.Checkpoint.Note)}\n{SignedNote.TryParse(other)}");
        report = await _world.ReconcileAsync((await _world.ExportAsync(pins)).Values);
        Assert.Equal(("fork", 2L), (Assert.Single(report.Counts).Class, report.Counts[0].Count));
    }

    [Fact]
    public async Task Two_bundles_of_one_log_that_do_not_fit_together_are_a_fork()
    {
        var small = await _world.ExportAsync();
        await _world.WriteAsync(_world.Honest());
        var large = await _world.ExportAsync();
        Assert.Empty((await _world.ReconcileAsync([small["broker-1"], .. large.Values])).Counts);

        var log = _world["broker-1"];
        var other = SignedCheckpoint.Sign(new Checkpoint(log.Log.Origin, 3, Sha256Digest.Of([6])), log.Signer);
        await File.WriteAllBytesAsync(Path.Combine(small["broker-1"], "checkpoint"), other);
        var report = await _world.ReconcileAsync([small["broker-1"], .. large.Values]);
        Assert.Contains(report.Counts, count => count.Class is "fork");
    }

    [Fact]
    public async Task What_is_no_bundle_or_of_an_unknown_log_is_said()
    {
        var nothing = Directory.CreateDirectory(Path.Combine(_world.Folder, "nothing")).FullName;
        Assert.Contains("no bundle", (await Assert.ThrowsAsync<BundleException>(() => _world.ReconcileAsync([nothing]))).Message, StringComparison.Ordinal);
        await using var strange = await WrittenLog.OpenAsync(Path.Combine(_world.Folder, "strange.db"), "x", "elsewhere/x", _world.Time);
        Assert.Contains("no checkpoint yet", (await Assert.ThrowsAsync<BundleException>(() => ExportAsync(strange))).Message, StringComparison.Ordinal);
        await strange.AppendAsync(SomeRecords.Some(0, 3));
        await strange.PublishAsync();
        Assert.Contains("elsewhere/x", (await Assert.ThrowsAsync<BundleException>(async () => await _world.ReconcileAsync([await ExportAsync(strange)]))).Message, StringComparison.Ordinal);

        async Task<string> ExportAsync(WrittenLog log)
        {
            var folder = Path.Combine(_world.Folder, "strange");
            await BundleExport.WriteAsync(log.Log.Store, folder, null, _world.Time, CancellationToken.None);
            return folder;
        }
    }

    [Fact]
    public async Task Every_class_has_its_words_in_both_languages_and_every_difference_its_line()
    {
        Assert.All(FindingTable.All, kind => Assert.True(kind.En.Length > 0 && kind.Ja.Length > 0, kind.Name));
        await _world.WriteAsync(_world.Honest().Without(AccessEvent.Asked, Yokohama));
        var lines = new List<string>();
        await _world.ReconcileAsync((await _world.ExportAsync()).Values, each: difference => lines.Add(difference.ToJsonLine()));
        using var line = System.Text.Json.JsonDocument.Parse(Assert.Single(lines));
        Assert.Equal("approved-without-asked", line.RootElement.GetProperty("class").GetString());
        Assert.Equal("alarm", line.RootElement.GetProperty("severity").GetString());
        Assert.Equal(26, line.RootElement.GetProperty("exchange").GetString()!.Length);
    }

    private static void AssertOnly(string name, Severity severity, ReconciliationReport report)
    {
        var count = Assert.Single(report.Counts);
        Assert.Equal((name, severity, 1), (count.Class, count.Severity, count.Count));
    }

    private static void Bend(OpenPart open, string field)
    {
        var descriptor = OpenPart.Descriptor.FindFieldByName(field);
        if (descriptor.IsRepeated)
        {
            open.Kinds.Add("one-more");
            return;
        }

        descriptor.Accessor.SetValue(open, descriptor.Accessor.GetValue(open) switch
        {
            string text => text + "x",
            long number => number + 1,
            uint number => number + 1,
            Google.Protobuf.ByteString bytes => bytes.IsEmpty ? Google.Protobuf.ByteString.CopyFrom(new byte[16]) : Google.Protobuf.ByteString.CopyFrom(new Dice(2).Flip(bytes.ToByteArray())),
            var other => throw new InvalidOperationException($"{field} holds {other}."),
        });
    }
}
