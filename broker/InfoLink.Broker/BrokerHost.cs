using System.Net;
using InfoLink.Authoring;
using InfoLink.Broker.AccessLog;
using InfoLink.Broker.Catalog;
using InfoLink.Broker.Codes;
using InfoLink.Broker.Exchange;
using InfoLink.Broker.Keys;
using InfoLink.Broker.Membership;
using InfoLink.Broker.Tokens;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Records;
using InfoLink.Hosting;
using InfoLink.Transparency;
using InfoLink.Transparency.Postgres;
using InfoLink.Transparency.Sqlite;

namespace InfoLink.Broker;

/// <summary>A running broker. The whole composition is <see cref="ComposeAsync"/>, on one screen.</summary>
public sealed class BrokerHost : IAsyncDisposable
{
    /// <summary>Largest message received: 1,000 subjects with their codes or outcomes stay far below it.</summary>
    private const int MaxMessage = 512 * 1024;

    private const int MaxConnections = 10_000;
    private readonly WebApplication _server;
    private readonly Housekeeping _housekeeping;
    private readonly IReadOnlyList<object> _owned;

    private BrokerHost(WebApplication server, Housekeeping housekeeping, Members members, CatalogInForce catalog, Transparency.AccessLog log, IReadOnlyList<object> owned)
    {
        _server = server;
        _housekeeping = housekeeping;
        _owned = owned;
        Members = members;
        Catalog = catalog;
        Log = log;
    }

    /// <summary>Where the broker serves.</summary>
    public Uri Endpoint => new(_server.Urls.Single());

    /// <summary>The broker's access log, for those who check it.</summary>
    public Transparency.AccessLog Log { get; }

    internal Members Members { get; }

    internal CatalogInForce Catalog { get; }

    /// <exception cref="InvalidOperationException">The configuration, catalog, member list or keys are not in order: all errors at once.</exception>
    public static Task<BrokerHost> StartAsync(BrokerOptions options, TimeProvider time, ILoggerFactory loggers) =>
        ComposeAsync(options, time, loggers, store => store, store => store);

    /// <summary>The same, with something put around the stores: tests make them fail.</summary>
    internal static async Task<BrokerHost> ComposeAsync(
        BrokerOptions options,
        TimeProvider time,
        ILoggerFactory loggers,
        Func<IEntryStore, IEntryStore> aroundLog,
        Func<ITokenStore, ITokenStore> aroundTokens)
    {
        StartErrors.Refuse("The broker's configuration has errors", options.Errors());
        var catalog = StartErrors.Whole("The statute catalog has errors", CatalogFile.Read(options.Full(options.Catalog)));
        var memberList = StartErrors.Whole("The member list has errors", MembersFile.Read(options.Full(options.Members)));
        var keys = BrokerKeys.Load(options.Full(options.Keys), memberList.Platform);
        StartErrors.Refuse("The broker's keys do not fit the member list", KeyErrors(keys, memberList, options.LogOrigin));
        KeyFile.CreateFolder(options.Full(options.Data));

        // Stores.
        IEntryStore entries = options.Postgres.Length == 0
            ? SqliteEntryStore.Open(Path.Combine(options.Full(options.Data), "access-log.db"), options.LogOrigin)
            : await PostgresEntryStore.OpenAsync(options.Postgres, options.LogOrigin, CancellationToken.None);
        var logKey = Ed25519PrivateKey.FromSeed(keys.Log);
        var log = await Transparency.AccessLog.OpenAsync(
            aroundLog(entries),
            new NoteSigner(options.LogOrigin, NoteKeyKind.Log, logKey),
            time,
            loggers.CreateLogger<Transparency.AccessLog>(),
            ExchangeRecords.Correction);
        var store = aroundTokens(options.Redis.Length == 0 ? new MemoryTokenStore(time) : await RedisTokenStore.ConnectAsync(options.Redis, time));

        // Stages.
        var masters = new CodeMasters();
        foreach (var (epoch, master) in keys.Masters)
        {
            masters.Add(epoch, master);
        }

        var cipher = new LinkCodeCipher(masters);
        var registerKey = new RegisterKey(keys.Register);
        var tags = new IndexTags(keys.Index);
        var members = new Members(memberList);
        var inForce = new CatalogInForce(catalog);
        var signer = new TokenSigner(keys.Token, keys.TokenKeyId);
        var seal = new GrantSeal(keys.Grant);
        var refusals = new RefusalRecords(log, ApprovedRecord.BrokerCustodian, time);
        var records = new ExchangeRecords(log, time);
        var gates = new ExchangeGates();

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
            gates,
            time,
            loggers.CreateLogger<ExchangeProtocol>());
        var peers = new PeerCertificates(time);
        var edge = new ExchangeEdge(protocol, members, peers);
        var housekeeping = new Housekeeping(
            records, refusals, gates, TimeSpan.FromSeconds(options.SettleWithinSeconds), time, loggers.CreateLogger<Housekeeping>());

        // The wire.
        var certificates = new LeafCertificates(keys.Identity, time);
        var server = MutualPort.Build(
            edge,
            IPEndPoint.Parse(options.Listen),
            port => port.UseMutualTls(certificates, leaf => peers.Decide(members.Current, leaf) is PeerDecision.Known, time),
            MaxMessage,
            MaxConnections,
            loggers);
        server.TellHealthOf(log);
        await server.StartAsync();
        housekeeping.Start();
        return new BrokerHost(
            server, housekeeping, members, inForce, log, [certificates, log, logKey, store, gates, signer, seal, tags, registerKey, masters, keys]);
    }

    /// <summary>Runs until the process is asked to stop.</summary>
    public Task WaitForShutdownAsync(CancellationToken cancellation) => _server.WaitForShutdownAsync(cancellation);

    public async ValueTask DisposeAsync()
    {
        await _server.DrainAsync();
        await Ending.DisposeAllAsync([_housekeeping, .. _owned]);
    }

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
