using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Notes;

namespace InfoLink.Audit.Logs;

/// <summary>Reads checkpoints and says by name what is wrong with them.</summary>
internal static class CheckpointReading
{
    /// <summary>Does the newest checkpoint of a broker's log have as many cosignatures as the list asks for?</summary>
    public static void JudgeQuorum(ReadCheckpoint? newest, KnownLog log, Findings findings)
    {
        if (newest is not null && log.Members is { } members && string.Equals(log.Custodian, Contracts.Records.ApprovedRecord.BrokerCustodian, StringComparison.Ordinal)
            && newest.CosignedBy.Count < members.Quorum)
        {
            findings.Add("quorum-missing", $"{newest.CosignedBy.Count} of {members.Quorum}.", newest.Size, path: newest.Path);
        }
    }

    /// <returns>Null where it does not hold; then there is a finding.</returns>
    public static ReadCheckpoint? Read(ReadOnlyMemory<byte> bytes, KnownLog log, string path, Findings findings)
    {
        if (SignedNote.TryParse(bytes.Span) is not { } note || Checkpoint.TryParse(note.Text) is not { } checkpoint)
        {
            findings.Add("checkpoint-changed", "It does not read as a checkpoint.", path: path);
            return null;
        }

        var serial = checkpoint.Size <= long.MaxValue ? (long)checkpoint.Size : long.MaxValue;
        if (!string.Equals(checkpoint.Origin, log.Origin, StringComparison.Ordinal))
        {
            findings.Add("other-log", $"It is a checkpoint of '{checkpoint.Origin}'; this log is '{log.Origin}'.", path: path);
            return null;
        }

        if (SignedCheckpoint.Open(note, log.Key) is not { } signed)
        {
            findings.Add("checkpoint-signature", "The log's key has not signed it.", serial, path: path);
            return null;
        }

        var cosigned = CosignedCheckpoint.Read(signed, log.Witnesses);
        if (cosigned is null)
        {
            findings.Add("checkpoint-signature", "A known witness's cosignature on it is bad.", serial, path: path);
        }

        else if (log.Members is not null && note.Signatures.Any(signature => !log.Witnesses.Append(log.Key).Any(key => signature.Claims(key))))
        {
            findings.Add("cosigner-unknown", "A key that is not known has signed it too.", serial, path: path);
        }

        return new ReadCheckpoint(signed, path, [.. cosigned?.By.Select(by => by.Witness.Name) ?? []]);
    }
}

/// <summary>A checkpoint that the log signed.</summary>
internal sealed record ReadCheckpoint(SignedCheckpoint Signed, string Path, IReadOnlyList<string> CosignedBy)
{
    public long Size => (long)Math.Min(Signed.Checkpoint.Size, long.MaxValue);

    public Sha256Digest Root => Signed.Checkpoint.Root;
}
