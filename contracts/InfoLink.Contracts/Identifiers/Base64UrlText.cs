using System.Buffers.Text;

namespace InfoLink.Contracts.Identifiers;

/// <summary>
/// Fixed-length bytes in base64url without padding (RFC 4648 §5), read strictly: one value has one text. The base library throws on foreign
/// characters; a peer's text must not.
/// </summary>
internal static class Base64UrlText
{
    /// <summary>False for another length, a foreign character, padding, or bits behind the end.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> bytes)
    {
        if (!Base64Url.IsValid(text, out var length) || length != bytes.Length || text.Length != Base64Url.GetEncodedLength(length))
        {
            return false;
        }

        Base64Url.DecodeFromChars(text, bytes);
        Span<char> again = stackalloc char[text.Length];
        Base64Url.EncodeToChars(bytes, again);
        return text.SequenceEqual(again);
    }
}
