using System.Collections.Frozen;
using InfoLink.Agent;
using InfoLink.Agent.Sources;
using InfoLink.Broker;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Samples.Network;

/// <summary>
/// Everything of a folder's network but the two cities: the broker, the institutions, and Kawasaki, which cosigns. The cities' agents, with their keys
/// made and their names on the member list, are left to whoever tries to connect them.
/// </summary>
public sealed class RunningPlatform : IAsyncDisposable
{
    private readonly BrokerHost _broker;
    private readonly RunningInstitutions _institutions;
    private readonly AgentHost _witness;

    private RunningPlatform(BrokerHost broker, RunningInstitutions institutions, AgentHost witness) => (_broker, _institutions, _witness) = (broker, institutions, witness);

    /// <summary>Starts them, and writes what the cities' existing systems hold into the folder's <c>existing</c>.</summary>
    public static async Task<RunningPlatform> StartAsync(NetworkFolder folder, TimeProvider time, ILoggerFactory loggers)
    {
        folder.Publish();
        var broker = await BrokerHost.StartAsync(folder.BrokerOptions(), time, loggers);
        var institutions = await RunningInstitutions.StartAsync(folder, time, loggers);
        Exports.Write(folder.Path("existing"), institutions.PlainResidents);
        var witness = await AgentHost.StartAsync(folder.AgentOptions(NetworkFolder.Bystander), FrozenDictionary<KindId, IInformationSource>.Empty, time, loggers);
        return new RunningPlatform(broker, institutions, witness);
    }

    public async ValueTask DisposeAsync()
    {
        await _witness.DisposeAsync();
        await _institutions.DisposeAsync();
        await _broker.DisposeAsync();
    }
}
