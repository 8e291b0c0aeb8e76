using System.Buffers.Text;

namespace InfoLink.Contracts.Identifiers;

/// <summary>
/// Base64url of a value of fixed length, read strictly: no padding, no blanks, zero fill bits, so that a value has one text. Whatever else it
/// is given is false, never an exception: the texts come from outside.
/// </summary>
internal static class Base64UrlText
{
    /// <summary>Reads exactly <paramref name="bytes"/>.Length bytes; false (and zeroed bytes) for any other text.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> bytes)
    {
        Span<char> again = stackalloc char[Base64Url.GetEncodedLength(bytes.Length)];
        var good = text.Length == again.Length
            && Base64Url.IsValid(text)
            && Base64Url.TryDecodeFromChars(text, bytes, out var written)
            && written == bytes.Length
            && Base64Url.EncodeToChars(bytes, again) == again.Length
            && text.SequenceEqual(again);
        if (!good)
        {
            bytes.Clear();
        }

        return good;
    }
}
