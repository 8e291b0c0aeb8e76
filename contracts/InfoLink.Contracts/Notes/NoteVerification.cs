namespace InfoLink.Contracts.Notes;

/// <summary>A known key's good signature.</summary>
/// <param name="Key">The known key.</param>
/// <param name="Time">For a cosigner the time it signed, in whole seconds; null for a log.</param>
public sealed record VerifiedSignature(NoteKey Key, DateTimeOffset? Time);

/// <summary>What verifying a note against known keys came to.</summary>
public abstract record NoteVerification
{
    private NoteVerification()
    {
    }

    /// <summary>
    /// Each known key that signed, once; none where no known key did. A cosigner that signed more than once has its newest time.
    /// </summary>
    public sealed record Verified(IReadOnlyList<VerifiedSignature> Signatures) : NoteVerification;

    /// <summary>The note names a known key that did not sign this: the whole note is refused.</summary>
    public sealed record BadSignature(NoteKey Key) : NoteVerification;

    /// <summary>Two different known keys have one name and id, so nobody can tell whose the signature is.</summary>
    public sealed record AmbiguousKeys(NoteKey Key) : NoteVerification;

    /// <param name="note">What came.</param>
    /// <param name="known">Pinned keys.</param>
    public static NoteVerification Of(SignedNote note, IReadOnlyCollection<NoteKey> known)
    {
        var verified = new List<VerifiedSignature>();
        foreach (var signature in note.Signatures)
        {
            var keys = known.Where(signature.Claims).Distinct().ToList();
            if (keys.Count > 1)
            {
                return new AmbiguousKeys(keys[0]);
            }

            if (keys is not [var key])
            {
                continue;
            }

            if (Verify(key, note.Text, signature) is not { } good)
            {
                return new BadSignature(key);
            }

            var before = verified.FindIndex(other => other.Key.Equals(key));
            if (before < 0)
            {
                verified.Add(good);
            }
            else if (good.Time > verified[before].Time)
            {
                verified[before] = good;
            }
        }

        return new Verified(verified);
    }

    private static VerifiedSignature? Verify(NoteKey key, string text, NoteSignature signature) => key.Kind switch
    {
        NoteKeyKind.Cosigner => Cosignature.Verify(text, signature, key) is { } time ? new VerifiedSignature(key, time) : null,
        _ => Ed25519.Verify(key.PublicKey.Span, SignedNote.Encode(text), signature.Signature.Span) ? new VerifiedSignature(key, null) : null,
    };
}
