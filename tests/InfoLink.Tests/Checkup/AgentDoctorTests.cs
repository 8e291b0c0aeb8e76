using System.Net;
using System.Net.Sockets;
using InfoLink.Agent;
using InfoLink.Agent.Checkup;
using InfoLink.Agent.Sources.Replicas;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Hosting.Checkup;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Service;
using InfoLink.Tests.Sources;
using InfoLink.Tests.Sources.Replicas;
using Microsoft.Data.Sqlite;
using Xunit;

namespace InfoLink.Tests.Checkup;

/// <summary>What <c>infolink-agent doctor</c> finds where something is broken for real, and what it says.</summary>
public sealed class AgentDoctorTests(CheckedNetwork shared) : IClassFixture<CheckedNetwork>, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MovableClock _clock = new(TimeProvider.System);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_sound_agent_is_found_sound_down_to_TLS()
    {
        var options = shared.CopyOfAgent(_folder, NetworkFolder.Provider);
        using var running = new ListeningSocket(_folder.Path("agent.sock"));
        var sheet = await AgentDoctor.LookAsync(options, _folder.Path("agent.sock"), _clock);

        Assert.True(sheet.IsSound, sheet.ToJson());
        CheckedNetwork.Finds(sheet, "process", CheckState.Ok);
        CheckedNetwork.Finds(sheet, "keys", CheckState.Ok, "fit the member list");
        CheckedNetwork.Finds(sheet, "sources", CheckState.Ok, "municipal-inhabitant-tax");
        CheckedNetwork.Finds(sheet, "broker", CheckState.Ok, "TLS 1.3, TLS_", "certificate until");
        CheckedNetwork.Finds(sheet, "clock", CheckState.Ok, "within 3 s");
        CheckedNetwork.Finds(sheet, "membership", CheckState.Ok, "takes this agent for a member");
        CheckedNetwork.Finds(sheet, "own port", CheckState.Ok, "TLS 1.3");
        CheckedNetwork.Finds(sheet, "own certificate", CheckState.Ok, "good until");
        CheckedNetwork.Finds(sheet, "ledger.db", CheckState.Ok, "synchronous=FULL");
        CheckedNetwork.Finds(sheet, "links", CheckState.Ok, "2 persons, 2 verified, 0 due");
        CheckedNetwork.Finds(sheet, $"member {NetworkFolder.Requester}", CheckState.Ok, "TLS 1.3");

        // Of the members one has no agent that runs: its own affair.
        CheckedNetwork.Finds(sheet, $"member {NetworkFolder.HealthMinister}", CheckState.Attention, "connection refused", "Start it");
    }

    [Fact]
    public async Task That_the_agency_is_closed_is_told_with_the_reason_and_that_others_do_not_know_it()
    {
        var options = shared.CopyOfAgent(_folder, NetworkFolder.Provider);
        CheckedNetwork.Finds(await LookAsync(options), "service hours", CheckState.Ok, "open, and no closure in sight");
        Stops.Of(Stops.In(TimeSpan.FromDays(9)), Stops.In(TimeSpan.FromDays(10)), "disks")(options);
        CheckedNetwork.Finds(await LookAsync(options), "service hours", CheckState.Ok, "closed next from", "disks"); // Announced in time, and not needed yet.
        Stops.Of(Stops.In(TimeSpan.FromHours(-1)), Stops.In(TimeSpan.FromHours(1)), "更新")(options);
        CheckedNetwork.Finds(await LookAsync(options), "service hours", CheckState.Attention, "closed now, until", "更新", "The directory says something else", "within ten minutes");
    }

    [Fact]
    public async Task A_map_that_does_not_fit_the_layout_is_named()
    {
        var options = shared.CopyOfAgent(_folder, NetworkFolder.Provider);
        options.Sources[0].Map = new Dictionary<string, ItemMapOptions>(StringComparer.Ordinal) { ["tax-yaer"] = new() { From = "tax_year" } };
        CheckedNetwork.Finds(await LookAsync(options), "sources", CheckState.Wrong, "tax-yaer: the layout has no such item", "required item 'tax-year' is missing", "infolink-agent try");
    }

    [Fact]
    public async Task A_replica_that_is_empty_late_or_too_old_is_named()
    {
        var options = shared.CopyOfAgent(_folder, NetworkFolder.Provider);
        options.Sources.Clear();
        options.Sources.Add(new SourceOptions { Kind = Asked.Tax, Replica = new ReplicaOptions { Key = "atena", TaxYear = "nendo", RefuseAfterHours = 72 }, Map = ReplicaWorld.Map() });
        const string Name = $"replica {Asked.Tax}";
        CheckedNetwork.Finds(await LookAsync(options), Name, CheckState.Wrong, "Nothing has been delivered", "infolink-agent replica import");
        foreach (var (hours, state, words) in ((int, CheckState, string)[])[(1, CheckState.Ok, "5 records"), (40, CheckState.Attention, "maxAgeHours (36)"), (80, CheckState.Wrong, "refuseAfterHours (72)")])
        {
            var store = ReplicaStore.Open(ReplicaStore.PathOf(options));
            var delivery = new DeliveryRow
            {
                Number = 0,
                Source = Asked.Tax,
                State = DeliveryState.Staged,
                BegunMs = 0,
                AsOfMs = (_clock.GetUtcNow() - TimeSpan.FromHours(hours)).ToUnixTimeMilliseconds(),
                Rows = 0,
                Columns = "kubun",
                Operator = "係",
                Salt = new byte[32],
                Proof = new byte[32],
            };
            using (var staging = store.Stage(delivery))
            {
                store.Switch(staging.Number, store.InUse(Asked.Tax), rows: 5, new byte[32], keep: 0, _clock.GetUtcNow());
            }

            CheckedNetwork.Finds(await LookAsync(options), Name, state, words);
        }
    }

    [Fact]
    public async Task Links_that_nobody_has_looked_at_for_long_are_named()
    {
        var options = shared.CopyOfAgent(_folder, NetworkFolder.Provider);
        using (var links = new SqliteConnection($"Data Source={Path.Combine(options.Full(options.Data), "links.db")};Pooling=false"))
        {
            links.Open();
            using var age = links.CreateCommand();
            age.CommandText = "UPDATE person SET verified_ms = verified_ms - 61 * 86400000";
            age.ExecuteNonQuery();
        }

        CheckedNetwork.Finds(await LookAsync(options), "links", CheckState.Attention, "2 due, the oldest verified on", "infolink-agent verify");
    }

    [Fact]
    public async Task A_key_that_is_open_to_others_is_named_with_the_command_that_closes_it()
    {
        var options = shared.CopyOfAgent(_folder);
        CheckedNetwork.OpenToOthers(options.Full("log.key"));
        CheckedNetwork.Finds(await LookAsync(options), "key files", CheckState.Wrong, "log.key' is open to others", "chmod 600");
    }

    [Fact]
    public async Task A_key_that_is_gone_is_named()
    {
        var options = shared.CopyOfAgent(_folder);
        File.Delete(options.Full("content.key"));
        CheckedNetwork.Finds(await LookAsync(options), "key files", CheckState.Wrong, "content.key' is missing", "backup");
    }

    [Fact]
    public async Task Another_identity_key_does_not_fit_the_list()
    {
        var options = shared.CopyOfAgent(_folder);
        File.Delete(options.Full("identity.pem"));
        using (OwnIdentity.Create(SpiffeName.ForAgency(NetworkFolder.Platform, AgencyId.Parse(options.Agency)), options.Folder, options.IdentityKey))
        {
            CheckedNetwork.Finds(await LookAsync(options), "keys", CheckState.Wrong, "is not the one that the member list names", "backup");
        }
    }

    [Fact]
    public async Task A_broker_that_is_away_is_wrong_and_the_clock_cannot_be_compared()
    {
        var options = shared.CopyOfAgent(_folder);
        options.Broker = $"https://127.0.0.1:{FreePort()}";
        var sheet = await LookAsync(options);
        CheckedNetwork.Finds(sheet, "broker", CheckState.Wrong, options.Broker, "connection refused", "Start it", "'broker' in agent.json");
        CheckedNetwork.Finds(sheet, "clock", CheckState.Attention, "no other clock");
        Assert.False(sheet.IsSound);
    }

    [Theory]
    [InlineData(60, "ahead of the broker's")]
    [InlineData(-60, "behind the broker's")]
    public async Task A_clock_that_is_off_is_named_by_its_error(int seconds, string words)
    {
        _clock.Ahead = TimeSpan.FromSeconds(seconds);
        CheckedNetwork.Finds(await LookAsync(shared.CopyOfAgent(_folder)), "clock", CheckState.Wrong, words, "tokens are refused", "NTP");
    }

    [Fact]
    public async Task A_clock_that_is_days_off_takes_the_brokers_certificate_for_expired_and_says_so()
    {
        _clock.Ahead = TimeSpan.FromDays(5);
        CheckedNetwork.Finds(await LookAsync(shared.CopyOfAgent(_folder)), "broker", CheckState.Wrong, "is valid from", "this clock shows", "NTP");
    }

    [Theory]
    [InlineData(30, "catalog", CheckState.Attention, "expires in")]
    [InlineData(36, "catalog", CheckState.Wrong, "expired on")]
    [InlineData(36, "member list", CheckState.Ok, "until")]
    [InlineData(95, "member list", CheckState.Attention, "expires in")]
    [InlineData(101, "member list", CheckState.Wrong, "expired on")]
    public async Task Documents_are_judged_by_their_last_day(int days, string name, CheckState state, string words)
    {
        _clock.Ahead = TimeSpan.FromDays(days);
        CheckedNetwork.Finds(await LookAsync(shared.CopyOfAgent(_folder)), name, state, state == CheckState.Ok ? [words] : [words, "The broker passes on what the authority signs"]);
    }

    [Theory]
    [InlineData(2, CheckState.Attention, "2.0 hours old")]
    [InlineData(25, CheckState.Wrong, "DIRECTORY-STALE")]
    [InlineData(-2, CheckState.Wrong, "Set whichever clock is wrong")] // From the future: it is not taken at all.
    public async Task A_directory_grows_old(int hours, CheckState state, string words)
    {
        _clock.Ahead = TimeSpan.FromHours(hours);
        CheckedNetwork.Finds(await LookAsync(shared.CopyOfAgent(_folder)), "directory", state, words, "Make the broker reachable");
    }

    [Fact]
    public async Task An_agent_that_has_joined_nothing_is_told_to()
    {
        var options = shared.CopyOfAgent(_folder);
        Directory.Delete(options.Full(options.Trust), recursive: true);
        CheckedNetwork.Finds(await LookAsync(options), "authority", CheckState.Wrong, "has joined no platform", "infolink-agent join");
    }

    [Fact]
    public async Task A_damaged_document_is_named_with_its_file()
    {
        var options = shared.CopyOfAgent(_folder);
        var file = Directory.GetFiles(options.Full(options.Trust), "members-*.json").Single();
        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file)).Replace("\"payload\": \"e", "\"payload\": \"f", StringComparison.Ordinal).Replace("\"payload\":\"e", "\"payload\":\"f", StringComparison.Ordinal));
        CheckedNetwork.Finds(await LookAsync(options), "authority", CheckState.Wrong, file, "Move the file away");
    }

    [Fact]
    public async Task Stores_that_are_no_databases_or_have_lost_their_mode_are_named()
    {
        var options = shared.CopyOfAgent(_folder);
        await File.WriteAllTextAsync(options.DataFile("access-log.db"), "this is not a database at all");
        await using (var links = new SqliteConnection($"Data Source={options.DataFile("links.db")};Pooling=False"))
        {
            await links.OpenAsync();
            await using var mode = links.CreateCommand();
            mode.CommandText = "PRAGMA journal_mode=DELETE";
            await mode.ExecuteNonQueryAsync();
        }

        var sheet = await LookAsync(options);
        CheckedNetwork.Finds(sheet, "access-log.db", CheckState.Wrong, "is no SQLite database", "Never an older one");
        CheckedNetwork.Finds(sheet, "links.db", CheckState.Attention, "not in write-ahead mode");
    }

    [Fact]
    public async Task Every_error_of_the_configuration_is_shown()
    {
        var options = shared.CopyOfAgent(_folder);
        (options.Listen, options.FetchTimeoutSeconds) = ("nowhere", 1_000);
        CheckedNetwork.Finds(await LookAsync(options), "agent.json", CheckState.Wrong, "listen:", "fetchTimeoutSeconds:", "Correct the file");
    }

    [Fact]
    public async Task PostgreSQL_that_does_not_answer_is_named_without_its_password()
    {
        var options = shared.CopyOfAgent(_folder);
        options.Postgres = $"Host=127.0.0.1;Port={FreePort()};Database=infolink;Username=agent;Password=geheim";
        var check = CheckedNetwork.Finds(await LookAsync(options), "PostgreSQL", CheckState.Wrong, "does not answer", "database infolink", "pg_hba.conf");
        Assert.DoesNotContain("geheim", check.What + check.WayOut, StringComparison.Ordinal);
    }

    [Fact]
    public void A_certificate_that_was_not_renewed_is_wrong_long_before_its_end()
    {
        var lifetime = TimeSpan.FromHours(72);
        var now = _clock.GetUtcNow();
        Assert.Equal(CheckState.Ok, KeyChecks.OfRunning(new ShownLeaf(null, now - TimeSpan.FromHours(50), now + TimeSpan.FromHours(22)), lifetime, _clock).State);
        var check = KeyChecks.OfRunning(new ShownLeaf(null, now - TimeSpan.FromHours(62), now + TimeSpan.FromHours(10)), lifetime, _clock);
        Assert.Equal(CheckState.Wrong, check.State);
        Assert.Contains("renewal fails", check.What, StringComparison.Ordinal);
        Assert.Contains("log says why", check.WayOut, StringComparison.Ordinal);
    }

    private Task<CheckSheet> LookAsync(AgentOptions options) => AgentDoctor.LookAsync(options, _folder.Path("nobody.sock"), _clock);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
