using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace InfoLink.CodeAuthority.Derivation;

/// <summary>
/// Format-preserving encryption FF1 of NIST SP 800-38G: numerals of one radix to as many numerals of the same radix, under an AES key.
/// </summary>
/// <remarks>
/// Lengths are limited so that half of the numerals fit 64 bits: up to 38 decimal digits, 24 of radix 36. That spares big-integer
/// arithmetic, whose garbage could not be wiped, and makes step 6.iii of the algorithm a single block. As Revision 1 demands,
/// radix^length is at least one million. One instance may be used by several threads; they take turns.
/// </remarks>
internal sealed class Ff1 : IDisposable
{
    private const int Rounds = 10;
    private const int BlockLength = 16;
    private const int MinDomain = 1_000_000;

    private readonly Lock _gate = new();
    private readonly Aes _aes;
    private readonly ICryptoTransform _cipher;
    private readonly uint _radix;
    private readonly byte[] _block = new byte[BlockLength];

    /// <param name="key">16, 24 or 32 bytes.</param>
    /// <param name="radix">2 to 256; numerals are bytes below it.</param>
    /// <exception cref="ArgumentOutOfRangeException">The radix.</exception>
    /// <exception cref="CryptographicException">The key's length.</exception>
    public Ff1(ReadOnlySpan<byte> key, int radix)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(radix, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(radix, 256);
        _radix = (uint)radix;
        _aes = Aes.Create();
        _aes.Mode = CipherMode.ECB;
        _aes.Padding = PaddingMode.None;
        _aes.SetKey(key);
        _cipher = _aes.CreateEncryptor();
    }

    /// <summary>FF1.Encrypt: replaces <paramref name="numerals"/> by its ciphertext.</summary>
    /// <exception cref="ArgumentException">A numeral is not below the radix, or the length is out of the limits above.</exception>
    public void Encrypt(Span<byte> numerals, ReadOnlySpan<byte> tweak) => Run(numerals, tweak, encrypting: true);

    /// <summary>FF1.Decrypt: the inverse of <see cref="Encrypt"/>.</summary>
    /// <exception cref="ArgumentException">As for <see cref="Encrypt"/>.</exception>
    public void Decrypt(Span<byte> numerals, ReadOnlySpan<byte> tweak) => Run(numerals, tweak, encrypting: false);

    public void Dispose()
    {
        lock (_gate)
        {
            _cipher.Dispose();
            _aes.Dispose();
            CryptographicOperations.ZeroMemory(_block);
        }
    }

    private void Run(Span<byte> numerals, ReadOnlySpan<byte> tweak, bool encrypting)
    {
        // Step 1 and 2 of SP 800-38G, algorithms 7 and 8: u numerals on the left, v ≥ u on the right.
        int u = numerals.Length / 2, v = numerals.Length - u;
        ulong leftModulus = Power(u), rightModulus = Power(v);
        if ((UInt128)leftModulus * rightModulus < MinDomain)
            throw new ArgumentException("Too few numerals: radix to the length must reach one million.", nameof(numerals));
        ulong a = Number(numerals[..u]), b = Number(numerals[u..]);

        // Step 3: b bytes hold the right half.
        var halfBytes = (BitOperations.Log2(rightModulus - 1) / 8) + 1;
        lock (_gate)
        {
            for (int step = 0; step < Rounds; step++)
            {
                var round = encrypting ? step : Rounds - 1 - step;
                var modulus = round % 2 == 0 ? leftModulus : rightModulus;
                var value = RoundValue(round, encrypting ? b : a, halfBytes, numerals.Length, tweak, modulus);
                (a, b) = encrypting
                    ? (b, (ulong)(((UInt128)a + value) % modulus))
                    : ((ulong)(((UInt128)b + modulus - value) % modulus), a);
            }
        }
        Write(a, numerals[..u]);
        Write(b, numerals[u..]);
    }

    // Steps 5 to 6.iv: y = NUM of the first d bytes of PRF(P ‖ Q), reduced modulo radix^m.
    private ulong RoundValue(int round, ulong half, int halfBytes, int length, ReadOnlySpan<byte> tweak, ulong modulus)
    {
        Span<byte> p = stackalloc byte[BlockLength];
        p[0] = 1;
        p[1] = 2;
        p[2] = 1;
        p[4] = (byte)(_radix >> 8);
        p[5] = (byte)_radix;
        p[6] = Rounds;
        p[7] = (byte)(length / 2);
        BinaryPrimitives.WriteInt32BigEndian(p[8..], length);
        BinaryPrimitives.WriteInt32BigEndian(p[12..], tweak.Length);

        var tail = halfBytes + 1;
        var padded = (tweak.Length + tail + BlockLength - 1) / BlockLength * BlockLength;
        Span<byte> q = padded <= 256 ? stackalloc byte[padded] : new byte[padded];
        q.Clear();
        tweak.CopyTo(q);
        q[^tail] = (byte)round;
        for (int i = 1; i <= halfBytes; i++, half >>= 8)
            q[^i] = (byte)half;

        Array.Clear(_block);
        Absorb(p);
        for (int at = 0; at < padded; at += BlockLength)
            Absorb(q.Slice(at, BlockLength));

        int d = (4 * ((halfBytes + 3) / 4)) + 4; // 8 or 12: never beyond one block
        UInt128 y = 0;
        foreach (byte octet in _block.AsSpan(0, d))
            y = ((y << 8) | octet) % modulus;
        CryptographicOperations.ZeroMemory(q);
        return (ulong)y;
    }

    // One step of the CBC-MAC that SP 800-38G calls PRF.
    private void Absorb(ReadOnlySpan<byte> block)
    {
        for (int i = 0; i < BlockLength; i++)
            _block[i] ^= block[i];
        _cipher.TransformBlock(_block, 0, BlockLength, _block, 0);
    }

    private ulong Power(int exponent)
    {
        UInt128 power = 1;
        for (int i = 0; i < exponent; i++)
        {
            power *= _radix;
            if (power > ulong.MaxValue)
                throw new ArgumentException("Too many numerals: half of them must fit 64 bits.", nameof(exponent));
        }
        return (ulong)power;
    }

    private ulong Number(ReadOnlySpan<byte> numerals)
    {
        ulong number = 0;
        foreach (byte numeral in numerals)
            number = numeral < _radix ? (number * _radix) + numeral : throw new ArgumentException("A numeral is not below the radix.");
        return number;
    }

    private void Write(ulong number, Span<byte> numerals)
    {
        for (int i = numerals.Length - 1; i >= 0; i--, number /= _radix)
            numerals[i] = (byte)(number % _radix);
    }
}
