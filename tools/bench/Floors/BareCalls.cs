using Grpc.Core;
using InfoLink.Hosting;
using InfoLink.Samples.Network;
using InfoLink.V1;

namespace InfoLink.Bench.Floors;

/// <summary>
/// The floor of the broker's calls: empty messages over the same server, RPC layer and TLS, by as many callers on as many connections. Authorize makes one
/// ES256 signature, Redeem none; both wait for one bare durable row, or, where there is no store, for nothing.
/// </summary>
internal sealed class BareCalls : IAsyncDisposable
{
    private readonly BareServer _server;
    private readonly Es256 _signer;
    private readonly SharedInserts? _rows;
    private readonly ExchangeService.ExchangeServiceClient[] _clients;

    private BareCalls(BareServer server, Es256 signer, SharedInserts? rows, ExchangeService.ExchangeServiceClient[] clients) =>
        (_server, _signer, _rows, _clients) = (server, signer, rows, clients);

    /// <param name="folder">Where the members' keys are.</param>
    /// <param name="connections">Over how many connections callers are spread.</param>
    /// <param name="store">A new SQLite file for the rows; null: none.</param>
    public static async Task<BareCalls> StartAsync(NetworkFolder folder, int connections, string? store)
    {
        var signer = new Es256();
        var rows = store is null ? null : new SharedInserts(BareInserts.InSqlite(store));
        var server = await BareServer.StartAsync(folder, NetworkFolder.Provider, ServedEdge.Of(new Edge(signer, rows)));
        var clients = Enumerable.Range(0, connections)
            .Select(_ => new ExchangeService.ExchangeServiceClient(server.Connect(folder, NetworkFolder.Requester)))
            .ToArray();
        return new BareCalls(server, signer, rows, clients);
    }

    public async Task AuthorizeAsync(int caller) => await ClientOf(caller).AuthorizeAsync(new AuthorizeRequest(), Limit());

    public async Task RedeemAsync(int caller) => await ClientOf(caller).RedeemAsync(new RedeemRequest(), Limit());

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        if (_rows is not null)
        {
            await _rows.DisposeAsync();
        }

        _signer.Dispose();
    }

    /// <summary>The callers' deadline, as <see cref="HandMadeClient"/> sets it.</summary>
    public static CallOptions Limit() => new(deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(30));

    private ExchangeService.ExchangeServiceClient ClientOf(int caller) => _clients[caller % _clients.Length];

    private sealed class Edge(Es256 signer, SharedInserts? rows) : ExchangeService.ExchangeServiceBase
    {
        public override async Task<AuthorizeReply> Authorize(AuthorizeRequest request, ServerCallContext context)
        {
            signer.Sign();
            await DurableAsync();
            return new AuthorizeReply();
        }

        public override async Task<RedeemReply> Redeem(RedeemRequest request, ServerCallContext context)
        {
            await DurableAsync();
            return new RedeemReply();
        }

        private Task DurableAsync() => rows?.AddAsync() ?? Task.CompletedTask;
    }
}
