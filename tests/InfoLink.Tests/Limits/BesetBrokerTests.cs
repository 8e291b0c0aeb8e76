using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Net;
using System.Net.Sockets;
using InfoLink.Agent;
using InfoLink.Agent.Requesting;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Samples.Network;
using InfoLink.Tests.Canary;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using Xunit;

namespace InfoLink.Tests.Limits;

/// <summary>
/// A broker in a process of its own, beset by ten thousand idle connections, by clients that send a byte at a time, and by one member that asks without pause:
/// what the others ask is answered, all of it, and the broker stays as large as it was. How much longer they wait is measured elsewhere (tools/bench, beset).
/// </summary>
public sealed class BesetBrokerTests
{
    private const int Idle = 10_000;
    private const int Slow = 100;
    private const int Flooding = 32;
    private const int Questions = 60;

    [Fact]
    public async Task Idle_slow_and_flooding_peers_keep_nobody_elses_questions_from_their_answers()
    {
        await using var network = TestNetwork.PrepareOnly();
        await using var broker = await Party.StartAsync("broker", Party.Built("broker/InfoLink.Broker", "infolink-broker"), null, "--config", network.Folder.BrokerPath);
        await using var requester = await AgentAsync(network, NetworkFolder.Requester);
        await using var provider = await AgentAsync(network, NetworkFolder.Provider);
        await using var witness = await AgentAsync(network, NetworkFolder.Bystander);
        await AskAsync(requester, retrying: true);
        var before = Handles(broker);

        // Nobody's connections: the broker lets in so many that are nobody's yet, and the oldest of them go first.
        var address = new Uri($"https://{network.Folder.BrokerOptions().Listen}");
        var idle = new ConcurrentBag<Socket>();
        await Parallel.ForEachAsync(Enumerable.Range(0, Idle), async (_, cancellation) =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            idle.Add(socket);
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, address.Port), cancellation);
        });
        using var stop = new CancellationTokenSource();
        using var identity = network.Folder.IdentityOf(NetworkFolder.Bystander);
        using var leaf = identity.IssueLeaf(LeafPurpose.Tls, TimeProvider.System.GetUtcNow());
        var slow = Task.WhenAll(Enumerable.Range(0, Slow).Select(number => Task.Run(() => TrickleAsync(address, number % 2 == 0 ? leaf : null, stop.Token))));
        var flood = Task.WhenAll(Enumerable.Range(0, Flooding).Select(_ => Task.Run(() => FloodAsync(network, stop.Token))));

        var outcomes = new ConcurrentBag<string>();
        for (var i = 0; i < Questions; i++)
        {
            outcomes.Add(await AskAsync(requester, retrying: false));
        }

        var during = Handles(broker);
        await stop.CancelAsync();
        await slow;
        var told = (await flood).Sum();

        Assert.All(outcomes, outcome => Assert.Equal("answered", outcome));
        Assert.True(told > Questions, $"The flood was no flood: {told} calls.");
        Assert.InRange(during - before, 1, 2_000); // Far fewer than came.
        foreach (var socket in idle)
        {
            socket.Dispose();
        }

        // And everything of it goes.
        await Eventually.HoldsAsync(() => Handles(broker) < before + 50, "the broker lets go of what is over", 2 * TestNetwork.Patience);
        Assert.Equal("answered", await AskAsync(requester, retrying: false));
    }

    /// <returns>How many calls one flooder made.</returns>
    private static async Task<int> FloodAsync(TestNetwork network, CancellationToken stop)
    {
        using var member = new HandMadeClient(network.Folder, NetworkFolder.Bystander, TimeProvider.System);
        var calls = 0;
        while (!stop.IsCancellationRequested)
        {
            await HandMadeClient.RefusalOfAsync(() => member.AuthorizeAsync(member.Ask(network.CodeOf(calls % 1_000, NetworkFolder.Bystander))));
            calls++;
        }

        return calls;
    }

    /// <summary>A client that never finishes its headers; when its connection ends it begins another.</summary>
    private static async Task TrickleAsync(Uri address, System.Security.Cryptography.X509Certificates.X509Certificate2? certificate, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await using var slow = await (await BareHttp2Client.ConnectAsync(address, certificate)).SettleAsync();
                await slow.SendAsync(BareHttp2Client.Headers, flags: 0, stream: 1, BareHttp2Client.CallHeaders[..20]);
                for (var at = 20; at < BareHttp2Client.CallHeaders.Length; at++)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, stop);
                    await slow.SendAsync(BareHttp2Client.Continuation, flags: 0, stream: 1, BareHttp2Client.CallHeaders[at..(at + 1)]);
                }
            }
            catch (Exception end) when (end is IOException or SocketException or TimeoutException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
            {
                // Closed, as it must be, or the test is over.
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            }
        }
    }

    private static int Handles(Party party) => Directory.GetFileSystemEntries($"/proc/{party.ProcessId}/fd").Length;

    private static Task<AgentHost> AgentAsync(TestNetwork network, string agency) => AgentHost.StartAsync(
        network.Folder.AgentOptions(agency), FrozenDictionary<KindId, IInformationSource>.Empty, TimeProvider.System, network.Journal.Loggers);

    private static async Task<string> AskAsync(AgentHost requester, bool retrying)
    {
        var inquiry = new Inquiry
        {
            Entry = EntryId.Parse(Walk.Entry),
            Provider = AgencyId.Parse(NetworkFolder.Provider),
            Role = SubjectRole.Parse(Walk.Role),
            Conditions = new InquiryConditions { TaxYear = Walk.TaxYear },
        };
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            string outcome;
            try
            {
                var fetched = await requester.Agent.FetchAsync([ExistingSystems.ClaimantAtYokohama], inquiry, AgentNetwork.Clerk);
                outcome = fetched.Persons[0] is FetchedPerson.Answered ? "answered" : $"{fetched.Persons[0]}";
            }
            catch (Contracts.Refusals.RefusedException refused)
            {
                outcome = refused.Refusal.Text;
            }

            if (!retrying || outcome is "answered" || TimeProvider.System.GetElapsedTime(began) > TestNetwork.Patience)
            {
                return outcome;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
        }
    }
}
