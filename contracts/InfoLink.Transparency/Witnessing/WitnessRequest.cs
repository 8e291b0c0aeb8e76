using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Refusals;

namespace InfoLink.Transparency.Witnessing;

/// <summary>A checkpoint that is brought to a witness (C2SP tlog-witness, add-checkpoint).</summary>
/// <param name="OldSize">The size that the log believes the witness saw last; 0: none.</param>
/// <param name="Proof">RFC 6962 consistency from there to the checkpoint, at most <see cref="MaxProof"/> hashes; empty from 0 and for equal sizes.</param>
/// <param name="Checkpoint">The signed note, as the log signed it.</param>
public sealed record WitnessRequest(ulong OldSize, IReadOnlyList<Sha256Digest> Proof, ReadOnlyMemory<byte> Checkpoint)
{
    /// <summary>A tree has no more levels.</summary>
    public const int MaxProof = 63;
}

/// <summary>What a witness says to a checkpoint.</summary>
public abstract record WitnessResult
{
    private WitnessResult()
    {
    }

    /// <summary>The checkpoint is now the largest one that the witness knows of this log, durably.</summary>
    public sealed record Cosigned(NoteSignature Signature) : WitnessResult;

    /// <summary>The old size is not what it saw last; this is (0: nothing yet). A proof from here is welcome.</summary>
    public sealed record Saw(ulong Size) : WitnessResult;

    /// <summary>The checkpoint does not grow out of the one seen, whose signed note this is.</summary>
    public sealed record Conflict(ReadOnlyMemory<byte> Seen) : WitnessResult;

    public sealed record Refused(Refusal Refusal) : WitnessResult;
}

/// <summary>Two checkpoints of one log, both signed by it, that do not make one history; with the proof that was to join them.</summary>
/// <param name="Origin">The log.</param>
/// <param name="SeenSize">Entries of the one that was cosigned before.</param>
/// <param name="Seen">Its signed note.</param>
/// <param name="BroughtSize">Entries of the one that was brought after it.</param>
/// <param name="Brought">Its signed note.</param>
/// <param name="Proof">What came with it; does not hold.</param>
public sealed record ForkEvidence(string Origin, ulong SeenSize, byte[] Seen, ulong BroughtSize, byte[] Brought, IReadOnlyList<Sha256Digest> Proof)
{
    /// <summary>For an <see cref="EvidenceFolder"/>.</summary>
    public IReadOnlyDictionary<string, byte[]> ToParts() => new Dictionary<string, byte[]>(StringComparer.Ordinal)
    {
        ["checkpoint"] = Seen,
        ["other"] = Brought,
        ["proof"] = [.. Proof.SelectMany(hash => hash.ToArray())],
    };
}
