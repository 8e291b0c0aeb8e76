using System.Security.Cryptography;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using Xunit;

namespace InfoLink.Tests.Faults;

/// <summary>The tail of a log or ledger after loss of power: half a write behind it, or a piece of it gone.</summary>
[Collection(RealProcesses.SecondRow)]
public sealed class TornTailTests
{
    /// <summary>A page of SQLite with its head in the write-ahead log.</summary>
    private const int Frame = 4096 + 24;

    [Fact]
    public async Task Half_a_write_behind_the_tail_is_no_record_and_a_tail_that_is_gone_is_not_continued()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The test sends Unix signals.");
        await using var world = await FaultWorld.StartAsync();
        world.Clerks.Begin(3);
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
        foreach (var party in (Party[])[Party.Requester, Party.Provider, Party.Broker])
        {
            await world.KillAsync(party);
        }

        await world.Clerks.StopAsync();

        // 1. A frame that was being written when the power went.
        foreach (var party in (Party[])[Party.Broker, Party.Requester, Party.Provider])
        {
            foreach (var tail in Directory.GetFiles(world.DataOf(party), "*.db-wal"))
            {
                await using var file = new FileStream(tail, FileMode.Append);
                file.Write(RandomNumberGenerator.GetBytes(Frame / 2));
            }

            await world.StartAsync(party);
        }

        await world.Clerks.AnsweredAsync();
        await world.RestAsync();

        // 2. What was published is gone from the file: it is not continued as if it had never been.
        foreach (var party in (Party[])[Party.Broker, Party.Requester])
        {
            await world.KillAsync(party);
            var tail = world.Places.LogPath(FaultWorld.CustodianOf(party)) + "-wal";
            var whole = await File.ReadAllBytesAsync(tail, TestContext.Current.CancellationToken);
            Assert.True(whole.Length > Frame, "There was nothing in the tail to lose.");
            await using (var file = new FileStream(tail, FileMode.Open))
            {
                file.SetLength(0);
            }

            var (code, said) = party == Party.Broker
                ? await PartyProcess.RefuseBrokerAsync(world.Folder.BrokerPath)
                : await PartyProcess.RefuseAgentAsync(world.Folder, NetworkFolder.Requester);
            Assert.NotEqual(0, code);
            Assert.Contains("has been rewound", said, StringComparison.Ordinal);
            Assert.Contains("Restore the newest database", said, StringComparison.Ordinal);

            // The newest database is put back, as is said.
            foreach (var half in Directory.GetFiles(world.DataOf(party), "access-log.db-*").Where(file => !file.EndsWith(".lease", StringComparison.Ordinal)))
            {
                File.Delete(half);
            }

            await File.WriteAllBytesAsync(tail, whole, TestContext.Current.CancellationToken);
            await world.StartAsync(party);
        }

        await world.Clerks.AnsweredAsync();
        await world.CheckAsync();
    }
}
