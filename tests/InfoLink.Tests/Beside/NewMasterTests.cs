using InfoLink.Broker;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Trust;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.Tests.Rotation;
using InfoLink.Tests.Tools;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Beside;

/// <summary>A new master of link codes at two brokers side by side: until it is copied to both, one of them stays with the list before, and nothing is wrong.</summary>
public sealed class NewMasterTests : IAsyncLifetime
{
    private RedisServer? _redis;
    private TestNetwork? _network;

    private TestNetwork Network => _network!;

    private NetworkFolder Folder => Network.Folder;

    public async ValueTask InitializeAsync()
    {
        _redis = await RedisServer.StartAsync();
        _network = TestNetwork.PrepareOnly(new() { Redis = _redis.Address });
        Folder.AddBroker(await SharedPostgres.CreateDatabaseAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await Network.DisposeAsync();
        await _redis!.DisposeAsync();
    }

    [Fact]
    public async Task A_broker_without_the_new_master_keeps_the_list_before_and_takes_the_new_one_when_the_master_is_there()
    {
        await using var first = await StartAsync("broker");
        using var atFirst = ClientOf(first);
        await using var second = await StartAsync("broker-2");
        using var atSecond = ClientOf(second);
        var (code, said, error) = await Infolink.RunAsync("broker", "new-master", "--broker", Folder.Path("broker"));
        Assert.True(code == 0, said + error);
        Assert.Contains($"epoch {Rotating.Next} is made", said, StringComparison.Ordinal);

        Network.Journal.Expect("ALARM: the database holds a members", "ALARM: link codes");
        var before = second.Trust.Held!.Members!.Header.Version;
        Rotating.Write(Folder, Rotating.Announced, "", NetworkFolder.Requester);
        await first.Acts.PublishAsync("operator", Folder.Sign(DocumentKind.Members));
        await Until.TrueAsync(() => Alarms() > 0);
        Assert.Contains(Network.Journal.Lines, line => line.Text.Contains($"masters/{Rotating.Next}.key", StringComparison.Ordinal)); // What is missing, and where.

        // Meanwhile codes in use are good at both; new ones are given and taken where the list is, and at the other nothing is made of them.
        var (old, next) = (Network.CodeOf(1), Network.CodeOf(1, epoch: Rotating.Next));
        foreach (var client in (HandMadeClient[])[atFirst, atSecond])
        {
            Assert.NotEmpty((await client.AuthorizeAsync(client.Ask(old))).Token);
        }

        Assert.NotEmpty((await atFirst.AuthorizeAsync(atFirst.Ask(next))).Token);
        await Refused.ByAsync(RefusalName.LinkCodeRefused, () => atSecond.AuthorizeAsync(atSecond.Ask(next)));
        Assert.Equal((uint)Rotating.Next, (await atFirst.RenewAsync([old])).Epoch);
        Assert.Equal((uint)Rotating.Old, (await atSecond.RenewAsync([old])).Epoch); // By which the agency knows that nothing has changed here.
        Assert.Equal(before, second.Trust.Held!.Members!.Header.Version);

        // The operator copies it, and that is all.
        KeyFile.WriteNew(MasterOf("broker-2"), KeyFile.Read(MasterOf("broker")));
        await Until.TrueAsync(() => second.Trust.Held!.Members!.Header.Version == before + 1);
        Assert.NotEmpty((await atSecond.AuthorizeAsync(atSecond.Ask(next))).Token);
        Assert.Equal(await atFirst.RenewAsync([old]), await atSecond.RenewAsync([old]));
        Assert.Equal(1, Alarms());
    }

    private int Alarms() => Network.Journal.Lines.Count(line => line.Text.Contains("ALARM: the database holds a members", StringComparison.Ordinal));

    private string MasterOf(string broker) => Folder.Path(broker, "keys", "masters", $"{Rotating.Next}.key");

    /// <summary>Members find a broker by the directory: for this client it names this one.</summary>
    private HandMadeClient ClientOf(BrokerHost broker)
    {
        Folder.RedirectBroker(broker.Endpoint);
        return new HandMadeClient(Folder, NetworkFolder.Requester, TimeProvider.System);
    }

    private Task<BrokerHost> StartAsync(string broker) =>
        BrokerHost.StartAsync(BrokerOptions.Read(Folder.Path(broker, "broker.json")), Network.Clock, Network.Journal.Loggers);
}
