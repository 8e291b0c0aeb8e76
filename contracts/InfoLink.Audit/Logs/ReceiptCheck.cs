using System.Text.Json;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Merkle;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Refusals;
using InfoLink.V1;

namespace InfoLink.Audit.Logs;

/// <summary>
/// Checks what is kept of a single record, without a network: a receipt (the message, or an agent's evidence file that holds one) or a
/// tlog-proof with the entry in its extra.
/// </summary>
public static class ReceiptCheck
{
    private const string ProofStart = "c2sp.org/tlog-proof@v1";

    /// <summary>Is it one of these at all? Any protobuf might be; so a receipt must have an origin and a checkpoint.</summary>
    public static bool IsReceipt(ReadOnlySpan<byte> bytes) => TryRead(bytes) is not null;

    public static bool IsProof(ReadOnlySpan<byte> bytes) => bytes.StartsWith(System.Text.Encoding.ASCII.GetBytes(ProofStart));

    /// <summary>A receipt against the logs' keys, and where a token's hash is given, whether it is that token's.</summary>
    /// <param name="bytes">A serialized <see cref="Receipt"/>, or the JSON of the evidence folder.</param>
    /// <param name="logs">Logs that count.</param>
    /// <param name="token">SHA-256 of the token; null: the one in the evidence file, if any.</param>
    /// <param name="source">What the report calls it.</param>
    public static LogReport Receipt(ReadOnlySpan<byte> bytes, IReadOnlyCollection<KnownLog> logs, Sha256Digest? token, string source)
    {
        var findings = new Findings();
        if (TryRead(bytes) is not var (receipt, keptToken))
        {
            findings.Add("receipt-form", "It does not read as a receipt.", path: source);
            return Report(source, "", findings, null, logs);
        }

        var serial = (long)Math.Min(receipt.Index, long.MaxValue);
        var checkpoint = ReceiptProof.Check(receipt, [.. logs.Select(log => log.Key)]) switch
        {
            Outcome<SignedCheckpoint>.Done done => done.Value,
            Outcome<SignedCheckpoint>.Refused refused => Tell(refused.Refusal.Detail, serial, source, findings),
            _ => null,
        };
        if (AccessEntry.TryParse(receipt.OpenPart.Span) is not { } open)
        {
            findings.Add("receipt-form", "Its open part does not read.", serial, path: source);
        }
        else if ((token ?? keptToken) is { } expected && !expected.Span.SequenceEqual(open.TokenSha256.Span))
        {
            findings.Add("receipt-other-token", "The token's hash is another one.", serial, path: source);
        }

        return Report(source, receipt.Origin, findings, checkpoint, logs);
    }

    /// <summary>A tlog-proof against a log's key.</summary>
    public static LogReport Proof(ReadOnlySpan<byte> bytes, IReadOnlyCollection<KnownLog> logs, string source)
    {
        var findings = new Findings();
        if (TlogProof.TryParse(bytes) is not { } proof)
        {
            findings.Add("receipt-form", "It does not read as a tlog-proof.", path: source);
            return Report(source, "", findings, null, logs);
        }

        var origin = Checkpoint.TryParse(proof.Checkpoint.Text)!.Origin;
        var serial = (long)Math.Min(proof.Index, long.MaxValue);
        if (logs.FirstOrDefault(log => string.Equals(log.Origin, origin, StringComparison.Ordinal)) is not { } known)
        {
            findings.Add("other-log", $"It is of '{origin}', of which no key is given.", serial, path: source);
            return Report(source, origin, findings, null, logs);
        }

        if (proof.Extra.Length != AccessEntry.Size)
        {
            findings.Add("receipt-form", $"Its extra is not the entry's {AccessEntry.Size} bytes.", serial, path: source);
            return Report(source, origin, findings, null, logs);
        }

        switch (proof.Verify(MerkleTree.LeafHash(proof.Extra.Span), known.Key, quorum: null))
        {
            case TlogProofDecision.Proved proved:
                return Report(source, origin, findings, proved.Checkpoint, logs);
            case TlogProofDecision.Refused { Fault: TlogProofFault.Inclusion }:
                findings.Add("receipt-inclusion", "Entry, place and path do not lead to the checkpoint's root.", serial, path: source);
                break;
            default:
                findings.Add("receipt-checkpoint", "The log's key has not signed its checkpoint.", serial, path: source);
                break;
        }

        return Report(source, origin, findings, null, logs);
    }

    private static SignedCheckpoint? Tell(string detail, long serial, string source, Findings findings)
    {
        var (name, text) = detail switch
        {
            "origin" => ("other-log", "It is of a log of which no key is given."),
            "checkpoint" => ("receipt-checkpoint", "The log's key has not signed its checkpoint."),
            "inclusion" => ("receipt-inclusion", "Open part, salt, private root, place and path do not lead to the checkpoint's root."),
            _ => ("receipt-form", "A part of it has the wrong length."),
        };
        findings.Add(name, text, serial, path: source);
        return null;
    }

    private static LogReport Report(string source, string origin, Findings findings, SignedCheckpoint? checkpoint, IReadOnlyCollection<KnownLog> logs) => new()
    {
        Source = source,
        Origin = origin,
        Custodian = logs.FirstOrDefault(log => string.Equals(log.Origin, origin, StringComparison.Ordinal))?.Custodian,
        Records = 1,
        Checkpoint = checkpoint is null ? null : (long)checkpoint.Checkpoint.Size,
        Findings = findings.ByPlace,
        Count = findings.Count,
        Sound = findings.Sound,
    };

    private static (Receipt Receipt, Sha256Digest? Token)? TryRead(ReadOnlySpan<byte> bytes)
    {
        try
        {
            if (bytes.Length == 0 || bytes[0] != (byte)'{')
            {
                return V1.Receipt.Parser.TryParse(bytes) is { Origin.Length: > 0 } read ? (read, null) : null;
            }

            var parts = JsonSerializer.Deserialize<Dictionary<string, byte[]>>(bytes);
            if (parts is null || !parts.TryGetValue("receipt", out var bytesOfReceipt) || V1.Receipt.Parser.TryParse(bytesOfReceipt) is not { } receipt)
            {
                return null;
            }

            var token = parts.TryGetValue("tokenSha256", out var hash) && Sha256Digest.TryFromBytes(hash, out var digest) ? digest : null;
            return (receipt, token);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
