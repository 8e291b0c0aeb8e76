using InfoLink.Agent.Asking;
using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.Tests.Requesting;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Asking;

/// <summary>Questions about many lines, as a program asks them: what stops them, and that they go on with each line once.</summary>
public sealed class BulkAskingTests
{
    private const int Many = 2_500;

    [Fact]
    public async Task Two_and_a_half_thousand_lines_are_three_exchanges_and_each_has_its_result()
    {
        await using var world = await AskingWorld.StartAsync(Many);
        var told = new List<long>();
        var job = await world.RunAsync(Many, world.Tax() with { Lines = Many }, new Told(step => told.Add(step.Done)));

        Assert.Equal((Many, Many, true), (job.Done, job.Of(LineOutcome.Answered), job.Agrees));
        Assert.Equal([1_000, 2_000, 2_500], told);
        Assert.NotNull(job.Ended);
        Assert.Equal(("児童手当係", "terminal-12"), (job.Operator, job.Terminal));
        world.EachLineOnce(Many);
        Assert.Equal(3, await world.OnRecordAsync(AccessEvent.Asked));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(world.Results));
        }

        // At its end it has nothing left to do.
        Assert.Equal(Many, (await world.RunAsync(Many, world.Tax())).Done);
        Assert.Equal(3, await world.OnRecordAsync(AccessEvent.Asked));
        world.EachLineOnce(Many);

        // Values stand in the result file, and neither in what is logged nor in what is kept of the job.
        string[] personal = [$"{1_000_000 + 77}", AgentNetwork.AtRequester(77), AgentNetwork.Clerk.CaseReference];
        Assert.All(personal, text => Assert.DoesNotContain(world.Network.Network.Journal.Lines, line => line.Text.Contains(text, StringComparison.Ordinal)));
        await world.Network.StopRequesterAsync();
        foreach (var file in FilesInUse.ReadAll(() => Directory.GetFiles(world.Network.Folder.AgencyPath(NetworkFolder.Requester, "data"), "asking.db*")).Values)
        {
            var kept = System.Text.Encoding.UTF8.GetString(file);
            Assert.All(personal, text => Assert.DoesNotContain(text, kept, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_broker_that_stops_in_the_middle_costs_no_line_and_doubles_none()
    {
        var lines = int.Parse(Environment.GetEnvironmentVariable("INFOLINK_BULK_LINES") ?? $"{Many}", System.Globalization.CultureInfo.InvariantCulture); // More by hand.
        await using var world = await AskingWorld.StartAsync(lines);
        var stopped = new Lazy<Task>(() => world.Network.Network.StopBrokerAsync());
        var reads = 0;
        var scripted = world.Network.Source;
        world.Network.Network.Journal.Expect("Settling could not go on");
        world.Network.Source = async (request, cancellation) =>
        {
            if (Interlocked.Increment(ref reads) == 1_200)
            {
                await stopped.Value; // The second exchange is redeemed by now, and still gets its answers.
            }

            return await scripted(request, cancellation);
        };

        // It is waited for, and not for ever.
        var why = await Assert.ThrowsAsync<RefusedException>(() => world.RunAsync(lines, world.Tax() with { Patience = TimeSpan.FromSeconds(3) }));
        Assert.Equal(RefusalName.BrokerUnreachable, why.Refusal.Name);
        var left = (await world.Network.Requester.Agent.AskJobAsync("job"))!;
        Assert.Equal((2_000, "BROKER-UNREACHABLE", null), (left.Done, left.Trouble, left.Ended));

        // The same job goes on: it waits until the broker is there, and then to its end.
        var waits = new TaskCompletionSource();
        var going = world.RunAsync(lines, world.Tax(), new Told(step => _ = step.Trouble.Length > 0 && waits.TrySetResult()));
        await waits.Task.WaitAsync(TestNetwork.Patience);
        await world.Network.Network.StartBrokerAsync();
        var job = await going.WaitAsync(TestNetwork.Patience * 2 * Math.Max(1, lines / Many));
        Assert.Equal((lines, true, ""), (job.Done, job.Agrees, job.Trouble));
        world.EachLineOnce(lines);
    }

    [Fact]
    public async Task A_job_that_is_left_in_the_middle_goes_on_after_a_restart_with_what_was_not_written_asked_again()
    {
        await using var world = await AskingWorld.StartAsync(Many);
        using var leaving = new CancellationTokenSource();
        var reads = 0;
        var scripted = world.Network.Source;
        world.Network.Source = async (request, cancellation) =>
        {
            if (Interlocked.Increment(ref reads) == 1_200)
            {
                await leaving.CancelAsync();
            }

            return await scripted(request, cancellation);
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => world.RunAsync(Many, world.Tax(), cancellation: leaving.Token));
        Assert.Equal(1_000, (await world.Network.Requester.Agent.AskJobAsync("job"))!.Done);

        // A crash after lines were written and before the place moved on: they are cut off, half a line too.
        await File.AppendAllTextAsync(world.Results, "1002,Y-1000,answered,,,,,,,,2026\r\n1003,Y-10");
        await world.Network.StopRequesterAsync();
        await world.Network.StartRequesterAsync();
        var job = await world.RunAsync(Many, world.Tax());
        Assert.Equal((Many, true), (job.Done, job.Agrees));
        world.EachLineOnce(Many);

        // The exchange whose answer was given up is on record, and so is the second one for its lines.
        Assert.Equal((4, 1), (await world.OnRecordAsync(AccessEvent.Asked), await world.OnRecordAsync(AccessEvent.Failed)));
    }

    [Fact]
    public async Task A_job_goes_on_with_its_own_source_question_and_file_alone_and_overwrites_nothing()
    {
        await using var world = await AskingWorld.StartAsync(3);
        using var leaving = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => world.RunAsync(3, world.Tax(), new Told(_ => leaving.Cancel()), leaving.Token));
        var asked = await world.OnRecordAsync(AccessEvent.Asked);

        Assert.Contains("another file", (await Assert.ThrowsAsync<InvalidOperationException>(() => world.RunAsync(3, world.Tax(source: "source-2")))).Message, StringComparison.Ordinal);
        var other = world.Tax() with { Inquiry = world.Tax().Inquiry with { Conditions = new() { TaxYear = 2025 } } };
        Assert.Contains("another question", (await Assert.ThrowsAsync<InvalidOperationException>(() => world.RunAsync(3, other))).Message, StringComparison.Ordinal);
        Assert.Contains("writes its results to", (await Assert.ThrowsAsync<InvalidOperationException>(() => world.RunAsync(3, world.Tax(world.Files.Path("other.csv"))))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<FormatException>(() => world.RunAsync(3, world.Tax(world.Files.Path("results.txt"))));

        // Another job does not take a file that is there.
        var before = await File.ReadAllTextAsync(world.Results);
        await Assert.ThrowsAsync<IOException>(() => world.Network.Requester.Agent.AskAllAsync("second", AskingWorld.Lines(3), world.Tax(), AgentNetwork.Clerk));
        Assert.Equal(before, await File.ReadAllTextAsync(world.Results));

        // A result file that was put back or cut is noticed.
        await File.WriteAllTextAsync(world.Results, before[..20]);
        Assert.Contains("shorter", (await Assert.ThrowsAsync<InvalidOperationException>(() => world.RunAsync(3, world.Tax()))).Message, StringComparison.Ordinal);
        Assert.Equal(asked, await world.OnRecordAsync(AccessEvent.Asked));
    }

    [Fact]
    public async Task Lines_go_together_by_provider_role_year_and_case_and_one_person_twice_is_asked_about_once()
    {
        await using var world = await AskingWorld.StartAsync(6);
        BulkLine[] lines =
        [
            Line(0), Line(1) with { CaseReference = "K-2" }, Line(2), Line(0), Line(3) with { CaseReference = "K-2" },
            Line(4) with { Provider = AgencyId.Parse(NetworkFolder.Bystander) }, Line(5) with { TaxYear = 1980 },
        ];
        var job = await world.Network.Requester.Agent.AskAllAsync("mixed", lines.ToAsyncEnumerable(), world.Tax() with { Patience = TimeSpan.Zero }, AgentNetwork.Clerk);

        Assert.Equal((7, 5, 2), (job.Done, job.Of(LineOutcome.Answered), job.Of(LineOutcome.Refused)));
        var results = AskingWorld.Read(world.Results).Skip(1).OrderBy(fields => int.Parse(fields[0])).ToList();
        Assert.Equal("answered answered answered answered answered refused refused", string.Join(' ', results.Select(fields => fields[2])));
        Assert.Equal(("PROVIDER-UNREACHABLE", "CONDITION-OUT-OF-RANGE"), (results[5][3], results[6][3]));
        Assert.Contains("提供者", results[5][5], StringComparison.Ordinal);

        // Two answered exchanges: three lines about two persons, and the two of the other case.
        Assert.Equal(results[0][7], results[3][7]);
        Assert.Equal(results[0][7], results[2][7]);
        Assert.Equal(results[1][7], results[4][7]);
        Assert.False(string.Equals(results[0][7], results[1][7], StringComparison.Ordinal));
        var received = (await AgentNetwork.AllOfAsync(world.Network.Requester)).Where(entry => entry.Open.Event == AccessEvent.Received).ToList();
        Assert.Equal("2026-KJ-1 K-2", string.Join(' ', received.Select(entry => entry.Particulars!.CaseReference).Order(StringComparer.Ordinal)));

        BulkLine Line(int person) => new(_next++, AgentNetwork.AtRequester(person));
    }

    [Fact]
    public async Task Where_nobody_names_the_provider_the_rule_finds_it_and_one_person_without_an_address_costs_no_other()
    {
        using var files = new TemporaryFolder();
        await using var world = await ChoosingWorld.StartAsync();
        world.Live(ChoosingWorld.Setagaya);
        BulkLine[] lines = [new(2, ExistingSystems.StrangerAtYokohama), new(3, ExistingSystems.ClaimantAtYokohama), new(4, ExistingSystems.StrangerAtYokohama)];
        var inquiry = new Inquiry { Entry = EntryId.Parse(ChoosingWorld.TaxEntry), Role = SubjectRole.Parse(Walk.Role), Conditions = ChoosingWorld.Year2026 };
        await world.Yokohama.AskAllAsync("ruled", lines.ToAsyncEnumerable(), new BulkQuestion(inquiry, files.Path("results.csv"), "s"), ChoosingWorld.Clerk);

        var results = AskingWorld.Read(files.Path("results.csv")).Skip(1).OrderBy(fields => int.Parse(fields[0])).ToList();
        Assert.Equal("PROVIDER-ADDRESS-UNKNOWN||PROVIDER-ADDRESS-UNKNOWN", string.Join('|', results.Select(fields => fields[3])));
        Assert.Equal(("answered", ChoosingWorld.Setagaya), (results[1][2], results[1][8]));
        var asked = await AgentNetwork.OneAsync(world.Network.Running.Requester.Log.Store, AccessEvent.Asked);
        Assert.Equal("address-on-1-january 2026-01-01", asked.Particulars!.ProviderChoice);
    }

    private long _next = 2;
}
