namespace InfoLink.Contracts.Identifiers;

/// <summary>
/// Crockford's base32 in the strict form InfoLink uses: five bits a character, most significant bit first, zero bits at the end
/// to fill the last character. 16 bytes are 26 characters (an exchange id), 17 bytes are 28 (a link code).
/// </summary>
/// <remarks>
/// Reading is lenient where people err and strict everywhere else: lower case and I, L, O count as 1, 1, 0; hyphens, U, any other
/// character, another length and non-zero fill bits are refused, so each value has one spelling apart from those letters.
/// Source: https://www.crockford.com/base32.html, without its hyphens and check symbol.
/// </remarks>
public static class Crockford
{
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private const byte Refused = 0xFF;
    private static readonly byte[] Values = ValueOfEachCharacter();

    /// <summary>How many characters <paramref name="byteCount"/> bytes take.</summary>
    public static int TextLength(int byteCount) => checked((byteCount * 8) + 4) / 5;

    /// <summary>The text form of <paramref name="bytes"/>, upper case, <see cref="TextLength"/> characters.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes) =>
        string.Create(TextLength(bytes.Length), bytes, static (text, source) => Encode(source, text));

    /// <summary>Writes the text form of <paramref name="bytes"/> to <paramref name="text"/>.</summary>
    /// <exception cref="ArgumentException"><paramref name="text"/> is not exactly <see cref="TextLength"/> characters long.</exception>
    public static void Encode(ReadOnlySpan<byte> bytes, Span<char> text)
    {
        if (text.Length != TextLength(bytes.Length))
            throw new ArgumentException($"{bytes.Length} bytes take {TextLength(bytes.Length)} characters.", nameof(text));

        uint pending = 0;
        int bits = 0, at = 0;
        foreach (byte b in bytes)
        {
            pending = (pending << 8) | b;
            for (bits += 8; bits >= 5; bits -= 5)
                text[at++] = Alphabet[(int)(pending >> (bits - 5)) & 31];
        }
        if (bits > 0)
            text[at] = Alphabet[(int)(pending << (5 - bits)) & 31];
    }

    /// <summary>
    /// Reads exactly <paramref name="bytes"/>.Length bytes from <paramref name="text"/>; false (and zeroed bytes) for any other text.
    /// The whole text is always read, so the time taken does not tell where it went wrong.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> bytes)
    {
        bytes.Clear();
        if (text.Length != TextLength(bytes.Length))
            return false;

        uint pending = 0, fault = 0;
        int bits = 0, at = 0;
        foreach (char c in text)
        {
            uint value = c < Values.Length ? Values[c] : Refused;
            fault |= value & ~31u;
            pending = (pending << 5) | (value & 31);
            bits += 5;
            if (bits >= 8)
            {
                bits -= 8;
                bytes[at++] = (byte)(pending >> bits);
            }
        }
        fault |= pending & ((1u << bits) - 1);
        if (fault == 0)
            return true;

        bytes.Clear();
        return false;
    }

    private static byte[] ValueOfEachCharacter()
    {
        var values = new byte[128];
        Array.Fill(values, Refused);
        for (byte value = 0; value < Alphabet.Length; value++)
        {
            values[Alphabet[value]] = value;
            values[char.ToLowerInvariant(Alphabet[value])] = value;
        }
        foreach (char one in "IiLl")
            values[one] = 1;
        foreach (char zero in "Oo")
            values[zero] = 0;
        return values;
    }
}
