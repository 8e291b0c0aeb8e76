using System.Security.Cryptography;
using InfoLink.Bench.Parties;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Notes;
using InfoLink.Hosting;
using InfoLink.Samples.Network;
using InfoLink.V1;

namespace InfoLink.Bench.Floors;

/// <summary>
/// The floor of the whole exchange: three bare parties, each on the product's own port, that make the same calls in the same order with messages of the
/// same size, and between them the same costly steps, and nothing else: no decision, no code, no record, tree or proof, no link table, no source.
/// <list type="table">
/// <item>asked: 1 key pair (RecipientKey.Create), 1 commit at the requester (RequestingProtocol)</item>
/// <item>Authorize, requester → broker: 1 ES256 signature (TokenSigner), 1 HKDF and 1 AES-GCM (GrantSeal.Seal), 1 commit (ExchangeRecords.ApprovedAsync),
/// 1 Ed25519 signature (AccessLog's checkpoint, in the receipt); then 1 Ed25519 verification at the requester (ReceiptProof.Check)</item>
/// <item>Fetch, requester → provider, a stream of two messages: 1 ES256 verification (TokenVerification), 1 Ed25519 verification (ReceiptProof.Check),
/// 1 commit (SpentLedger)</item>
/// <item>Redeem, provider → broker: 1 HKDF and 1 AES-GCM (GrantSeal.TryOpen), 1 commit (ExchangeRecords.RedeemedAsync)</item>
/// <item>answered: 1 key pair, 1 agreement, 4 extracts and 4 expands (HpkeSender), 1 AES-GCM over 1 KiB (AnswerSealer), 1 ES256 signature
/// (AnswerSignature.Sign), 1 HKDF and 1 AES-GCM (ContentSeal), 1 commit (ProvidingProtocol)</item>
/// <item>received: 2 ES256 verifications (LeafCertificate.IsUnder, AnswerSignature.Verify), 1 agreement, 4 extracts and 4 expands (HpkeRecipient),
/// 1 AES-GCM (AnswerOpener), 1 HKDF and 1 AES-GCM (ContentSeal), 1 commit (RequestingProtocol)</item>
/// <item>behind it, one at a time: Settle, provider → broker, and 1 commit at either (Settlements, ExchangeRecords.SettledAsync)</item>
/// </list>
/// Certificates of connections are verified once for each connection, here and there. A bare commit is one row as wide as an approval with its two indexes,
/// in the ledger too; the sealed content is not kept.
/// </summary>
internal sealed class BareExchange : IAsyncDisposable
{
    private readonly RecordedExchange _recorded;
    private readonly Es256 _es256 = new();
    private readonly BareBroker _broker;
    private readonly BareProvider _provider;
    private readonly SharedInserts _rows;
    private readonly byte[] _contentKey = RandomNumberGenerator.GetBytes(32);
    private readonly List<BareServer> _servers;
    private readonly ExchangeService.ExchangeServiceClient _toBroker;
    private readonly PeerService.PeerServiceClient _toProvider;

    private BareExchange(RecordedExchange recorded, BareBroker broker, BareProvider provider, SharedInserts rows, NetworkFolder folder, List<BareServer> servers)
    {
        (_recorded, _broker, _provider, _rows, _servers) = (recorded, broker, provider, rows, servers);
        _toBroker = new ExchangeService.ExchangeServiceClient(servers[0].Connect(folder, NetworkFolder.Requester));
        _toProvider = new PeerService.PeerServiceClient(servers[1].Connect(folder, NetworkFolder.Requester));
    }

    /// <param name="folder">Where the members' keys are; a bystander stands in for the broker.</param>
    /// <param name="recorded">The messages.</param>
    /// <param name="path">A new file's path, by its name.</param>
    public static async Task<BareExchange> StartAsync(NetworkFolder folder, RecordedExchange recorded, Func<string, string> path)
    {
        var broker = new BareBroker(recorded, Rows("broker"));
        var brokerServer = await BareServer.StartAsync(folder, NetworkFolder.Bystander, ServedEdge.Of(broker));
        var calls = new ExchangeService.ExchangeServiceClient(brokerServer.Connect(folder, NetworkFolder.Provider));
        var provider = new BareProvider(recorded, calls, broker.LogKey, Rows("ledger"), Rows("provider"));
        var providerServer = await BareServer.StartAsync(folder, NetworkFolder.Provider, ServedEdge.Of(provider));
        return new BareExchange(recorded, broker, provider, Rows("requester"), folder, [brokerServer, providerServer]);

        SharedInserts Rows(string party) => new(BareInserts.InSqlite(path($"bare-{party}.db")));
    }

    /// <summary>Exchanges that the provider has still to settle.</summary>
    public int Unsettled => _provider.Unsettled;

    public async Task ExchangeAsync()
    {
        using var recipient = BareCrypto.KeyPair();
        var point = BareCrypto.PointOf(recipient);
        await _rows.AddAsync();

        var approval = await _toBroker.AuthorizeAsync(_recorded.Authorize, BareCalls.Limit());
        _broker.LogKey.MustHaveSigned(approval.Receipt.Checkpoint);

        var request = _recorded.Fetch.Clone();
        (request.RecipientKey, request.Receipt.Checkpoint) = (point.ToByteString(), approval.Receipt.Checkpoint);
        using var call = _toProvider.Fetch(request, BareCalls.Limit());
        var parts = new List<FetchReply>();
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            parts.Add(call.ResponseStream.Current);
        }

        _es256.Verify(); // The certificate that signs answers,
        _es256.Verify(); // and the answer.
        var opened = BareCrypto.Open(BareCrypto.Agree(recipient, parts[0].Header.Enc.Span), parts[1].Subject.Ciphertext.Span);
        if (opened.Length != RecordedExchange.Bucket)
        {
            throw new InvalidOperationException("A bare answer is not whole.");
        }

        BareCrypto.Seal(BareCrypto.Derive(_contentKey, point.AsSpan(0, 32)), opened);
        await _rows.AddAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _provider.DisposeAsync(); // Settles what is left, while the broker still listens.
        foreach (var server in Enumerable.Reverse(_servers))
        {
            await server.DisposeAsync();
        }

        await _broker.DisposeAsync();
        await _rows.DisposeAsync();
        _es256.Dispose();
    }
}

/// <summary>The log's key in a floor.</summary>
internal static class BareCheckpoints
{
    /// <exception cref="InvalidOperationException">It did not.</exception>
    public static void MustHaveSigned(this NoteKey log, Google.Protobuf.ByteString checkpoint)
    {
        if (SignedCheckpoint.Open(checkpoint.Span, log) is null)
        {
            throw new InvalidOperationException("A bare checkpoint does not verify.");
        }
    }
}
