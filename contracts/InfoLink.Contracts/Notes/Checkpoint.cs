using System.Globalization;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Contracts.Notes;

/// <summary>
/// A log's tree head (C2SP tlog-checkpoint v1.0.0): three lines, <c>origin</c>, <c>size</c> in decimals without leading zeros, and the root
/// in base64. Further lines are read over, and stay in the note's text where they are signed; none is written.
/// </summary>
/// <param name="Origin">The log's name, the same for all its time.</param>
/// <param name="Size">Leaves in the tree.</param>
/// <param name="Root">RFC 6962 root of the tree.</param>
public sealed record Checkpoint(string Origin, ulong Size, Sha256Digest Root)
{
    /// <summary>Null where the text is not three or more non-empty lines of that form, each with its newline.</summary>
    public static Checkpoint? TryParse(string text) =>
        SignedNote.IsText(text)
        && text.Split('\n') is [var origin, var size, var root, .., ""] lines
        && lines[..^1].All(line => line.Length > 0)
        && DecimalText.TryParse(size, out var leaves)
        && Base64Text.TryDecodeDigest(root) is { } digest
            ? new Checkpoint(origin, leaves, digest)
            : null;

    /// <summary>The text that is signed.</summary>
    /// <exception cref="InvalidOperationException">The origin is empty or has control characters.</exception>
    public string ToText() => Origin.Length > 0 && !Origin.Any(c => c < ' ')
        ? string.Create(CultureInfo.InvariantCulture, $"{Origin}\n{Size}\n{Base64Text.Encode(Root)}\n")
        : throw new InvalidOperationException("A checkpoint's origin is one line and not empty.");
}

/// <summary>A checkpoint as its log signed it; nothing but opening makes one.</summary>
public sealed class SignedCheckpoint
{
    private SignedCheckpoint(SignedNote note, Checkpoint checkpoint, NoteKey logKey) => (Note, Checkpoint, LogKey) = (note, checkpoint, logKey);

    /// <summary>With all its signatures, verified or not.</summary>
    public SignedNote Note { get; }

    public Checkpoint Checkpoint { get; }

    /// <summary>Whose signature was verified.</summary>
    public NoteKey LogKey { get; }

    /// <summary>
    /// Reads a checkpoint. Null where it is malformed, of another origin than the key's name, or the log's own signature is missing or bad.
    /// </summary>
    /// <exception cref="ArgumentException">The key is no log's.</exception>
    public static SignedCheckpoint? Open(ReadOnlySpan<byte> bytes, NoteKey logKey) =>
        SignedNote.TryParse(bytes) is { } note ? Open(note, logKey) : null;

    /// <summary>As the other, of a note that is read already.</summary>
    public static SignedCheckpoint? Open(SignedNote note, NoteKey logKey)
    {
        if (logKey.Kind != NoteKeyKind.Log)
        {
            throw new ArgumentException("A checkpoint is opened with its log's key.", nameof(logKey));
        }

        return Checkpoint.TryParse(note.Text) is { } checkpoint
            && string.Equals(checkpoint.Origin, logKey.Name, StringComparison.Ordinal)
            && note.Verify([logKey]) is not null
                ? new SignedCheckpoint(note, checkpoint, logKey)
                : null;
    }

    /// <summary>Signs; whether the checkpoint is consistent with those signed before is for the caller to know.</summary>
    /// <exception cref="ArgumentException">The origin is not the signer's name.</exception>
    /// <exception cref="InvalidOperationException">The signer is a cosigner.</exception>
    public static byte[] Sign(Checkpoint checkpoint, NoteSigner log)
    {
        if (!string.Equals(checkpoint.Origin, log.Key.Name, StringComparison.Ordinal))
        {
            throw new ArgumentException("A log signs checkpoints of its own origin only.", nameof(checkpoint));
        }

        var text = checkpoint.ToText();
        return SignedNote.Of(text, log.Sign(text)).ToBytes();
    }

    /// <summary>The same checkpoint with one more signature line, last.</summary>
    /// <exception cref="ArgumentException">The note would have too many signatures or bytes.</exception>
    public SignedCheckpoint With(NoteSignature signature) => new(Note.With(signature), Checkpoint, LogKey);

    public byte[] ToBytes() => Note.ToBytes();
}
