using System.Net;
using InfoLink.Broker.AccessLog;
using InfoLink.Broker.Catalog;
using InfoLink.Broker.Codes;
using InfoLink.Broker.Exchange;
using InfoLink.Broker.Joining;
using InfoLink.Broker.Keys;
using InfoLink.Broker.Limits;
using InfoLink.Broker.Linking;
using InfoLink.Broker.Membership;
using InfoLink.Broker.Operating;
using InfoLink.Broker.Tokens;
using InfoLink.Broker.Viewing;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Records;
using InfoLink.Hosting;
using InfoLink.Hosting.Limits;
using InfoLink.Hosting.Trust;
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

    private BrokerHost(WebApplication server, IEnumerable<object> owned) => (_server, _owned) = (server, owned);

    /// <summary>Where the broker serves.</summary>
    public Uri Endpoint => new(_server.Urls.Single());

    /// <summary>The broker's access log, for those who check it.</summary>
    public Transparency.AccessLog Log { get; private init; } = null!;

    /// <summary>How witnesses come to cosign it.</summary>
    public Cosigning Cosigning { get; private init; } = null!;

    /// <summary>The authority's documents, as this broker holds them.</summary>
    public TrustFolder Trust { get; private init; } = null!;

    internal OperatorActs Acts { get; private init; } = null!;

    internal Members Members { get; private init; } = null!;

    internal CatalogInForce Catalog { get; private init; } = null!;

    internal OwnIdentity Identity { get; private init; } = null!;

    internal LeafCertificates Certificates { get; private init; } = null!;

    internal ExchangeLimits Limits { get; private init; } = null!;

    /// <summary>What this broker's log has of a person.</summary>
    internal PersonHistory Persons { get; private init; } = null!;

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
        var trust = TrustFolder.Open(options.Full(options.Trust), time);
        var shared = options.Postgres.Length == 0 || trust.Held is null
            ? null
            : Own(await SharedDocuments.OpenAsync(options.Postgres, trust, time, loggers.CreateLogger<SharedDocuments>()));
        if (trust.Held is not { Members.Value: { } signedList } held || held.Catalogs.Newest is null)
        {
            throw new InvalidOperationException(
                $"'{options.Full(options.Trust)}' does not hold an authority, a member list and a catalog. Publish what the authority has signed: infolink broker publish.");
        }

        var keys = Own(BrokerKeys.Load(options.Full(options.Keys), held.Platform, options.IdentityKey, options.NextIdentityKey, loggers));
        StartErrors.Refuse("The broker's keys do not fit the member list", BrokerFit.Errors(keys, signedList, options.LogOrigin));
        var issuer = keys.OwnIdentity.For(signedList.Broker.IdentityKeys)!;
        KeyFile.CreateFolder(options.Full(options.Data));
        var certificates = Own(new LeafCertificates(issuer, time, TimeSpan.FromSeconds(options.LeafLifetimeSeconds), loggers.CreateLogger<LeafCertificates>()));
        var change = Own(new IdentityChange(keys.OwnIdentity, certificates, time));

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
        var custody = new MasterCustody(keys, masters);
        var cipher = new LinkCodeCipher(masters);
        var registerKey = Own(new RegisterKey(keys.Register));
        var register = Own(await KeptIdCodeRegister.OpenAsync(
            options.Postgres.Length == 0
                ? SqliteRegisterRows.Open(Path.Combine(options.Full(options.Data), "register.db"))
                : await PostgresRegisterRows.OpenAsync(options.Postgres),
            time));
        var conversion = new CodeConversion(cipher, register, registerKey, time);
        var tags = Own(new IndexTags(keys.Index));
        var directory = Own(await DirectoryDesk.OpenAsync(
            options.Postgres.Length == 0
                ? new FileDirectoryStore(Path.Combine(options.Full(options.Data), "directory.json"))
                : await PostgresDirectoryStore.OpenAsync(options.Postgres, CancellationToken.None),
            () => trust.Held!.Members!.Value,
            certificates,
            TimeSpan.FromSeconds(options.LeafLifetimeSeconds),
            time,
            loggers.CreateLogger<DirectoryDesk>()));
        var tokenKeys = Own(new TokenKeys(keys.Tokens, signedList, held.MembersSince, time));
        var inForce = new TrustInForce(trust, directory, tokenKeys, change, options.PublicAddress, time);
        trust.Misfits = next => next.Members is { } list ? custody.Errors(list.Value, options.LogOrigin) : [];
        var seal = Own(new GrantSeal(keys.Grant));
        var refusals = new RefusalRecords(log, ApprovedRecord.BrokerCustodian, time);
        var records = new ExchangeRecords(log, time);
        var gates = Own(new ExchangeGates());
        var limits = Own(new ExchangeLimits(options.Limits, refusals, time, loggers));

        // The story, and what runs beside it.
        var (members, catalog) = (inForce.Members, inForce.Catalog);
        var protocol = new ExchangeProtocol(
            members,
            catalog,
            conversion,
            new GrantedCodes(cipher, tags),
            new TokenDesk(tokenKeys, seal, store, loggers.CreateLogger<TokenDesk>()),
            records,
            new LogHistories(log),
            refusals,
            limits,
            gates,
            time,
            loggers.CreateLogger<ExchangeProtocol>());
        var peers = new PeerCertificates(time);
        var callers = new Callers(members, peers);
        var housekeeping = Own(new Housekeeping(
            records, refusals, gates, TimeSpan.FromSeconds(options.SettleWithinSeconds), time, loggers.CreateLogger<Housekeeping>()));

        // The agencies' logs, which the broker witnesses; and its own, which they witness.
        var evidence = new EvidenceFolder(Path.Combine(options.Full(options.Data), "evidence"), time, loggers.CreateLogger<EvidenceFolder>());
        var acts = new ActRecords(log, ApprovedRecord.BrokerCustodian, time);
        var ticketKey = Own(new TicketKey(keys.Grant));
        var linkRecords = new LinkRecords(log, tags, time);
        var renewing = new LinkRenewing(members, conversion, cipher, linkRecords, refusals, limits);
        var giving = new LinkGiving(
            members,
            conversion,
            cipher,
            ticketKey,
            new SpentTickets(store, emptySince: options.Redis.Length == 0 ? time.GetUtcNow() : DateTimeOffset.MinValue),
            linkRecords,
            refusals,
            gates,
            time);
        var closures = Own(new ClosureDesk(directory, acts, time, loggers.CreateLogger<ClosureDesk>()));
        var codes = new JoinCodes(time);
        var joins = JoinFolder.Of(options);
        List<ServedEdge> edges =
        [
            ServedEdge.Of(new ExchangeEdge(protocol, callers, limits)),
            ServedEdge.Of(new LinkCodeEdge(giving, renewing, callers, limits)),
            ServedEdge.Of(new CodeRegisterEdge(new CodeRegisterDesk(register, registerKey, acts), ticketKey, callers)),
            ServedEdge.Of(new TrustEdge(trust, directory, closures, inForce.Changes, members, peers, callers, limits, time)),
            ServedEdge.Of(new JoinEdge(codes, joins, trust, acts, time)),
        ];
        var witness = new Witness(
            new NoteSigner(BrokerFit.WitnessName(signedList.Platform), NoteKeyKind.Cosigner, Own(Ed25519PrivateKey.FromSeed(keys.Witness))),
            origin => WitnessedLogs.OfAgencies(members.Current, origin),
            Own(Seen(options)),
            fork => evidence.Keep("fork", fork.ToParts()),
            time,
            loggers.CreateLogger<Witness>());
        edges.Add(ServedEdge.Of(new WitnessEdge(witness, () => members.Current, peers))); // Asked only where the list names its key.

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
        var destruction = new MasterDestruction(trust, custody, acts, Path.Combine(options.Full(options.Data), "certificates"), time);
        var operatorActs = new OperatorActs(trust, shared, directory, codes, joins, destruction, options.PublicAddress, acts, time);
        var operating = Own(OperatorPort.Build(operatorActs, options.Full(options.Data), loggers));
        await server.StartAsync();
        await operating.StartAsync();
        housekeeping.Start();
        cosigning.Start();
        directory.Start();
        closures.Start();
        shared?.Start();
        return new BrokerHost(server, owned)
        {
            Log = log,
            Cosigning = cosigning,
            Trust = trust,
            Acts = operatorActs,
            Members = members,
            Catalog = inForce.Catalog,
            Identity = keys.OwnIdentity,
            Certificates = certificates,
            Limits = limits,
            Persons = new PersonHistory(tags, register, registerKey, log.Persons, time),
        };

        T Own<T>(T part)
            where T : notnull
        {
            owned.Push(part);
            return part;
        }
    }

    /// <summary>Brokers side by side cosign with one key, and so share what they have seen; what one of them saw while it was alone goes with it.</summary>
    private static WitnessStore Seen(BrokerOptions options)
    {
        var path = Path.Combine(options.Full(options.Data), "witness.db");
        if (options.Postgres.Length == 0)
        {
            return SqliteWitnessStore.Open(path);
        }

        using var alone = File.Exists(path) ? SqliteWitnessStore.Open(path) : null;
        var shared = PostgresWitnessStore.Open(options.Postgres);
        try
        {
            if (alone is not null)
            {
                shared.TakeOver(alone);
            }

            return shared;
        }
        catch
        {
            shared.Dispose();
            throw;
        }
    }

    /// <summary>Runs until the process is asked to stop.</summary>
    public Task WaitForShutdownAsync(CancellationToken cancellation) => _server.WaitForShutdownAsync(cancellation);

    public async ValueTask DisposeAsync()
    {
        await _server.DrainAsync();
        await Ending.DisposeAllAsync(_owned);
    }
}
