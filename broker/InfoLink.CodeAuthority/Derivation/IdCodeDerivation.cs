using System.Security.Cryptography;
using InfoLink.Codes;

namespace InfoLink.CodeAuthority.Derivation;

/// <summary>
/// The code authority's key in custody, and the one thing done with it: resident record code → ID code.
/// The serial is FF1 (NIST SP 800-38G, radix 10, AES-256, empty tweak) of the code's first ten digits, a permutation: no two residents
/// share a serial, and nobody without the key can go either way.
/// </summary>
/// <remarks>The exchange path never holds this key. Safe for several threads; disposing wipes the key.</remarks>
public sealed class IdCodeDerivation : IDisposable
{
    /// <summary>Bytes of the key.</summary>
    public const int KeyLength = 32;

    private readonly Ff1 _ff1;

    /// <param name="key">32 bytes from a cryptographic random source; copied, so the caller wipes its own.</param>
    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    public IdCodeDerivation(ReadOnlySpan<byte> key)
    {
        if (key.Length != KeyLength)
            throw new ArgumentException("The code authority's key is 32 bytes.", nameof(key));
        _ff1 = new Ff1(key, radix: 10);
    }

    /// <summary>The ID code of the person with this resident record code.</summary>
    /// <param name="code">The resident record code.</param>
    /// <param name="kind">
    /// <see cref="IdCodeKind.Resident"/> or <see cref="IdCodeKind.Test"/>; provisional serials are drawn, not derived.
    /// </param>
    /// <param name="generation">0 at first; one more each time the person's codes are replaced.</param>
    /// <exception cref="ArgumentOutOfRangeException">Another kind.</exception>
    public IdCode Derive(ResidentRecordCode code, IdCodeKind kind, byte generation)
    {
        if (kind is not (IdCodeKind.Resident or IdCodeKind.Test))
            throw new ArgumentOutOfRangeException(nameof(kind), "Only resident and test codes derive from a resident record code.");

        Span<byte> digits = stackalloc byte[ResidentRecordCode.BaseLength];
        code.CopyBaseDigitsTo(digits);
        _ff1.Encrypt(digits, tweak: []);
        ulong serial = 0;
        foreach (byte digit in digits)
            serial = (serial * 10) + digit;
        CryptographicOperations.ZeroMemory(digits);
        return IdCode.Create(kind, serial, generation);
    }

    /// <summary>Wipes the key.</summary>
    public void Dispose() => _ff1.Dispose();

    /// <summary>Always "IdCodeDerivation(redacted)".</summary>
    public override string ToString() => "IdCodeDerivation(redacted)";
}
