using Google.Protobuf;
using InfoLink.Contracts.Tokens;
using InfoLink.Transparency;
using InfoLink.V1;

namespace InfoLink.Agent.Trust;

/// <summary>Evidence that an agent has against the broker.</summary>
internal static class ReceiptEvidence
{
    /// <summary>A receipt that does not hold, with what the broker said about it. The link codes in a redeem's reply are left out.</summary>
    public static void KeepReceipt(this EvidenceFolder folder, ExchangeToken token, Receipt receipt, RedeemReply? reply)
    {
        var parts = new Dictionary<string, byte[]>(StringComparer.Ordinal)
        {
            ["tokenSha256"] = token.Sha256.ToArray(),
            ["receipt"] = receipt.ToByteArray(),
        };
        if (reply?.Clone() is { } said)
        {
            foreach (var subject in said.Subjects)
            {
                subject.LinkCode = ByteString.Empty;
            }

            parts["redeemReply"] = said.ToByteArray();
        }

        folder.Keep("receipt", parts);
    }
}
