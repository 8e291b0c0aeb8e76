using InfoLink.Contracts.Trust;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.Tests.Tools;
using Xunit;

namespace InfoLink.Tests.Faults;

/// <summary>
/// Older, changed and unsigned documents, brought to a running broker, and put on the disks of broker and agent: what counts stays what was signed last.
/// That they expire takes a clock that is moved: TrustSpreadsTests.
/// </summary>
[Collection(RealProcesses.SecondRow)]
public sealed class RollbackTests
{
    [Fact]
    public async Task What_is_older_or_not_signed_is_refused_by_name_and_changes_nothing()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The test sends Unix signals.");
        await using var world = await FaultWorld.StartAsync();
        var first = world.Folder.Path("authority", "catalog-1.json");
        var second = world.Folder.Path("authority", "catalog-2.json");
        ChangeCatalog(world.Folder);
        world.Folder.Sign(DocumentKind.Catalog);
        await PublishAsync(world, second, "");
        await Eventually.HoldsAsync(
            () => File.Exists(world.Folder.AgencyPath(NetworkFolder.Provider, "trust/catalog-2.json")) && File.Exists(world.Folder.AgencyPath(NetworkFolder.Requester, "trust/catalog-2.json")),
            "the new catalog at both agencies");
        await world.Clerks.AnsweredAsync();

        // To the running broker: the version before, the newest with a changed payload.
        await PublishAsync(world, first, "version");
        var changed = Bend(second, text => text.Replace("\"payload\":\"", "\"payload\":\"ey", StringComparison.Ordinal));
        await PublishAsync(world, changed, "payload");
        await world.Clerks.AnsweredAsync();

        // On the disks: the broker does not start on what is not signed, and says which file; an agent that was set back hears the newest again.
        await world.KillAsync(Party.Broker);
        var brokers = world.Folder.Path("broker", "trust", "catalog-2.json");
        var good = await File.ReadAllBytesAsync(brokers, TestContext.Current.CancellationToken);
        File.Copy(changed, brokers, overwrite: true);
        var (code, said) = await PartyProcess.RefuseBrokerAsync(world.Folder.BrokerPath);
        Assert.Equal(1, code);
        Assert.Contains("catalog-2.json", said, StringComparison.Ordinal);
        await File.WriteAllBytesAsync(brokers, good, TestContext.Current.CancellationToken);
        await world.StartAsync(Party.Broker);

        await world.KillAsync(Party.Requester);
        var requesters = world.Folder.AgencyPath(NetworkFolder.Requester, "trust/catalog-2.json");
        File.Delete(requesters);
        await world.StartAsync(Party.Requester);
        await Eventually.HoldsAsync(() => File.Exists(requesters), "the newest catalog at the requester");
        await world.Clerks.AnsweredAsync();
        await world.CheckAsync();
    }

    /// <summary>An entry that no test uses has ended.</summary>
    private static void ChangeCatalog(NetworkFolder folder)
    {
        const string Dropped = "  106.municipality.108-6-ro:";
        var catalog = File.ReadAllText(folder.CatalogPath);
        var at = catalog.IndexOf(Dropped, StringComparison.Ordinal);
        File.WriteAllText(folder.CatalogPath, catalog.Remove(at, catalog.IndexOf("\n\n", at, StringComparison.Ordinal) + 1 - at));
    }

    private static string Bend(string path, Func<string, string> bend)
    {
        var bent = Path.Combine(Path.GetDirectoryName(path)!, "bent.json");
        File.WriteAllText(bent, bend(File.ReadAllText(path)));
        return bent;
    }

    /// <param name="world">Whose broker.</param>
    /// <param name="document">The file.</param>
    /// <param name="because">A word of why it is refused; empty: it is taken.</param>
    private static async Task PublishAsync(FaultWorld world, string document, string because)
    {
        var (code, output, error) = await Infolink.RunAsync("broker", "publish", document, "--broker", world.Folder.Path("broker"));
        Assert.True((code == 0) == (because.Length == 0), output + error);
        Assert.Contains(because, output + error, StringComparison.OrdinalIgnoreCase);
    }
}
