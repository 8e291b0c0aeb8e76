using System.Net;
using InfoLink.Authoring;
using InfoLink.Broker.AccessLog;
using InfoLink.Broker.Catalog;
using InfoLink.Broker.Codes;
using InfoLink.Broker.Exchange;
using InfoLink.Broker.Keys;
using InfoLink.Broker.Limits;
using InfoLink.Broker.Membership;
using InfoLink.Broker.Tokens;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Records;
using InfoLink.Hosting;
using InfoLink.Hosting.Limits;
using InfoLink.Hosting.Witnessing;
using InfoLink.Transparency;
using InfoLink.Transparency.Postgres;
using InfoLink.Transparency.Sqlite;
using InfoLink.Transparency.Witnessing;

namespace InfoLink.Broker;

/// <summary>A running broker. The whole composition is <see cref="ComposeAsync"/>, on one screen.</summary>
public sealed class BrokerHost : IAsyncDisposable
{
    /// <summary>Largest message received: 1,000 subjects with their codes or outcomes stay far below it.</summary>
    private const int MaxMessage = 512 * 1024;

    private readonly WebApplication _server;
    private readonly IEnumerable<object> _owned;

    private BrokerHost(WebApplication server, Members members, CatalogInForce catalog, Transparency.AccessLog log, Cosigning cosigning, ExchangeLimits limits, IEnumerable<object> owned)
    {
        _server = server;
        _owned = owned;
        Members = members;
        Catalog = catalog;
        Log = log;
        Cosigning = cosigning;
        Limits = limits;
    }

    /// <summary>Where the broker serves.</summary>
    public Uri Endpoint => new(_server.Urls.Single());

    /// <summary>The broker's access log, for those who check it.</summary>
    public Transparency.AccessLog Log { get; }

    /// <summary>How witnesses come to cosign it.</summary>
    public Cosigning Cosigning { get; }

    internal Members Members { get; }

    internal CatalogInForce Catalog { get; }

    internal ExchangeLimits Limits { get; }

    /// <exception cref="InvalidOperationException">The configuration, catalog, member list or keys are not in order: all errors at once.</exception>
    public static Task<BrokerHost> StartAsync(BrokerOptions options, TimeProvider time, ILoggerFactory loggers) =>
        StartAsync(options, time, loggers, store => store, store => store);

    /// <summary>The same, with something put around the stores: tests make them fail.</summary>
    internal static async Task<BrokerHost> StartAsync(
        BrokerOptions options,
        TimeProvider time,
        ILoggerFactory loggers,
        Func<IEntryStore, IEntryStore> aroundLog,
        Func<ITokenStore, ITokenStore> aroundTokens)
    {
        var owned = new Stack<object>();
        try
        {
            return await ComposeAsync(options, time, loggers, aroundLog, aroundTokens, owned);
        }
        catch
        {
            await Ending.DisposeAllAsync(owned); // A start that fails half way holds nothing: neither the log nor a key.
            throw;
        }
    }

    /// <summary>The composition; what it puts on the stack ends with the broker, the last made first.</summary>
    private static async Task<BrokerHost> ComposeAsync(
        BrokerOptions options,
        TimeProvider time,
        ILoggerFactory loggers,
        Func<IEntryStore, IEntryStore> aroundLog,
        Func<ITokenStore, ITokenStore> aroundTokens,
        Stack<object> owned)
    {
        StartErrors.Refuse("The broker's configuration has errors", options.Errors());
        var catalog = StartErrors.Whole("The statute catalog has errors", CatalogFile.Read(options.Full(options.Catalog)));
        var memberList = StartErrors.Whole("The member list has errors", MembersFile.Read(options.Full(options.Members)));
        var keys = Own(BrokerKeys.Load(options.Full(options.Keys), memberList.Platform));
        StartErrors.Refuse("The broker's keys do not fit the member list", KeyErrors(keys, memberList, options.LogOrigin));
        KeyFile.CreateFolder(options.Full(options.Data));

        // Stores.
        IEntryStore entries = options.Postgres.Length == 0
            ? SqliteEntryStore.Open(Path.Combine(options.Full(options.Data), "access-log.db"), options.LogOrigin)
            : await PostgresEntryStore.OpenAsync(options.Postgres, options.LogOrigin, CancellationToken.None);
        var logSigner = new NoteSigner(options.LogOrigin, NoteKeyKind.Log, Own(Ed25519PrivateKey.FromSeed(keys.Log)));
        var log = Own(await Transparency.AccessLog.OpenAsync(
            aroundLog(entries),
            logSigner,
            time,
            loggers.CreateLogger<Transparency.AccessLog>(),
            ExchangeRecords.Correction,
            new LogHead(options.Full(options.Data), logSigner.Key)));
        var store = Own(aroundTokens(options.Redis.Length == 0 ? new MemoryTokenStore(time) : await RedisTokenStore.ConnectAsync(options.Redis, time)));

        // Stages.
        var masters = Own(new CodeMasters());
        foreach (var (epoch, master) in keys.Masters)
        {
            masters.Add(epoch, master);
        }

        var cipher = new LinkCodeCipher(masters);
        var registerKey = Own(new RegisterKey(keys.Register));
        var tags = Own(new IndexTags(keys.Index));
        var members = new Members(memberList);
        var inForce = new CatalogInForce(catalog);
        var signer = Own(new TokenSigner(keys.Token, keys.TokenKeyId));
        var seal = Own(new GrantSeal(keys.Grant));
        var refusals = new RefusalRecords(log, ApprovedRecord.BrokerCustodian, time);
        var records = new ExchangeRecords(log, time);
        var gates = Own(new ExchangeGates());
        var limits = Own(new ExchangeLimits(options.Limits, refusals, time, loggers));

        // The story, and what runs beside it.
        var protocol = new ExchangeProtocol(
            members,
            inForce,
            new CodeConversion(cipher, new MemoryIdCodeRegister(), registerKey, time),
            new GrantedCodes(cipher, tags),
            new TokenDesk(signer, seal, store, loggers.CreateLogger<TokenDesk>()),
            records,
            new LogHistories(log),
            refusals,
            limits,
            gates,
            time,
            loggers.CreateLogger<ExchangeProtocol>());
        var peers = new PeerCertificates(time);
        var edge = new ExchangeEdge(protocol, members, peers, limits);
        var housekeeping = Own(new Housekeeping(
            records, refusals, gates, TimeSpan.FromSeconds(options.SettleWithinSeconds), time, loggers.CreateLogger<Housekeeping>()));

        // The agencies' logs, which the broker witnesses; and its own, which they witness.
        var evidence = new EvidenceFolder(Path.Combine(options.Full(options.Data), "evidence"), time, loggers.CreateLogger<EvidenceFolder>());
        List<ServedEdge> edges = [ServedEdge.Of(edge)];
        if (memberList.Broker.WitnessKey is not null)
        {
            var witness = new Witness(
                new NoteSigner(WitnessName(memberList), NoteKeyKind.Cosigner, Own(Ed25519PrivateKey.FromSeed(keys.Witness))),
                origin => WitnessedLogs.OfAgencies(members.Current, origin),
                Own(WitnessStore.Open(Path.Combine(options.Full(options.Data), "witness.db"))),
                fork => evidence.Keep("fork", fork.ToParts()),
                time,
                loggers.CreateLogger<Witness>());
            edges.Add(ServedEdge.Of(new WitnessEdge(witness, () => members.Current, peers)));
        }

        var certificates = Own(new LeafCertificates(keys.Identity, time));
        var calls = new WitnessCalls(Own(new Channels(time)), certificates, time);
        var cosigning = Own(new Cosigning(log, () => calls.OfAgencies(members.Current), evidence, time, loggers.CreateLogger<Cosigning>()));

        // The wire.
        var server = Own(MutualPort.Build(
            edges,
            IPEndPoint.Parse(options.Listen),
            certificates,
            leaf => peers.Decide(members.Current, leaf) is PeerDecision.Known,
            new PortLimits { MaxMessage = MaxMessage, Connections = options.Limits.Connections, ConnectionsOfOneMember = options.Limits.ConnectionsOfOneMember },
            time,
            loggers));
        server.TellHealthOf(log);
        await server.StartAsync();
        housekeeping.Start();
        cosigning.Start();
        return new BrokerHost(server, members, inForce, log, cosigning, limits, owned);

        T Own<T>(T part)
            where T : notnull
        {
            owned.Push(part);
            return part;
        }
    }

    /// <summary>Runs until the process is asked to stop.</summary>
    public Task WaitForShutdownAsync(CancellationToken cancellation) => _server.WaitForShutdownAsync(cancellation);

    public async ValueTask DisposeAsync()
    {
        await _server.DrainAsync();
        await Ending.DisposeAllAsync(_owned);
    }

    /// <summary>Brokers side by side are one witness, with one key.</summary>
    private static string WitnessName(MemberList members) => $"{members.Platform}/broker/witness";

    private static IReadOnlyList<string> KeyErrors(BrokerKeys keys, MemberList members, string logOrigin)
    {
        var errors = new List<string>();
        if (!members.Broker.IdentityKey.Equals(keys.Identity.PublicKey))
        {
            errors.Add("identity.pem is not the broker's identity key of the member list.");
        }

        if (!members.Broker.TokenKeys.TryGetValue(keys.TokenKeyId, out var tokenKey) || !tokenKey.Equals(P256PublicKey.Of(keys.Token)))
        {
            errors.Add($"The token key '{keys.TokenKeyId}' is not in the member list, so no agency would accept its tokens.");
        }

        using (var logKey = Ed25519PrivateKey.FromSeed(keys.Log))
        {
            var own = NoteKey.Of(logOrigin, NoteKeyKind.Log, logKey.PublicKey.Span);
            if (!members.Broker.Logs.Contains(own))
            {
                errors.Add($"The log key '{own}' is not in the member list (broker.logs), so no agency would accept its receipts.");
            }
        }

        using (var witnessKey = Ed25519PrivateKey.FromSeed(keys.Witness))
        {
            var own = NoteKey.Of(WitnessName(members), NoteKeyKind.Cosigner, witnessKey.PublicKey.Span);
            if (members.Broker.WitnessKey is { } named && !named.Equals(own))
            {
                errors.Add($"The witness key of the member list (broker.witnessKey) is not this broker's '{own}', whose cosignatures would not count.");
            }
        }

        foreach (var member in members.Members)
        {
            byte?[] epochs = [member.CodeEpochs.Current, member.CodeEpochs.Previous];
            errors.AddRange(epochs
                .Where(epoch => epoch is { } number && !keys.Masters.ContainsKey(number))
                .Select(epoch => $"Member {member.Id} uses code epoch {epoch}, and there is no masters/{epoch}.key."));
        }

        return errors;
    }
}
