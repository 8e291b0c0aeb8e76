using System.Globalization;
using System.Text;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Merkle;

namespace InfoLink.Contracts.Notes;

/// <summary>
/// That an entry is in a log, in one text that is checked without a network (C2SP tlog-proof): the line <c>c2sp.org/tlog-proof@v1</c>,
/// maybe <c>extra base64</c>, <c>index N</c>, a line of base64 for each hash of the inclusion path, an empty line, and the checkpoint with
/// all its signatures. Files end in <c>.tlog-proof</c>.
/// </summary>
public sealed class TlogProof
{
    /// <summary>Largest text in bytes: a note, a path and some extra bytes.</summary>
    public const int MaxBytes = 2 * SignedNote.MaxBytes;

    private const string FirstLine = "c2sp.org/tlog-proof@v1";
    private const string ExtraStart = "extra ";
    private const string IndexStart = "index ";

    /// <param name="index">The entry's place, from 0.</param>
    /// <param name="hashes">Its inclusion path, the leaf's sibling first.</param>
    /// <param name="checkpoint">The note that proves the tree, with cosignatures.</param>
    /// <param name="extra">Not authenticated by anything; empty for none.</param>
    /// <exception cref="ArgumentException">The note is no checkpoint, or the whole would be too long.</exception>
    public TlogProof(ulong index, IEnumerable<Sha256Digest> hashes, SignedNote checkpoint, ReadOnlyMemory<byte> extra = default)
    {
        if (Notes.Checkpoint.TryParse(checkpoint.Text) is null)
        {
            throw new ArgumentException("A proof holds a checkpoint.", nameof(checkpoint));
        }

        (Index, Hashes, Checkpoint, Extra) = (index, [.. hashes], checkpoint, extra.ToArray());
        if (Encoding.UTF8.GetByteCount(ToString()) > MaxBytes)
        {
            throw new ArgumentException($"A proof has at most {MaxBytes} bytes.", nameof(extra));
        }
    }

    public ulong Index { get; }

    public IReadOnlyList<Sha256Digest> Hashes { get; }

    /// <summary>As it came: nothing in it is verified yet.</summary>
    public SignedNote Checkpoint { get; }

    /// <summary>For the application, and not authenticated; empty for none.</summary>
    public ReadOnlyMemory<byte> Extra { get; }

    /// <summary>Null for all bytes but those that <see cref="ToBytes"/> gives.</summary>
    public static TlogProof? TryParse(ReadOnlySpan<byte> bytes)
    {
        // The checkpoint has no empty line but the one before its signatures, and what stands above it has none at all.
        var split = bytes.IndexOf("\n\n"u8);
        if (split < 0 || bytes.Length > MaxBytes
            || SignedNote.Decode(bytes[..split]) is not { } head
            || SignedNote.TryParse(bytes[(split + 2)..]) is not { } note
            || Notes.Checkpoint.TryParse(note.Text) is null)
        {
            return null;
        }

        var lines = new Queue<string>(head.Split('\n'));
        if (!string.Equals(lines.Dequeue(), FirstLine, StringComparison.Ordinal))
        {
            return null;
        }

        byte[]? extra = [];
        if (After(ExtraStart, lines) is { } base64)
        {
            extra = Base64Text.TryDecode(base64);
            if (extra is not { Length: > 0 })
            {
                return null;
            }
        }

        if (!DecimalText.TryParse(After(IndexStart, lines), out var index))
        {
            return null;
        }

        var hashes = lines.Select(line => Base64Text.TryDecodeDigest(line)).ToList();
        return hashes.TrueForAll(hash => hash is not null) ? new TlogProof(index, hashes!, note, extra) : null;
    }

    /// <summary>Is the entry in the log, believed by this quorum? Everything needed besides is in the proof.</summary>
    /// <param name="leafHash">The entry's, computed from what the checker has.</param>
    /// <param name="logKey">The log's pinned key.</param>
    /// <param name="quorum">Null where the log's word is enough.</param>
    /// <exception cref="ArgumentException">The key is no log's.</exception>
    public TlogProofDecision Verify(Sha256Digest leafHash, NoteKey logKey, Quorum? quorum)
    {
        if (SignedCheckpoint.Open(Checkpoint, logKey) is not { } signed)
        {
            return new TlogProofDecision.Refused(TlogProofFault.Checkpoint);
        }

        var witnessed = default(DateTimeOffset?);
        if (quorum is not null)
        {
            if (CosignedCheckpoint.Read(signed, quorum.Witnesses) is not { } cosigned || quorum.Decide(cosigned.By) is not QuorumDecision.Met met)
            {
                return new TlogProofDecision.Refused(TlogProofFault.Cosignatures);
            }

            witnessed = met.Time;
        }

        return MerkleVerifier.Includes(leafHash, Index, signed.Checkpoint.Size, signed.Checkpoint.Root, Hashes)
            ? new TlogProofDecision.Proved(signed, witnessed)
            : new TlogProofDecision.Refused(TlogProofFault.Inclusion);
    }

    public byte[] ToBytes() => SignedNote.Encode(ToString());

    public override string ToString()
    {
        var text = new StringBuilder(FirstLine).Append('\n');
        if (!Extra.IsEmpty)
        {
            text.Append(ExtraStart).Append(Convert.ToBase64String(Extra.Span)).Append('\n');
        }

        text.Append(IndexStart).Append(Index.ToString(CultureInfo.InvariantCulture)).Append('\n');
        foreach (var hash in Hashes)
        {
            text.Append(Base64Text.Encode(hash)).Append('\n');
        }

        return text.Append('\n').Append(Checkpoint).ToString();
    }

    private static string? After(string start, Queue<string> lines) =>
        lines.TryPeek(out var line) && line.StartsWith(start, StringComparison.Ordinal) ? lines.Dequeue()[start.Length..] : null;
}

/// <summary>What of a proof does not hold.</summary>
public enum TlogProofFault
{
    /// <summary>Of another origin, or not signed by the log's key.</summary>
    Checkpoint,

    /// <summary>Too few of the quorum's witnesses cosigned, or one's cosignature is bad.</summary>
    Cosignatures,

    /// <summary>The entry is not at this place of the checkpoint's tree.</summary>
    Inclusion,
}

/// <summary>What checking a proof came to.</summary>
public abstract record TlogProofDecision
{
    private TlogProofDecision()
    {
    }

    /// <summary>The entry is in the log, and since when the quorum knows; null where none was asked.</summary>
    public sealed record Proved(SignedCheckpoint Checkpoint, DateTimeOffset? Witnessed) : TlogProofDecision;

    public sealed record Refused(TlogProofFault Fault) : TlogProofDecision;
}
