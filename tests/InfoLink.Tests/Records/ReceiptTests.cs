using System.Buffers.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Tokens;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Records;

/// <summary>A receipt holds where every field is the token's and the request's; any other is refused, naming what differs.</summary>
public sealed class ReceiptTests(SharedBroker shared) : IClassFixture<SharedBroker>
{
    /// <summary>What only the record knows: any time, and any commitment of 32 bytes, may stand there as far as the token can tell.</summary>
    private static readonly string[] NotInTheToken = ["time_ms", "request_commitment"];

    /// <summary>What the requester takes from the record, and compares with the token by other checks.</summary>
    private static readonly string[] NotInTheRequest = ["time_ms", "issued_at", "expires_at", "count", "catalog_version", "catalog_sha256"];

    private TestNetwork Network => shared.Network;

    public static TheoryData<string> Fields => [.. OpenPart.Descriptor.Fields.InDeclarationOrder().Select(part => part.Name)];

    [Fact]
    public async Task The_brokers_own_receipt_holds_on_both_sides()
    {
        var (reply, _, claims) = await ApproveAsync();
        Assert.Null(ApprovedRecord.CheckAgainstToken(reply.Receipt, claims, Token(reply)));
        Assert.Null(CheckAgainstRequest(reply, reply.Receipt));
        var record = (await Network.Records.ReadAsync((long)reply.Receipt.Index, 1, CancellationToken.None))[0];
        Assert.Equal(
            [record.OpenPartBytes, record.Salt, record.PrivateRoot.ToArray()],
            (byte[][])[reply.Receipt.OpenPart.ToByteArray(), reply.Receipt.Salt.ToByteArray(), reply.Receipt.PrivateRoot.ToByteArray()]);
        Assert.Equal(Network.Records.Origin, reply.Receipt.Origin);
    }

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task A_field_that_is_not_the_tokens_is_named(string field)
    {
        var (reply, _, claims) = await ApproveAsync();
        var refusal = ApprovedRecord.CheckAgainstToken(Bend(reply.Receipt, field), claims, Token(reply));
        AssertNamed(refusal, field, NotInTheToken);
    }

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task A_field_that_is_not_the_requests_is_named(string field)
    {
        var (reply, _, _) = await ApproveAsync();
        AssertNamed(CheckAgainstRequest(reply, Bend(reply.Receipt, field)), field, NotInTheRequest);
    }

    [Theory]
    [InlineData("no receipt", "open part")]
    [InlineData("an empty receipt", "open part")]
    [InlineData("a short salt", "open part")]
    [InlineData("a short root", "open part")]
    [InlineData("an unknown field", "open part")]
    [InlineData("a short commitment", "request commitment")]
    public async Task A_receipt_of_another_form_is_refused(string how, string named)
    {
        var (reply, _, claims) = await ApproveAsync();
        var receipt = reply.Receipt.Clone();
        switch (how)
        {
            case "a short salt":
                receipt.Salt = ByteString.CopyFrom(new byte[31]);
                break;
            case "a short root":
                receipt.PrivateRoot = ByteString.CopyFrom(new byte[31]);
                break;
            case "an unknown field":
                receipt.OpenPart = ByteString.CopyFrom([.. receipt.OpenPart, 0xB8, 0x06, 0x01]);
                break;
            case "a short commitment":
                var part = OpenPart.Parser.ParseFrom(receipt.OpenPart);
                part.RequestCommitment = ByteString.CopyFrom(new byte[31]);
                receipt.OpenPart = part.ToByteString();
                break;
            default:
                receipt = how is "no receipt" ? null : new Receipt();
                break;
        }

        Assert.Equal(new Contracts.Refusals.Refusal(RefusalName.ReceiptInvalid, named), ApprovedRecord.CheckAgainstToken(receipt, claims, Token(reply)));
    }

    [Fact]
    public async Task A_commitment_that_is_bent_in_any_part_does_not_hold()
    {
        var (reply, _, _) = await ApproveAsync();
        var agency = AgencyId.Parse(NetworkFolder.Requester);
        bool Holds(Receipt receipt, params SubjectCommitment[] subjects) =>
            ApprovedRecord.CommitsTo(receipt, subjects, CommitmentSide.RequesterCode, agency, _ => Network.CodeOf(1));

        var good = reply.Subjects[0];
        Assert.True(Holds(reply.Receipt, good));
        Assert.False(Holds(reply.Receipt));
        Assert.False(Holds(reply.Receipt, good, good));
        Assert.False(ApprovedRecord.CommitsTo(reply.Receipt, [good], CommitmentSide.RequesterCode, agency, _ => Network.CodeOf(2)));
        Assert.False(ApprovedRecord.CommitsTo(reply.Receipt, [good], CommitmentSide.ProviderCode, agency, _ => Network.CodeOf(1)));
        Assert.False(ApprovedRecord.CommitsTo(reply.Receipt, [good], CommitmentSide.RequesterCode, AgencyId.Parse("141305"), _ => Network.CodeOf(1)));
        foreach (var size in (int[])[0, 31, 32, 33])
        {
            var other = ByteString.CopyFrom(new byte[size]);
            foreach (var bend in (Action<SubjectCommitment>[])[part => part.Salt = other, part => part.OtherCommitment = other, part => part.TagCommitment = other])
            {
                var bent = good.Clone();
                bend(bent);
                Assert.False(Holds(reply.Receipt, bent));
            }
        }

        var elsewhere = good.Clone();
        elsewhere.Index++;
        Assert.False(Holds(reply.Receipt, elsewhere));
        var root = reply.Receipt.Clone();
        root.PrivateRoot = ByteString.CopyFrom(new byte[32]);
        Assert.False(Holds(root, good));
    }

    private async Task<(AuthorizeReply Reply, AuthorizeRequest Request, TokenClaims Claims)> ApproveAsync()
    {
        var request = Network.Requester.Ask(Network.CodeOf(1));
        var reply = await Network.Requester.AuthorizeAsync(request);
        Assert.True(TokenPayload.TryRead(Base64Url.DecodeFromChars(reply.Token.Split('.')[1]), out var claims));
        return (reply, request, claims);
    }

    /// <summary>What the requester's ASKED record would hold.</summary>
    private static Contracts.Refusals.Refusal? CheckAgainstRequest(AuthorizeReply reply, Receipt receipt)
    {
        var approved = OpenPart.Parser.ParseFrom(reply.Receipt.OpenPart);
        var asked = approved.Clone();
        (asked.Event, asked.Custodian, asked.TimeMs) = (AccessEvent.Asked, NetworkFolder.Requester, asked.TimeMs - 5);
        asked.ExchangeId = asked.TokenSha256 = asked.RequestCommitment = asked.CatalogSha256 = ByteString.Empty;
        (asked.IssuedAt, asked.ExpiresAt, asked.CatalogVersion) = (0, 0, 0);
        return ApprovedRecord.CheckAgainstRequest(
            receipt,
            asked,
            ExchangeId.FromBytes(reply.ExchangeId.Span),
            Token(reply),
            Sha256Digest.FromBytes(approved.RequestCommitment.Span));
    }

    private static Sha256Digest Token(AuthorizeReply reply) => Sha256Digest.Of(System.Text.Encoding.ASCII.GetBytes(reply.Token));

    private static Receipt Bend(Receipt receipt, string name)
    {
        var part = OpenPart.Parser.ParseFrom(receipt.OpenPart);
        var field = OpenPart.Descriptor.FindFieldByName(name);
        if (field.IsRepeated)
        {
            part.Kinds.Add("z-kind");
        }
        else
        {
            var value = field.Accessor.GetValue(part);
            field.Accessor.SetValue(part, field.FieldType switch
            {
                FieldType.Bytes => Other((ByteString)value),
                FieldType.String => value + "x",
                FieldType.Int64 => (long)value + 1,
                FieldType.UInt32 => (uint)value + 1,
                FieldType.Message => name is "act" ? new OperatorAct { What = "x" } : new Correction { FoundBy = "x" },
                _ when string.Equals(name, "event", StringComparison.Ordinal) => AccessEvent.Redeemed,
                _ => RefusalName.TokenSpent,
            });
        }

        var bent = receipt.Clone();
        bent.OpenPart = part.ToByteString();
        return bent;
    }

    private static ByteString Other(ByteString value)
    {
        var bytes = value.IsEmpty ? new byte[16] : value.ToByteArray();
        bytes[^1] ^= 1;
        return ByteString.CopyFrom(bytes);
    }

    private static void AssertNamed(Contracts.Refusals.Refusal? refusal, string field, string[] free) => Assert.Equal(
        free.Contains(field, StringComparer.Ordinal) ? null : new Contracts.Refusals.Refusal(RefusalName.ReceiptInvalid, field),
        refusal);
}
