using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using Xunit;

namespace InfoLink.Tests.Running;

/// <summary>A broker, and requester and provider as their operators run them, each a process of its own.</summary>
internal sealed class TwoAgents : IAsyncDisposable
{
    private TwoAgents(TestNetwork network) => Network = network;

    public TestNetwork Network { get; }

    public Dictionary<string, PartyProcess> Agents { get; } = new(StringComparer.Ordinal);

    /// <param name="prepare">Changes files before anything starts.</param>
    public static async Task<TwoAgents> StartAsync(Action<NetworkFolder> prepare)
    {
        var world = new TwoAgents(await TestNetwork.StartAsync(new()
        {
            Prepare = folder =>
            {
                AgentNetwork.WithoutWitnesses(folder);
                prepare(folder);
            },
        }));
        try
        {
            foreach (var agency in (string[])[NetworkFolder.Provider, NetworkFolder.Requester])
            {
                world.Agents[agency] = await PartyProcess.StartAgentAsync(world.Network.Folder, agency);
            }

            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    /// <summary>SIGTERM to both.</summary>
    public async Task StopAsync()
    {
        foreach (var agent in Agents.Values)
        {
            Assert.Equal(0, await agent.StopAsync());
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var agent in Agents.Values)
        {
            await agent.DisposeAsync();
        }

        await Network.DisposeAsync();
    }
}
