using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Identity;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using Xunit;

namespace InfoLink.Tests.EndToEnd;

/// <summary>Hosts whose identity key is in a PKCS#11 token, and in no file.</summary>
public sealed class TokenHeldIdentityTests
{
    [Theory]
    [InlineData(NetworkFolder.Requester)]
    [InlineData(NetworkFolder.Provider)]
    [InlineData("broker")]
    public async Task A_host_with_its_identity_key_in_a_token_exchanges_as_any_other(string party)
    {
        var token = SoftHsm.OrSkip();
        await using var network = await AgentNetwork.StartAsync(new()
        {
            Prepare = folder => MoveIntoToken(folder, party, token),
            Requester = options => options.IdentityKey = party is NetworkFolder.Requester ? token.Uri() : options.IdentityKey,
            Provider = options => options.IdentityKey = party is NetworkFolder.Provider ? token.Uri() : options.IdentityKey,
        });
        await network.LinkAsync(1);
        Assert.IsType<FetchedPerson.Answered>((await network.AskAsync(1)).Persons[0]);
        var certificates = party switch
        {
            NetworkFolder.Requester => network.Requester.Certificates,
            NetworkFolder.Provider => network.Provider.Certificates,
            _ => network.Network.Broker.Certificates,
        };
        Assert.Equal(token.PublicKey, certificates.State.IdentityKey);
        Assert.DoesNotContain(network.Network.Journal.Lines, line => line.Text.Contains(SoftHsm.Pin, StringComparison.Ordinal));
    }

    /// <summary>The member list names the token's key, and the key file is gone.</summary>
    private static void MoveIntoToken(NetworkFolder folder, string party, SoftHsm token)
    {
        var file = party is "broker" ? folder.Path("broker", "keys", "identity.pem") : folder.AgencyPath(party, "identity.pem");
        using (var identity = IdentityKey.FromPem(Contracts.Membership.SpiffeName.ForBroker(NetworkFolder.Platform), KeyFile.Read(file)))
        {
            File.WriteAllText(folder.MembersPath, File.ReadAllText(folder.MembersPath).Replace(
                $"identityKey: {identity.PublicKey}\n", $"identityKey: {token.PublicKey}\n", StringComparison.Ordinal));
        }

        File.Delete(file);
        if (party is "broker")
        {
            var broker = folder.BrokerOptions();
            broker.IdentityKey = token.Uri();
            broker.Write(folder.BrokerPath);
        }
    }
}
