using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;

namespace InfoLink.Contracts.Trust;

/// <summary>
/// A payload with its signatures: JWS general JSON serialization (RFC 7515 §7.2.1), ES256, as
/// <c>{"payload":"…","signatures":[{"protected":"…","signature":"…"}]}</c>. Without signatures it is a draft; signatures made on
/// different machines over the same payload are put together by <c>With</c>.
/// </summary>
/// <remarks>The document's name in tokens and successors is the SHA-256 of its payload: who signed, and in which order, does not change it.</remarks>
public sealed class SignedDocument
{
    /// <summary>Bytes of the largest envelope that is read: 16 MiB of payload in base64.</summary>
    public const int MaxBytes = 24 * 1024 * 1024;

    private const int MostSignatures = 32;
    private static readonly JsonWriterOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly byte[] _payload;

    private SignedDocument(byte[] payload, ImmutableArray<DocumentSignature> signatures)
    {
        _payload = payload;
        Signatures = signatures;
        Sha256 = Sha256Digest.Of(payload);
    }

    public ReadOnlyMemory<byte> Payload => _payload;

    /// <summary>SHA-256 of the payload.</summary>
    public Sha256Digest Sha256 { get; }

    public ImmutableArray<DocumentSignature> Signatures { get; }

    /// <summary>A payload that nobody has signed yet.</summary>
    public static SignedDocument Draft(byte[] payload) => new(payload, []);

    /// <exception cref="DocumentException"><see cref="DocumentFault.Malformed"/>.</exception>
    public static SignedDocument Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxBytes)
        {
            throw Malformed($"it is larger than {MaxBytes / (1024 * 1024)} MiB");
        }

        try
        {
            var reader = new Utf8JsonReader(bytes);
            using var json = JsonDocument.ParseValue(ref reader);
            if (bytes[(int)reader.BytesConsumed..].ContainsAnyExcept(" \t\r\n"u8))
            {
                throw Malformed("something stands behind its end");
            }

            var members = Members(json.RootElement, "payload", "signatures");
            if (members[1].GetArrayLength() > MostSignatures)
            {
                throw Malformed($"it bears more than {MostSignatures} signatures");
            }

            var signatures = members[1].EnumerateArray().Select(DocumentSignature.Read).ToImmutableArray();
            return signatures.DistinctBy(signature => signature.Signer, StringComparer.Ordinal).Count() == signatures.Length
                ? new SignedDocument(Decode(members[0]), signatures)
                : throw Malformed("a key has signed it twice");
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or FormatException)
        {
            throw Malformed("it is not JWS general JSON serialization with exactly the members payload and signatures");
        }
    }

    /// <summary>What a signature is over (RFC 7515 §5.1): <c>protected "." payload</c>, both in base64url.</summary>
    public byte[] SigningInput(string protectedPart) => Encoding.ASCII.GetBytes(protectedPart + "." + Base64Url.EncodeToString(_payload));

    /// <summary>With one more signature. It takes the place of an older one of the same key: nobody signs twice.</summary>
    public SignedDocument With(DocumentSignature signature) =>
        new(_payload, [.. Signatures.Where(other => !string.Equals(other.Signer, signature.Signer, StringComparison.Ordinal)), signature]);

    /// <summary>With the signatures of another copy.</summary>
    /// <exception cref="DocumentException">The other is a copy of something else.</exception>
    public SignedDocument With(SignedDocument other) => other.Sha256 == Sha256
        ? other.Signatures.Aggregate(this, (document, signature) => document.With(signature))
        : throw new DocumentException(DocumentFault.OtherKind, $"The signatures are over another payload ({other.Sha256}, not {Sha256}). Sign this file, or combine the copies of one.");

    /// <summary>The payload alone, as a draft.</summary>
    public SignedDocument Unsigned() => new(_payload, []);

    /// <summary>UTF-8, as <see cref="Parse"/> reads it, with a line feed at the end.</summary>
    public byte[] ToBytes()
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Plain))
        {
            writer.WriteStartObject();
            writer.WriteString("payload", Base64Url.EncodeToString(_payload));
            writer.WriteStartArray("signatures");
            foreach (var signature in Signatures)
            {
                writer.WriteStartObject();
                writer.WriteString("protected", signature.Protected);
                writer.WriteString("signature", Base64Url.EncodeToString(signature.Bytes.Span));
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }

    internal static DocumentException Malformed(string why) =>
        new(DocumentFault.Malformed, $"Not a signed document: {why}. Take the file again from whoever made it.");

    /// <summary>The values of exactly these members, each once, in this order.</summary>
    internal static JsonElement[] Members(JsonElement element, params ReadOnlySpan<string> names)
    {
        var found = new JsonElement[names.Length];
        var count = 0;
        foreach (var member in element.EnumerateObject())
        {
            var at = names.IndexOf(member.Name);
            if (at < 0 || found[at].ValueKind != JsonValueKind.Undefined)
            {
                throw new JsonException();
            }

            found[at] = member.Value;
            count++;
        }

        return count == names.Length ? found : throw new JsonException();
    }

    internal static byte[] Decode(JsonElement text)
    {
        var value = text.GetString() ?? throw new JsonException();
        var bytes = Base64Url.DecodeFromChars(value);
        return string.Equals(Base64Url.EncodeToString(bytes), value, StringComparison.Ordinal) ? bytes : throw new JsonException(); // One value, one text.
    }
}

/// <summary>One signature with its protected header, which is exactly <c>{"alg":"ES256","kid":…,"typ":…}</c> or, by the broker, with <c>x5c</c> in place of <c>kid</c>.</summary>
/// <param name="Protected">The header in base64url, as it was signed.</param>
/// <param name="KeyId">RFC 7638 thumbprint of the authority's key, in base64url; empty where a certificate stands.</param>
/// <param name="Certificate">DER of the broker's signing leaf (RFC 7515 §4.1.6); empty where a key id stands.</param>
/// <param name="Type">The document's <c>typ</c>.</param>
/// <param name="Bytes">r ‖ s, 64 bytes.</param>
public sealed record DocumentSignature(string Protected, string KeyId, ReadOnlyMemory<byte> Certificate, string Type, ReadOnlyMemory<byte> Bytes)
{
    private const string Algorithm = "ES256";

    /// <summary>Whose it says it is: the key id, or the certificate.</summary>
    internal string Signer => KeyId.Length > 0 ? KeyId : Convert.ToBase64String(Certificate.Span);

    /// <summary>Signs with a key of the authority.</summary>
    public static DocumentSignature ByKey(SignedDocument document, DocumentKind kind, ECDsa key)
    {
        var keyId = KeyIdOf(P256PublicKey.Of(key));
        return Sign(document, kind, Header(kind, keyId, certificate: []), keyId, [], key);
    }

    /// <summary>Signs with a party's signing leaf, which goes along.</summary>
    public static DocumentSignature ByLeaf(SignedDocument document, DocumentKind kind, byte[] certificate, ECDsa key) =>
        Sign(document, kind, Header(kind, "", certificate), "", certificate, key);

    /// <summary>Is it this key's, over this document, as one of this kind?</summary>
    public bool IsBy(P256PublicKey key, SignedDocument document, DocumentKind kind)
    {
        if (!string.Equals(Type, kind.Type(), StringComparison.Ordinal))
        {
            return false;
        }

        using var verifier = key.CreateVerifier();
        return verifier.VerifyData(document.SigningInput(Protected), Bytes.Span, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    /// <summary>How a key of the authority is named: its JWK thumbprint (RFC 7638, SHA-256) in base64url, 43 characters.</summary>
    public static string KeyIdOf(P256PublicKey key) =>
        Base64Url.EncodeToString(Sealing.RecipientKey.ThumbprintOf(key.Spki.Span[^Sealing.RecipientKey.PublicKeyLength..]));

    /// <summary>
    /// The header is taken apart, put together again, and must be the same bytes: an unknown member (<c>crit</c>, <c>jwk</c>, <c>b64</c>), another
    /// algorithm, a member twice, another order or spelling all end here, before any key is looked for (RFC 8725 §3.1, §3.10).
    /// </summary>
    internal static DocumentSignature Read(JsonElement element)
    {
        var members = SignedDocument.Members(element, "protected", "signature");
        var bytes = SignedDocument.Decode(members[1]);
        var header = SignedDocument.Decode(members[0]);
        using var json = JsonDocument.Parse(header);
        var byKey = json.RootElement.TryGetProperty("kid", out _);
        var values = SignedDocument.Members(json.RootElement, "alg", byKey ? "kid" : "x5c", "typ");
        var keyId = byKey ? Text(values[1]) : "";
        var certificate = byKey ? [] : Convert.FromBase64String(Text(values[1].EnumerateArray().Single()));
        Span<byte> thumbprint = stackalloc byte[Sha256Digest.Size];
        if (bytes.Length != 64
            || DocumentKinds.FromType(Text(values[2])) is not { } kind
            || (byKey ? !Base64UrlText.TryDecode(keyId, thumbprint) : certificate.Length == 0)
            || !header.AsSpan().SequenceEqual(Encoding.ASCII.GetBytes(Header(kind, keyId, certificate))))
        {
            throw new JsonException();
        }

        return new DocumentSignature(Text(members[0]), keyId, certificate, kind.Type(), bytes);
    }

    private static string Text(JsonElement element) => element.GetString() ?? throw new JsonException();

    private static string Header(DocumentKind kind, string keyId, byte[] certificate) => keyId.Length > 0
        ? $$"""{"alg":"{{Algorithm}}","kid":"{{keyId}}","typ":"{{kind.Type()}}"}"""
        : $$"""{"alg":"{{Algorithm}}","typ":"{{kind.Type()}}","x5c":["{{Convert.ToBase64String(certificate)}}"]}""";

    private static DocumentSignature Sign(SignedDocument document, DocumentKind kind, string header, string keyId, byte[] certificate, ECDsa key)
    {
        var text = Base64Url.EncodeToString(Encoding.ASCII.GetBytes(header));
        var signature = key.SignData(document.SigningInput(text), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return new DocumentSignature(text, keyId, certificate, kind.Type(), signature);
    }
}
