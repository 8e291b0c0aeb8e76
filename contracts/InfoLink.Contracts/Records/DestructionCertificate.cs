using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.V1;

namespace InfoLink.Contracts.Records;

/// <summary>
/// That a master of link codes was destroyed: what the broker's operator did, as the broker's log has it, with the proof that leads to a checkpoint which
/// the log signed. It proves the act, its time and who is answerable; that no copy exists elsewhere is for procedures to see to.
/// </summary>
public sealed record DestructionCertificate
{
    /// <summary>The first field of the JSON.</summary>
    public const string TypeName = "infolink/master-destroyed/v1";

    /// <summary>What the act on record is called.</summary>
    public const string ActName = "destroy master";

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        WriteIndented = true,
    };

    public required string Type { get; init; }

    public required string Platform { get; init; }

    /// <summary>1 to 255.</summary>
    public required byte Epoch { get; init; }

    /// <summary>When the act went on record, before it took effect.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The name given, and the account that gave it.</summary>
    public required string Operator { get; init; }

    public required string Reason { get; init; }

    /// <summary>The log's name.</summary>
    public required string Origin { get; init; }

    /// <summary>The record's place in it, from 0.</summary>
    public required ulong Index { get; init; }

    /// <summary>The record's leaf hash, in hexadecimal.</summary>
    public required string LeafHash { get; init; }

    /// <summary>The serialized <see cref="V1.Receipt"/>: record, inclusion proof and signed checkpoint.</summary>
    public required byte[] Receipt { get; init; }

    /// <summary>What the act's record is about.</summary>
    public static string About(byte epoch) => string.Create(CultureInfo.InvariantCulture, $"code epoch {epoch}");

    /// <param name="platform">The platform's name.</param>
    /// <param name="epoch">Whose master.</param>
    /// <param name="receipt">Of the act's record.</param>
    public static DestructionCertificate Of(string platform, byte epoch, Receipt receipt)
    {
        var open = AccessEntry.TryParse(receipt.OpenPart.Span) ?? throw new ArgumentException("A receipt holds a record.", nameof(receipt));
        return new DestructionCertificate
        {
            Type = TypeName,
            Platform = platform,
            Epoch = epoch,
            Time = DateTimeOffset.FromUnixTimeMilliseconds(open.TimeMs),
            Operator = open.Act.Operator,
            Reason = open.Act.Reason,
            Origin = receipt.Origin,
            Index = receipt.Index,
            LeafHash = LeafHashOf(receipt),
            Receipt = Google.Protobuf.MessageExtensions.ToByteArray(receipt),
        };
    }

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, Format);

    /// <summary>Null for whatever is no certificate.</summary>
    public static DestructionCertificate? TryParse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<DestructionCertificate>(json, Format) is { Type: TypeName } read ? read : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Does it hold? Pure; anyone with the platform's member list may check.</summary>
    /// <returns>Null: it does. Otherwise what does not.</returns>
    public string? WhyNot(MemberList members)
    {
        if (!string.Equals(Platform, members.Platform, StringComparison.Ordinal))
        {
            return $"It is of another platform than the member list's, {members.Platform}.";
        }

        Receipt receipt;
        try
        {
            receipt = V1.Receipt.Parser.ParseFrom(Receipt);
        }
        catch (Google.Protobuf.InvalidProtocolBufferException)
        {
            return "Its receipt does not read.";
        }

        if (ReceiptProof.Check(receipt, members.Broker.Logs) is Outcome<Notes.SignedCheckpoint>.Refused { Refusal.Detail: var fault })
        {
            return $"Its receipt does not hold ({fault}): the record is not in a log that the member list names.";
        }

        if (AccessEntry.TryParse(receipt.OpenPart.Span) is not { Event: AccessEvent.Act, Act: { } act } open
            || !string.Equals(open.Custodian, ApprovedRecord.BrokerCustodian, StringComparison.Ordinal)
            || !string.Equals(act.What, ActName, StringComparison.Ordinal)
            || !string.Equals(act.About, About(Epoch), StringComparison.Ordinal))
        {
            return $"The record is of something else than the destruction of the master of epoch {Epoch}.";
        }

        var same = string.Equals(act.Operator, Operator, StringComparison.Ordinal)
            && string.Equals(act.Reason, Reason, StringComparison.Ordinal)
            && open.TimeMs == Time.ToUnixTimeMilliseconds()
            && string.Equals(receipt.Origin, Origin, StringComparison.Ordinal)
            && receipt.Index == Index
            && string.Equals(LeafHashOf(receipt), LeafHash, StringComparison.Ordinal);
        return same ? null : "It says something else than the record that it holds.";
    }

    private static string LeafHashOf(Receipt receipt) => Sha256Digest.TryFromBytes(receipt.PrivateRoot.Span, out var root)
        ? Convert.ToHexStringLower(AccessEntry.LeafHash(AccessEntry.Make(receipt.Salt.Span, receipt.OpenPart.Span, root)).Span)
        : "";
}
