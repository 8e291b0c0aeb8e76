using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.EndToEnd;

/// <summary>Parties change their identity keys through the member list, and exchanges go on.</summary>
public sealed class RekeyTests : IDisposable
{
    private readonly Dictionary<string, IdentityKey> _next = new(StringComparer.Ordinal);

    public void Dispose()
    {
        foreach (var key in _next.Values)
        {
            key.Dispose();
        }
    }

    [Fact]
    public async Task Both_agencies_and_the_broker_change_their_keys_under_load_and_no_exchange_fails()
    {
        await using var network = await AgentNetwork.StartAsync(new()
        {
            Prepare = NameNextKeys,
            Requester = options => options.NextIdentityKey = "identity-next.pem",
            Provider = options => options.NextIdentityKey = "identity-next.pem",
        });
        await using var load = await SteadyLoad.StartAsync(network, 1, 2, 3, 4);
        await MoreAsync(load);

        // The keys arrive while everybody runs; each party changes over by itself, in any order.
        await ChangeAsync(NetworkFolder.Requester, network.Folder.AgencyPath(NetworkFolder.Requester, "identity-next.pem"), network.Requester.Identity, network.Requester.Certificates);
        await MoreAsync(load);
        await ChangeAsync("broker", network.Folder.Path("broker", "keys", "identity-next.pem"), network.Network.Broker.Identity, network.Network.Broker.Certificates);
        await MoreAsync(load);
        await ChangeAsync(NetworkFolder.Provider, network.Folder.AgencyPath(NetworkFolder.Provider, "identity-next.pem"), network.Provider.Identity, network.Provider.Certificates);
        await MoreAsync(load);
        Assert.Empty(await load.StopAsync());

        // The newest exchange is under the new keys on both sides.
        var received = (await AgentNetwork.AllOfAsync(network.Requester)).Last(entry => entry.Open.Event == AccessEvent.Received);
        Assert.Equal(LeafCertificate.Thumbprint(network.Requester.Certificates.Current.Tls), Sha256Digest.FromBytes(received.Open.Cnf.Span));

        async Task ChangeAsync(string party, string file, OwnIdentity own, LeafCertificates certificates)
        {
            var listed = string.Equals(party, "broker", StringComparison.Ordinal)
                ? network.Requester.Trust.Members.Broker.IdentityKeys
                : network.Requester.Trust.Members.Members.Single(member => string.Equals(member.Id.Value, party, StringComparison.Ordinal)).IdentityKeys;
            Assert.Equal(listed.Retiring, certificates.State.IdentityKey);
            KeyFile.WriteNew(file, _next[party].RevealPem());
            certificates.SwitchTo(own.For(listed)!);
            await Eventually.HoldsAsync(() => certificates.State.IdentityKey.Equals(listed.Current), "a generation under the new key");
        }
    }

    [Fact]
    public async Task An_exchange_under_way_ends_under_the_certificates_it_began_with_though_both_agencies_change_their_keys()
    {
        await using var network = await AgentNetwork.StartAsync(new() { Prepare = NameNextKeys });
        await network.LinkAsync(1);
        var began = new TaskCompletionSource();
        var changed = new TaskCompletionSource();
        network.Source = async (_, _) =>
        {
            began.TrySetResult();
            await changed.Task;
            return AgentNetwork.TaxOf(1);
        };
        var own = network.Requester.Certificates.Current;
        var signer = network.Provider.Certificates.Current;
        var asking = network.AskAsync(1);
        await began.Task.WaitAsync(TestNetwork.Patience);
        network.Requester.Certificates.SwitchTo(_next[NetworkFolder.Requester]);
        network.Provider.Certificates.SwitchTo(_next[NetworkFolder.Provider]);
        changed.SetResult();
        Assert.IsType<FetchedPerson.Answered>((await asking).Persons[0]);
        var received = await AgentNetwork.OneAsync(network.Requester.Log.Store, AccessEvent.Received);
        Assert.Equal(LeafCertificate.Thumbprint(own.Tls), Sha256Digest.FromBytes(received.Open.Cnf.Span));
        Assert.Equal(signer.Signing.RawData, received.Subjects[0].Evidence!.SigningCertificate.ToByteArray());
        Assert.IsType<FetchedPerson.Answered>((await network.AskAsync(1)).Persons[0]);
    }

    [Fact]
    public async Task A_host_that_holds_the_new_key_at_its_start_begins_under_it_and_one_that_does_not_under_the_retiring_one()
    {
        await using var network = await AgentNetwork.StartAsync(new()
        {
            Prepare = folder =>
            {
                NameNextKeys(folder);
                KeyFile.WriteNew(folder.AgencyPath(NetworkFolder.Requester, "next.pem"), _next[NetworkFolder.Requester].RevealPem());
                KeyFile.WriteNew(folder.Path("broker", "keys", "identity-next.pem"), _next["broker"].RevealPem());
            },
            Requester = options => options.NextIdentityKey = "next.pem",
        });
        await network.LinkAsync(1);
        Assert.Equal(_next[NetworkFolder.Requester].PublicKey, network.Requester.Certificates.State.IdentityKey);
        Assert.Equal(_next["broker"].PublicKey, network.Network.Broker.Certificates.State.IdentityKey);
        Assert.Equal(network.Provider.Identity.Key.PublicKey, network.Provider.Certificates.State.IdentityKey);
        Assert.Single(network.Network.Journal.Lines, line => line.Text.Contains("as retiring", StringComparison.Ordinal));
        Assert.IsType<FetchedPerson.Answered>((await network.AskAsync(1)).Persons[0]);
    }

    /// <summary>In the member list every party's key is the next one, and that of today is retiring.</summary>
    private void NameNextKeys(NetworkFolder folder)
    {
        using var broker = IdentityKey.FromPem(SpiffeName.ForBroker(NetworkFolder.Platform), KeyFile.Read(folder.Path("broker", "keys", "identity.pem")));
        Name("broker", broker, "  ");
        foreach (var agency in (string[])[NetworkFolder.Requester, NetworkFolder.Provider])
        {
            using var today = folder.IdentityOf(agency);
            Name(agency, today, "    ");
        }

        void Name(string party, IdentityKey today, string indent)
        {
            if (_next.Remove(party, out var earlier))
            {
                earlier.Dispose(); // The network is made again where a port was taken.
            }

            var next = _next[party] = IdentityKey.Create(today.Name);
            File.WriteAllText(folder.MembersPath, File.ReadAllText(folder.MembersPath).Replace(
                $"identityKey: {today.PublicKey}\n", $"identityKey: {next.PublicKey}\n{indent}retiringIdentityKey: {today.PublicKey}\n", StringComparison.Ordinal));
        }
    }

    private static async Task MoreAsync(SteadyLoad load)
    {
        var before = load.Answered;
        await Eventually.HoldsAsync(() => load.Answered > before + 20, "twenty exchanges");
    }
}
