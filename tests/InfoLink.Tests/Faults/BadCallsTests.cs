using System.Net.Sockets;
using System.Security.Cryptography;
using InfoLink.Contracts.Identity;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.Tests.Limits;
using Xunit;

namespace InfoLink.Tests.Faults;

/// <summary>Malformed, oversized, slow and half-closed calls at both ports, from strangers and from a member, beside a steady load that nobody disturbs.</summary>
[Collection(RealProcesses.SecondRow)]
public sealed class BadCallsTests
{
    private const int MaxMessage = 4 * 1024 * 1024;

    [Fact]
    public async Task Bad_calls_are_refused_and_disturb_nobody()
    {
        await using var world = await FaultWorld.StartAsync();
        using var identity = world.Folder.IdentityOf(NetworkFolder.Bystander);
        using var member = identity.IssueLeaf(LeafPurpose.Tls, TimeProvider.System.GetUtcNow());
        world.Clerks.Begin(2);
        foreach (var listen in (string[])[world.Folder.BrokerOptions().Listen, world.Folder.AgentOptions(NetworkFolder.Provider).Listen])
        {
            var port = new Uri($"https://{listen}");
            var held = new List<IAsyncDisposable>();

            // Not TLS at all; connected and silent; half-closed at once.
            for (var i = 0; i < 10; i++)
            {
                await NoiseAsync(port, RandomNumberGenerator.GetBytes(300));
                await NoiseAsync(port, []);
            }

            // Through TLS, and then nothing, half a preface's worth of noise, headers without a message, a message that is said and does not come.
            foreach (var certificate in (System.Security.Cryptography.X509Certificates.X509Certificate2?[])[null, member])
            {
                for (var i = 0; i < 3; i++)
                {
                    held.Add(await BareHttp2Client.ConnectAsync(port, certificate));
                    var begun = await (await BareHttp2Client.ConnectAsync(port, certificate)).SettleAsync();
                    await begun.BeginCallAsync(1);
                    held.Add(begun);
                    var half = await (await BareHttp2Client.ConnectAsync(port, certificate)).SettleAsync();
                    await half.BeginCallAsync(1);
                    await half.SendAsync(BareHttp2Client.Data, flags: 0, stream: 1, [0, 0, 0, 1, 0, 7]);
                    await half.DisposeAsync();
                }
            }

            // Calls that end with a status: no message, one that does not read, one longer than it says, one that is too large.
            using var client = new BareClient(port, member);
            foreach (var method in (string[])["Authorize", "Redeem", "Settle"])
            {
                Assert.False((await client.PostAsync(method, [])).Status is "0");
                Assert.False((await client.PostMessageAsync(method, RandomNumberGenerator.GetBytes(200))).Status is "0");
                Assert.False((await client.PostMessageAsync(method, new byte[20], claimedLength: 2000)).Status is "0");
            }

            await TooLargeAsync(client);
            foreach (var one in held)
            {
                await one.DisposeAsync();
            }
        }

        await world.Clerks.StopAsync();
        Assert.All(world.Asked, question => Assert.IsType<Ending.Answered>(question.Ending));
        await world.CheckAsync();
    }

    /// <summary>A server may end the stream before it has read what it will not read.</summary>
    private static async Task TooLargeAsync(BareClient client)
    {
        try
        {
            Assert.False((await client.PostMessageAsync("Authorize", new byte[MaxMessage + 1])).Status is "0");
        }
        catch (HttpRequestException)
        {
            // Reset: nothing was read.
        }
    }

    private static async Task NoiseAsync(Uri port, byte[] noise)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(port.Host, port.Port);
        await tcp.GetStream().WriteAsync(noise);
        tcp.Client.Shutdown(SocketShutdown.Send);
    }
}
