using InfoLink.Broker;
using InfoLink.Contracts.Trust;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.Tests.Tools;
using Npgsql;
using Xunit;

namespace InfoLink.Tests.Beside;

/// <summary>One more broker, from the operator's command to its first answer; and what the authority signs reaches both when it is published at one.</summary>
public sealed class SharedTrustTests : IAsyncLifetime
{
    private RedisServer? _redis;
    private TestNetwork? _network;
    private string _database = "";

    private TestNetwork Network => _network!;

    private NetworkFolder Folder => Network.Folder;

    public async ValueTask InitializeAsync()
    {
        _database = await SharedPostgres.CreateDatabaseAsync();
        _redis = await RedisServer.StartAsync();
        _network = TestNetwork.PrepareOnly(new() { Redis = _redis.Address });
    }

    public async ValueTask DisposeAsync()
    {
        await Network.DisposeAsync();
        await _redis!.DisposeAsync();
    }

    [Fact]
    public async Task A_broker_made_by_the_command_starts_when_the_authority_has_named_its_log_and_serves()
    {
        var options = Folder.BrokerOptions();
        options.Postgres = _database;
        options.Write(Folder.BrokerPath);
        var (code, said, error) = await Infolink.RunAsync("broker", "beside", "--broker", Folder.Path("broker"), "--dir", Folder.Path("broker-2"), "--listen", "127.0.0.1:0");
        Assert.True(code == 0, said + error);
        var log = said.Split('\n').Single(line => line.Contains("broker-logs --add", StringComparison.Ordinal)).Split("--add ")[1].Split(' ')[0];
        await using var first = await StartAsync("broker");
        var early = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync("broker-2"));
        Assert.Contains("log", early.Message, StringComparison.Ordinal);

        var members = Folder.Path("members-2.json");
        (code, said, error) = await Infolink.RunAsync("member", "broker-logs", "--add", log, "--list", Newest("members"), "--out", members);
        Assert.True(code == 0, said + error);
        (code, said, error) = await Infolink.RunAsync("member", "broker-logs", "--add", log, "--list", members, "--out", Folder.Path("again.json"));
        Assert.Equal(1, code);
        Assert.Contains("in the list already", said + error, StringComparison.Ordinal);
        foreach (var key in (string[])["key-1.pem", "key-2.pem"])
        {
            (code, said, error) = await Infolink.RunAsync("authority", "sign", members, "--key", Folder.Path("authority", key));
            Assert.True(code == 0, said + error);
        }

        // Published at the one that runs; the new one finds it in their database.
        await first.Acts.PublishAsync("operator", SignedDocument.Parse(await File.ReadAllBytesAsync(members)));
        await using var second = await StartAsync("broker-2");
        Assert.Equal(2, second.Trust.Held!.Members!.Header.Version);
        Folder.RedirectBroker(second.Endpoint);
        using var client = new HandMadeClient(Folder, NetworkFolder.Requester, TimeProvider.System);
        Assert.Equal($"{NetworkFolder.Platform}/broker-2", (await client.AuthorizeAsync(client.Ask(Network.CodeOf(1)))).Receipt.Origin);
    }

    [Fact]
    public async Task What_is_published_at_one_is_in_force_at_the_other_within_moments_and_once_on_record()
    {
        Folder.AddBroker(_database);
        await using var first = await StartAsync("broker");
        await using var second = await StartAsync("broker-2");
        await File.WriteAllTextAsync(Folder.MembersPath, (await File.ReadAllTextAsync(Folder.MembersPath)).Replace("en: \"Kawasaki\"", "en: \"Kawasaki City\"", StringComparison.Ordinal));
        await second.Acts.PublishAsync("operator", Folder.Sign(DocumentKind.Members));
        await Until.TrueAsync(() => first.Members.Current.Members.Any(member => member.Name.En is "Kawasaki City"));
        Assert.Equal(second.Trust.Held!.Members!.Header.Sha256, first.Trust.Held!.Members!.Header.Sha256);
        var acts = await Task.WhenAll(first.Log.Store.ReadAsync(0, 100, CancellationToken.None), second.Log.Store.ReadAsync(0, 100, CancellationToken.None));
        Assert.Equal((0, 1), (acts[0].Count(record => record.Open.Act is not null), acts[1].Count(record => record.Open.Act is not null)));
    }

    [Fact]
    public async Task What_lies_in_the_database_and_no_authority_signed_is_an_alarm_and_changes_nothing()
    {
        Network.Journal.Expect("ALARM: the database holds a members");
        Folder.AddBroker(_database);
        await using var first = await StartAsync("broker");
        var held = first.Trust.Held!.Members!;
        await using var database = NpgsqlDataSource.Create(_database);
        await using var forge = database.CreateCommand("INSERT INTO trust_document (kind, version, document) SELECT kind, version + 1, document FROM trust_document WHERE kind = 'members'");
        Assert.Equal(1, await forge.ExecuteNonQueryAsync());
        await using var garbage = database.CreateCommand("INSERT INTO trust_document (kind, version, document) VALUES ('members', 77, '\\x7b7d')");
        await garbage.ExecuteNonQueryAsync();
        await Until.TrueAsync(() => Network.Journal.Lines.Count(line => line.Text.Contains("ALARM: the database holds a members", StringComparison.Ordinal)) == 2);
        Assert.Equal(held.Header.Sha256, first.Trust.Held!.Members!.Header.Sha256);
        Folder.RedirectBroker(first.Endpoint);
        using var client = new HandMadeClient(Folder, NetworkFolder.Requester, TimeProvider.System);
        await client.AuthorizeAsync(client.Ask(Network.CodeOf(1)));
    }

    [Fact]
    public async Task A_broker_whose_tokens_no_other_reaches_gets_no_other_beside_it()
    {
        var (code, said, error) = await Infolink.RunAsync("broker", "beside", "--broker", Folder.Path("broker"), "--dir", Folder.Path("broker-2"), "--listen", "127.0.0.1:0");
        Assert.Equal(2, code);
        Assert.Contains("Set 'redis' and 'postgres'", said + error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Folder.Path("broker-2")));
    }

    private Task<BrokerHost> StartAsync(string broker) =>
        BrokerHost.StartAsync(BrokerOptions.Read(Folder.Path(broker, "broker.json")), Network.Clock, Network.Journal.Loggers);

    private string Newest(string kind) => Directory.GetFiles(Folder.Path("authority"), $"{kind}-*.json").Order(StringComparer.Ordinal).Last();
}
