using System.Security.Cryptography;
using Google.Protobuf;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Tokens;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Exchange;

/// <summary>Only the provider that redeemed says what came of it, and says it once.</summary>
public sealed class SettleTests(SharedBroker shared) : IClassFixture<SharedBroker>
{
    private TestNetwork Network => shared.Network;

    [Fact]
    public async Task A_settlement_is_on_record_for_each_subject_with_the_commitments_of_the_redeem()
    {
        var approval = await RedeemedAsync(1, 2);
        var request = approval.Settlement();
        var digest = RandomNumberGenerator.GetBytes(32);
        (request.Subjects[0].Outcome, request.Subjects[0].Digest, request.Subjects[0].DisplayHold) =
            (SubjectOutcome.AnsweredOutcome, digest.ToByteString(), true);
        var record = Assert.Single(await Network.RecordedByAsync(() => Network.Provider.SettleAsync(request)));
        Assert.Equal(AccessEvent.Settled, record.Open.Event);
        Assert.Equal([SubjectOutcome.AnsweredOutcome, SubjectOutcome.NotAvailableOutcome], record.Subjects.Select(subject => subject.Outcome));
        Assert.Equal([true, false], record.Subjects.Select(subject => subject.DisplayHold));
        Assert.Equal([digest, new byte[32]], record.Subjects.Select(subject => subject.Digest.ToArray()));

        var redeemed = (await Network.Records.FindAsync(ExchangeId.FromBytes(approval.ExchangeId.Span), CancellationToken.None))
            .Single(entry => entry.Open.Event == AccessEvent.Redeemed);
        Assert.Equal(
            redeemed.Subjects.Select(subject => Commitments(subject.Leaf.ToBytes())), record.Subjects.Select(subject => Commitments(subject.Leaf.ToBytes())));
    }

    [Fact]
    public async Task The_same_settlement_again_changes_nothing()
    {
        var request = (await RedeemedAsync(1)).Settlement();
        await Network.Provider.SettleAsync(request);
        Assert.Empty(await Network.RecordedByAsync(() => Network.Provider.SettleAsync(request)));
    }

    [Theory]
    [InlineData("outcome")]
    [InlineData("digest")]
    [InlineData("display hold")]
    public async Task A_second_and_different_settlement_is_a_conflict_on_record_and_an_alarm(string how)
    {
        Network.Journal.Expect("ALARM");
        var request = (await RedeemedAsync(1)).Settlement(SubjectOutcome.AnsweredOutcome);
        request.Subjects[0].Digest = RandomNumberGenerator.GetBytes(32).ToByteString();
        await Network.Provider.SettleAsync(request);
        var other = request.Clone();
        switch (how)
        {
            case "outcome":
                (other.Subjects[0].Outcome, other.Subjects[0].Digest) = (SubjectOutcome.PendingOutcome, ByteString.Empty);
                break;
            case "digest":
                other.Subjects[0].Digest = RandomNumberGenerator.GetBytes(32).ToByteString();
                break;
            default:
                other.Subjects[0].DisplayHold = true;
                break;
        }

        var record = await Network.RefusedAndRecordedAsync(RefusalName.SettleConflict, () => Network.Provider.SettleAsync(other));
        Assert.Equal(request.ExchangeId, record.Open.ExchangeId);
        await Network.Provider.SettleAsync(request);
    }

    [Fact]
    public async Task Of_parallel_and_different_settlements_one_is_on_record()
    {
        Network.Journal.Expect("ALARM");
        var approval = await RedeemedAsync(1);
        var ends = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(async () =>
        {
            var request = approval.Settlement(SubjectOutcome.AnsweredOutcome);
            request.Subjects[0].Digest = RandomNumberGenerator.GetBytes(32).ToByteString();
            return await Samples.Network.HandMadeClient.RefusalOfAsync(() => Network.Provider.SettleAsync(request));
        })));
        Assert.Single(ends, "(accepted)");
        Assert.Equal(19, ends.Count(end => string.Equals(end, "SETTLE-CONFLICT", StringComparison.Ordinal)));
        Assert.Single(await Network.EventsOfAsync(approval.ExchangeId), AccessEvent.Settled);
    }

    [Fact]
    public async Task Nothing_is_settled_before_it_is_redeemed()
    {
        var approval = await Network.Requester.AuthorizeAsync(Network.Requester.Ask(Network.CodeOf(1)));
        await Network.RefusedAndRecordedAsync(RefusalName.ExchangeNotRedeemed, () => Network.Provider.SettleAsync(approval.Settlement()));
        await Network.Provider.RedeemAsync(approval.Token, AttemptId.New());
        await Network.Provider.SettleAsync(approval.Settlement());
    }

    [Theory]
    [InlineData("by another agency")]
    [InlineData("by the requester")]
    [InlineData("with another token's hash")]
    [InlineData("of an exchange that never was")]
    public async Task Whoever_cannot_show_that_it_is_theirs_learns_nothing_of_an_exchange(string how)
    {
        var request = (await RedeemedAsync(1)).Settlement();
        var client = how switch { "by another agency" => Network.Bystander, "by the requester" => Network.Requester, _ => Network.Provider };
        if (how is "with another token's hash")
        {
            request.TokenSha256 = RandomNumberGenerator.GetBytes(32).ToByteString();
        }
        else if (how is "of an exchange that never was")
        {
            request.ExchangeId = RandomNumberGenerator.GetBytes(16).ToByteString();
        }

        var record = Assert.Single(await Network.RecordedByAsync(() => Refused.ByAsync(RefusalName.ExchangeUnknown, () => client.SettleAsync(request))));
        Assert.Equal((client.Agency, "", ""), (record.Open.Caller, record.Open.Requester, record.Open.Provider));
    }

    [Theory]
    [InlineData("exchange_id")]
    [InlineData("token_sha256")]
    [InlineData("subjects", "one too few")]
    [InlineData("subjects", "one too many")]
    [InlineData("subjects", "another index")]
    [InlineData("subjects", "out of order")]
    [InlineData("subjects", "one twice")]
    [InlineData("subjects", "no outcome")]
    [InlineData("subjects", "an outcome that does not exist")]
    [InlineData("subjects", "answered without digest")]
    [InlineData("subjects", "a digest where nothing was answered")]
    [InlineData("subjects", "a digest of another length")]
    public async Task A_settlement_that_does_not_fit_is_malformed_and_changes_nothing(string field, string how = "")
    {
        var request = (await RedeemedAsync(1, 2)).Settlement();
        var second = request.Subjects[1];
        switch (how)
        {
            case "one too few":
                request.Subjects.RemoveAt(1);
                break;
            case "one too many":
                request.Subjects.Add(new SubjectSettlement { Index = 2, Outcome = SubjectOutcome.PendingOutcome });
                break;
            case "another index":
                second.Index = 7;
                break;
            case "out of order":
                request.Subjects.RemoveAt(1);
                request.Subjects.Insert(0, second);
                break;
            case "one twice":
                second.Index = 0;
                break;
            case "no outcome":
                second.Outcome = SubjectOutcome.Unspecified;
                break;
            case "an outcome that does not exist":
                second.Outcome = (SubjectOutcome)77;
                break;
            case "answered without digest":
                second.Outcome = SubjectOutcome.AnsweredOutcome;
                break;
            case "a digest where nothing was answered":
                second.Digest = RandomNumberGenerator.GetBytes(32).ToByteString();
                break;
            case "a digest of another length":
                (second.Outcome, second.Digest) = (SubjectOutcome.AnsweredOutcome, RandomNumberGenerator.GetBytes(31).ToByteString());
                break;
            default:
                request.ExchangeId = field is "exchange_id" ? ByteString.Empty : request.ExchangeId;
                request.TokenSha256 = field is "token_sha256" ? ByteString.Empty : request.TokenSha256;
                break;
        }

        Assert.Empty(await Network.RecordedByAsync(() =>
            Refused.ByAsync(RefusalName.RequestMalformed, () => Network.Provider.SettleAsync(request), field)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1001)]
    public async Task A_settlement_names_one_to_a_thousand_subjects(int count)
    {
        var request = (await RedeemedAsync(1)).Settlement();
        request.Subjects.Clear();
        request.Subjects.Add(Enumerable.Range(0, count).Select(i => new SubjectSettlement { Index = (uint)i, Outcome = SubjectOutcome.PendingOutcome }));
        Assert.Empty(await Network.RecordedByAsync(() => Refused.ByAsync(RefusalName.SubjectCount, () => Network.Provider.SettleAsync(request))));
    }

    private async Task<AuthorizeReply> RedeemedAsync(params int[] persons)
    {
        var approval = await Network.Requester.AuthorizeAsync(Network.Requester.Ask(persons.Select(person => Network.CodeOf(person))));
        await Network.Provider.RedeemAsync(approval.Token, AttemptId.New());
        return approval;
    }

    private static (Sha256Digest, Sha256Digest, Sha256Digest) Commitments(byte[] leaf)
    {
        var subject = SubjectLeaf.FromBytes(leaf);
        return (subject.Tag, subject.RequesterCode, subject.ProviderCode);
    }
}
