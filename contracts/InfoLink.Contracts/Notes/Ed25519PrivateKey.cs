using System.Security.Cryptography;

namespace InfoLink.Contracts.Notes;

/// <summary>An Ed25519 private key: the 32-byte seed of RFC 8032 §5.1.5. It never prints, and is zeroed when disposed.</summary>
public sealed class Ed25519PrivateKey : IDisposable
{
    /// <summary>Bytes of a seed.</summary>
    public const int SeedSize = Ed25519.SeedSize;

    // Pinned, so that no copy is left behind when memory is moved.
    private readonly byte[] _seed = GC.AllocateArray<byte>(SeedSize, pinned: true);
    private readonly byte[] _publicKey;
    private bool _disposed;

    private Ed25519PrivateKey(ReadOnlySpan<byte> seed)
    {
        seed.CopyTo(_seed);
        _publicKey = Ed25519.PublicKey(_seed);
    }

    /// <summary>32 bytes that anyone may know.</summary>
    public ReadOnlyMemory<byte> PublicKey => _publicKey;

    /// <summary>A fresh key.</summary>
    public static Ed25519PrivateKey Create()
    {
        Span<byte> seed = stackalloc byte[SeedSize];
        RandomNumberGenerator.Fill(seed);
        var key = new Ed25519PrivateKey(seed);
        CryptographicOperations.ZeroMemory(seed);
        return key;
    }

    /// <summary>The key of a seed, which is copied.</summary>
    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    public static Ed25519PrivateKey FromSeed(ReadOnlySpan<byte> seed)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(seed.Length, SeedSize);
        return new Ed25519PrivateKey(seed);
    }

    /// <exception cref="ObjectDisposedException">The key is gone.</exception>
    internal byte[] Sign(ReadOnlySpan<byte> message)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return Ed25519.Sign(_seed, _publicKey, message);
    }

    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_seed);
    }

    public override string ToString() => "Ed25519PrivateKey(redacted)";
}
