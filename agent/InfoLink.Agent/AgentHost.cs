using InfoLink.Agent.Ledger;
using InfoLink.Agent.Sources;
using InfoLink.Agent.Trust;
using InfoLink.Agent.Watching;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Hosting;
using InfoLink.Hosting.Trust;
using InfoLink.Transparency.Witnessing;
using Microsoft.AspNetCore.Builder;

namespace InfoLink.Agent;

/// <summary>A running agent: both sides of it. The whole composition is <see cref="ComposeAsync"/>, on one screen.</summary>
public sealed partial class AgentHost : IAsyncDisposable
{
    /// <summary>Largest request: a token, a receipt and 1,000 sealed identity checks.</summary>
    private const int MaxRequest = 512 * 1024;

    private readonly WebApplication _server;
    private readonly IEnumerable<object> _owned;

    private AgentHost(
        WebApplication server, InfoLinkAgent agent, OwnWill will, Transparency.AccessLog log, Cosigning cosigning, TrustBase trust, OwnIdentity identity, LeafCertificates certificates, Channels channels, AgentTelemetry telemetry, IEnumerable<object> owned)
    {
        _server = server;
        _owned = owned;
        Agent = agent;
        Will = will;
        Log = log;
        Cosigning = cosigning;
        Trust = trust;
        Identity = identity;
        Certificates = certificates;
        Channels = channels;
        Telemetry = telemetry;
    }

    /// <summary>Where other agents reach this one.</summary>
    public Uri Endpoint => new(_server.Urls.Single());

    /// <summary>For asking.</summary>
    public InfoLinkAgent Agent { get; }

    /// <summary>What this agency cuts off by itself.</summary>
    public OwnWill Will { get; }

    /// <summary>Whether it can take part in exchanges now.</summary>
    public AgentReadiness Readiness { get; private init; } = null!;

    /// <summary>The agency's own access log, for those who check it.</summary>
    public Transparency.AccessLog Log { get; }

    /// <summary>How the broker comes to cosign it.</summary>
    public Cosigning Cosigning { get; }

    internal TrustBase Trust { get; }

    internal OwnIdentity Identity { get; }

    internal LeafCertificates Certificates { get; }

    internal Channels Channels { get; }

    internal AgentTelemetry Telemetry { get; }

    /// <summary>
    /// Makes what an agency begins with: its keys and, with them, a ledger that no token can predate (in a file; in PostgreSQL the first
    /// start refuses tokens for the clocks' skew). Nothing is ever overwritten.
    /// </summary>
    /// <returns>The public halves, for the member list.</returns>
    /// <exception cref="IOException">A key or a ledger is there already.</exception>
    public static AgencyKeys Create(AgentOptions options, string platform, TimeProvider time)
    {
        KeyFile.CreateFolder(options.Full(options.Data));
        using var identity = OwnIdentity.Create(SpiffeName.ForAgency(platform, AgencyId.Parse(options.Agency)), options.Folder, options.IdentityKey);
        KeyFile.WriteNewKey(options.Full(options.LogKey));
        KeyFile.WriteNewKey(options.Full(options.WitnessKey));
        KeyFile.WriteNewKey(options.Full(options.ContentKey));
        KeyFile.WriteNewKey(options.Full(options.ReplicaKey));
        if (options.Postgres.Length == 0)
        {
            SqliteSpentStore.CreateWithIdentity(options.DataFile("ledger.db"), time);
        }

        using var own = OwnKeys.Read(options, platform);
        return new AgencyKeys(identity.PublicKey, own.Log.Key, own.Witness.Key);
    }

    /// <exception cref="InvalidOperationException">Configuration, catalog, member list or key are not in order: all errors at once.</exception>
    public static async Task<AgentHost> StartAsync(
        AgentOptions options, IReadOnlyDictionary<KindId, IInformationSource> sources, TimeProvider time, ILoggerFactory loggers, IPersonSource? persons = null)
    {
        var owned = new Stack<object>();
        try
        {
            return await ComposeAsync(options, sources, persons, time, loggers, owned);
        }
        catch
        {
            await Ending.DisposeAllAsync(owned); // A start that fails half way holds nothing: neither the ledger nor a key.
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DrainAsync();
        await Ending.DisposeAllAsync(_owned);
    }

    private static partial class Fit
    {
        [LoggerMessage(1, LogLevel.Critical, "ALARM: this agent does not fit its network any more. {Error}")]
        public static partial void NoLonger(ILogger logger, string error);

        [LoggerMessage(3, LogLevel.Critical, "ALARM: this agent will not fit a catalog that is to come. {Error}")]
        public static partial void NotYet(ILogger logger, string error);

        [LoggerMessage(2, LogLevel.Warning, "The directory that was kept is not used, and the broker's newest is waited for: {Why}")]
        public static partial void DirectoryNotUsed(ILogger logger, string why);

        [LoggerMessage(4, LogLevel.Critical, "ALARM: a backup was put back, and this agent answers nobody until its marks were looked through: infolink-agent marks-reviewed")]
        public static partial void MarksUnreviewed(ILogger logger);
    }
}
