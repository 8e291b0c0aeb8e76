using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using InfoLink.Agent.Joining;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Trust;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using Xunit;

namespace InfoLink.Tests.Joining;

/// <summary>Joining as an agency's operator does it, against a running broker: what goes wrong says what, and what to do.</summary>
public sealed class AgentJoinTests : IAsyncLifetime
{
    private const string Newcomer = "131130"; // Shibuya
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(30);
    private readonly TemporaryFolder _folder = new();
    private readonly ConcurrentQueue<string> _told = new();
    private readonly int _port = FreePort();
    private TestNetwork _network = null!;

    public async ValueTask InitializeAsync() => _network = await TestNetwork.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _network.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task From_the_code_to_READY_with_every_step_told()
    {
        var joining = JoinAsync((await CodeAsync()).Reveal());
        await IsWaitingAsync();
        await AdmitAsync();
        await joining.WaitAsync(TestNetwork.Patience);

        var joined = Assert.Single(_network.Broker.Acts.Joined());
        var told = string.Join('\n', _told);
        Assert.Contains($"Fingerprint of this agency's key: {joined.Fingerprint}", told, StringComparison.Ordinal);
        Assert.Contains($"Authority of {NetworkFolder.Platform}: {_network.Broker.Trust.Held!.Authority.Fingerprint}", told, StringComparison.Ordinal);
        Assert.Contains($"Tested: this agent answers at {Endpoint}", told, StringComparison.Ordinal);
        Assert.StartsWith("READY. Next:", _told.Last(), StringComparison.Ordinal);
        Assert.EndsWith($"infolink-agent --config {_folder.Path("agent", "agent.json")}", _told.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Joining_that_was_stopped_goes_on_with_the_same_keys_and_needs_the_code_no_more()
    {
        var code = await CodeAsync();
        using (var stop = new CancellationTokenSource())
        {
            var first = JoinAsync(code.Reveal(), cancellation: stop.Token);
            await IsWaitingAsync();
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.WaitAsync(TestNetwork.Patience));
        }

        // The code has been withdrawn meanwhile: it was given anew.
        _ = await CodeAsync();
        var before = Assert.Single(_network.Broker.Acts.Joined()).Fingerprint;
        _told.Clear();
        var second = JoinAsync(code.Reveal());
        await IsWaitingAsync();
        await AdmitAsync();
        await second.WaitAsync(TestNetwork.Patience);

        Assert.Equal(before, Assert.Single(_network.Broker.Acts.Joined()).Fingerprint);
        Assert.DoesNotContain(_told, line => line.StartsWith("Keys are made", StringComparison.Ordinal));
        Assert.StartsWith("READY", _told.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broker_that_is_restarted_while_an_agency_waits_ends_nothing()
    {
        var joining = JoinAsync((await CodeAsync()).Reveal());
        await IsWaitingAsync();
        await _network.StopBrokerAsync();
        await Until.TrueAsync(() => _told.Any(line => line.Contains("is not reached at the moment", StringComparison.Ordinal)));
        await _network.StartBrokerAsync();
        await AdmitAsync();
        await joining.WaitAsync(TestNetwork.Patience);
        Assert.StartsWith("READY", _told.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_an_endpoint_in_the_directory_it_says_whose_turn_it_is()
    {
        var joining = JoinAsync((await CodeAsync()).Reveal());
        await IsWaitingAsync();
        await AdmitAsync(withEndpoint: false);
        await joining.WaitAsync(TestNetwork.Patience);
        Assert.Contains(_told, line => line.Contains("no endpoint of this agency yet", StringComparison.Ordinal) && line.Contains("infolink member endpoint", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_mistyped_code_is_told_from_a_refused_one_before_anything_is_made()
    {
        var text = (await CodeAsync()).Reveal();
        var slip = (text[20] == '7' ? '8' : '7') + text[21..];
        await RefusedAsync(text[..20] + slip, "mistyped or cut off");
        await RefusedAsync(text[..^3], "mistyped or cut off");
        Assert.False(Directory.Exists(_folder.Path("agent")));
    }

    [Fact]
    public async Task A_code_of_another_secret_is_unknown() =>
        await RefusedAsync(Changed(await CodeAsync(), secret: new byte[JoinCode.SecretSize]).Reveal(), "JOIN-CODE-REFUSED", "unknown", "new join code");

    [Fact]
    public async Task A_code_that_another_host_has_used_says_so()
    {
        var text = (await CodeAsync()).Reveal();
        using var stop = new CancellationTokenSource();
        var first = JoinAsync(text, "first", stop.Token);
        await IsWaitingAsync();
        await RefusedAsync(text, "JOIN-CODE-REFUSED", "used by another host", "new join code");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.WaitAsync(TestNetwork.Patience));
    }

    [Fact]
    public async Task An_expired_code_says_when_it_expired_and_what_the_clock_shows()
    {
        var code = Changed(await CodeAsync(), expires: DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()) - Life);
        await RefusedAsync(code.Reveal(), $"expired at {code.Expires:yyyy-MM-dd HH:mm:ss} UTC", "this clock shows", "ask for a new code");
    }

    [Fact]
    public async Task A_code_that_expired_at_the_broker_is_refused_there()
    {
        var code = await CodeAsync();
        _network.Clock.Ahead = Life + TimeSpan.FromMinutes(1);
        await RefusedAsync(Changed(code, expires: code.Expires + Life).Reveal(), "JOIN-CODE-REFUSED", "expired", "new join code");
    }

    [Fact]
    public async Task Another_root_ends_the_joining_and_nothing_is_believed()
    {
        var other = Fingerprint.OfDigest(Sha256Digest.FromBytes(new byte[32]));
        await RefusedAsync(Changed(await CodeAsync(), authority: other).Reveal(), "another root", other.ToString(), "Do not go on");
        Assert.Empty(Directory.Exists(_folder.Path("agent", "trust")) ? Directory.GetFiles(_folder.Path("agent", "trust")) : []);
    }

    [Fact]
    public async Task Another_server_in_the_brokers_place_gets_nothing()
    {
        using var other = IdentityKey.Create(SpiffeName.ForBroker(NetworkFolder.Platform));
        await RefusedAsync(Changed(await CodeAsync(), key: other.PublicKey).Reveal(), "is not the broker that made the code", "Nothing was sent", "Check the clock");
        Assert.Empty(_network.Broker.Acts.Joined());
    }

    [Theory]
    [InlineData(60, "60 s ahead of the broker's")]
    [InlineData(-60, "60 s behind the broker's")]
    public async Task A_clock_that_is_off_is_named_with_its_error_and_the_same_code_serves_again(int seconds, string told)
    {
        var code = (await CodeAsync()).Reveal();
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => JoinAsync(code, ahead: TimeSpan.FromSeconds(seconds)));
        Assert.Contains(told.Split(' ', 2)[1], fault.Message, StringComparison.Ordinal); // The seconds themselves depend on how long the call took.
        Assert.Contains("set the clock (NTP), then join again with the same code", fault.Message, StringComparison.Ordinal);

        using var stop = new CancellationTokenSource();
        var again = JoinAsync(code, cancellation: stop.Token);
        await IsWaitingAsync();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => again.WaitAsync(TestNetwork.Patience));
    }

    [Fact]
    public async Task A_clock_that_is_hours_behind_is_given_as_the_likely_cause()
    {
        var code = (await CodeAsync()).Reveal();
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => JoinAsync(code, ahead: TimeSpan.FromHours(-3)));
        Assert.Contains("this clock", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Check the clock", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broker_that_is_not_there_is_named_with_its_address()
    {
        var code = (await CodeAsync()).Reveal();
        await _network.StopBrokerAsync();
        await RefusedAsync(code, _network.Folder.BrokerAddress.ToString(), "cannot be reached", "the firewall", "run the same command again");
    }

    [Fact]
    public async Task A_code_for_another_agency_does_not_change_a_folder()
    {
        using (var stop = new CancellationTokenSource())
        {
            var first = JoinAsync((await CodeAsync()).Reveal(), cancellation: stop.Token);
            await IsWaitingAsync();
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.WaitAsync(TestNetwork.Patience));
        }

        var other = await _network.Broker.Acts.GiveJoinCodeAsync("operator", AgencyId.Parse("131148"), Life);
        await RefusedAsync(other.Reveal(), "131148", Newcomer, "Take another folder");
    }

    private string Endpoint => $"https://127.0.0.1:{_port}";

    private Task<JoinCode> CodeAsync() => _network.Broker.Acts.GiveJoinCodeAsync("operator", AgencyId.Parse(Newcomer), Life);

    private async Task JoinAsync(string code, string folder = "agent", CancellationToken cancellation = default, TimeSpan ahead = default) => await AgentJoin.RunAsync(
        code, _folder.Path(folder), $"127.0.0.1:{_port}", new Uri(Endpoint), new MovableClock(TimeProvider.System) { Ahead = ahead }, _network.Journal.Loggers, _told.Enqueue, cancellation);

    private async Task RefusedAsync(string code, params string[] words)
    {
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => JoinAsync(code).WaitAsync(TestNetwork.Patience));
        Assert.All(words, word => Assert.Contains(word, fault.Message, StringComparison.Ordinal));
    }

    private Task IsWaitingAsync() => Until.TrueAsync(() => _told.Any(line => line.StartsWith("Waiting", StringComparison.Ordinal)));

    /// <summary>What operator and authority do once somebody has introduced itself.</summary>
    private async Task AdmitAsync(bool withEndpoint = true)
    {
        var joined = _network.Broker.Acts.Joined().Single();
        if (withEndpoint)
        {
            await _network.Broker.Acts.SetEndpointAsync("operator", AgencyId.Parse(Newcomer), joined.Endpoint);
        }

        await File.AppendAllTextAsync(_network.Folder.MembersPath, $$"""
              "{{Newcomer}}":
                name: { ja: 渋谷区, en: Shibuya }
                categories:
                  - { category: municipality, from: 2001-01-06 }
                identityKey: {{joined.IdentityKey}}
                logs: [{{joined.LogKey}}]
                codeEpochs: { current: {{NetworkFolder.Epoch}} }

            """);
        await _network.Broker.Acts.PublishAsync("operator", _network.Folder.Sign(DocumentKind.Members));
    }

    private static JoinCode Changed(JoinCode code, byte[]? secret = null, DateTimeOffset? expires = null, Fingerprint? authority = null, P256PublicKey? key = null) =>
        new(code.Broker, key ?? code.BrokerKey, code.Platform, authority ?? code.Authority, code.Agency, expires ?? code.Expires, secret ?? code.RevealSecret());

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
