using InfoLink.Agent.Asking;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Samples.Network;
using InfoLink.Tests.Asking;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Service;

/// <summary>A file of questions waits for an agency that is closed, does meanwhile what it can, and accounts for every line.</summary>
public sealed class ClosedProviderBulkTests
{
    private const int Many = 1_500;
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task A_job_waits_over_a_closure_and_goes_on_with_each_line_once()
    {
        var until = Stops.In(3 * Hour);
        await using var world = await AskingWorld.StartAsync(Many, provider: Stops.Of(Stops.In(-Hour), until));
        await Stops.UntilKnownAsync(world.Network);
        var waits = new TaskCompletionSource<AskJob>();
        var running = world.Network.Requester.Agent.AskAllAsync(
            "job", LinesAsync(), world.Tax() with { Patience = TimeSpan.Zero }, AgentNetwork.Clerk, new Told(step => _ = step.Trouble.Length > 0 && waits.TrySetResult(step)));

        // Who has no code, and whom another agency is asked about, is done; the rest waits, and says until when. Nothing has left for it.
        var waiting = await waits.Task.WaitAsync(TestNetwork.Patience);
        Assert.Equal(($"PROVIDER-CLOSED until {JapanTime.Text(until)}", 2L, null), (waiting.Trouble, waiting.Done, waiting.Ended));
        Assert.Equal(waiting.Trouble, (await world.Network.Requester.Agent.AskJobAsync("job"))!.Trouble);
        var other = Assert.Single(await AgentNetwork.AllOfAsync(world.Network.Requester), entry => entry.Open.Event == AccessEvent.Asked);
        Assert.Equal(NetworkFolder.HealthMinister, other.Open.Provider);

        Stops.Pass(world.Network, 3 * Hour);
        var job = await running.WaitAsync(TestNetwork.Patience);
        Assert.Equal((Many + 2, Many, 2L, "", true), (job.Done, job.Of(LineOutcome.Answered), job.Of(LineOutcome.Refused), job.Trouble, job.Agrees));
        Assert.Equal(3, await world.OnRecordAsync(AccessEvent.Asked));
        var lines = AskingWorld.Read(world.Results).Skip(1).ToList();
        Assert.Equal([($"{Many + 2}", "LINK-MISSING"), ($"{Many + 3}", "PROVIDER-NOT-IN-ENTRY")], lines.Take(2).Select(fields => (fields[0], fields[3])));
        Assert.Equal(Enumerable.Range(0, Many).Select(AgentNetwork.AtRequester), lines.Skip(2).Select(fields => fields[1]), StringComparer.Ordinal);
    }

    /// <summary>Many for Setagaya, somebody who is not linked, and one for another agency, which the entry does not name.</summary>
    private static async IAsyncEnumerable<BulkLine> LinesAsync()
    {
        await foreach (var line in AskingWorld.Lines(Many + 1))
        {
            yield return line;
        }

        yield return new BulkLine(Many + 3, AgentNetwork.AtRequester(0)) { Provider = AgencyId.Parse(NetworkFolder.HealthMinister) };
    }

    [Fact]
    public async Task A_job_that_is_stopped_while_it_waits_goes_on_when_it_is_called_again()
    {
        await using var world = await AskingWorld.StartAsync(20, provider: Stops.Of(Stops.In(-Hour), Stops.In(3 * Hour)));
        await Stops.UntilKnownAsync(world.Network);
        using var leaving = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => world.RunAsync(20, world.Tax(), new Told(step => { if (step.Trouble.Length > 0) { leaving.Cancel(); } }), leaving.Token));
        Stops.Pass(world.Network, 3 * Hour);
        Assert.Equal(20, (await world.RunAsync(20, world.Tax())).Done);
        world.EachLineOnce(20);
    }

    [Fact]
    public async Task What_is_closed_for_longer_than_two_weeks_is_not_waited_for()
    {
        await using var world = await AskingWorld.StartAsync(20, provider: Stops.Of(Stops.In(-Hour), Stops.In(TimeSpan.FromDays(15))));
        await Stops.UntilKnownAsync(world.Network);
        var job = await world.RunAsync(20, world.Tax());
        Assert.Equal((20L, true), (job.Of(LineOutcome.Refused), job.Agrees));
        Assert.Equal("PROVIDER-CLOSED", Assert.Single(job.Counts).Refusal);
        Assert.Equal(0, await world.OnRecordAsync(AccessEvent.Asked));
    }
}
