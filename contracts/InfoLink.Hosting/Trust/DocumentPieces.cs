using Google.Protobuf;
using InfoLink.Contracts.Trust;
using InfoLink.V1;

namespace InfoLink.Hosting.Trust;

/// <summary>A document in pieces that fit a message, and back.</summary>
public sealed class DocumentPieces
{
    private const int PieceSize = 256 * 1024;
    private MemoryStream _held = new();

    public static IEnumerable<WatchReply> Of(SignedDocument document)
    {
        var bytes = document.ToBytes();
        for (var at = 0; at < bytes.Length; at += PieceSize)
        {
            var length = Math.Min(PieceSize, bytes.Length - at);
            yield return new WatchReply { Piece = UnsafeByteOperations.UnsafeWrap(bytes.AsMemory(at, length)), Last = at + length == bytes.Length };
        }
    }

    /// <summary>The document, when this was its last piece.</summary>
    /// <exception cref="DocumentException">Longer than a document may be, or not one.</exception>
    public SignedDocument? Add(WatchReply reply)
    {
        if (_held.Length + reply.Piece.Length > SignedDocument.MaxBytes)
        {
            throw new DocumentException(DocumentFault.Malformed, "The document that is coming in is longer than one may be.");
        }

        reply.Piece.WriteTo(_held);
        if (!reply.Last)
        {
            return null;
        }

        var whole = _held;
        _held = new MemoryStream();
        return SignedDocument.Parse(whole.GetBuffer().AsSpan(0, (int)whole.Length));
    }
}
