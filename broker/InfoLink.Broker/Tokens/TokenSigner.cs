using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using InfoLink.Contracts.Tokens;

namespace InfoLink.Broker.Tokens;

/// <summary>
/// Makes tokens: JWS compact serialization (RFC 7515), ES256, <c>typ: at+jwt</c>. Assembled by hand, since the library costs as much again
/// as half the signature; verifying is the library's. The key is wiped at the end; a token is text, which the runtime cannot wipe: what bounds it is its
/// minute and its one use.
/// </summary>
internal sealed class TokenSigner : IDisposable
{
    private const int SignatureSize = 64;

    private readonly ECParameters _key;
    private readonly byte[] _header;

    // A key handle serves one thread at a time; handles are made as concurrency asks and kept.
    private readonly ConcurrentBag<ECDsa> _handles = [];

    /// <param name="key">The P-256 token key; its parameters are copied.</param>
    /// <param name="keyId">The <c>kid</c> under which the member list names it.</param>
    public TokenSigner(ECDsa key, string keyId)
    {
        _key = key.ExportParameters(includePrivateParameters: true);
        var header = JsonSerializer.SerializeToUtf8Bytes(
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["alg"] = TokenRules.Algorithm,
                ["kid"] = keyId,
                ["typ"] = TokenRules.Type,
            },
            new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        _header = Base64Url.EncodeToUtf8(header);
    }

    public ExchangeToken Sign(TokenClaims claims)
    {
        // In one buffer of ASCII, which becomes a string once: a token is a thousand characters long.
        var payload = TokenPayload.Write(claims);
        var text = new byte[_header.Length + 1 + Base64Url.GetEncodedLength(payload.Length) + 1 + Base64Url.GetEncodedLength(SignatureSize)];
        _header.CopyTo(text, 0);
        text[_header.Length] = (byte)'.';
        var signed = _header.Length + 1 + Base64Url.EncodeToUtf8(payload, text.AsSpan(_header.Length + 1));
        text[signed] = (byte)'.';
        Span<byte> signature = stackalloc byte[SignatureSize];
        Sign(text.AsSpan(0, signed), signature);
        Base64Url.EncodeToUtf8(signature, text.AsSpan(signed + 1));
        return ExchangeToken.TryParse(Encoding.ASCII.GetString(text), out var token)
            ? token
            : throw new InvalidOperationException("The token is longer than a token may be.");
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_key.D);
        foreach (var handle in _handles)
        {
            handle.Dispose();
        }
    }

    private void Sign(ReadOnlySpan<byte> data, Span<byte> signature)
    {
        var handle = _handles.TryTake(out var kept) ? kept : ECDsa.Create(_key);
        try
        {
            if (handle.SignData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation) != SignatureSize)
            {
                throw new CryptographicException("An ES256 signature is 64 bytes.");
            }
        }
        finally
        {
            _handles.Add(handle);
        }
    }
}
