using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Sealing;
using InfoLink.Tests.Codes;

namespace InfoLink.Tests.Sealing;

/// <summary>contracts/vectors/answer_seal.json as values: made by a second implementation in another language.</summary>
internal static class SealVectors
{
    public static readonly JsonElement[] Exchanges = [.. VectorFile.Read("answer_seal.json").GetProperty("exchanges").EnumerateArray()];

    public static SealContext Context(this JsonElement exchange) => new(
        ExchangeId.FromBytes(exchange.Hex("exchangeId")), exchange.Hex("jti"),
        AgencyId.Parse(exchange.Text("requester")), AgencyId.Parse(exchange.Text("provider")), exchange.Hex("catalogHash"));

    public static JsonElement[] Answers(this JsonElement exchange) => [.. exchange.GetProperty("answers").EnumerateArray()];

    public static AnswerSealer Sealer(this JsonElement exchange)
    {
        using var ephemeral = HpkeTests.PrivateKey(exchange.Hex("skE"));
        return new AnswerSealer(
            HpkeSender.Setup(HpkeSuite.InfoLink, exchange.Hex("pkR"), exchange.Context().ToInfo(), ephemeral),
            exchange.Hex("tokenHash"), exchange.Answers().Length);
    }

    public static AnswerOpener Opener(this JsonElement exchange)
    {
        using var key = RecipientKey.From(HpkeTests.PrivateKey(exchange.Hex("skR")));
        return new AnswerOpener(key, exchange.Hex("enc"), exchange.Context(), exchange.Hex("tokenHash"));
    }

    /// <summary>SHA-256(seed ‖ counter(4)), counter = 0, 1, …, cut to length.</summary>
    public static byte[] Payload(this JsonElement answer)
    {
        var seed = System.Text.Encoding.ASCII.GetBytes(answer.Text("payloadSeed"));
        var payload = new List<byte>();
        Span<byte> counter = stackalloc byte[4];
        for (uint i = 0; payload.Count < answer.Int("payloadLength"); i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(counter, i);
            payload.AddRange(SHA256.HashData([.. seed, .. counter]));
        }
        return [.. payload.Take(answer.Int("payloadLength"))];
    }

    public static uint Index(this JsonElement answer) => answer.GetProperty("index").GetUInt32();
}
