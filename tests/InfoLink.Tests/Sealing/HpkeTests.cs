using System.Security.Cryptography;
using System.Text.Json;
using InfoLink.Contracts.Sealing;
using InfoLink.Tests.Codes;
using Xunit;

namespace InfoLink.Tests.Sealing;

/// <summary>RFC 9180's own vectors for base mode on P-256, and what peers may send instead of them.</summary>
public sealed class HpkeTests : IDisposable
{
    private static readonly JsonElement[] Vectors =
        [.. VectorFile.Read("hpke_vectors.json").GetProperty("vectors").EnumerateArray().Where(IsAesGcmOnP256)];

    private readonly RecipientKey _recipient = RecipientKey.Create();

    public static TheoryData<int> Rows => [.. Enumerable.Range(0, Vectors.Length)];

    [Fact]
    public void The_vectors_hold_InfoLinks_suite_and_three_near_it() =>
        Assert.Equal([(1, 1), (1, 2), (3, 1), (3, 2)], Vectors.Select(vector => (vector.Int("kdf_id"), vector.Int("aead_id"))));

    [Theory]
    [MemberData(nameof(Rows))]
    public void The_shared_secret_agrees_on_both_sides(int row)
    {
        var vector = Vectors[row];
        using ECDiffieHellman ephemeral = PrivateKey(vector.Hex("skEm")), recipient = PrivateKey(vector.Hex("skRm"));
        Assert.Equal(vector.Hex("pkRm"), P256Point.Of(recipient));
        Assert.Equal(vector.Hex("shared_secret"), DhKem.Encapsulate(vector.Hex("pkRm"), ephemeral, out var enc));
        Assert.Equal(vector.Hex("enc"), enc);
        Assert.Equal(vector.Hex("shared_secret"), DhKem.Decapsulate(enc, recipient));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Messages_are_sealed_and_opened_at_every_sequence_number(int row)
    {
        var vector = Vectors[row];
        using var sender = Sender(vector);
        using var recipient = Recipient(vector);
        foreach (var message in vector.GetProperty("encryptions").EnumerateArray())
        {
            var sequence = (ulong)message.Int("seq");
            byte[] plaintext = message.Hex("pt"), expected = message.Hex("ct"), sealedBytes = new byte[expected.Length];
            sender.SealAt(sequence, message.Hex("aad"), plaintext, sealedBytes);
            Assert.Equal(expected, sealedBytes);
            Assert.Equal(plaintext, recipient.Open(sequence, message.Hex("aad"), expected));
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Exported_secrets_agree_on_both_sides(int row)
    {
        var vector = Vectors[row];
        using var sender = Sender(vector);
        using var recipient = Recipient(vector);
        foreach (var export in vector.GetProperty("exports").EnumerateArray())
        {
            Assert.Equal(export.Hex("exported_value"), sender.Export(export.Hex("exporter_context"), export.Int("L")));
            Assert.Equal(export.Hex("exported_value"), recipient.Export(export.Hex("exporter_context"), export.Int("L")));
        }
    }

    [Fact]
    public void Seal_numbers_its_messages_from_zero()
    {
        using var sender = HpkeSender.Setup(_recipient.PublicKey.Span, "info"u8);
        using var recipient = HpkeRecipient.Setup(_recipient.PrivateKey, sender.Enc.Span, "info"u8);
        for (byte i = 0; i < 5; i++)
            Assert.Equal([i], recipient.Open(i, "aad"u8, sender.Seal("aad"u8, [i])));
    }

    [Fact]
    public void Two_contexts_for_the_same_recipient_share_nothing()
    {
        using var one = HpkeSender.Setup(_recipient.PublicKey.Span, []);
        using var other = HpkeSender.Setup(_recipient.PublicKey.Span, []);
        Assert.NotEqual(one.Enc.ToArray(), other.Enc.ToArray());
        Assert.NotEqual(one.Export([], 32), other.Export([], 32));
    }

    [Fact]
    public void A_message_opens_at_its_place_in_its_context_and_nowhere_else()
    {
        using var sender = HpkeSender.Setup(_recipient.PublicKey.Span, "info"u8);
        using var recipient = HpkeRecipient.Setup(_recipient.PrivateKey, sender.Enc.Span, "info"u8);
        using var otherInfo = HpkeRecipient.Setup(_recipient.PrivateKey, sender.Enc.Span, "Info"u8);
        using var otherKey = RecipientKey.Create();
        using var stranger = HpkeRecipient.Setup(otherKey.PrivateKey, sender.Enc.Span, "info"u8);
        var ciphertext = sender.Seal("aad"u8, "plaintext"u8);
        var changed = (byte[])ciphertext.Clone();
        changed[3] ^= 1;

        Assert.Equal("plaintext"u8, recipient.Open(0, "aad"u8, ciphertext));
        AssertNotAuthentic(() => recipient.Open(1, "aad"u8, ciphertext));
        AssertNotAuthentic(() => recipient.Open(0, "add"u8, ciphertext));
        AssertNotAuthentic(() => recipient.Open(0, "aad"u8, changed));
        AssertNotAuthentic(() => recipient.Open(0, "aad"u8, ciphertext.AsSpan(1)));
        AssertNotAuthentic(() => recipient.Open(0, "aad"u8, []));
        AssertNotAuthentic(() => recipient.Open(ulong.MaxValue, "aad"u8, ciphertext));
        AssertNotAuthentic(() => otherInfo.Open(0, "aad"u8, ciphertext));
        AssertNotAuthentic(() => stranger.Open(0, "aad"u8, ciphertext));
    }

    [Fact]
    public void A_failed_opening_leaves_zeros()
    {
        using var sender = HpkeSender.Setup(_recipient.PublicKey.Span, []);
        using var recipient = HpkeRecipient.Setup(_recipient.PrivateKey, sender.Enc.Span, []);
        var plaintext = new byte[5];
        Array.Fill(plaintext, (byte)0xAA);
        Assert.False(recipient.TryOpen(1, [], sender.Seal([], "value"u8), plaintext));
        Assert.Equal(new byte[5], plaintext);
    }

    [Fact]
    public void A_context_seals_as_many_messages_as_its_key_allows()
    {
        using var sender = HpkeSender.Setup(_recipient.PublicKey.Span, []);
        var room = new byte[HpkeSender.Overhead];
        sender.SealAt(HpkeContext.MaxMessages - 1, [], [], room);
        var refused = Assert.Throws<SealingException>(() => sender.SealAt(HpkeContext.MaxMessages, [], [], room));
        Assert.Equal(SealingFault.TooLarge, refused.Fault);
    }

    [Fact]
    public void After_disposal_nothing_is_sealed_or_opened()
    {
        var sender = HpkeSender.Setup(_recipient.PublicKey.Span, []);
        var recipient = HpkeRecipient.Setup(_recipient.PrivateKey, sender.Enc.Span, []);
        var ciphertext = sender.Seal([], []);
        sender.Dispose();
        recipient.Dispose();
        Assert.Throws<ObjectDisposedException>(() => sender.Seal([], []));
        Assert.Throws<ObjectDisposedException>(() => recipient.Open(0, [], ciphertext));
        Assert.Throws<ObjectDisposedException>(() => sender.Export([], 32));
        Assert.Throws<ObjectDisposedException>(() => recipient.Export([], 32));
    }

    public void Dispose() => _recipient.Dispose();

    internal static ECDiffieHellman PrivateKey(byte[] scalar) =>
        ECDiffieHellman.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = scalar });

    private static bool IsAesGcmOnP256(JsonElement vector) =>
        vector.Int("kem_id") == HpkeSuite.KemP256 && vector.Int("aead_id") is 1 or 2;

    private static HpkeSuite Suite(JsonElement vector)
    {
        var (hash, length) = vector.Int("kdf_id") == 1 ? (HashAlgorithmName.SHA256, 32) : (HashAlgorithmName.SHA512, 64);
        return new HpkeSuite((ushort)vector.Int("kdf_id"), hash, length, (ushort)vector.Int("aead_id"), vector.Int("aead_id") * 16);
    }

    private static HpkeSender Sender(JsonElement vector)
    {
        using var ephemeral = PrivateKey(vector.Hex("skEm"));
        return HpkeSender.Setup(Suite(vector), vector.Hex("pkRm"), vector.Hex("info"), ephemeral);
    }

    private static HpkeRecipient Recipient(JsonElement vector)
    {
        using var key = PrivateKey(vector.Hex("skRm"));
        return HpkeRecipient.Setup(Suite(vector), key, vector.Hex("enc"), vector.Hex("info"));
    }

    private static void AssertNotAuthentic(Action open) =>
        Assert.Equal(SealingFault.NotAuthentic, Assert.Throws<SealingException>(open).Fault);
}
