using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using InfoLink.Codes;

namespace InfoLink.Broker.Codes;

/// <summary>
/// That a person's codes go on under another serial. Sealed both ways: whoever holds the register and its key walks neither way without the ID code of one of
/// the two; an agency's old code leads to the new one, and a citizen's new one to the records of seven years.
/// </summary>
/// <param name="By">The successor's tag.</param>
/// <param name="Successor">Who comes after, for whoever has the former ID code.</param>
/// <param name="Predecessor">Who came before, for whoever has the successor's.</param>
internal readonly record struct Succession(RegisterTag By, SealedPerson Successor, SealedPerson Predecessor);

/// <summary>
/// Kind ‖ serial(5) ‖ zeros(10), one AES-256 block under a key made of the register's key and the other person's kind ‖ serial (<see cref="SuccessionSeal"/>).
/// The same seal each time, so that the same write is the same row.
/// </summary>
internal readonly record struct SealedPerson
{
    public const int Length = 16;

    private readonly UInt128 _block;

    /// <exception cref="ArgumentException">Not 16 bytes.</exception>
    public SealedPerson(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
            throw new ArgumentException("A sealed person is 16 bytes.", nameof(bytes));
        _block = BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    public byte[] ToArray()
    {
        var bytes = new byte[Length];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, _block);
        return bytes;
    }

    public override string ToString() => "SealedPerson(redacted)";
}

/// <summary>Seals and opens successions under the register's key. Safe for several threads.</summary>
internal static class SuccessionSeal
{
    private static readonly byte[] Onward = Encoding.ASCII.GetBytes("infolink/succession/onward/");
    private static readonly byte[] Back = Encoding.ASCII.GetBytes("infolink/succession/back/");

    /// <summary>That <paramref name="former"/> goes on as <paramref name="next"/>; generations do not matter.</summary>
    public static Succession Seal(ReadOnlySpan<byte> registerKey, RegisterTag nextTag, IdCode former, IdCode next) =>
        new(nextTag, Seal(registerKey, Onward, former, next), Seal(registerKey, Back, next, former));

    /// <summary>Who comes after <paramref name="former"/>, in generation 0; null: the seal is not this person's.</summary>
    public static IdCode? OpenSuccessor(ReadOnlySpan<byte> registerKey, IdCode former, SealedPerson sealedPerson) => Open(registerKey, Onward, former, sealedPerson);

    /// <summary>Who came before <paramref name="next"/>, in generation 0; null: the seal is not this person's.</summary>
    public static IdCode? OpenPredecessor(ReadOnlySpan<byte> registerKey, IdCode next, SealedPerson sealedPerson) => Open(registerKey, Back, next, sealedPerson);

    private static SealedPerson Seal(ReadOnlySpan<byte> registerKey, byte[] label, IdCode holder, IdCode person)
    {
        Span<byte> block = stackalloc byte[SealedPerson.Length];
        block.Clear();
        person.CopyPersonTo(block);
        using var aes = KeyOf(registerKey, label, holder);
        aes.EncryptEcb(block, block, PaddingMode.None);
        return new SealedPerson(block);
    }

    private static IdCode? Open(ReadOnlySpan<byte> registerKey, byte[] label, IdCode holder, SealedPerson sealedPerson)
    {
        Span<byte> block = stackalloc byte[SealedPerson.Length];
        using var aes = KeyOf(registerKey, label, holder);
        aes.DecryptEcb(sealedPerson.ToArray(), block, PaddingMode.None);
        try
        {
            return block[IdCode.PersonLength..].ContainsAnyExcept((byte)0) || !IdCode.TryFromBytes(block[..IdCode.ByteLength], out var person) ? null : person;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(block);
        }
    }

    private static Aes KeyOf(ReadOnlySpan<byte> registerKey, byte[] label, IdCode holder)
    {
        Span<byte> info = stackalloc byte[label.Length + IdCode.PersonLength];
        label.CopyTo(info);
        holder.CopyPersonTo(info[label.Length..]);
        Span<byte> key = stackalloc byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, registerKey, key, salt: default, info);
        var aes = Aes.Create();
        aes.SetKey(key);
        CryptographicOperations.ZeroMemory(key);
        CryptographicOperations.ZeroMemory(info);
        return aes;
    }
}
