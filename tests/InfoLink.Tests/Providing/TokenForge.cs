using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using InfoLink.Broker.Keys;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Tokens;
using InfoLink.Samples.Network;
using InfoLink.V1;

namespace InfoLink.Tests.Providing;

/// <summary>Makes tokens that no broker makes, from one that a broker made; with the broker's own key where the test wants that.</summary>
internal sealed class TokenForge(NetworkFolder folder) : IDisposable
{
    private readonly BrokerKeys _keys = BrokerKeys.Load(folder.Path("broker", "keys"), NetworkFolder.Platform);

    public ECDsa BrokersKey => _keys.Tokens.Single().Value;

    /// <summary>Header and payload changed, and signed by the broker's token key.</summary>
    public string Resign(string token, Action<JsonObject> header, Action<JsonObject> payload) => Sign(token, header, payload, Es256(BrokersKey));

    /// <summary>Header and payload changed, and signed as said.</summary>
    public static string Sign(string token, Action<JsonObject> header, Action<JsonObject> payload, Func<byte[], byte[]> sign)
    {
        var parts = token.Split('.');
        var signed = Changed(parts[0], header) + "." + Changed(parts[1], payload);
        return signed + "." + Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(signed)));
    }

    /// <summary>The payload as this text, under the header as it was, signed by the broker's token key.</summary>
    public string ResignText(string token, Func<string, string> payload)
    {
        var parts = token.Split('.');
        var signed = parts[0] + "." + Base64Url.EncodeToString(Encoding.UTF8.GetBytes(payload(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(parts[1])))));
        return signed + "." + Base64Url.EncodeToString(Es256(BrokersKey)(Encoding.ASCII.GetBytes(signed)));
    }

    public static Func<byte[], byte[]> Es256(ECDsa key) =>
        data => key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    /// <summary>A request with another token in it, and with the receipt that a broker would have given for that one.</summary>
    public static void Put(FetchRequest request, string token)
    {
        var commitment = Sha256Digest.FromBytes(AccessEntry.TryParse(request.Receipt.OpenPart.Span)!.RequestCommitment.Span);
        request.Token = token;
        if (ExchangeToken.TryParse(token, out var parsed) && TokenPayload.TryRead(Base64Url.DecodeFromChars(token.Split('.')[1]), out var claims))
        {
            request.Receipt.OpenPart = Google.Protobuf.MessageExtensions.ToByteString(ApprovedRecord.OpenPart(claims, parsed.Sha256, claims.IssuedAt, commitment));
        }
    }

    public void Dispose() => _keys.Dispose();

    private static string Changed(string part, Action<JsonObject> change)
    {
        var json = JsonNode.Parse(Base64Url.DecodeFromChars(part))!.AsObject();
        change(json);
        return Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));
    }
}
