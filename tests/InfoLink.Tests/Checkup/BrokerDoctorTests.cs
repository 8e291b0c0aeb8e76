using System.Text.Json;
using InfoLink.Broker;
using InfoLink.Broker.Checkup;
using InfoLink.Broker.Tokens;
using InfoLink.Contracts.Membership;
using InfoLink.Hosting.Checkup;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.Tests.Tools;
using InfoLink.Transparency.Postgres;
using Xunit;

namespace InfoLink.Tests.Checkup;

/// <summary>What <c>infolink doctor</c> finds where something is broken for real, and what it says.</summary>
public sealed class BrokerDoctorTests(CheckedNetwork shared) : IClassFixture<CheckedNetwork>, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MovableClock _clock = new(TimeProvider.System);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_running_broker_is_found_sound_by_the_command_as_JSON()
    {
        var (code, output, error) = await Infolink.RunAsync("doctor", "--broker", shared.Network.Folder.Path("broker"), "--json");
        Assert.True(code == 0, output + error);
        var checks = JsonDocument.Parse(output).RootElement.GetProperty("checks").EnumerateArray()
            .ToDictionary(check => check.GetProperty("name").GetString()!, check => check, StringComparer.Ordinal);
        Assert.All(
            (string[])["process", "authority", "member list", "catalog", "key files", "keys", "certificates", "disk", "access-log.db", "directory", "witnesses", "cosigned log", "own port", "own certificate", "clock"],
            name => Assert.Equal("Ok", checks[name].GetProperty("state").GetString()));
        Assert.Contains("TLS 1.3", checks[$"member {NetworkFolder.Provider}"].GetProperty("what").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broken_broker_ends_the_command_with_1_and_a_table_that_says_what_to_do()
    {
        var options = shared.CopyOfBroker(_folder);
        CheckedNetwork.OpenToOthers(options.Full("keys/grant.key"));
        var (code, output, _) = await Infolink.RunAsync("doctor", "--broker", _folder.Path("broker"));
        Assert.Equal(1, code);
        Assert.Contains("WRONG      key files", output, StringComparison.Ordinal);
        Assert.Contains("→ chmod 600", output, StringComparison.Ordinal);
        Assert.Contains("1 wrong", output, StringComparison.Ordinal);
        Assert.Contains("ATTENTION  process", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_key_is_named()
    {
        var options = shared.CopyOfBroker(_folder);
        File.Delete(options.Full("keys/index.key"));
        CheckedNetwork.Finds(await LookAsync(options), "key files", CheckState.Wrong, "index.key' is missing", "backup");
    }

    [Fact]
    public async Task A_master_that_members_need_is_missed_by_its_epoch()
    {
        var options = shared.CopyOfBroker(_folder);
        File.Move(options.Full($"keys/masters/{NetworkFolder.Epoch}.key"), options.Full("keys/masters/99.key"));
        var wrong = (await LookAsync(options)).Checks.Where(check => check is { Name: "keys", State: CheckState.Wrong }).ToList();
        Assert.NotEmpty(wrong);
        Assert.All(wrong, check => Assert.Contains($"code epoch {NetworkFolder.Epoch}", check.What, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nothing_published_yet_is_said_with_the_command_to_publish()
    {
        var options = shared.CopyOfBroker(_folder);
        Directory.Delete(options.Full(options.Trust), recursive: true);
        CheckedNetwork.Finds(await LookAsync(options), "authority", CheckState.Wrong, "does not hold", "infolink broker publish");
    }

    [Fact]
    public async Task A_clock_apart_from_most_agencies_is_the_brokers_own()
    {
        _clock.Ahead = TimeSpan.FromSeconds(60);
        CheckedNetwork.Finds(await LookAsync(shared.CopyOfBroker(_folder)), "clock", CheckState.Wrong, "ahead of most agencies'", "NTP");
    }

    [Fact]
    public async Task An_expired_list_names_the_way_to_the_next()
    {
        _clock.Ahead = TimeSpan.FromDays(101);
        CheckedNetwork.Finds(await LookAsync(shared.CopyOfBroker(_folder)), "member list", CheckState.Wrong, "expired on", "infolink member renew", "infolink broker publish");
    }

    [Fact]
    public async Task A_log_that_nobody_cosigned_of_late_stops_everything()
    {
        var folder = shared.Network.Folder;
        var log = shared.Network.Broker.Log;
        var check = await LogChecks.OfPublishedAsync(log.Store, log.Key, folder.Members(), TimeProvider.System, CancellationToken.None);
        Assert.Equal(CheckState.Ok, check.State);

        _clock.Ahead = TimeSpan.FromMinutes(3);
        check = await LogChecks.OfPublishedAsync(log.Store, log.Key, folder.Members(), _clock, CancellationToken.None);
        Assert.Equal((CheckState.Wrong, true), (check.State, check.What.Contains("LOG-STALE", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(0, 3, CheckState.Attention, "forked log")]
    [InlineData(2, 1, CheckState.Wrong, "1 of 3 witnesses can be asked")]
    [InlineData(3, 3, CheckState.Attention, "one that is away stops everything")]
    [InlineData(2, 3, CheckState.Ok, "2 must cosign")]
    public void Witnesses_are_counted_against_the_quorum(int quorum, int able, CheckState state, string words)
    {
        var list = shared.Network.Folder.Members();
        var members = new MemberList(
            list.Version,
            list.Sha256.Span,
            list.Platform,
            list.Broker,
            list.Members.Where(member => member.WitnessKey is not null).Select((member, index) => member with { Suspended = index >= able }),
            quorum);
        var check = LogChecks.OfQuorum(members);
        Assert.Equal(state, check.State);
        Assert.Contains(words, check.What, StringComparison.Ordinal);
        Assert.Equal(state != CheckState.Ok, check.WayOut.Contains("infolink member", StringComparison.Ordinal) || check.WayOut.Contains("witnesses", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Of_a_cluster_every_server_is_judged()
    {
        await using var cluster = await RedisCluster.StartAsync();
        var options = shared.CopyOfBroker(_folder);
        options.Redis = cluster.Addresses;
        CheckedNetwork.Finds(await LookAsync(options), "Redis", CheckState.Attention, "appendonly is no", "CONFIG SET appendonly yes");
        await cluster.Servers[4].AskAsync("CONFIG", "SET", "cluster-require-full-coverage", "yes");
        CheckedNetwork.Finds(await LookAsync(options), "Redis", CheckState.Attention, "cluster-require-full-coverage is yes", "at each server");
        await cluster.Servers[2].AskAsync("CONFIG", "SET", "maxmemory", "100mb");
        await cluster.Servers[2].AskAsync("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
        CheckedNetwork.Finds(await LookAsync(options), "Redis", CheckState.Wrong, "allkeys-lru", "noeviction");
        await cluster.Servers[3].KillAsync();
        CheckedNetwork.Finds(await LookAsync(options), "Redis", CheckState.Attention, "1 of 6 servers do not answer", "Start them");
    }

    [Fact]
    public async Task Redis_is_judged_by_the_settings_that_lose_tokens()
    {
        await using var redis = await RedisServer.StartAsync();
        var options = shared.CopyOfBroker(_folder);
        options.Redis = redis.Address;
        CheckedNetwork.Finds(await LookAsync(options), "Redis", CheckState.Attention, "appendonly is no", "CONFIG SET appendonly yes");

        await redis.AskAsync("CONFIG", "SET", "maxmemory", "100mb");
        await redis.AskAsync("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
        CheckedNetwork.Finds(await LookAsync(options), "Redis", CheckState.Wrong, "allkeys-lru", "noeviction");

        await redis.KillAsync();
        CheckedNetwork.Finds(await LookAsync(options), "Redis", CheckState.Wrong, "does not answer", "TOKEN-STORE-UNAVAILABLE");
        Assert.Equal(CheckState.Ok, BrokerDoctor.OfRedis(new RedisSettings(1, 0, "noeviction", true)).State);
    }

    [Fact]
    public async Task PostgreSQL_is_asked_and_judged_by_what_loses_records()
    {
        var settings = await PostgresSettings.ReadAsync(await SharedPostgres.CreateDatabaseAsync(), CancellationToken.None);
        Assert.Equal((15, "on", false), (settings.Version / 10_000, settings.Fsync, settings.IsStandby));
        Assert.Equal(CheckState.Ok, Assert.Single(StoreChecks.OfPostgres(settings with { SynchronousCommit = "on" })).State);
        Says(settings with { Fsync = "off" }, "fsync is off", "ALTER SYSTEM SET fsync = on");
        Says(settings with { FullPageWrites = "off" }, "full_page_writes is off", "ALTER SYSTEM SET full_page_writes = on");
        Says(settings with { IsStandby = true }, "leads to a standby", "primary");
        Says(settings with { Version = 130_004 }, "version 13", "14 or later");
        Says(settings with { Standbys = 2 }, "none of them synchronously", "synchronous_standby_names");
        Says(settings with { SynchronousStandbyNames = "*" }, "every commit waits", "Bring a standby back");

        static void Says(PostgresSettings settings, string what, string wayOut)
        {
            var check = Assert.Single(StoreChecks.OfPostgres(settings with { SynchronousCommit = "on" }));
            Assert.Equal(CheckState.Wrong, check.State);
            Assert.Contains(what, check.What, StringComparison.Ordinal);
            Assert.Contains(wayOut, check.WayOut, StringComparison.Ordinal);
        }
    }

    private Task<CheckSheet> LookAsync(BrokerOptions options) => BrokerDoctor.LookAsync(options, _clock, CancellationToken.None);
}
