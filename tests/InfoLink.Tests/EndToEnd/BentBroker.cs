using System.Collections.Concurrent;
using System.Net;
using Grpc.Core;
using InfoLink.Broker;
using InfoLink.Broker.AccessLog;
using InfoLink.Broker.Catalog;
using InfoLink.Broker.Codes;
using InfoLink.Broker.Exchange;
using InfoLink.Broker.Keys;
using InfoLink.Broker.Limits;
using InfoLink.Broker.Membership;
using InfoLink.Broker.Tokens;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Notes;
using InfoLink.Hosting;
using InfoLink.Hosting.Trust;
using InfoLink.Hosting.Witnessing;
using InfoLink.Samples.Network;
using InfoLink.Transparency;
using InfoLink.Transparency.Sqlite;
using InfoLink.Transparency.Witnessing;
using InfoLink.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace InfoLink.Tests.EndToEnd;

/// <summary>
/// The broker in other hands: its real keys, its real stages, a real port, and between the story and the wire whatever the test puts there.
/// It counts what it is asked.
/// </summary>
internal sealed class BentBroker : ExchangeService.ExchangeServiceBase, IAsyncDisposable
{
    private readonly ConcurrentQueue<RedeemRequest> _redeems = new();
    private readonly NetworkFolder _folder;
    private readonly BrokerKeys _keys;
    private readonly TimeProvider _time;
    private readonly Members _members;
    private readonly CatalogInForce _catalog;
    private readonly RefusalRecords _refusals;
    private readonly TokenDesk _tokens;
    private readonly PeerCertificates _peers;
    private readonly WitnessStore _witnessed;
    private readonly Ed25519PrivateKey _witnessKey;
    private readonly WitnessEdge _witness;
    private readonly ILoggerFactory _loggers;
    private readonly CodeMasters _masters = new();
    private readonly Ed25519PrivateKey _logKey;
    private readonly Transparency.AccessLog _log;
    private readonly ExchangeLimits _limits;
    private readonly Channels _channels;
    private ExchangeEdge _edge;
    private Transparency.AccessLog? _hidden;
    private WebApplication? _server;
    private int _authorized;
    private int _settled;

    private BentBroker(NetworkFolder folder, TimeProvider time, ILoggerFactory loggers)
    {
        (_folder, _time, _loggers) = (folder, time, loggers);
        var trust = TrustFolder.Open(folder.Path("broker", "trust"), time);
        _members = new Members(folder.Members());
        _catalog = new CatalogInForce(trust.Held!.Catalogs, time);
        _keys = BrokerKeys.Load(folder.Path("broker", "keys"), _members.Current.Platform);
        _masters.Add(NetworkFolder.Epoch, _keys.Masters[NetworkFolder.Epoch]);
        Cipher = new LinkCodeCipher(_masters);
        Directory.CreateDirectory(folder.Path("broker", "data"));
        _logKey = Ed25519PrivateKey.FromSeed(_keys.Log);
        _log = OpenLog("access-log.db").GetAwaiter().GetResult();
        _refusals = new RefusalRecords(_log, "broker", time);
        _limits = new ExchangeLimits(new LimitOptions(), _refusals, time, loggers);
        _tokens = new TokenDesk(new TokenKeys(_keys.Tokens, _members.Current, default, time), new GrantSeal(_keys.Grant), new MemoryTokenStore(time), loggers.CreateLogger<TokenDesk>());
        _peers = new PeerCertificates(time);
        _edge = EdgeOn(_log);
        Certificates = new LeafCertificates(_keys.Identity, time);
        _channels = new Channels(time);
        var calls = new WitnessCalls(_channels, Certificates, time);
        var evidence = new EvidenceFolder(folder.Path("broker", "data", "evidence"), time, loggers.CreateLogger<EvidenceFolder>());
        Cosigning = new Cosigning(_log, () => calls.OfAgencies(_members.Current), evidence, time, loggers.CreateLogger<Cosigning>());
        _witnessed = SqliteWitnessStore.Open(folder.Path("broker", "data", "witness.db"));
        _witnessKey = Ed25519PrivateKey.FromSeed(_keys.Witness);
        var witness = new Witness(
            new NoteSigner(BrokerFit.WitnessName(NetworkFolder.Platform), NoteKeyKind.Cosigner, _witnessKey),
            origin => WitnessedLogs.OfAgencies(_members.Current, origin),
            _witnessed,
            fork => evidence.Keep("fork", fork.ToParts()),
            time,
            loggers.CreateLogger<Witness>());
        _witness = new WitnessEdge(witness, () => _members.Current, _peers);
    }

    /// <summary>Its identity: under it, it may issue what it likes.</summary>
    public IdentityKey Identity => _keys.Identity;

    public LeafCertificates Certificates { get; }

    /// <summary>What it tells agencies of lists, catalogs and directories: only what the test gives it.</summary>
    public BentTrust Trust { get; } = new();

    /// <summary>How the agencies come to cosign its log.</summary>
    public Cosigning Cosigning { get; }

    /// <summary>Makes link codes, as only a broker can.</summary>
    public LinkCodeCipher Cipher { get; }

    /// <summary>What is done to an approval before it leaves.</summary>
    public Func<AuthorizeRequest, AuthorizeReply, Task<AuthorizeReply>> Approving { get; set; } = (_, reply) => Task.FromResult(reply);

    /// <summary>What happens after an approval, before it leaves.</summary>
    public Action<ServerCallContext> Approved { get; set; } = _ => { };

    /// <summary>What is done to a redeem's answer before it leaves; the number counts the calls from 1.</summary>
    public Func<int, RedeemReply, ServerCallContext, Task<RedeemReply>> Redeeming { get; set; } = (_, reply, _) => Task.FromResult(reply);

    public Func<SettleRequest, ServerCallContext, Task> Settling { get; set; } = (_, _) => Task.CompletedTask;

    public int AuthorizeCalls => Volatile.Read(ref _authorized);

    public int SettleCalls => Volatile.Read(ref _settled);

    public IReadOnlyCollection<RedeemRequest> Redeems => _redeems;

    public Transparency.IEntryReader Records => _log.Store;

    /// <summary>From now on it decides by this list, whoever signed it.</summary>
    public void Believe(MemberList list) => _members.Replace(list);

    /// <summary>From now on it decides by this catalog, whoever signed it.</summary>
    public void Believe(StatuteCatalog catalog) => _catalog.Replace(CatalogSet.Empty.With(catalog, _time.GetUtcNow()));

    /// <summary>
    /// From now on approvals and redeems go into another history under the log's own name and key, which no witness is shown. The log that is shown
    /// stays as it is.
    /// </summary>
    public async Task HideAsync()
    {
        _hidden = await OpenLog("hidden.db");
        _edge = EdgeOn(_hidden);
    }

    public static async Task<BentBroker> StartAsync(NetworkFolder folder, TimeProvider time, ILoggerFactory loggers)
    {
        var broker = new BentBroker(folder, time, loggers);
        await broker.ServeAsync(loggers);
        broker.Cosigning.Start();
        return broker;
    }

    public override async Task<AuthorizeReply> Authorize(AuthorizeRequest request, ServerCallContext context)
    {
        Interlocked.Increment(ref _authorized);
        var reply = await Approving(request, await _edge.Authorize(request, context));
        Approved(context);
        return reply;
    }

    public override async Task<RedeemReply> Redeem(RedeemRequest request, ServerCallContext context)
    {
        _redeems.Enqueue(request);
        var call = _redeems.Count;
        return await Redeeming(call, await _edge.Redeem(request, context), context);
    }

    public override async Task<SettleReply> Settle(SettleRequest request, ServerCallContext context)
    {
        Interlocked.Increment(ref _settled);
        await Settling(request, context);
        return await _edge.Settle(request, context);
    }

    /// <summary>The connection ends here, without a word.</summary>
    public static void HangUp(ServerCallContext context)
    {
        context.GetHttpContext().Features.GetRequiredFeature<IConnectionLifetimeFeature>().Abort();
        throw new IOException("Hung up on purpose.");
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        await Cosigning.DisposeAsync();
        await _limits.DisposeAsync();
        _channels.Dispose();
        if (_hidden is not null)
        {
            await _hidden.DisposeAsync();
        }

        await _log.DisposeAsync();
        _logKey.Dispose();
        _witnessed.Dispose();
        _witnessKey.Dispose();
        Certificates.Dispose();
        _masters.Dispose();
        _keys.Dispose();
    }

    private Task<Transparency.AccessLog> OpenLog(string file) => Transparency.AccessLog.OpenAsync(
        SqliteEntryStore.Open(_folder.Path("broker", "data", file), NetworkFolder.LogOrigin),
        new NoteSigner(NetworkFolder.LogOrigin, NoteKeyKind.Log, _logKey),
        _time,
        _loggers.CreateLogger<Transparency.AccessLog>());

    /// <summary>The broker's own story, on this log.</summary>
    private ExchangeEdge EdgeOn(Transparency.AccessLog log)
    {
        var protocol = new ExchangeProtocol(
            _members,
            _catalog,
            new CodeConversion(Cipher, new MemoryIdCodeRegister(), new RegisterKey(_keys.Register), _time),
            new GrantedCodes(Cipher, new IndexTags(_keys.Index)),
            _tokens,
            new ExchangeRecords(log, _time),
            new LogHistories(log),
            _refusals,
            _limits,
            new ExchangeGates(),
            _time,
            _loggers.CreateLogger<ExchangeProtocol>());
        return new ExchangeEdge(protocol, new Callers(_members, _peers), _limits);
    }

    private async Task ServeAsync(ILoggerFactory loggers)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton(this);
        builder.Services.AddSingleton(Trust);
        builder.Services.AddSingleton(_witness);
        builder.Services.AddGrpc();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPEndPoint.Parse(_folder.BrokerOptions().Listen), port => port.UseMutualTls(Certificates, _ => true, TimeProvider.System)));
        _server = builder.Build();
        _server.MapGrpcService<BentBroker>();
        _server.MapGrpcService<BentTrust>();
        _server.MapGrpcService<WitnessEdge>();
        await _server.StartAsync();
    }
}
