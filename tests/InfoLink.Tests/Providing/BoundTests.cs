using Google.Protobuf;
using Google.Protobuf.Reflection;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Sealing;
using InfoLink.Samples.Network;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Providing;

/// <summary>A good token with something else beside it: key, conditions, receipt, connection. Nothing burns; the owner can still use it.</summary>
public sealed class BoundTests(ProviderUnderAttack provider) : IClassFixture<ProviderUnderAttack>
{
    /// <summary>Fields that only the broker's record holds: neither the token nor anything at the provider says what they must be.</summary>
    private static readonly string[] OnlyInTheRecord = ["time_ms", "request_commitment"];

    public static TheoryData<string> OpenPartFields =>
        [.. OpenPart.Descriptor.Fields.InDeclarationOrder().Select(known => known.Name).Except(OnlyInTheRecord, StringComparer.Ordinal)];

    [Fact]
    public async Task A_thief_with_another_certificate_does_not_burn_the_token()
    {
        var request = await provider.RequestAsync();
        await provider.RefusedAsync(RefusalName.TokenOtherCertificate, request, by: provider.Network.Network.Bystander);
        Assert.Equal(2, (await provider.FetchAsync(request)).Count);
    }

    [Fact]
    public async Task The_same_agency_under_another_certificate_is_a_thief_too()
    {
        var request = await provider.RequestAsync();
        using var second = new HandMadeClient(provider.Network.Folder, NetworkFolder.Requester, TimeProvider.System);
        await provider.RefusedAsync(RefusalName.TokenOtherCertificate, request, by: second);
        Assert.Equal(2, (await provider.FetchAsync(request)).Count);
    }

    [Fact]
    public async Task A_thief_cannot_put_a_key_of_its_own_in_the_place_of_the_recipients()
    {
        var request = await provider.RequestAsync();
        using var own = RecipientKey.Create();
        var good = request.RecipientKey;
        request.RecipientKey = own.PublicKey.ToArray().ToByteString();
        await provider.RefusedAsync(RefusalName.RecipientKeyMismatch, request);
        request.RecipientKey = good;
        Assert.Equal(2, (await provider.FetchAsync(request)).Count);
    }

    [Fact]
    public async Task A_recipient_key_that_is_no_point_of_the_curve_is_refused()
    {
        var request = await provider.RequestAsync();
        var good = request.RecipientKey.ToByteArray();
        byte[] offTheCurve = [.. good[..64], (byte)(good[64] ^ 1)];
        byte[] compressed = [(byte)(2 + (good[64] & 1)), .. good[1..33]];
        foreach (var key in (byte[][])[[], [4], good[..64], [.. good, 0], offTheCurve, compressed, new byte[65], [4, .. new byte[64]], [6, .. good[1..]]])
        {
            request.RecipientKey = key.ToByteString();
            await provider.RefusedAsync(RefusalName.RecipientKeyMismatch, request, "not a point on P-256");
        }
    }

    [Fact]
    public async Task Other_conditions_than_the_approved_are_refused()
    {
        var request = await provider.RequestAsync();
        foreach (var conditions in (InquiryConditions?[])[null, new(), new() { TaxYear = 2025 }, new() { TaxYear = 2026, AsOf = "2026-09-01" }])
        {
            request.Conditions = conditions;
            await provider.RefusedAsync(RefusalName.ConditionsMismatch, request);
        }

        request.Conditions = new() { TaxYear = 2026 };
        Assert.Equal(2, (await provider.FetchAsync(request)).Count);
    }

    [Fact]
    public async Task Conditions_that_are_none_are_malformed()
    {
        var request = await provider.RequestAsync();
        foreach (var conditions in (InquiryConditions[])
            [
                new() { TaxYear = 10_000 }, new() { AsOf = "2026-02-30" }, new() { AsOf = "01.09.2026" }, new() { AsOf = "" },
                new() { Period = new() { From = "2026-09-02", To = "2026-09-01" } }, new() { Period = new() },
            ])
        {
            request.Conditions = conditions;
            await provider.RefusedAsync(RefusalName.RequestMalformed, request, "conditions", onRecord: false);
        }
    }

    [Fact]
    public async Task Without_a_receipt_there_is_no_answer()
    {
        var request = await provider.RequestAsync();
        request.Receipt = null;
        await provider.RefusedAsync(RefusalName.ReceiptInvalid, request, "missing", onRecord: false);
        request.Receipt = new Receipt();
        await provider.RefusedAsync(RefusalName.ReceiptInvalid, request, "open part");
    }

    [Theory]
    [MemberData(nameof(OpenPartFields))]
    public async Task A_receipt_that_says_otherwise_in_any_field_is_refused(string field)
    {
        var request = await provider.RequestAsync();
        var part = OpenPart.Parser.ParseFrom(request.Receipt.OpenPart);
        Change(part, OpenPart.Descriptor.FindFieldByName(field));
        request.Receipt.OpenPart = part.ToByteString();
        await provider.RefusedAsync(RefusalName.ReceiptInvalid, request, field);
    }

    [Fact]
    public async Task A_receipt_in_another_form_is_refused()
    {
        var request = await provider.RequestAsync();
        var good = request.Receipt.OpenPart.ToByteArray();
        byte[] unknownField = [.. good, 0xF8, 0x07, 0x01];
        byte[] fieldTwice = [.. good, .. good];
        byte[] explicitDefault = [.. good, 0xA0, 0x01, 0x00];
        foreach (var part in (byte[][])[unknownField, fieldTwice, explicitDefault, good[..^1], [0xFF], new byte[20_000]])
        {
            request.Receipt.OpenPart = part.ToByteString();
            await provider.RefusedAsync(RefusalName.ReceiptInvalid, request, "open part");
        }
    }

    [Fact]
    public async Task A_receipt_whose_salt_root_or_commitment_has_another_length_is_refused()
    {
        var request = await provider.RequestAsync();
        var good = request.Receipt.Clone();
        foreach (var bend in (Action<Receipt>[])
            [
                receipt => receipt.Salt = ByteString.Empty, receipt => receipt.Salt = new byte[33].ToByteString(),
                receipt => receipt.PrivateRoot = ByteString.Empty, receipt => receipt.PrivateRoot = new byte[31].ToByteString(),
            ])
        {
            request.Receipt = good.Clone();
            bend(request.Receipt);
            await provider.RefusedAsync(RefusalName.ReceiptInvalid, request, "open part");
        }

        var part = OpenPart.Parser.ParseFrom(good.OpenPart);
        part.RequestCommitment = new byte[31].ToByteString();
        request.Receipt = good.Clone();
        request.Receipt.OpenPart = part.ToByteString();
        await provider.RefusedAsync(RefusalName.ReceiptInvalid, request, "request commitment");
    }

    [Fact]
    public async Task The_receipt_of_another_token_is_refused()
    {
        var request = await provider.RequestAsync();
        request.Receipt = (await provider.RequestAsync()).Receipt;
        await provider.RefusedAsync(RefusalName.ReceiptInvalid, request, "exchange_id");
    }

    [Fact]
    public async Task A_receipt_that_leads_to_no_checkpoint_of_the_brokers_log_is_refused_and_kept_as_evidence()
    {
        var request = await provider.RequestAsync();
        var good = request.Receipt.Clone();
        foreach (var (bend, detail) in ((Action<Receipt>, string)[])
            [
                (receipt => receipt.PrivateRoot = new byte[32].ToByteString(), "inclusion"), // Other persons.
                (receipt => receipt.Salt = new byte[32].ToByteString(), "inclusion"),
                (receipt => receipt.Index++, "inclusion"),
                (receipt => receipt.InclusionProof.Add(new byte[32].ToByteString()), "inclusion"),
                (receipt => receipt.InclusionProof.Add(new byte[31].ToByteString()), "form"),
                (receipt => receipt.Origin = "infolink.example/broker-2", "origin"),
                (receipt => receipt.Origin = "", "origin"),
                (receipt => receipt.Checkpoint = ByteString.Empty, "checkpoint"),
                (receipt => receipt.Checkpoint = ByteString.CopyFromUtf8(receipt.Checkpoint.ToStringUtf8().Replace("\n1", "\n2", StringComparison.Ordinal)), "checkpoint"),
            ])
        {
            request.Receipt = good.Clone();
            bend(request.Receipt);
            if (request.Receipt.Equals(good))
            {
                continue;
            }

            var before = Evidence();
            await provider.RefusedAsync(RefusalName.ReceiptInvalid, request, detail);
            Assert.Equal(before + 1, Evidence());
        }

        request.Receipt = good;
        Assert.Equal(2, (await provider.FetchAsync(request)).Count); // The token was not spent by any of them.

        int Evidence()
        {
            var folder = provider.Network.Folder.AgencyPath(NetworkFolder.Provider, "data/evidence");
            return Directory.Exists(folder) ? Directory.GetFiles(folder).Length : 0;
        }
    }

    [Fact]
    public async Task A_token_is_answered_once_and_then_spent_for_its_owner_too()
    {
        var request = await provider.RequestAsync();
        Assert.Equal(2, (await provider.FetchAsync(request)).Count);
        await provider.RefusedAsync(RefusalName.TokenSpent, request);
    }

    [Fact]
    public async Task Of_fifty_fetches_with_one_token_at_once_exactly_one_is_answered()
    {
        var request = await provider.RequestAsync();
        var read = provider.Network.Reads.Count;
        var ends = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => HandMadeClient.RefusalOfAsync(() => provider.FetchAsync(request))));
        Assert.Single(ends, end => string.Equals(end, "(accepted)", StringComparison.Ordinal));
        Assert.Equal(49, ends.Count(end => string.Equals(end, "TOKEN-SPENT", StringComparison.Ordinal)));
        Assert.Equal(read + 1, provider.Network.Reads.Count);
    }

    /// <summary>Another value than it has, whatever it has.</summary>
    private static void Change(OpenPart part, FieldDescriptor field)
    {
        if (field.IsRepeated)
        {
            part.Kinds.Add("one-more");
            return;
        }

        object other = field.FieldType switch
        {
            FieldType.Enum => field.Name is "event" ? AccessEvent.Redeemed : RefusalName.TokenSpent,
            FieldType.Bytes => Sha256Digest.Of([9]).ToArray()[..(field.Name is "exchange_id" or "continues" ? 16 : 32)].ToByteString(),
            FieldType.String => field.Accessor.GetValue(part) + "x",
            FieldType.Int64 => (long)field.Accessor.GetValue(part) + 1,
            FieldType.UInt32 => (uint)field.Accessor.GetValue(part) + 1,
            FieldType.Message => field.Name is "act" ? new OperatorAct { What = "x" } : new Correction { FoundBy = "x" },
            _ => throw new NotSupportedException(field.Name),
        };
        field.Accessor.SetValue(part, other);
    }
}
