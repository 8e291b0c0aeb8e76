using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using InfoLink.Contracts.Identifiers;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Exchange;

/// <summary>Bad requests for approval: each refused by its name, nothing approved, and on record where persons were asked for.</summary>
public sealed class BadAuthorizeTests(SharedBroker shared) : IClassFixture<SharedBroker>
{
    private TestNetwork Network => shared.Network;

    [Theory]
    [InlineData("entry", "")]
    [InlineData("entry", "No Such Form")]
    [InlineData("role", "Claimant!")]
    [InlineData("provider", "SETAGAYA")]
    [InlineData("kinds", "")]
    [InlineData("kinds", "municipal-inhabitant-tax,municipal-inhabitant-tax")]
    [InlineData("kinds", "Kind?")]
    [InlineData("conditions", "2026-02-30")]
    [InlineData("conditions", "upside down")]
    [InlineData("conditions", "10000")]
    [InlineData("request_commitment", "31")]
    [InlineData("request_commitment", "0")]
    [InlineData("rek", "33")]
    [InlineData("continues", "15")]
    [InlineData("link_codes", "16")]
    [InlineData("link_codes", "0")]
    public async Task A_malformed_field_is_named(string field, string bent)
    {
        var request = Ask(1);
        switch (field)
        {
            case "entry":
                request.Entry = bent;
                break;
            case "role":
                request.Role = bent;
                break;
            case "provider":
                request.Provider = bent;
                break;
            case "kinds":
                request.Kinds.Clear();
                request.Kinds.Add(bent.Split(',', StringSplitOptions.RemoveEmptyEntries));
                break;
            case "conditions":
                request.Conditions = bent switch
                {
                    "10000" => new InquiryConditions { TaxYear = 10_000 },
                    "upside down" => new InquiryConditions { Period = new Period { From = "2026-02-01", To = "2026-01-01" } },
                    _ => new InquiryConditions { AsOf = bent },
                };
                break;
            case "request_commitment":
                request.RequestCommitment = Bytes(bent);
                break;
            case "rek":
                request.Rek = Bytes(bent);
                break;
            case "continues":
                request.Continues = Bytes(bent);
                break;
            default:
                request.LinkCodes[0] = Bytes(bent);
                break;
        }

        Assert.Empty(await Network.RecordedByAsync(() =>
            Refused.ByAsync(RefusalName.RequestMalformed, () => Network.Requester.AuthorizeAsync(request), field)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1001)]
    public async Task One_to_a_thousand_subjects_and_no_other_number(int count)
    {
        var request = Ask([.. Enumerable.Range(1, count)]);
        Assert.Empty(await Network.RecordedByAsync(() =>
            Refused.ByAsync(RefusalName.SubjectCount, () => Network.Requester.AuthorizeAsync(request))));
    }

    [Fact]
    public async Task A_thousand_subjects_are_approved_and_redeemed_each_in_its_place()
    {
        var approval = await Network.Requester.AuthorizeAsync(Ask([.. Enumerable.Range(1, 1000)]));
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => (uint)i), approval.Subjects.Select(subject => subject.Index));
        var redeemed = await Network.Provider.RedeemAsync(approval.Token, Contracts.Tokens.AttemptId.New());
        Assert.Equal(
            Enumerable.Range(1, 1000).Select(person => CodeBytes(Network.CodeOf(person, NetworkFolder.Provider, SharedBroker.NextEpoch))),
            redeemed.Subjects.Select(subject => subject.LinkCode));
    }

    [Fact]
    public async Task The_same_code_twice_is_refused_and_on_record()
    {
        var record = await Network.RefusedAndRecordedAsync(RefusalName.SubjectRepeated, () => Network.Requester.AuthorizeAsync(Ask(1, 2, 1)));
        Assert.Equal(3u, record.Open.Count);
    }

    [Fact]
    public async Task The_same_forged_code_twice_is_refused_too()
    {
        var forged = new LinkCode(NetworkFolder.Epoch, RandomNumberGenerator.GetBytes(16));
        await Network.RefusedAndRecordedAsync(
            RefusalName.SubjectRepeated, () => Network.Requester.AuthorizeAsync(Network.Requester.Ask(forged, forged)));
    }

    [Fact]
    public async Task The_same_person_by_codes_of_two_epochs_is_refused_and_on_record()
    {
        var request = Network.Requester.Ask(
            Network.CodeOf(1), Network.CodeOf(2), Network.CodeOf(1, NetworkFolder.Requester, SharedBroker.NextEpoch));
        var record = await Network.RefusedAndRecordedAsync(RefusalName.SubjectRepeated, () => Network.Requester.AuthorizeAsync(request));
        Assert.Equal((3u, 0), (record.Open.Count, record.Subjects.Count));
    }

    [Theory]
    [InlineData("forged")]
    [InlineData("another agency's")]
    [InlineData("of an epoch that is not accepted")]
    [InlineData("the agency's own, one bit off")]
    [InlineData("of no epoch, all zero")]
    public async Task A_code_that_is_not_the_agencys_is_refused_uniformly(string how)
    {
        var record = await Network.RefusedAndRecordedAsync(
            RefusalName.LinkCodeRefused, () => Network.Requester.AuthorizeAsync(Network.Requester.Ask(BadCode(how))));
        Assert.Equal([0u], record.Subjects.Select(subject => subject.Index));
    }

    [Fact]
    public async Task Good_and_bad_subjects_part_and_every_place_is_kept()
    {
        var request = Network.Requester.Ask(Network.CodeOf(1), BadCode("forged"), Network.CodeOf(2), BadCode("another agency's"), Network.CodeOf(3));
        AuthorizeReply? reply = null;
        var records = await Network.RecordedByAsync(async () => reply = await Network.Requester.AuthorizeAsync(request));
        Assert.Equal([0u, 2, 4], reply!.Subjects.Select(subject => subject.Index));
        Assert.Equal([1u, 3], reply.Refused);
        Assert.Equal(RefusalName.LinkCodeRefused, reply.Refusal.Name);

        Assert.Equal([AccessEvent.Refused, AccessEvent.Approved], records.Select(record => record.Open.Event));
        Assert.Equal([1u, 3], records[0].Subjects.Select(subject => subject.Index));
        Assert.Equal([0u, 2, 4], records[1].Subjects.Select(subject => subject.Index));
        Assert.Equal((2u, 3u), (records[0].Open.Count, records[1].Open.Count));
        Assert.Equal(reply.ExchangeId, records[0].Open.ExchangeId); // So that both can be read together.

        var redeemed = await Network.Provider.RedeemAsync(reply.Token, Contracts.Tokens.AttemptId.New());
        Assert.Equal([0u, 2, 4], redeemed.Subjects.Select(subject => subject.Index));
        Assert.Equal(
            ((int[])[1, 2, 3]).Select(person => CodeBytes(Network.CodeOf(person, NetworkFolder.Provider, SharedBroker.NextEpoch))),
            redeemed.Subjects.Select(subject => subject.LinkCode));
    }

    [Theory]
    [InlineData("entry")]
    [InlineData("role")]
    [InlineData("kind")]
    [InlineData("provider")]
    public async Task A_persons_number_in_the_place_of_a_name_is_neither_kept_nor_told(string place)
    {
        const string Number = "948271635504";
        var request = Ask(1);
        switch (place)
        {
            case "entry":
                request.Entry = Number;
                break;
            case "role":
                request.Role = Number;
                break;
            case "kind":
                request.Kinds.Add(Number);
                break;
            default:
                request.Provider = Number;
                break;
        }

        RpcException? told = null;
        var record = Assert.Single(await Network.RecordedByAsync(async () => told = await Assert.ThrowsAsync<RpcException>(() => Network.Requester.AuthorizeAsync(request))));

        Assert.DoesNotContain(Number, record.Open.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Number, $"{told} {string.Join(' ', told!.Trailers.Select(trailer => trailer.IsBinary ? System.Text.Encoding.Latin1.GetString(trailer.ValueBytes) : trailer.Value))}", StringComparison.Ordinal);
        Assert.Equal(NetworkFolder.Requester, record.Open.Caller); // Who it was stays on record, with what the catalog knows.
        Assert.Equal(place is "entry" ? "" : Walk.Entry, record.Open.Entry);
    }

    [Theory]
    [InlineData(RefusalName.MemberUnknown, "provider")]
    [InlineData(RefusalName.EntryUnknown, "entry")]
    [InlineData(RefusalName.ProviderNotInEntry, "provider in no such office")]
    [InlineData(RefusalName.RequesterNotInEntry, "requester in no such office")]
    [InlineData(RefusalName.RoleNotInEntry, "role")]
    [InlineData(RefusalName.KindNotInEntry, "kind of another entry")]
    [InlineData(RefusalName.KindNotInEntry, "kind unknown")]
    [InlineData(RefusalName.ConditionMissing, "taxYear missing")]
    [InlineData(RefusalName.ConditionNotAllowed, "asOf")]
    [InlineData(RefusalName.ConditionOutOfRange, "taxYear")]
    [InlineData(RefusalName.RequesterIsProvider, "itself")]
    [InlineData(RefusalName.ModeNotAllowed, "two at once where only one is")]
    public async Task What_the_catalog_does_not_allow_is_refused_by_name_and_on_record(RefusalName name, string how)
    {
        var request = Ask(1);
        var (client, detail) = (Network.Requester, "");
        switch (how)
        {
            case "provider":
                (request.Provider, detail) = ("999999", "provider");
                break;
            case "entry":
                request.Entry = "106.no.such";
                break;
            case "provider in no such office":
                request.Provider = NetworkFolder.HealthMinister;
                break;
            case "requester in no such office":
                client = Network.Of(NetworkFolder.HealthMinister);
                request.LinkCodes[0] = CodeBytes(Network.CodeOf(1, NetworkFolder.HealthMinister));
                break;
            case "role":
                request.Role = "householder";
                break;
            case "kind of another entry":
                request.Kinds[0] = "public-assistance";
                break;
            case "kind unknown":
                request.Kinds[0] = "no-such-kind";
                break;
            case "taxYear missing":
                request.Conditions = null;
                break;
            case "asOf":
                request.Conditions.AsOf = "2026-09-01";
                break;
            case "taxYear":
                request.Conditions.TaxYear = 2021;
                break;
            case "itself":
                request.Provider = NetworkFolder.Requester;
                break;
            default:
                request = Ask(1, 2);
                (request.Entry, request.Role, request.Provider) = ("106.justice-minister.108-1-i", "claimant", NetworkFolder.HealthMinister);
                request.Kinds[0] = "family-register";
                request.Conditions = null;
                break;
        }

        var record = await Network.RecordedByAsync(async () =>
        {
            var fault = await Assert.ThrowsAsync<RpcException>(() => client.AuthorizeAsync(request));
            var told = V1.Refusal.Parser.ParseFrom(fault.Trailers.GetValueBytes("infolink-refusal-bin")!);
            Assert.Equal(name, told.Name);
            Assert.StartsWith(detail, told.Detail, StringComparison.Ordinal);
        });
        var refused = Assert.Single(record).Open;
        Assert.Equal((AccessEvent.Refused, name), (refused.Event, refused.Refusal));
        var (entry, provider) = (name == RefusalName.EntryUnknown ? "" : request.Entry, name == RefusalName.MemberUnknown ? "" : request.Provider);
        Assert.Equal((entry, provider, (uint)request.LinkCodes.Count), (refused.Entry, refused.Provider, refused.Count));
        Assert.Equal((0, 0, 0L), (refused.ExchangeId.Length, refused.TokenSha256.Length, refused.IssuedAt)); // Nothing came to be.
    }

    [Fact]
    public async Task A_suspended_provider_is_not_asked()
    {
        using (Network.Suspend(NetworkFolder.Provider))
        {
            await Network.RefusedAndRecordedAsync(RefusalName.MemberSuspended, () => Network.Requester.AuthorizeAsync(Ask(1)), "provider");
        }
    }

    private AuthorizeRequest Ask(params int[] persons) => Network.Requester.Ask(persons.Select(person => Network.CodeOf(person)));

    private LinkCode BadCode(string how)
    {
        var own = CodeBytes(Network.CodeOf(7)).ToByteArray();
        switch (how)
        {
            case "forged":
                return new LinkCode(NetworkFolder.Epoch, RandomNumberGenerator.GetBytes(16));
            case "another agency's":
                return Network.CodeOf(7, NetworkFolder.Bystander);
            case "of an epoch that is not accepted":
                own[0] = 99;
                return LinkCode.FromBytes(own);
            case "the agency's own, one bit off":
                own[16] ^= 1;
                return LinkCode.FromBytes(own);
            default:
                return default;
        }
    }

    private static ByteString Bytes(string length) =>
        ByteString.CopyFrom(RandomNumberGenerator.GetBytes(int.Parse(length, System.Globalization.CultureInfo.InvariantCulture)));

    private static ByteString CodeBytes(LinkCode code)
    {
        var bytes = new byte[LinkCode.ByteLength];
        code.CopyTo(bytes);
        return ByteString.CopyFrom(bytes);
    }
}
