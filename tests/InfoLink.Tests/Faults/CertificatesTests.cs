using System.Security.Cryptography.X509Certificates;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.Tests.Tools;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Faults;

/// <summary>Certificates that are over, of nobody's, or of a member that is suspended, at both ports, while others go on.</summary>
[Collection(RealProcesses.SecondRow)]
public sealed class CertificatesTests
{
    [Fact]
    public async Task An_expired_a_foreign_and_a_suspended_certificate_get_nothing()
    {
        await using var world = await FaultWorld.StartAsync();
        using var identity = world.Folder.IdentityOf(NetworkFolder.Requester);
        using var stranger = IdentityKey.Create(SpiffeName.ForAgency(NetworkFolder.Platform, AgencyId.Parse(NetworkFolder.Requester)));
        var now = TimeProvider.System.GetUtcNow();
        using var expired = identity.IssueLeaf(LeafPurpose.Tls, now - LeafLife - TimeSpan.FromHours(1));
        using var notYet = identity.IssueLeaf(LeafPurpose.Tls, now + TimeSpan.FromHours(1));
        using var signing = identity.IssueLeaf(LeafPurpose.Signing, now);
        using var foreign = stranger.IssueLeaf(LeafPurpose.Tls, now);
        world.Clerks.Begin(2);
        foreach (var leaf in (X509Certificate2[])[expired, notYet, signing, foreign])
        {
            await RefusedAsync(world, leaf, RefusalName.CertificateUntrusted);
        }

        await RefusedAsync(world, null, RefusalName.CertificateRequired);
        await world.Clerks.StopAsync();
        Assert.All(world.Asked, question => Assert.IsType<Ending.Answered>(question.Ending));

        // Suspended: by the operator, at once, also on connections that are open.
        await OperateAsync("suspend");
        await Eventually.HoldsAsync(() => world.Clerks.AskAsync(1).GetAwaiter().GetResult() is Ending.Refused { Name: "MEMBER-SUSPENDED" }, "the suspension");
        using var good = identity.IssueLeaf(LeafPurpose.Tls, now);
        await RefusedAsync(world, good, RefusalName.MemberSuspended);
        await OperateAsync("resume");
        await world.Clerks.AnsweredAsync();
        await world.CheckAsync();

        async Task OperateAsync(string what)
        {
            var (code, _, error) = await Infolink.RunAsync("member", what, NetworkFolder.Requester, "--reason", "a drill", "--broker", world.Folder.Path("broker"));
            Assert.True(code == 0, error);
        }
    }

    private static TimeSpan LeafLife => TimeSpan.FromHours(72);

    /// <summary>At the broker's and at the provider's port alike.</summary>
    private static async Task RefusedAsync(FaultWorld world, X509Certificate2? leaf, RefusalName name)
    {
        using var atBroker = new BareClient(new Uri($"https://{world.Folder.BrokerOptions().Listen}"), leaf);
        await Refused.ByAsync(name, async () => await atBroker.Broker.AuthorizeAsync(world.Network.Requester.Ask(world.Network.CodeOf(1))));
        using var atProvider = new BareClient(new Uri($"https://{world.Folder.AgentOptions(NetworkFolder.Provider).Listen}"), leaf);
        await Refused.ByAsync(name, async () => await atProvider.Peer.Fetch(new FetchRequest()).ResponseStream.MoveNext(CancellationToken.None));
    }
}
