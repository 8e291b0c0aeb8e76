using System.Text;

namespace InfoLink.Contracts.Notes;

/// <summary>
/// A signed note (C2SP signed-note v1.0.0): a text that ends in a newline, an empty line, and one line for each signature. Read strictly,
/// so that printing gives the bytes that were read. The text means nothing before a known key's signature is verified.
/// </summary>
public sealed class SignedNote
{
    /// <summary>Most signatures in a note; C2SP wants at least 16.</summary>
    public const int MaxSignatures = 100;

    /// <summary>Largest note in bytes.</summary>
    public const int MaxBytes = 64 * 1024;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private SignedNote(string text, IReadOnlyList<NoteSignature> signatures) => (Text, Signatures) = (text, signatures);

    /// <summary>What is signed, with its last newline.</summary>
    public string Text { get; }

    /// <summary>As they stand in the note, those of unknown keys too.</summary>
    public IReadOnlyList<NoteSignature> Signatures { get; }

    /// <summary>A note with its first signature.</summary>
    /// <exception cref="ArgumentException">The text is not whole Unicode lines without control characters, or too long.</exception>
    public static SignedNote Of(string text, NoteSignature signature) => IsText(text)
        ? new SignedNote(text, [signature]).WithinLimits()
        : throw new ArgumentException("A note's text ends in a newline and has no control characters.", nameof(text));

    /// <summary>Null where the bytes are not a note in the strict form and within the limits.</summary>
    public static SignedNote? TryParse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxBytes || Decode(bytes) is not { } all || !IsText(all))
        {
            return null;
        }

        // The text may have empty lines, the signatures have none: the last empty line parts them.
        var split = all.LastIndexOf("\n\n", StringComparison.Ordinal);
        var lines = split < 0 ? [] : all[(split + 2)..].Split('\n')[..^1];
        if (lines.Length is 0 or > MaxSignatures)
        {
            return null;
        }

        var signatures = new List<NoteSignature>(lines.Length);
        foreach (var line in lines)
        {
            if (NoteSignature.TryParse(line) is not { } signature)
            {
                return null;
            }

            signatures.Add(signature);
        }

        return new SignedNote(all[..(split + 1)], signatures);
    }

    /// <summary>The same note with one more signature, last.</summary>
    /// <exception cref="ArgumentException">The note would have too many signatures or bytes.</exception>
    public SignedNote With(NoteSignature signature) => new SignedNote(Text, [.. Signatures, signature]).WithinLimits();

    /// <summary>
    /// Verifies the signatures of known keys. Others are passed over, even where they share a name or an id with a known key.
    /// </summary>
    /// <param name="known">Pinned keys.</param>
    /// <returns>
    /// One for each known key that signed, in the note's order; null where none did, where one's signature is bad, and where known keys
    /// cannot be told apart.
    /// </returns>
    public IReadOnlyList<VerifiedSignature>? Verify(IReadOnlyCollection<NoteKey> known) =>
        NoteVerification.Of(this, known) is NoteVerification.Verified { Signatures: { Count: > 0 } signatures } ? signatures : null;

    public byte[] ToBytes() => StrictUtf8.GetBytes(ToString());

    /// <summary>The whole note.</summary>
    public override string ToString()
    {
        var note = new StringBuilder(Text).Append('\n');
        foreach (var signature in Signatures)
        {
            note.Append(signature).Append('\n');
        }

        return note.ToString();
    }

    internal static byte[] Encode(string text) => StrictUtf8.GetBytes(text);

    internal static string? Decode(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    /// <summary>May a note have this text? It ends in a newline, has no other control character, and is Unicode.</summary>
    internal static bool IsText(string text)
    {
        try
        {
            return text.EndsWith('\n') && !text.Any(c => c is < ' ' and not '\n') && StrictUtf8.GetByteCount(text) <= MaxBytes;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }

    private SignedNote WithinLimits() =>
        Signatures.Count <= MaxSignatures && StrictUtf8.GetByteCount(ToString()) <= MaxBytes
            ? this
            : throw new ArgumentException($"A note has at most {MaxSignatures} signatures and {MaxBytes} bytes.");
}
