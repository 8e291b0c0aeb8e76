using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using Xunit;

namespace InfoLink.Tests.EndToEnd;

/// <summary>A host whose certificates have ended long ago needs nobody's help: its identity key issues new ones on the spot.</summary>
public sealed class TenDaysOffTests
{
    private static readonly TimeSpan TenDays = TimeSpan.FromDays(10);

    [Theory]
    [InlineData("the requester")]
    [InlineData("the provider")]
    [InlineData("all of them")]
    public async Task A_host_that_was_off_for_ten_days_exchanges_again_at_once(string who)
    {
        await using var network = await AgentNetwork.StartAsync(new() { Witnessed = false });
        await network.LinkAsync(1);
        Assert.IsType<FetchedPerson.Answered>((await network.AskAsync(1)).Persons[0]);
        var ended = network.Requester.Certificates.State.NotAfter;
        bool requester = who is not "the provider", provider = who is not "the requester", broker = who is "all of them";
        if (requester)
        {
            await network.StopRequesterAsync();
        }

        if (provider)
        {
            await network.StopProviderAsync();
        }

        if (broker)
        {
            await network.Network.StopBrokerAsync();
        }

        network.RequesterClock.Leap(TenDays);
        network.ProviderClock.Leap(TenDays);
        network.Network.Clock.Ahead = TenDays;
        if (broker)
        {
            await network.Network.StartBrokerAsync();
        }

        if (requester)
        {
            await network.StartRequesterAsync();
        }

        if (provider)
        {
            await network.StartProviderAsync();
        }

        Assert.IsType<FetchedPerson.Answered>((await network.AskAsync(1)).Persons[0]);
        Assert.True(network.Requester.Certificates.State.NotAfter > ended + TimeSpan.FromDays(9));
    }

    [Fact]
    public async Task A_host_that_slept_for_ten_days_without_being_stopped_exchanges_again_at_once()
    {
        await using var network = await AgentNetwork.StartAsync(new() { Witnessed = false });
        await network.LinkAsync(1);
        Assert.IsType<FetchedPerson.Answered>((await network.AskAsync(1)).Persons[0]);
        var first = network.Requester.Certificates.Current;
        await AgentNetwork.UntilAsync(network.Provider.Log.Store, V1.AccessEvent.Settled); // Nothing runs beside the leap.
        network.RequesterClock.Leap(TenDays);
        network.ProviderClock.Leap(TenDays);
        network.Network.Clock.Ahead = TenDays;
        Assert.IsType<FetchedPerson.Answered>((await network.AskAsync(1)).Persons[0]);
        Assert.NotSame(first, network.Requester.Certificates.Current);
    }

    [Fact]
    public async Task Agents_that_were_away_while_the_broker_changed_its_identity_key_hear_the_authority_and_then_the_broker()
    {
        await using var network = await AgentNetwork.StartAsync(new() { Witnessed = false });
        await network.LinkAsync(1);
        var before = network.Network.Broker.Trust.Held!.Members!.Value.Broker.IdentityKey;
        await network.StopRequesterAsync();
        await network.Network.StopBrokerAsync();
        using (var next = IdentityKey.Create(SpiffeName.ForBroker(NetworkFolder.Platform)))
        {
            var file = network.Folder.Path("broker", "keys", "identity.pem");
            File.Delete(file);
            KeyFile.WriteNew(file, next.RevealPem());
            await File.WriteAllTextAsync(
                network.Folder.MembersPath,
                (await File.ReadAllTextAsync(network.Folder.MembersPath)).Replace(before.ToString(), next.PublicKey.ToString(), StringComparison.Ordinal));
        }

        // Published while the requester is off: its folder stays as it was. The provider runs, and holds what it held.
        var trust = network.Folder.AgencyPath(NetworkFolder.Requester, "trust");
        Directory.Move(trust, trust + ".kept");
        network.Folder.Publish();
        Directory.Delete(trust, recursive: true);
        Directory.Move(trust + ".kept", trust);
        await network.Network.StartBrokerAsync();
        await network.StartRequesterAsync();
        await Until.TrueAsync(() => network.Requester.Trust.Members.Version == 2 && network.Provider.Trust.Members.Version == 2);
        await Until.TrueAsync(() => network.Requester.Trust.WhyNotFresh() is null);
        Assert.IsType<FetchedPerson.Answered>((await network.AskAsync(1)).Persons[0]);
    }
}
