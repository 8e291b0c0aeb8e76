using System.Collections.Concurrent;
using InfoLink.Contracts.Records;
using InfoLink.Tests.Fixtures;
using InfoLink.Transparency;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.AccessLog;

#pragma warning disable RS0030 // A schedule comes from a seed, which is printed.

/// <summary>
/// Many append while every step of the store fails at random: before it did anything, or after. Whoever was told yes finds the entry at its
/// place, and whoever was told no does not find it, or finds it withdrawn.
/// </summary>
public abstract class FaultScheduleTests(StoreKind kind)
{
    private const int Schedules = 6;
    private const int Lives = 3;
    private const int Appenders = 8;
    private const int Each = 15;

    [Fact]
    public async Task Whatever_fails_everyone_was_told_the_truth()
    {
        for (var schedule = 0; schedule < Schedules; schedule++)
        {
            var seed = System.Security.Cryptography.RandomNumberGenerator.GetInt32(int.MaxValue);
            TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
            await RunAsync(seed);
        }
    }

    private async Task RunAsync(int seed)
    {
        var (random, gate) = (new Random(seed), new Lock());
        await using var on = await LogOnDisk.StartAsync(kind);
        on.Journal.Expect("could not write a batch", "callers were told that they do not");
        var told = new ConcurrentQueue<(NewEntry Entry, Appended? Appended)>();
        for (var life = 0; life < Lives; life++)
        {
            on.Store.Plan = Next;
            await WhileTimeRunsAsync(on, Task.WhenAll(Enumerable.Range(0, Appenders).Select(_ => Task.Run(() => AppendAsync(on, told)))));
            on.Store.Plan = _ => Fault.None;
            await LogOnDisk.UntilAsync(() =>
            {
                on.Time.Advance(TimeSpan.FromSeconds(2));
                return on.Log.Healthy;
            });
            await on.Log.DisposeAsync();
            await OpenAgainAsync(on, Next);
        }

        on.Store.Plan = null;
        told.Enqueue(await AppendOneAsync(on));
        await ToldTheTruthAsync(on, told);

        Fault Next(LogStep step)
        {
            lock (gate)
            {
                return random.Next(100) switch { < 60 => Fault.None, < 74 => Fault.Lost, < 87 => Fault.Kept, _ => Fault.AnswerLost };
            }
        }
    }

    private static async Task ToldTheTruthAsync(LogOnDisk on, IReadOnlyCollection<(NewEntry Entry, Appended? Appended)> told)
    {
        var all = await on.AllAsync();
        var places = all.Select((entry, place) => (AccessEntry.LeafHash(entry.Bytes), place)).ToDictionary(); // And so nothing stands twice.
        var withdrawn = all.Where(entry => entry.Open.Event == AccessEvent.Withdrawn).ToDictionary(entry => entry.Open.ExchangeId, entry => entry.Serial);
        var (yes, no, corrected) = (0, 0, 0);
        foreach (var (entry, appended) in told)
        {
            var stands = places.TryGetValue(entry.LeafHash, out var place);
            var isWithdrawn = withdrawn.TryGetValue(entry.Open.ExchangeId, out var since);
            if (appended is not null)
            {
                Assert.Equal((true, false, appended.Serial), (stands, isWithdrawn, place));
                yes++;
            }
            else
            {
                Assert.Equal(stands, isWithdrawn && since > place);
                Assert.True(stands || !isWithdrawn, "Something is withdrawn that never stood.");
                no++;
                corrected += stands ? 1 : 0;
            }
        }

        Assert.Equal(all.Count, yes + (2 * corrected));
        TestContext.Current.TestOutputHelper?.WriteLine($"{yes} told yes, {no} told no, {corrected} of these corrected");
    }

    private static async Task AppendAsync(LogOnDisk on, ConcurrentQueue<(NewEntry Entry, Appended? Appended)> told)
    {
        for (var i = 0; i < Each; i++)
        {
            told.Enqueue(await AppendOneAsync(on));
        }
    }

    private static async Task<(NewEntry Entry, Appended? Appended)> AppendOneAsync(LogOnDisk on)
    {
        var entry = LogOnDisk.Entry();
        try
        {
            return (entry, await on.AppendAsync(entry));
        }
        catch (LogUnavailableException)
        {
            return (entry, null);
        }
    }

    private static async Task OpenAgainAsync(LogOnDisk on, Func<LogStep, Fault> plan)
    {
        while (true)
        {
            try
            {
                await on.OpenAsync(plan);
                return;
            }
            catch (IOException)
            {
                // As an operator does: again.
            }
        }
    }

    /// <summary>Deadlines pass while it goes on.</summary>
    private static async Task WhileTimeRunsAsync(LogOnDisk on, Task work)
    {
        while (!work.IsCompleted)
        {
            on.Time.Advance(TimeSpan.FromMilliseconds(200));
            await Task.WhenAny(work, Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System));
        }

        await work;
    }
}

public sealed class FaultScheduleOnSqliteTests() : FaultScheduleTests(StoreKind.Sqlite);

public sealed class FaultScheduleOnPostgresTests() : FaultScheduleTests(StoreKind.Postgres);
