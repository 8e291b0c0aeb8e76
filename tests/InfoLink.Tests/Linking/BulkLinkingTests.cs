using InfoLink.Agent.Linking;
using InfoLink.Agent.Links;
using InfoLink.Contracts.Refusals;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Linking;

/// <summary>A population is linked a thousand at a time, goes on where it stopped, and every person stands in exactly one count.</summary>
public sealed class BulkLinkingTests
{
    private const int Persons = 2_500;

    [Fact]
    public async Task A_population_is_linked_and_its_counts_agree()
    {
        await using var world = await LinkingWorld.StartAsync();
        Populate(world);
        var progress = new Collected();
        var job = await world.Yokohama.Agent.LinkAllAsync("initial", LinkingWorld.Persons(Persons), LinkingWorld.Clerk, progress);

        // Every seventh is not found, every eleventh ambiguous.
        var notFound = Enumerable.Range(0, Persons).Count(i => i % 7 == 0);
        var ambiguous = Enumerable.Range(0, Persons).Count(i => i % 7 != 0 && i % 11 == 0);
        Assert.True(job is { Ended: true, Agrees: true });
        Assert.Equal((Persons, notFound, ambiguous), (job.Asked, job.Of(LinkingResult.NotFound), job.Of(LinkingResult.Ambiguous)));
        Assert.Equal((Persons - notFound - ambiguous, job.Matched, job.Matched), (job.Matched, job.Given, job.LinkedNow));
        Assert.Equal([1_000, 2_000, 2_500], progress.Jobs.Select(told => told.Next));
        Assert.Equal(job.LinkedNow, (await world.Yokohama.Agent.Links.CountAsync()) - Samples);
        Assert.Equal(3, world.Registry.Matches);
    }

    [Fact]
    public async Task A_registry_that_goes_away_in_the_middle_stops_the_job_which_goes_on_where_it_was()
    {
        await using var world = await LinkingWorld.StartAsync();
        Populate(world);
        using var impatient = new CancellationTokenSource();
        world.Registry.Answering = match =>
        {
            if (match == 2)
            {
                impatient.Cancel(); // As an operator would, after the first attempts.
                throw new Refusal(RefusalName.Overloaded).ToRpcException();
            }

            return Task.CompletedTask;
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => world.Yokohama.Agent.LinkAllAsync("initial", LinkingWorld.Persons(Persons), LinkingWorld.Clerk, cancellation: impatient.Token));
        world.Registry.Answering = _ => Task.CompletedTask;
        var job = await world.Yokohama.Agent.LinkAllAsync("initial", LinkingWorld.Persons(Persons), LinkingWorld.Clerk);
        Assert.True(job is { Ended: true, Agrees: true });
        Assert.Equal(Persons, job.Asked);
        Assert.Equal(0, job.Of(LinkingResult.Verified)); // Nobody was counted twice.
    }

    [Fact]
    public async Task A_job_that_is_run_again_after_its_end_changes_nothing_and_a_new_one_confirms()
    {
        await using var world = await LinkingWorld.StartAsync();
        Populate(world);
        var first = await world.Yokohama.Agent.LinkAllAsync("initial", LinkingWorld.Persons(500), LinkingWorld.Clerk);
        var asked = world.Registry.Matches;
        var again = await world.Yokohama.Agent.LinkAllAsync("initial", LinkingWorld.Persons(500), LinkingWorld.Clerk);
        Assert.Equal((first.Asked, asked), (again.Asked, world.Registry.Matches));
        var yearly = await world.Yokohama.Agent.LinkAllAsync("yearly", LinkingWorld.Persons(500), LinkingWorld.Clerk);
        Assert.Equal(first.Of(LinkingResult.Linked), yearly.Of(LinkingResult.Verified));
    }

    [Fact]
    public async Task A_source_that_has_changed_is_noticed()
    {
        await using var world = await LinkingWorld.StartAsync();
        Populate(world);
        using var stop = new CancellationTokenSource();
        var progress = new Collected { Told = _ => stop.Cancel() };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => world.Yokohama.Agent.LinkAllAsync("initial", LinkingWorld.Persons(Persons), LinkingWorld.Clerk, progress, stop.Token));
        await Assert.ThrowsAsync<InvalidOperationException>(() => world.Yokohama.Agent.LinkAllAsync("initial", LinkingWorld.Persons(100), LinkingWorld.Clerk));
        await Assert.ThrowsAsync<InvalidOperationException>(() => world.Yokohama.Agent.LinkAllAsync("initial", Others(), LinkingWorld.Clerk));

        static async IAsyncEnumerable<LocalPerson> Others()
        {
            await foreach (var person in LinkingWorld.Persons(Persons))
            {
                yield return person with { Id = LocalId.Of("other " + person.Id.Value) };
            }
        }
    }

    [Fact]
    public async Task One_identifier_twice_in_a_source_is_linked_once()
    {
        await using var world = await LinkingWorld.StartAsync();
        Populate(world);
        var job = await world.Yokohama.Agent.LinkAllAsync("initial", Twice(), LinkingWorld.Clerk);
        Assert.Equal((2, 1, 1), (job.Asked, job.Of(LinkingResult.Linked), job.Of(LinkingResult.Verified)));

        static async IAsyncEnumerable<LocalPerson> Twice()
        {
            yield return LinkingWorld.Person("L-1", "person 1");
            yield return LinkingWorld.Person("L-1", "person 1");
            await Task.CompletedTask;
        }
    }

    /// <summary>Persons whom the sample links beforehand.</summary>
    private const int Samples = 3;

    private static void Populate(LinkingWorld world)
    {
        for (var i = 0; i < Persons; i++)
        {
            if (i % 7 == 0)
            {
                continue;
            }

            var code = LinkingWorld.Record((ulong)i + 1);
            world.Registry.Residents[$"person {i}"] = i % 11 == 0 ? [code, LinkingWorld.Record((ulong)i + 1_000_000)] : [code];
        }
    }

    private sealed class Collected : IProgress<LinkJob>
    {
        public List<LinkJob> Jobs { get; } = [];

        public Action<LinkJob> Told { get; init; } = _ => { };

        public void Report(LinkJob value)
        {
            Jobs.Add(value);
            Told(value);
        }
    }
}
