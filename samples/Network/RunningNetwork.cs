using System.Collections.Frozen;
using InfoLink.Agent;
using InfoLink.Agent.Sources;
using InfoLink.Broker;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Samples.Network;

/// <summary>
/// The broker and the three cities of a folder, in this process, on real sockets: two that exchange, and all of them witnesses of the broker's log.
/// </summary>
public sealed class RunningNetwork : IAsyncDisposable
{
    /// <summary>How long the first quorum may take.</summary>
    private static readonly TimeSpan CosignedWithin = TimeSpan.FromSeconds(30);

    private RunningNetwork(NetworkFolder folder, BrokerHost broker, AgentHost requester, AgentHost provider, AgentHost bystander, MovableClock providerClock)
    {
        Folder = folder;
        Broker = broker;
        Requester = requester;
        Provider = provider;
        Bystander = bystander;
        ProviderClock = providerClock;
    }

    public NetworkFolder Folder { get; }

    public BrokerHost Broker { get; }

    /// <summary>Yokohama.</summary>
    public AgentHost Requester { get; }

    /// <summary>Setagaya.</summary>
    public AgentHost Provider { get; }

    /// <summary>Kawasaki, which only cosigns.</summary>
    public AgentHost Bystander { get; }

    /// <summary>Setagaya's clock, which can be set wrong.</summary>
    public MovableClock ProviderClock { get; }

    public static async Task<RunningNetwork> StartAsync(NetworkFolder folder, TimeProvider time, ILoggerFactory loggers)
    {
        folder.Publish();
        var clock = new MovableClock(time);
        var broker = await BrokerHost.StartAsync(folder.BrokerOptions(), time, loggers);
        var requester = await StartAgentAsync(folder, NetworkFolder.Requester, time, loggers);
        var provider = await StartAgentAsync(folder, NetworkFolder.Provider, clock, loggers);
        var bystander = await StartAgentAsync(folder, NetworkFolder.Bystander, time, loggers);

        // A provider answers nothing before the witnesses have cosigned the broker's log.
        await CosignedAsync(broker, time);
        return new RunningNetwork(folder, broker, requester, provider, bystander, clock);
    }

    public async ValueTask DisposeAsync()
    {
        await Requester.DisposeAsync();
        await Provider.DisposeAsync();
        await Bystander.DisposeAsync();
        await Broker.DisposeAsync();
    }

    private static async Task CosignedAsync(BrokerHost broker, TimeProvider time)
    {
        using var limit = new CancellationTokenSource(CosignedWithin, time);
        try
        {
            await broker.Cosigning.UntilPublishedAsync(limit.Token);
        }
        catch (OperationCanceledException end) when (limit.IsCancellationRequested)
        {
            throw new InvalidOperationException($"Not enough witnesses cosigned the broker's log within {CosignedWithin.TotalSeconds} s; the log says which are missing.", end);
        }
    }

    private static Task<AgentHost> StartAgentAsync(NetworkFolder folder, string agency, TimeProvider time, ILoggerFactory loggers) =>
        AgentHost.StartAsync(folder.AgentOptions(agency), FrozenDictionary<KindId, IInformationSource>.Empty, time, loggers);
}

/// <summary>A clock that shows another time than it is.</summary>
public sealed class MovableClock(TimeProvider real) : TimeProvider
{
    /// <summary>How far it is ahead.</summary>
    public TimeSpan Ahead { get; set; }

    public override DateTimeOffset GetUtcNow() => real.GetUtcNow() + Ahead;

    public override long GetTimestamp() => real.GetTimestamp();

    public override long TimestampFrequency => real.TimestampFrequency;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        real.CreateTimer(callback, state, dueTime, period);
}
