using System.Buffers.Binary;
using System.Security.Cryptography;
using InfoLink.Codes;

namespace InfoLink.Broker.Codes;

/// <summary>
/// HMAC-SHA256(register key, kind ‖ serial): how the register knows a person without holding an ID code at rest.
/// The generation is left out, so the tag stays when it is raised.
/// </summary>
internal readonly record struct RegisterTag
{
    public const int Length = 32;

    private readonly UInt128 _high;
    private readonly UInt128 _low;

    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    public RegisterTag(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
            throw new ArgumentException("A register tag is 32 bytes.", nameof(bytes));
        _high = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        _low = BinaryPrimitives.ReadUInt128BigEndian(bytes[16..]);
    }

    public void CopyTo(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt128BigEndian(bytes[16..], _low);
        BinaryPrimitives.WriteUInt128BigEndian(bytes, _high);
    }

    // A pseudonym that never changes: not for logs.
    public override string ToString() => "RegisterTag(redacted)";
}

/// <summary>The key of the register's tags, in the broker's custody. Safe for several threads; disposing wipes it.</summary>
internal sealed class RegisterKey : IDisposable
{
    public const int Length = 32;

    private readonly byte[] _key;
    private bool _disposed;

    /// <param name="key">32 bytes; copied, so the caller wipes its own.</param>
    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    public RegisterKey(ReadOnlySpan<byte> key)
    {
        if (key.Length != Length)
            throw new ArgumentException("The register key is 32 bytes.", nameof(key));
        _key = key.ToArray();
    }

    /// <exception cref="ArgumentException">No ID code.</exception>
    public RegisterTag TagOf(IdCode id)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (id.IsNone)
            throw new ArgumentException("Only a person has a place in the register.", nameof(id));
        Span<byte> person = stackalloc byte[IdCode.PersonLength];
        Span<byte> tag = stackalloc byte[RegisterTag.Length];
        id.CopyPersonTo(person);
        HMACSHA256.HashData(_key, person, tag);
        CryptographicOperations.ZeroMemory(person);
        return new RegisterTag(tag);
    }

    /// <summary>That a person's codes go on as another's; only the two persons count, not their generations.</summary>
    public Succession Succeed(IdCode former, IdCode next)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return SuccessionSeal.Seal(_key, TagOf(next), former, next);
    }

    /// <summary>Who comes after <paramref name="former"/>, in generation 0.</summary>
    /// <exception cref="InvalidDataException">The row is not this person's: the register was changed by somebody else.</exception>
    public IdCode SuccessorOf(IdCode former, Succession succession)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return SuccessionSeal.OpenSuccessor(_key, former, succession.Successor) is { } next && TagOf(next) == succession.By ? next : throw NotTheirs();
    }

    /// <summary>Who came before <paramref name="next"/>, in generation 0.</summary>
    /// <exception cref="InvalidDataException">The row is not this person's: the register was changed by somebody else.</exception>
    public IdCode PredecessorOf(IdCode next, RegisterTag tag, SealedPerson sealedPerson)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return SuccessionSeal.OpenPredecessor(_key, next, sealedPerson) is { } former && TagOf(former) == tag ? former : throw NotTheirs();
    }

    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_key);
    }

    public override string ToString() => "RegisterKey(redacted)";

    private static InvalidDataException NotTheirs() => new("A succession in the register of codes does not open: the register was changed by somebody else, or its key was.");
}
