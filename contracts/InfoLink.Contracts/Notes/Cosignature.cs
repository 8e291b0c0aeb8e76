using System.Buffers.Binary;
using System.Globalization;

namespace InfoLink.Contracts.Notes;

/// <summary>
/// A witness's statement that at a time this checkpoint was the largest consistent one it had seen of the log (cosignature/v1, C2SP
/// tlog-cosignature v1.0.1). The signature is <c>time (8 bytes, big-endian, seconds since 1970) ‖ Ed25519</c> over
/// <c>"cosignature/v1\ntime T\n"</c> and the checkpoint's whole text.
/// </summary>
public static class Cosignature
{
    private const int TimeSize = sizeof(ulong);

    private static readonly long LatestSecond = DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    /// <summary>Signs; whether the checkpoint is consistent with those signed before is for the caller to know.</summary>
    /// <param name="checkpointText">A checkpoint's text, with extension lines if the log wrote any.</param>
    /// <param name="signer">A cosigner.</param>
    /// <param name="time">Cut to whole seconds; not before 1970.</param>
    /// <exception cref="ArgumentException">The text is no checkpoint, or the time lies before 1970.</exception>
    /// <exception cref="InvalidOperationException">The signer is a log.</exception>
    public static NoteSignature Sign(string checkpointText, NoteSigner signer, DateTimeOffset time)
    {
        var seconds = time.ToUnixTimeSeconds();
        ArgumentOutOfRangeException.ThrowIfNegative(seconds, nameof(time));
        if (Checkpoint.TryParse(checkpointText) is null)
        {
            throw new ArgumentException("Only checkpoints are cosigned.", nameof(checkpointText));
        }

        Span<byte> before = stackalloc byte[TimeSize];
        BinaryPrimitives.WriteInt64BigEndian(before, seconds);
        return signer.Sign(NoteKeyKind.Cosigner, Message(checkpointText, seconds), before);
    }

    /// <summary>The time of a good cosignature by this key.</summary>
    /// <returns>Null where it is not: other key, other text, other time, a time that no calendar has (after the year 9999).</returns>
    public static DateTimeOffset? Verify(string checkpointText, NoteSignature signature, NoteKey key)
    {
        var bytes = signature.Signature.Span;
        if (key.Kind != NoteKeyKind.Cosigner
            || !signature.Claims(key)
            || bytes.Length != TimeSize + Ed25519.SignatureSize
            || BinaryPrimitives.ReadUInt64BigEndian(bytes) is var time && time > (ulong)LatestSecond
            || Checkpoint.TryParse(checkpointText) is null)
        {
            return null;
        }

        var seconds = BinaryPrimitives.ReadInt64BigEndian(bytes);
        return Ed25519.Verify(key.PublicKey.Span, Message(checkpointText, seconds), bytes[TimeSize..])
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;
    }

    private static byte[] Message(string checkpointText, long seconds) =>
        SignedNote.Encode(string.Create(CultureInfo.InvariantCulture, $"cosignature/v1\ntime {seconds}\n{checkpointText}"));
}
