using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Faults;

/// <summary>A provider's ledger that is put back from a backup: it has forgotten tokens, and gives none of them a second answer.</summary>
[Collection(RealProcesses.SecondRow)]
public sealed class RestoredLedgerTests
{
    [Fact]
    public async Task A_token_that_an_old_ledger_has_forgotten_is_refused_all_the_same()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The test sends Unix signals.");
        await using var world = await FaultWorld.StartAsync();
        var ledger = world.Places.LedgerPath;
        await world.StopAsync(Party.Provider);
        var backup = await File.ReadAllBytesAsync(ledger, TestContext.Current.CancellationToken);
        await world.StartAsync(Party.Provider);
        await world.Clerks.AnsweredAsync();

        // Answered, and so spent; then the ledger is that of before, as on a new host: not even its lease knows that it was opened.
        var client = world.Network.Requester;
        var token = await world.AuthorizeByHandAsync(1);
        Assert.Single(await client.FetchAsync(NetworkFolder.Provider, client.Fetch(token)), part => part.Subject is not null);
        await Refused.ByAsync(RefusalName.TokenSpent, () => client.FetchAsync(NetworkFolder.Provider, client.Fetch(token)));
        await world.KillAsync(Party.Provider);
        foreach (var file in Directory.GetFiles(world.DataOf(Party.Provider), "ledger.db*"))
        {
            File.Delete(file);
        }

        await File.WriteAllBytesAsync(ledger, backup, TestContext.Current.CancellationToken);
        await world.StartAsync(Party.Provider);
        await Refused.ByAsync(RefusalName.LedgerReopened, () => client.FetchAsync(NetworkFolder.Provider, client.Fetch(token)));

        // Whoever asks anew is answered, as soon as tokens are younger than the opening.
        await world.Clerks.AnsweredAsync(2);
        await world.CheckAsync(new() { LedgerRestored = true });
    }
}
