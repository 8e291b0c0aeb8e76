using System.Buffers.Text;
using System.Text;
using Google.Protobuf;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Tokens;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Exchange;

/// <summary>A token becomes the provider's link codes: once, for its provider, within its time.</summary>
public sealed class RedeemTests(SharedBroker shared) : IClassFixture<SharedBroker>
{
    private TestNetwork Network => shared.Network;

    [Fact]
    public async Task The_providers_codes_come_with_commitments_that_are_those_of_the_approval()
    {
        var approval = await ApproveAsync(1, 2);
        var redeemed = await Network.Provider.RedeemAsync(approval.Token, AttemptId.New());
        Assert.Equal(approval.ExchangeId, redeemed.ExchangeId);
        LinkCode[] codes = [.. redeemed.Subjects.Select(subject => LinkCode.FromBytes(subject.LinkCode.Span))];
        Assert.Equal([Code(1), Code(2)], codes);

        var (requester, provider) = (AgencyId.Parse(NetworkFolder.Requester), AgencyId.Parse(NetworkFolder.Provider));
        Assert.True(ApprovedRecord.CommitsTo(
            approval.Receipt, redeemed.Subjects.Select(subject => subject.Commitment), CommitmentSide.ProviderCode, provider, i => codes[i]));
        Assert.True(ApprovedRecord.CommitsTo(
            approval.Receipt, approval.Subjects, CommitmentSide.RequesterCode, requester, i => Network.CodeOf((int)i + 1)));
        Assert.False(ApprovedRecord.CommitsTo( // A wrong conversion shows.
            approval.Receipt, redeemed.Subjects.Select(subject => subject.Commitment), CommitmentSide.ProviderCode, provider, i => codes[1 - i]));
        Assert.Equal([AccessEvent.Approved, AccessEvent.Redeemed], await Network.EventsOfAsync(approval.ExchangeId));
    }

    [Fact]
    public async Task The_same_attempt_gets_the_same_answer_and_no_second_record()
    {
        var (approval, attempt) = (await ApproveAsync(1, 2, 3), AttemptId.New());
        var first = await Network.Provider.RedeemAsync(approval.Token, attempt);
        var again = await Network.Provider.RedeemAsync(approval.Token, attempt);
        Assert.Equal(first.ToByteArray(), again.ToByteArray());
        Assert.Equal([AccessEvent.Approved, AccessEvent.Redeemed], await Network.EventsOfAsync(approval.ExchangeId));
    }

    [Fact]
    public async Task Another_attempt_is_spent_on_record_and_an_alarm()
    {
        Network.Journal.Expect("ALARM");
        var approval = await ApproveAsync(1);
        await Network.Provider.RedeemAsync(approval.Token, AttemptId.New());
        var record = await Network.RefusedAndRecordedAsync(
            RefusalName.TokenSpent, () => Network.Provider.RedeemAsync(approval.Token, AttemptId.New()));
        Assert.Equal(approval.ExchangeId, record.Open.ExchangeId);
        Assert.Contains(Network.Journal.Lines, line =>
            line.Level == Microsoft.Extensions.Logging.LogLevel.Critical
            && line.Text.Contains(ExchangeId.FromBytes(approval.ExchangeId.Span).ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Another_agency_is_refused_the_record_says_which_and_the_provider_still_redeems()
    {
        var approval = await ApproveAsync(1);
        var record = await Network.RefusedAndRecordedAsync(
            RefusalName.TokenNotForCaller, () => Network.Bystander.RedeemAsync(approval.Token, AttemptId.New()));
        Assert.Equal(approval.ExchangeId, record.Open.ExchangeId);
        Assert.Equal((NetworkFolder.Provider, NetworkFolder.Bystander), (record.Open.Provider, record.Open.Caller));

        await Network.RefusedAndRecordedAsync(
            RefusalName.TokenNotForCaller, () => Network.Requester.RedeemAsync(approval.Token, AttemptId.New()));
        await Network.Provider.RedeemAsync(approval.Token, AttemptId.New());
    }

    [Fact]
    public async Task A_requester_suspended_since_the_approval_is_not_answered_and_may_be_later()
    {
        var approval = await ApproveAsync(1);
        using (Network.Suspend(NetworkFolder.Requester))
        {
            await Network.RefusedAndRecordedAsync(
                RefusalName.MemberSuspended, () => Network.Provider.RedeemAsync(approval.Token, AttemptId.New()), "requester");
        }

        await Network.Provider.RedeemAsync(approval.Token, AttemptId.New());
    }

    [Fact]
    public async Task An_expired_token_is_unknown_to_the_broker()
    {
        var approval = await ApproveAsync(1);
        try
        {
            Network.Clock.Ahead = TimeSpan.FromSeconds(72);
            await Network.RefusedAndRecordedAsync(RefusalName.TokenUnknown, () => Network.Provider.RedeemAsync(approval.Token, AttemptId.New()));
        }
        finally
        {
            Network.Clock.Ahead = TimeSpan.Zero;
        }
    }

    [Fact]
    public async Task Where_the_stores_clock_lags_the_brokers_own_decides_and_goes_on_deciding()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var network = await TestNetwork.StartAsync(new() { Redis = redis.Address });
        var approval = await network.Requester.AuthorizeAsync(network.Requester.Ask(network.CodeOf(1)));
        var attempt = AttemptId.New();
        network.Clock.Ahead = TimeSpan.FromSeconds(72); // Redis keeps it for 70 s of its own time.
        await network.RefusedAndRecordedAsync(RefusalName.TokenExpired, () => network.Provider.RedeemAsync(approval.Token, attempt));
        await network.RefusedAndRecordedAsync(RefusalName.TokenExpired, () => network.Provider.RedeemAsync(approval.Token, attempt));
        Assert.DoesNotContain(AccessEvent.Redeemed, await network.EventsOfAsync(approval.ExchangeId));
    }

    [Fact]
    public async Task A_token_of_another_broker_is_unknown()
    {
        await using var other = await TestNetwork.StartAsync();
        var foreign = await other.Requester.AuthorizeAsync(other.Requester.Ask(other.CodeOf(1)));
        await Network.RefusedAndRecordedAsync(RefusalName.TokenUnknown, () => Network.Provider.RedeemAsync(foreign.Token, AttemptId.New()));
    }

    [Theory]
    [InlineData("another signature")]
    [InlineData("another header")]
    [InlineData("another payload with its id")]
    [InlineData("a payload of its id alone")]
    public async Task A_token_that_only_bears_a_good_tokens_id_is_invalid(string how)
    {
        var approval = await ApproveAsync(1);
        var parts = approval.Token.Split('.');
        var payload = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(parts[1]));
        var jti = System.Text.Json.JsonDocument.Parse(payload).RootElement.GetProperty("jti").GetString();
        string[] bent = how switch
        {
            "another signature" => [parts[0], parts[1], Base64Url.EncodeToString(new byte[64])],
            "another header" => [Base64Url.EncodeToString("""{"alg":"none","typ":"at+jwt"}"""u8), parts[1], parts[2]],
            "another payload with its id" => [parts[0], Text(payload.Replace(NetworkFolder.Requester, NetworkFolder.Bystander, StringComparison.Ordinal)), parts[2]],
            _ => ["", Text($$"""{"jti":"{{jti}}"}"""), ""],
        };
        await Network.RefusedAndRecordedAsync(
            RefusalName.TokenInvalid, () => Network.Provider.RedeemAsync(string.Join('.', bent), AttemptId.New()));
        await Network.Provider.RedeemAsync(approval.Token, AttemptId.New());
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("a.b")]
    [InlineData("...")]
    [InlineData("a.!!!.c")]
    [InlineData("トークン")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"jti\":1}")]
    [InlineData("{\"jti\":null}")]
    [InlineData("{\"jti\":\"short\"}")]
    [InlineData("{\"jti\":\"!!!!!!!!!!!!!!!!!!!!!!\"}")]
    [InlineData("{\"jti\":\"\\ud800\"}")]
    [InlineData("{\"jti\":\"AAAAAAAAAAAAAAAAAAAAAA\"")]
    [InlineData("too long")]
    public async Task What_is_no_token_is_invalid_and_no_fault(string token)
    {
        var sent = token switch
        {
            "too long" => "." + new string('a', ExchangeToken.MaxLength) + ".",
            ['{', ..] or ['[', ..] => "." + Text(token) + ".",
            _ => token,
        };
        Assert.Empty(await Network.RecordedByAsync(() =>
            Refused.ByAsync(RefusalName.TokenInvalid, () => Network.Provider.RedeemAsync(sent, AttemptId.New()))));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(17)]
    public async Task An_attempt_id_is_sixteen_bytes(int size)
    {
        var approval = await ApproveAsync(1);
        var request = new RedeemRequest { Token = approval.Token, AttemptId = ByteString.CopyFrom(new byte[size]), Pin = new LogPin() };
        Assert.Empty(await Network.RecordedByAsync(() =>
            Refused.ByAsync(RefusalName.RequestMalformed, () => Network.Provider.RedeemAsync(request), "attempt_id")));
        await Network.Provider.RedeemAsync(approval.Token, AttemptId.New());
    }

    private Task<AuthorizeReply> ApproveAsync(params int[] persons) =>
        Network.Requester.AuthorizeAsync(Network.Requester.Ask(persons.Select(person => Network.CodeOf(person))));

    private LinkCode Code(int person) => Network.CodeOf(person, NetworkFolder.Provider, SharedBroker.NextEpoch);

    private static string Text(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
