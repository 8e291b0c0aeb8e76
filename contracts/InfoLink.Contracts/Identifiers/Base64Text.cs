namespace InfoLink.Contracts.Identifiers;

/// <summary>
/// Standard base64 (RFC 4648 §4) read strictly: padding where it belongs, no blanks, zero fill bits, so that bytes have one text. Whatever
/// else it is given is null, never an exception: the texts come from outside.
/// </summary>
internal static class Base64Text
{
    public static byte[]? TryDecode(ReadOnlySpan<char> text)
    {
        var bytes = new byte[((text.Length / 4) + 1) * 3];
        return Convert.TryFromBase64Chars(text, bytes, out var written)
            && text.SequenceEqual(Convert.ToBase64String(bytes.AsSpan(0, written)))
                ? bytes[..written]
                : null;
    }

    public static Sha256Digest? TryDecodeDigest(ReadOnlySpan<char> text) =>
        TryDecode(text) is { } bytes && Sha256Digest.TryFromBytes(bytes, out var digest) ? digest : null;

    public static string Encode(Sha256Digest digest) => Convert.ToBase64String(digest.Span);
}
