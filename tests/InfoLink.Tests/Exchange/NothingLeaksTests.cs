using System.Security.Cryptography;
using System.Text;
using Grpc.Core;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Tokens;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Exchange;

/// <summary>
/// The broker's part of the privacy table, with marked values: what it computes and lets go of is afterwards in no file, no log line, no
/// refusal, and in Redis only sealed.
/// </summary>
public sealed class NothingLeaksTests
{
    private const int Good = 1_234_567;
    private const int AlsoGood = 7_654_321;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_good_and_bad_calls_no_marked_value_is_found_anywhere(bool onRedis)
    {
        await using var redis = onRedis ? await RedisServer.StartAsync() : null;
        FaultyEntryStore? log = null;
        await using var network = await TestNetwork.StartAsync(new()
        {
            Redis = redis?.Address ?? "",
            AroundLog = store => log = new FaultyEntryStore(store),
        });
        network.Journal.Expect("ALARM", "a test's fault");
        var marked = new Marked();
        var told = new StringBuilder();

        // What is good: approved, redeemed, settled.
        foreach (var person in (int[])[Good, AlsoGood])
        {
            foreach (var agency in (string[])[NetworkFolder.Requester, NetworkFolder.Provider, NetworkFolder.Bystander])
            {
                marked.Add($"link code of {person} at {agency}", network.CodeOf(person, agency));
            }

            var id = new byte[InfoLink.Codes.IdCode.ByteLength];
            TestNetwork.Person(person).CopyTo(id);
            marked.Add($"ID code of {person}", id);
        }

        var approval = await ApproveAsync();
        var attempt = AttemptId.New();
        await network.Provider.RedeemAsync(approval.Token, attempt);
        await network.Provider.SettleAsync(approval.Settlement());
        var unused = await ApproveAsync();

        // What is bad, each with a value in it that nobody may repeat.
        var forged = new LinkCode(NetworkFolder.Epoch, RandomNumberGenerator.GetBytes(16));
        marked.Add("forged code", forged);
        var garbage = "." + System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes($$"""{"jti":"{{new string('!', 22)}}","x":"{{Convert.ToHexString(RandomNumberGenerator.GetBytes(16))}}"}""")) + ".";
        marked.AddText("garbage token", garbage);
        var bent = approval.Token[..^4] + "AAAA";
        marked.AddText("bent token", bent);
        marked.AddToken("token", approval.Token).AddToken("unused token", unused.Token);
        await TellAsync(() => network.Requester.AuthorizeAsync(network.Requester.Ask(forged)));
        await TellAsync(() => network.Requester.AuthorizeAsync(network.Requester.Ask(network.CodeOf(Good, NetworkFolder.Provider))));
        await TellAsync(() => network.Requester.AuthorizeAsync(network.Requester.Ask(network.CodeOf(Good), network.CodeOf(Good))));
        await TellAsync(() => network.Requester.AuthorizeAsync(WithShortCode()));
        await TellAsync(() => network.Provider.RedeemAsync(approval.Token, AttemptId.New()));
        await TellAsync(() => network.Bystander.RedeemAsync(unused.Token, AttemptId.New()));
        await TellAsync(() => network.Provider.RedeemAsync(bent, AttemptId.New()));
        await TellAsync(() => network.Provider.RedeemAsync(garbage, AttemptId.New()));
        log!.Fault = Fault.Lost;
        await TellAsync(ApproveAsync);
        await TellAsync(() => network.Provider.RedeemAsync(unused.Token, AttemptId.New()));
        log.Fault = Fault.None;
        if (redis is not null)
        {
            var dump = await redis.DumpAsync();
            Assert.True(dump.Length > 500, "Redis is empty, so nothing is shown by finding nothing.");
            marked.AddText("agency", NetworkFolder.Requester).AddText("agency", NetworkFolder.Provider).AddText("entry", Walk.Entry)
                .Add("exchange id", approval.ExchangeId.ToByteArray()).AssertNotIn(dump);
            marked = marked.Except("agency", "entry", "exchange id");
            await redis.KillAsync();
            await TellAsync(() => network.Provider.RedeemAsync(unused.Token, AttemptId.New()));
        }

        marked.AssertNotIn(told.ToString());
        marked.AssertNotIn(string.Join('\n', network.Journal.Lines));
        marked.AssertNotBelow(network.Folder.Path("broker", "data"));
        await network.StopBrokerAsync();
        marked.AssertNotBelow(network.Folder.Path("broker", "data"));

        // The search does find what may be there.
        var control = new Marked().Add("exchange id", approval.ExchangeId.ToByteArray());
        Assert.NotEmpty(control.FoundIn(File.ReadAllBytes(network.Folder.Path("broker", "data", "access-log.db"))));
        Assert.NotEmpty(new Marked().AddText("alarm", "ALARM: ").FoundIn(Encoding.UTF8.GetBytes(string.Join('\n', network.Journal.Lines))));

        Task<AuthorizeReply> ApproveAsync() => network.Requester.AuthorizeAsync(network.Requester.Ask(network.CodeOf(Good), network.CodeOf(AlsoGood)));

        AuthorizeRequest WithShortCode()
        {
            var request = network.Requester.Ask(network.CodeOf(Good));
            request.LinkCodes[0] = Google.Protobuf.ByteString.CopyFrom(request.LinkCodes[0].Span[..16]);
            return request;
        }

        async Task TellAsync(Func<Task> call)
        {
            var fault = await Assert.ThrowsAsync<RpcException>(call);
            told.AppendLine(fault.ToString()).AppendLine(fault.Status.Detail);
            foreach (var trailer in fault.Trailers)
            {
                told.AppendLine(trailer.IsBinary ? Encoding.UTF8.GetString(trailer.ValueBytes) : trailer.Value);
            }
        }
    }
}
