using System.Collections.Concurrent;
using System.Net;
using Grpc.Core;
using InfoLink.Broker.AccessLog;
using InfoLink.Broker.Catalog;
using InfoLink.Broker.Codes;
using InfoLink.Broker.Exchange;
using InfoLink.Broker.Keys;
using InfoLink.Broker.Limits;
using InfoLink.Broker.Membership;
using InfoLink.Broker.Tokens;
using InfoLink.Contracts.Identity;
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
    private readonly CodeMasters _masters = new();
    private readonly LeafCertificates _certificates;
    private readonly Ed25519PrivateKey _logKey;
    private readonly Transparency.AccessLog _log;
    private readonly ExchangeLimits _limits;
    private readonly ExchangeEdge _edge;
    private readonly Channels _channels;
    private WebApplication? _server;
    private int _authorized;
    private int _settled;

    private BentBroker(NetworkFolder folder, TimeProvider time, ILoggerFactory loggers)
    {
        _folder = folder;
        var trust = TrustFolder.Open(folder.Path("broker", "trust"), time);
        var members = new Members(folder.Members());
        _keys = BrokerKeys.Load(folder.Path("broker", "keys"), members.Current.Platform);
        _masters.Add(NetworkFolder.Epoch, _keys.Masters[NetworkFolder.Epoch]);
        Cipher = new LinkCodeCipher(_masters);
        Directory.CreateDirectory(folder.Path("broker", "data"));
        _logKey = Ed25519PrivateKey.FromSeed(_keys.Log);
        _log = Transparency.AccessLog.OpenAsync(
            SqliteEntryStore.Open(folder.Path("broker", "data", "access-log.db"), NetworkFolder.LogOrigin),
            new NoteSigner(NetworkFolder.LogOrigin, NoteKeyKind.Log, _logKey),
            time,
            loggers.CreateLogger<Transparency.AccessLog>()).GetAwaiter().GetResult();
        var refusals = new RefusalRecords(_log, "broker", time);
        _limits = new ExchangeLimits(new LimitOptions(), refusals, time, loggers);
        var protocol = new ExchangeProtocol(
            members,
            new CatalogInForce(trust.Held!.Catalogs, time),
            new CodeConversion(Cipher, new MemoryIdCodeRegister(), new RegisterKey(_keys.Register), time),
            new GrantedCodes(Cipher, new IndexTags(_keys.Index)),
            new TokenDesk(new TokenKeys(_keys.Tokens, members.Current, default, time), new GrantSeal(_keys.Grant), new MemoryTokenStore(time), loggers.CreateLogger<TokenDesk>()),
            new ExchangeRecords(_log, time),
            new LogHistories(_log),
            refusals,
            _limits,
            new ExchangeGates(),
            time,
            loggers.CreateLogger<ExchangeProtocol>());
        _edge = new ExchangeEdge(protocol, members, new PeerCertificates(time), _limits);
        _certificates = new LeafCertificates(_keys.Identity, time);
        _channels = new Channels(time);
        var calls = new WitnessCalls(_channels, _certificates, time);
        var evidence = new EvidenceFolder(folder.Path("broker", "data", "evidence"), time, loggers.CreateLogger<EvidenceFolder>());
        Cosigning = new Cosigning(_log, () => calls.OfAgencies(members.Current), evidence, time, loggers.CreateLogger<Cosigning>());
    }

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
        await _log.DisposeAsync();
        _logKey.Dispose();
        _certificates.Dispose();
        _masters.Dispose();
        _keys.Dispose();
    }

    private async Task ServeAsync(ILoggerFactory loggers)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton(this);
        builder.Services.AddGrpc();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPEndPoint.Parse(_folder.BrokerOptions().Listen), port => port.UseMutualTls(_certificates, _ => true, TimeProvider.System)));
        _server = builder.Build();
        _server.MapGrpcService<BentBroker>();
        await _server.StartAsync();
    }
}
