using Google.Protobuf;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Tiles;
using InfoLink.V1;

namespace InfoLink.Audit.Bundles;

/// <summary>
/// The records that belong to one bundle of entries, beside them under <c>records/</c>: for each its length (a protobuf varint) and a serialized
/// <see cref="ExportedRecord"/>. Of an expired record only the serial is left.
/// </summary>
internal static class RecordFile
{
    /// <summary>Longest record: an open part, a thousand subjects, and what stands around them.</summary>
    private const int MaxRecord = 256 * 1024;

    private const string Entries = "tile/entries/";

    public static string Path(ulong index, int width) => string.Concat("records/", TilePath.OfEntries(index, width).AsSpan(Entries.Length));

    /// <summary>Which bundle of entries a file belongs to; null for a path that is none of a record file.</summary>
    public static TileId? TryParse(string path) => path.StartsWith("records/", StringComparison.Ordinal)
        ? TilePath.TryParseEntries(string.Concat(Entries, path.AsSpan("records/".Length)))
        : null;

    /// <summary>The 65 bytes that a record makes; null where it is expired or not whole.</summary>
    public static byte[]? EntryOf(ExportedRecord record)
    {
        if (record.Salt.Length != AccessEntry.SaltSize || record.SubjectLeaves.Any(leaf => leaf.Length != SubjectLeaf.Size))
        {
            return null;
        }

        Sha256Digest? particulars = null;
        return record.ParticularsCommitment.IsEmpty || Sha256Digest.TryFromBytes(record.ParticularsCommitment.Span, out particulars)
            ? AccessEntry.Make(record.Salt.Span, record.OpenPart.Span, PrivateRoot.Of(record.SubjectLeaves.Select(leaf => SubjectLeaf.FromBytes(leaf.Span)), particulars))
            : null;
    }

    public static bool IsExpired(ExportedRecord record) =>
        record.OpenPart.IsEmpty && record.Salt.IsEmpty && record.SubjectLeaves.Count == 0 && record.ParticularsCommitment.IsEmpty;

    /// <summary>Reads the records of a file one after the other. Null: the bytes end within this record. One that is no record is empty with serial 2⁶⁴ − 1.</summary>
    public static IEnumerable<ExportedRecord?> Read(byte[] bytes)
    {
        var at = 0;
        while (at < bytes.Length)
        {
            var length = ReadLength(bytes, ref at);
            if (length is null || length > bytes.Length - at)
            {
                yield return null;
                yield break;
            }

            yield return TryParse(bytes.AsSpan(at, (int)length)) ?? NoRecord;
            at += (int)length;
        }
    }

    /// <summary>Stands for bytes that are not a record in the one form that serializing gives.</summary>
    public static ExportedRecord NoRecord { get; } = new() { Serial = ulong.MaxValue };

    private static ExportedRecord? TryParse(ReadOnlySpan<byte> bytes) =>
        ExportedRecord.Parser.WithDiscardUnknownFields(true).TryParse(bytes) is { } record && record.ToByteArray().AsSpan().SequenceEqual(bytes) ? record : null;

    private static uint? ReadLength(byte[] bytes, ref int at)
    {
        var length = 0u;
        for (var shift = 0; shift < 21; shift += 7)
        {
            if (at >= bytes.Length)
            {
                return null;
            }

            var next = bytes[at++];
            length |= (uint)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return length <= MaxRecord && (next != 0 || shift == 0) ? length : null; // One length, one form.
            }
        }

        return null;
    }
}
