using InfoLink.Agent.Asking;
using InfoLink.Contracts.Catalog;
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
        var running = world.RunAsync(Many + 1, world.Tax() with { Patience = TimeSpan.Zero }, new Told(step => _ = step.Trouble.Length > 0 && waits.TrySetResult(step)));

        // What nobody needs to be asked about is done; the rest waits, and says until when. Nothing has left.
        var waiting = await waits.Task.WaitAsync(TestNetwork.Patience);
        Assert.Equal(($"PROVIDER-CLOSED until {JapanTime.Text(until)}", 1L, null), (waiting.Trouble, waiting.Done, waiting.Ended));
        Assert.Equal(waiting.Trouble, (await world.Network.Requester.Agent.AskJobAsync("job"))!.Trouble);
        Assert.Equal(0, await world.OnRecordAsync(AccessEvent.Asked));

        Stops.Pass(world.Network, 3 * Hour);
        var job = await running.WaitAsync(TestNetwork.Patience);
        Assert.Equal((Many + 1, Many, 1L, "", true), (job.Done, job.Of(LineOutcome.Answered), job.Of(LineOutcome.Refused), job.Trouble, job.Agrees));
        Assert.Equal(2, await world.OnRecordAsync(AccessEvent.Asked));
        var lines = AskingWorld.Read(world.Results).Skip(1).ToList();
        Assert.Equal("LINK-MISSING", lines[0][3]);
        Assert.Equal(Enumerable.Range(0, Many).Select(AgentNetwork.AtRequester), lines.Skip(1).Select(fields => fields[1]), StringComparer.Ordinal);
    }

    [Fact]
    public async Task A_job_that_is_stopped_while_it_waits_goes_on_when_it_is_called_again()
    {
        await using var world = await AskingWorld.StartAsync(20, provider: Stops.Of(Stops.In(-Hour), Stops.In(3 * Hour)));
        await Stops.UntilKnownAsync(world.Network);
        using var leaving = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => world.RunAsync(20, world.Tax(), new Told(step => { if (step.Trouble.Length > 0) { leaving.Cancel(); } }), leaving.Token));
        Stops.Pass(world.Network, 3 * Hour);
        Assert.Equal((20L, true), ((await world.RunAsync(20, world.Tax())).Done, true));
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
