namespace InfoLink.Contracts.Notes;

/// <summary>
/// A name with the private key that signs for it. One private key is one signer: a log's must not be a witness's, and no two witnesses may
/// share one (C2SP tlog-cosignature: the message does not name who signs).
/// </summary>
public sealed class NoteSigner
{
    private readonly Ed25519PrivateKey _privateKey;

    /// <param name="name">For a log its origin.</param>
    /// <param name="kind">What it signs.</param>
    /// <param name="privateKey">Stays the caller's, who disposes it.</param>
    /// <exception cref="ArgumentException">The name is no key name, or the kind unknown.</exception>
    public NoteSigner(string name, NoteKeyKind kind, Ed25519PrivateKey privateKey)
    {
        Key = NoteKey.Of(name, kind, privateKey.PublicKey.Span);
        _privateKey = privateKey;
    }

    /// <summary>What the others pin.</summary>
    public NoteKey Key { get; }

    /// <summary>A log's signature over a note's text.</summary>
    /// <exception cref="InvalidOperationException">The signer is a cosigner, which signs checkpoints with the time.</exception>
    public NoteSignature Sign(string text) => Sign(NoteKeyKind.Log, SignedNote.Encode(text), []);

    /// <summary>The public key's text; the private key never prints.</summary>
    public override string ToString() => Key.ToString();

    internal NoteSignature Sign(NoteKeyKind kind, ReadOnlySpan<byte> message, ReadOnlySpan<byte> before) => Key.Kind == kind
        ? new NoteSignature(Key.Name, Key.Id, [.. before, .. _privateKey.Sign(message)])
        : throw new InvalidOperationException($"The key of {Key.Name} is a {Key.Kind}'s and does not sign as a {kind}.");
}
