using System.Security.Cryptography;
using System.Threading.Channels;
using Grpc.Core;
using InfoLink.Bench.Parties;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Merkle;
using InfoLink.Contracts.Notes;
using InfoLink.V1;

namespace InfoLink.Bench.Floors;

/// <summary>The broker's part of <see cref="BareExchange"/>.</summary>
internal sealed class BareBroker : ExchangeService.ExchangeServiceBase, IAsyncDisposable
{
    private const string Origin = "infolink.example/bare"; // As long as the sample broker's.
    private readonly RecordedExchange _recorded;
    private readonly SharedInserts _rows;
    private readonly Es256 _es256 = new();
    private readonly Ed25519PrivateKey _logKey = Ed25519PrivateKey.Create();
    private readonly NoteSigner _log;
    private readonly byte[] _grantKey = RandomNumberGenerator.GetBytes(32);
    private readonly byte[] _grant = RandomNumberGenerator.GetBytes(500);
    private long _size;

    public BareBroker(RecordedExchange recorded, SharedInserts rows)
    {
        (_recorded, _rows) = (recorded, rows);
        _log = new NoteSigner(Origin, NoteKeyKind.Log, _logKey);
    }

    public NoteKey LogKey => _log.Key;

    public override async Task<AuthorizeReply> Authorize(AuthorizeRequest request, ServerCallContext context)
    {
        _es256.Sign();
        BareCrypto.Seal(BareCrypto.Derive(_grantKey, request.Rek.Span), _grant);
        await _rows.AddAsync();
        var reply = _recorded.Approval.Clone();
        var checkpoint = new Checkpoint(Origin, (ulong)Interlocked.Increment(ref _size), MerkleTree.EmptyRoot);
        reply.Receipt.Checkpoint = SignedCheckpoint.Sign(checkpoint, _log).ToByteString();
        return reply;
    }

    public override async Task<RedeemReply> Redeem(RedeemRequest request, ServerCallContext context)
    {
        var key = BareCrypto.Derive(_grantKey, request.AttemptId.Span);
        BareCrypto.Seal(key, _grant); // Opening costs what sealing costs.
        await _rows.AddAsync();
        return _recorded.Redeemed;
    }

    public override async Task<SettleReply> Settle(SettleRequest request, ServerCallContext context)
    {
        await _rows.AddAsync();
        return new SettleReply();
    }

    public async ValueTask DisposeAsync()
    {
        await _rows.DisposeAsync();
        _es256.Dispose();
        _logKey.Dispose();
    }
}

/// <summary>The provider's part of <see cref="BareExchange"/>.</summary>
internal sealed class BareProvider : PeerService.PeerServiceBase, IAsyncDisposable
{
    private readonly RecordedExchange _recorded;
    private readonly ExchangeService.ExchangeServiceClient _broker;
    private readonly NoteKey _brokerLog;
    private readonly SharedInserts _ledger;
    private readonly SharedInserts _rows;
    private readonly Es256 _es256 = new();
    private readonly byte[] _contentKey = RandomNumberGenerator.GetBytes(32);
    private readonly byte[] _plaintext = RandomNumberGenerator.GetBytes(RecordedExchange.Bucket);
    private readonly Channel<SettleRequest> _unsettled = Channel.CreateUnbounded<SettleRequest>();
    private readonly Task _settling;

    public BareProvider(
        RecordedExchange recorded, ExchangeService.ExchangeServiceClient broker, NoteKey brokerLog, SharedInserts ledger, SharedInserts rows)
    {
        (_recorded, _broker, _brokerLog, _ledger, _rows) = (recorded, broker, brokerLog, ledger, rows);
        _settling = Task.Run(SettleAsync);
    }

    public int Unsettled => _unsettled.Reader.Count;

    public override async Task Fetch(FetchRequest request, IServerStreamWriter<FetchReply> responseStream, ServerCallContext context)
    {
        _es256.Verify();
        _brokerLog.MustHaveSigned(request.Receipt.Checkpoint);
        await _ledger.AddAsync();
        await _broker.RedeemAsync(_recorded.Redeem, BareCalls.Limit());

        using var ephemeral = BareCrypto.KeyPair();
        var (header, subject) = (_recorded.Header.Clone(), _recorded.Subject.Clone());
        header.Header.Enc = BareCrypto.PointOf(ephemeral).ToByteString();
        subject.Subject.Ciphertext = BareCrypto.Seal(BareCrypto.Agree(ephemeral, request.RecipientKey.Span), _plaintext).ToByteString();
        _es256.Sign();
        BareCrypto.Seal(BareCrypto.Derive(_contentKey, header.Header.Enc.Span[..32]), _plaintext);
        await _rows.AddAsync();
        _unsettled.Writer.TryWrite(_recorded.Settle);
        await responseStream.WriteAsync(header, context.CancellationToken);
        await responseStream.WriteAsync(subject, context.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _unsettled.Writer.Complete();
        await _settling;
        await _ledger.DisposeAsync();
        await _rows.DisposeAsync();
        _es256.Dispose();
    }

    private async Task SettleAsync()
    {
        await foreach (var settle in _unsettled.Reader.ReadAllAsync())
        {
            await _broker.SettleAsync(settle, BareCalls.Limit());
            await _rows.AddAsync();
        }
    }
}
