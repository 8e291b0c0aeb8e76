using System.Collections.Concurrent;
using System.Security.Cryptography;
using Grpc.Core;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Tokens;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.Transparency;
using InfoLink.Transparency.Sqlite;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Exchange;

/// <summary>A real broker process, killed with kill -9 in the middle of its work, again and again.</summary>
public sealed class KilledBrokerTests
{
    private const int Rounds = 5;
    private const int Workers = 6;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_token_that_left_is_on_record_and_none_is_redeemed_twice(bool onRedis)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The test sends Unix signals.");
        await using var redis = onRedis ? await RedisServer.StartAsync() : null;
        await using var network = TestNetwork.PrepareOnly(new() { Redis = redis?.Address ?? "" });
        var handed = new ConcurrentBag<HandedOut>();
        for (var round = 0; round < Rounds; round++)
        {
            await using (var broker = await PartyProcess.StartBrokerAsync(network.Folder))
            {
                var before = handed.Count;
                var working = Enumerable.Range(0, Workers).Select(_ => Task.Run(() => WorkUntilItDiesAsync(network, handed))).ToArray();
                await UntilAsync(() => handed.Count >= before + 10);
                await Task.Delay(TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(300)), TimeProvider.System);
                await broker.KillAsync();
                await Task.WhenAll(working);
            }

            await AllOnRecordAsync(network, handed);
        }

        await using (await PartyProcess.StartBrokerAsync(network.Folder))
        {
            await NoneTwiceAsync(network, handed);
        }

        await AllOnRecordAsync(network, handed);
    }

    [Fact]
    public async Task A_broker_that_is_asked_to_stop_ends_well_and_keeps_everything()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The test sends Unix signals.");
        await using var network = TestNetwork.PrepareOnly();
        await using var broker = await PartyProcess.StartBrokerAsync(network.Folder);
        var approval = await network.Requester.AuthorizeAsync(network.Requester.Ask(network.CodeOf(1)));
        Assert.Equal(0, await broker.StopAsync());
        Assert.Equal(approval.ExchangeId, Assert.Single(await RecordsAsync(network)).Open.ExchangeId);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_broker_that_is_asked_to_stop_does_not_wait_for_those_who_only_listen(bool andRead)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The test sends Unix signals.");
        await using var network = TestNetwork.PrepareOnly();
        await using var broker = await PartyProcess.StartBrokerAsync(network.Folder);
        using var identity = network.Folder.IdentityOf(NetworkFolder.Requester);
        using var leaf = identity.IssueLeaf(LeafPurpose.Tls, TimeProvider.System.GetUtcNow());
        using var agent = new BareClient(new Uri($"https://{network.Folder.BrokerOptions().Listen}"), leaf);
        using var listening = agent.Trust.Watch(new WatchRequest());
        Assert.True(await listening.ResponseStream.MoveNext(CancellationToken.None));
        var reading = andRead ? ToItsEndAsync(listening.ResponseStream) : Task.CompletedTask;
        Assert.Equal(0, await broker.StopAsync());
        await reading; // The stream was not broken off.
    }

    [Fact]
    public async Task A_full_disk_approves_nothing_is_said_and_the_service_returns_by_itself()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "prlimit is Linux's.");
        await using var network = TestNetwork.PrepareOnly();
        await using var broker = await PartyProcess.StartBrokerAsync(network.Folder);
        var first = await network.Requester.AuthorizeAsync(network.Requester.Ask(network.CodeOf(1)));

        await broker.LimitFilesAsync(0);
        await Refused.ByAsync(RefusalName.LogUnavailable, () => network.Requester.AuthorizeAsync(network.Requester.Ask(network.CodeOf(1))));
        await Refused.ByAsync(RefusalName.LogUnavailable, () => network.Provider.RedeemAsync(first.Token, AttemptId.New()));
        await Refused.ByAsync(RefusalName.LogUnavailable, () => network.Requester.AuthorizeAsync(network.Requester.Ask(network.CodeOf(2))));
        await broker.LimitFilesAsync(null);

        var second = await network.Requester.AuthorizeAsync(network.Requester.Ask(network.CodeOf(1)));
        var attempt = AttemptId.New();
        await network.Provider.RedeemAsync(second.Token, attempt);
        await broker.KillAsync();
        var records = await RecordsAsync(network);
        Assert.Equal(
            [(first.ExchangeId, AccessEvent.Approved), (second.ExchangeId, AccessEvent.Approved), (second.ExchangeId, AccessEvent.Redeemed)],
            records.Select(record => (record.Open.ExchangeId, record.Open.Event)));
    }

    [Fact]
    public async Task A_broker_that_cannot_start_says_why()
    {
        await using var network = TestNetwork.PrepareOnly();
        await using (await PartyProcess.StartBrokerAsync(network.Folder))
        {
            var (twice, log) = await PartyProcess.RefuseBrokerAsync(network.Folder.BrokerPath);
            Assert.Equal(1, twice);
            Assert.Contains("access-log.db.lease", log, StringComparison.Ordinal);

            var other = network.Folder.BrokerOptions();
            other.Data = "other-data";
            other.Write(network.Folder.Path("broker", "other.json"));
            var (taken, port) = await PartyProcess.RefuseBrokerAsync(network.Folder.Path("broker", "other.json"));
            Assert.Equal(1, taken);
            Assert.Contains("address already in use", port, StringComparison.Ordinal);
        }

        File.WriteAllText(network.Folder.Path("broker", "trust", "catalog-1.json"), "version: x");
        var (code, why) = await PartyProcess.RefuseBrokerAsync(network.Folder.BrokerPath);
        Assert.Equal(1, code);
        Assert.Contains("catalog-1.json", why, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", why, StringComparison.Ordinal);
    }

    private static async Task ToItsEndAsync(IAsyncStreamReader<WatchReply> stream)
    {
        while (await stream.MoveNext(CancellationToken.None))
        {
            // Documents, the directory, signs of life.
        }
    }

    private static async Task WorkUntilItDiesAsync(TestNetwork network, ConcurrentBag<HandedOut> handed)
    {
        using var requester = new HandMadeClient(network.Folder, NetworkFolder.Requester, TimeProvider.System);
        using var provider = new HandMadeClient(network.Folder, NetworkFolder.Provider, TimeProvider.System);
        try
        {
            for (var person = 1; ; person++)
            {
                var token = new HandedOut(await requester.AuthorizeAsync(requester.Ask(network.CodeOf(person), network.CodeOf(person + 1))));
                handed.Add(token);
                if (person % 3 != 0)
                {
                    token.Tried = true;
                    await provider.RedeemAsync(token.Reply.Token, token.Attempt);
                    token.Redeemed = true;
                    await provider.SettleAsync(token.Reply.Settlement());
                    token.Settled = true;
                }
            }
        }
        catch (RpcException fault) when (RefusalWire.TryRead(fault) is null)
        {
            // The broker is gone. Any refusal by name would be a failure: nothing bad was asked.
        }
    }

    private static async Task AllOnRecordAsync(TestNetwork network, ConcurrentBag<HandedOut> handed)
    {
        var records = await RecordsAsync(network);
        Assert.Equal(Enumerable.Range(0, records.Count).Select(i => (long)i), records.Select(record => record.Serial));
        var events = records.ToLookup(record => (record.Open.ExchangeId, record.Open.Event));
        foreach (var token in handed)
        {
            var approved = records[(int)token.Reply.Receipt.Index];
            Assert.Equal(token.Reply.Receipt.OpenPart.ToByteArray(), approved.OpenPartBytes);
            Assert.Equal((AccessEvent.Approved, token.Reply.Settlement().TokenSha256), (approved.Open.Event, approved.Open.TokenSha256));
            Assert.Equal(2, approved.Subjects.Count);
            Assert.Single(events[(token.Reply.ExchangeId, AccessEvent.Approved)]);
            Assert.InRange(events[(token.Reply.ExchangeId, AccessEvent.Redeemed)].Count(), token.Redeemed ? 1 : 0, token.Tried ? 1 : 0);
            Assert.InRange(events[(token.Reply.ExchangeId, AccessEvent.Settled)].Count(), token.Settled ? 1 : 0, token.Redeemed ? 1 : 0);
        }
    }

    /// <summary>Of the attempts that a token ever saw, at most one got codes.</summary>
    private static async Task NoneTwiceAsync(TestNetwork network, ConcurrentBag<HandedOut> handed)
    {
        Assert.Contains(handed, token => token.Redeemed);
        foreach (var token in handed.TakeLast(150).Where(token => token.Tried))
        {
            var same = token.Redeemed || await EndAsync(token.Attempt);
            var other = await EndAsync(AttemptId.New());
            var third = await EndAsync(AttemptId.New());
            Assert.True(new[] { same, other, third }.Count(codes => codes) <= 1, "One token gave its codes to two attempts.");

            async Task<bool> EndAsync(AttemptId attempt)
            {
                var end = await HandMadeClient.RefusalOfAsync(() => network.Provider.RedeemAsync(token.Reply.Token, attempt));
                Assert.True(end is "(accepted)" or "TOKEN-SPENT" or "TOKEN-UNKNOWN", end);
                token.Tried = true;
                return end is "(accepted)";
            }
        }
    }

    private static async Task<IReadOnlyList<StoredEntry>> RecordsAsync(TestNetwork network)
    {
        var log = await SqliteEntryStore.ReadAsync(network.Folder.Path("broker", "data", "access-log.db"), CancellationToken.None);
        return await log.ReadAsync(0, int.MaxValue, CancellationToken.None);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        var waited = System.Diagnostics.Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(waited.Elapsed < TestNetwork.Patience, "It did not happen in time.");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }
    }

    /// <summary>A token that reached its requester, and how far its exchange is known to have come.</summary>
    private sealed class HandedOut(AuthorizeReply reply)
    {
        public AuthorizeReply Reply { get; } = reply;

        public AttemptId Attempt { get; } = AttemptId.New();

        public bool Tried { get; set; }

        public bool Redeemed { get; set; }

        public bool Settled { get; set; }
    }
}
