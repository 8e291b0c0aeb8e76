using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Merkle;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Refusals;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Contracts.Records;

/// <summary>That a record stands in a log: its entry, made again from what the receipt shows, leads to a checkpoint which the log signed.</summary>
public static class ReceiptProof
{
    /// <summary>Longest proof in a tree that a receipt speaks of: one hash for each level.</summary>
    private const int MaxProof = 64;

    /// <summary>Pure; anyone with the log's public key may check.</summary>
    /// <param name="receipt">What was given as evidence.</param>
    /// <param name="logs">Pinned keys of the logs that count.</param>
    /// <returns>The checkpoint that the record stands under; else <see cref="RefusalName.ReceiptInvalid"/> naming what does not hold.</returns>
    public static Outcome<SignedCheckpoint> Check(Receipt receipt, IReadOnlyCollection<NoteKey> logs)
    {
        if (logs.FirstOrDefault(log => string.Equals(log.Name, receipt.Origin, StringComparison.Ordinal)) is not { } key)
        {
            return new Refusal(RefusalName.ReceiptInvalid, "origin");
        }

        if (SignedCheckpoint.Open(receipt.Checkpoint.Span, key) is not { } signed)
        {
            return new Refusal(RefusalName.ReceiptInvalid, "checkpoint");
        }

        if (receipt.Salt.Length != AccessEntry.SaltSize
            || !Sha256Digest.TryFromBytes(receipt.PrivateRoot.Span, out var privateRoot)
            || TryReadHashes(receipt.InclusionProof, MaxProof) is not { } proof)
        {
            return new Refusal(RefusalName.ReceiptInvalid, "form");
        }

        var leaf = AccessEntry.LeafHash(AccessEntry.Make(receipt.Salt.Span, receipt.OpenPart.Span, privateRoot));
        return MerkleVerifier.Includes(leaf, receipt.Index, signed.Checkpoint.Size, signed.Checkpoint.Root, proof)
            ? signed
            : new Refusal(RefusalName.ReceiptInvalid, "inclusion");
    }

    /// <summary>Does the larger tree begin with the smaller one? Equal sizes need no proof, only equal roots.</summary>
    public static bool Joins(Checkpoint smaller, Checkpoint larger, ConsistencyProof? proof)
    {
        if (smaller.Size == larger.Size)
        {
            return smaller.Root == larger.Root;
        }

        return proof is not null
            && proof.From == smaller.Size && proof.To == larger.Size
            && TryReadHashes(proof.Hashes, MaxProof) is { } hashes
            && MerkleVerifier.IsConsistent(smaller.Size, smaller.Root, larger.Size, larger.Root, hashes);
    }

    private static List<Sha256Digest>? TryReadHashes(IReadOnlyCollection<Google.Protobuf.ByteString> hashes, int most)
    {
        if (hashes.Count > most)
        {
            return null;
        }

        var read = new List<Sha256Digest>(hashes.Count);
        foreach (var bytes in hashes)
        {
            if (!Sha256Digest.TryFromBytes(bytes.Span, out var hash))
            {
                return null;
            }

            read.Add(hash);
        }

        return read;
    }
}
