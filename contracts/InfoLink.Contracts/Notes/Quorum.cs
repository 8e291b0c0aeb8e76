namespace InfoLink.Contracts.Notes;

/// <summary>A witness and when it cosigned, in whole seconds of its own clock.</summary>
public sealed record CosignedBy(NoteKey Witness, DateTimeOffset Time);

/// <summary>A checkpoint with the cosignatures of witnesses that are known.</summary>
public sealed record CosignedCheckpoint
{
    private CosignedCheckpoint(SignedCheckpoint signed, IReadOnlyList<CosignedBy> by) => (Signed, By) = (signed, by);

    public SignedCheckpoint Signed { get; }

    /// <summary>Each witness at most once; none where none of the known ones cosigned.</summary>
    public IReadOnlyList<CosignedBy> By { get; }

    /// <summary>Which of these witnesses cosigned? Null where a known witness's signature is bad: then the whole note is refused.</summary>
    /// <exception cref="ArgumentException">A key is no cosigner's.</exception>
    public static CosignedCheckpoint? Read(SignedCheckpoint signed, IReadOnlyCollection<NoteKey> witnesses)
    {
        Quorum.RequireCosigners(witnesses);
        return NoteVerification.Of(signed.Note, witnesses) is NoteVerification.Verified verified
            ? new CosignedCheckpoint(signed, [.. verified.Signatures.Select(signature => new CosignedBy(signature.Key, signature.Time!.Value))])
            : null;
    }
}

/// <summary>Whether enough witnesses cosigned.</summary>
public abstract record QuorumDecision
{
    private QuorumDecision()
    {
    }

    /// <summary>
    /// They did. At this time at least the needed number of witnesses had the checkpoint as the log's largest: the needed-th newest time.
    /// </summary>
    public sealed record Met(DateTimeOffset Time) : QuorumDecision;

    /// <summary>Fewer than needed cosigned.</summary>
    public sealed record Missing(int Have, int Needed) : QuorumDecision;
}

/// <summary>So many of these witnesses make a checkpoint believed.</summary>
public sealed class Quorum
{
    private readonly NoteKey[] _witnesses;

    /// <param name="needed">1 up to the number of witnesses.</param>
    /// <param name="witnesses">Pinned cosigner keys, all different.</param>
    /// <exception cref="ArgumentException">The number is not within reach, a key is no cosigner's, or one key stands twice.</exception>
    public Quorum(int needed, IReadOnlyCollection<NoteKey> witnesses)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(needed, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(needed, witnesses.Count);
        RequireCosigners(witnesses);

        // The signed message does not name the witness: one key under two names would count twice.
        if (witnesses.DistinctBy(key => Convert.ToBase64String(key.PublicKey.Span), StringComparer.Ordinal).Count() != witnesses.Count)
        {
            throw new ArgumentException("Each witness of a quorum has a key of its own.", nameof(witnesses));
        }

        Needed = needed;
        _witnesses = [.. witnesses];
    }

    public int Needed { get; }

    public IReadOnlyList<NoteKey> Witnesses => _witnesses;

    /// <summary>Counts those of its own witnesses that cosigned, each once.</summary>
    public QuorumDecision Decide(IEnumerable<CosignedBy> cosigned)
    {
        var times = cosigned.Where(by => _witnesses.Contains(by.Witness))
            .GroupBy(by => by.Witness, by => by.Time)
            .Select(ofOne => ofOne.Max())
            .OrderDescending()
            .ToList();
        return times.Count >= Needed ? new QuorumDecision.Met(times[Needed - 1]) : new QuorumDecision.Missing(times.Count, Needed);
    }

    internal static void RequireCosigners(IEnumerable<NoteKey> keys)
    {
        if (keys.FirstOrDefault(key => key.Kind != NoteKeyKind.Cosigner) is { } other)
        {
            throw new ArgumentException($"The key of {other.Name} is no cosigner's.", nameof(keys));
        }
    }
}
