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
    private readonly ECParameters _key;
    private readonly string _header;

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
        _header = Base64Url.EncodeToString(header);
    }

    public ExchangeToken Sign(TokenClaims claims)
    {
        var signed = _header + "." + Base64Url.EncodeToString(TokenPayload.Write(claims));
        var text = signed + "." + Base64Url.EncodeToString(Sign(Encoding.ASCII.GetBytes(signed)));
        return ExchangeToken.TryParse(text, out var token) ? token : throw new InvalidOperationException("The token is longer than a token may be.");
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_key.D);
        foreach (var handle in _handles)
        {
            handle.Dispose();
        }
    }

    private byte[] Sign(byte[] data)
    {
        var handle = _handles.TryTake(out var kept) ? kept : ECDsa.Create(_key);
        try
        {
            return handle.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
        finally
        {
            _handles.Add(handle);
        }
    }
}
