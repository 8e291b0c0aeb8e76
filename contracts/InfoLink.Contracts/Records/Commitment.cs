using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Contracts.Records;

/// <summary>Which secret of a subject a commitment hides.</summary>
public enum CommitmentSide
{
    RequesterCode,
    ProviderCode,
    IndexTag,
}

/// <summary>
/// Salted commitments inside an entry's private root (SPEC §6). Each side of a subject has a salt of its own, derived from the subject's
/// seed, so that giving one salt away opens one commitment and no other.
/// </summary>
public static class Commitment
{
    /// <summary>Bytes in a subject's seed and in each salt.</summary>
    public const int SaltSize = 32;

    private const int OnStack = 512;

    /// <summary>HMAC-SHA256(seed, "infolink/salt/" ‖ side ‖ "/v1").</summary>
    public static byte[] Salt(ReadOnlySpan<byte> seed, CommitmentSide side) => HMACSHA256.HashData(seed, side switch
    {
        CommitmentSide.RequesterCode => "infolink/salt/requester/v1"u8,
        CommitmentSide.ProviderCode => "infolink/salt/provider/v1"u8,
        _ => "infolink/salt/tag/v1"u8,
    });

    /// <summary>SHA-256("infolink/commit/link-code/v1" ‖ salt ‖ length of agency id (1) ‖ agency id ‖ link code (17)).</summary>
    public static Sha256Digest OfLinkCode(ReadOnlySpan<byte> salt, AgencyId agency, LinkCode code)
    {
        Span<byte> codeBytes = stackalloc byte[LinkCode.ByteLength];
        code.CopyTo(codeBytes);
        Span<byte> name = stackalloc byte[1 + agency.Value.Length];
        name[0] = (byte)Encoding.ASCII.GetBytes(agency.Value, name[1..]);
        var digest = Hash("infolink/commit/link-code/v1"u8, salt, name, codeBytes);
        CryptographicOperations.ZeroMemory(codeBytes);
        return digest;
    }

    /// <summary>SHA-256("infolink/commit/tag/v1" ‖ salt ‖ index tag (16)).</summary>
    public static Sha256Digest OfTag(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> tag) => Hash("infolink/commit/tag/v1"u8, salt, tag, []);

    /// <summary>SHA-256("infolink/commit/particulars/v1" ‖ salt ‖ serialized particulars).</summary>
    public static Sha256Digest OfParticulars(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> particulars) =>
        Hash("infolink/commit/particulars/v1"u8, salt, particulars, []);

    private static Sha256Digest Hash(ReadOnlySpan<byte> label, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(salt.Length, SaltSize);
        var length = label.Length + salt.Length + first.Length + second.Length;
        var rented = length > OnStack ? ArrayPool<byte>.Shared.Rent(length) : null;
        var whole = rented is null ? stackalloc byte[length] : rented.AsSpan(0, length);
        try
        {
            // Laid side by side and hashed at once: a hash object for each costs more than the hashing.
            label.CopyTo(whole);
            salt.CopyTo(whole[label.Length..]);
            first.CopyTo(whole[(label.Length + salt.Length)..]);
            second.CopyTo(whole[(length - second.Length)..]);
            return Sha256Digest.Of(whole);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(whole);
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }
}
