using InfoLink.Broker;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Tokens;
using InfoLink.Samples.Network;
using InfoLink.Tests.AccessLog;
using InfoLink.Tests.Fixtures;
using InfoLink.Transparency.Postgres;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Beside;

/// <summary>Two brokers side by side, on one PostgreSQL and one Redis, each with a log of its own: whoever is asked, the exchange is one.</summary>
public sealed class ExchangesTests : IAsyncLifetime
{
    private const string SecondOrigin = $"{NetworkFolder.Platform}/broker-2";

    private RedisServer? _redis;
    private readonly List<HandMadeClient> _clients = [];
    private readonly List<Receipt> _receipts = [];
    private string _database = "";
    private TestNetwork? _network;
    private NoteKey? _firstKey;
    private NoteKey? _secondKey;

    private TestNetwork Network => _network!;

    /// <summary>The same member at each of the two brokers.</summary>
    private HandMadeClient[] Requesters { get; } = new HandMadeClient[2];

    private HandMadeClient[] Providers { get; } = new HandMadeClient[2];

    private BrokerHost[] Brokers { get; } = new BrokerHost[2];

    public async ValueTask InitializeAsync()
    {
        _database = await SharedPostgres.CreateDatabaseAsync();
        _redis = await RedisServer.StartAsync();
        _network = TestNetwork.PrepareOnly(new() { Redis = _redis.Address });
        _secondKey = _network.Folder.AddBroker(_database);
        _firstKey = _network.Folder.Members().Broker.Logs.Single(log => !log.Equals(_secondKey));
        await StartAsync(0, "broker/broker.json");
        await StartAsync(1, "broker-2/broker.json");
    }

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        foreach (var broker in Brokers.Where(broker => broker is not null))
        {
            await broker.DisposeAsync();
        }

        if (_redis is not null)
        {
            await _redis.DisposeAsync();
        }

        foreach (var (origin, key) in ((string, NoteKey)[])[(NetworkFolder.LogOrigin, _firstKey!), (SecondOrigin, _secondKey!)])
        {
            var log = await PostgresEntryStore.ReadAsync(_database, origin, CancellationToken.None);
            await CheckLog.WholeAsync(log, key, [.. _receipts.Where(receipt => string.Equals(receipt.Origin, origin, StringComparison.Ordinal))]);
        }

        await Network.DisposeAsync();
    }

    [Theory]
    [InlineData(0, 1, 0)]
    [InlineData(0, 1, 1)]
    [InlineData(1, 0, 1)]
    [InlineData(1, 1, 0)]
    public async Task An_exchange_goes_from_one_broker_to_the_other(int authorizedAt, int redeemedAt, int settledAt)
    {
        await ApproveAsync(authorizedAt); // So that the pin below has a tree before it.
        var pin = TreeOf(await ApproveAsync(authorizedAt));
        var approval = await ApproveAsync(authorizedAt);
        var receipt = TreeOf(approval);
        var redeemed = await Providers[redeemedAt].RedeemAsync(new RedeemRequest
        {
            Token = approval.Token,
            AttemptId = AttemptId.New().ToArray().ToByteString(),
            Pin = new LogPin { Origin = pin.Origin, Size = pin.Size },
            ReceiptSize = receipt.Size,
        });
        Assert.Equal(approval.ExchangeId, redeemed.ExchangeId);
        Assert.Equal(Sha256Digest.Of(approval.Receipt.OpenPart.Span).ToByteString(), redeemed.OpenPartSha256);
        Assert.True(ReceiptProof.Joins(pin, receipt, Assert.Single(redeemed.Consistency)), "The history was not proved.");

        await Providers[settledAt].SettleAsync(approval.Settlement());
        string[] origins = [NetworkFolder.LogOrigin, SecondOrigin];
        foreach (var broker in Brokers)
        {
            var records = await broker.Log.Store.FindAsync(ExchangeId.FromBytes(approval.ExchangeId.Span), CancellationToken.None);
            Assert.Equal(
                new[] { (AccessEvent.Approved, origins[authorizedAt]), (AccessEvent.Redeemed, origins[redeemedAt]), (AccessEvent.Settled, origins[settledAt]) }.Order(),
                records.Select(record => (record.Open.Event, record.Origin)).Order());
        }
    }

    [Fact]
    public async Task A_token_is_redeemed_at_one_of_them_only()
    {
        Network.Journal.Expect("ALARM"); // A token that comes again is one.
        var approval = await ApproveAsync(0);
        var ends = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => HandMadeClient.RefusalOfAsync(
            () => Providers[i % 2].RedeemAsync(approval.Token, AttemptId.New()))));
        Assert.Single(ends, end => end is "(accepted)");
        Assert.Equal(11, ends.Count(end => end is "TOKEN-SPENT"));
    }

    [Fact]
    public async Task What_nobody_settled_is_unsettled_by_the_one_where_it_was_redeemed_and_by_no_other()
    {
        var (first, second, settled) = (await ApproveAsync(0), await ApproveAsync(0), await ApproveAsync(1));
        await Providers[0].RedeemAsync(first.Token, AttemptId.New());
        await Providers[1].RedeemAsync(second.Token, AttemptId.New());
        await Providers[0].RedeemAsync(settled.Token, AttemptId.New());
        await Providers[1].SettleAsync(settled.Settlement()); // Elsewhere than it was redeemed: it counts.
        Network.Clock.Ahead = TimeSpan.FromSeconds(301);
        var waited = System.Diagnostics.Stopwatch.StartNew();
        while (await UnsettledAtAsync(first) is null || await UnsettledAtAsync(second) is null)
        {
            Assert.True(waited.Elapsed < TestNetwork.Patience, "Nobody wrote it down.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }

        Assert.Equal(NetworkFolder.LogOrigin, await UnsettledAtAsync(first));
        Assert.Equal(SecondOrigin, await UnsettledAtAsync(second));
        Assert.Null(await UnsettledAtAsync(settled));
    }

    [Fact]
    public async Task A_second_broker_of_the_same_log_does_not_start()
    {
        var options = BrokerOptions.Read(Network.Folder.BrokerPath);
        options.Listen = "127.0.0.1:0";
        var refused = await Assert.ThrowsAnyAsync<InvalidOperationException>(() => BrokerHost.StartAsync(options, Network.Clock, Network.Journal.Loggers));
        Assert.Contains(NetworkFolder.LogOrigin, refused.Message, StringComparison.Ordinal);
        await ApproveAsync(0);
    }

    private async Task<AuthorizeReply> ApproveAsync(int broker)
    {
        var approval = await Requesters[broker].AuthorizeAsync(Requesters[broker].Ask(Network.CodeOf(1)));
        Assert.Equal(broker == 0 ? NetworkFolder.LogOrigin : SecondOrigin, approval.Receipt.Origin);
        _receipts.Add(approval.Receipt);
        return approval;
    }

    private Checkpoint TreeOf(AuthorizeReply approval) =>
        Assert.IsType<Outcome<SignedCheckpoint>.Done>(ReceiptProof.Check(approval.Receipt, [_firstKey!, _secondKey!])).Value.Checkpoint;

    /// <summary>The log that says so, seen from the first broker; null where none does.</summary>
    private async Task<string?> UnsettledAtAsync(AuthorizeReply approval) =>
        (await Brokers[0].Log.Store.FindAsync(ExchangeId.FromBytes(approval.ExchangeId.Span), CancellationToken.None))
            .SingleOrDefault(record => record.Open.Event == AccessEvent.Unsettled)?.Origin;

    private async Task StartAsync(int number, string file)
    {
        var folder = Network.Folder;
        Brokers[number] = await BrokerHost.StartAsync(BrokerOptions.Read(folder.Path(file)), Network.Clock, Network.Journal.Loggers);

        // Members find a broker by the directory: for these clients it names this one.
        folder.RedirectBroker(Brokers[number].Endpoint);
        _clients.Add(Requesters[number] = new HandMadeClient(folder, NetworkFolder.Requester, TimeProvider.System));
        _clients.Add(Providers[number] = new HandMadeClient(folder, NetworkFolder.Provider, TimeProvider.System));
    }
}
