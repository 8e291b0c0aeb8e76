using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using InfoLink.Codes;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Broker.Codes;

/// <summary>
/// ID code ⇄ link code, encode-then-encipher: epoch(1) ‖ AES-256 block of ID code(7) ‖ zeros(9) under K(agency, epoch).
/// </summary>
/// <remarks>
/// <para>The nine zero bytes (and the ID code's own form) are what makes a code genuine: a forged one, or one of another agency or epoch,
/// deciphers to noise and passes with probability 2⁻⁷².</para>
/// <para>Refusal is uniform: every code is deciphered, all conditions are evaluated before one of them is acted on, and there is no reason
/// to hand on. The epoch alone, which stands in clear, decides under which key.</para>
/// </remarks>
internal sealed class LinkCodeCipher(CodeMasters masters)
{
    /// <summary>The agency's link code for a person.</summary>
    /// <exception cref="ArgumentException">No ID code, or no agency.</exception>
    /// <exception cref="InvalidOperationException">The epoch has no master.</exception>
    public LinkCode Encode(IdCode id, AgencyId agency, byte epoch)
    {
        LinkCode code = default;
        EncodeAll(new ReadOnlySpan<IdCode>(in id), agency, epoch, new Span<LinkCode>(ref code));
        return code;
    }

    /// <summary>The person behind a link code; false for every code that is not this agency's in an accepted epoch.</summary>
    public bool TryDecode(LinkCode code, AgencyId agency, ReadOnlySpan<byte> acceptedEpochs, out IdCode id)
    {
        id = default;
        return DecodeAll(new ReadOnlySpan<LinkCode>(in code), agency, acceptedEpochs, new Span<IdCode>(ref id)) == 1;
    }

    /// <summary>One agency's link codes for many persons, in one pass; <paramref name="codes"/> keeps their places.</summary>
    /// <exception cref="ArgumentException">A place holds no ID code, or the spans differ in length.</exception>
    /// <exception cref="InvalidOperationException">The epoch has no master.</exception>
    public void EncodeAll(ReadOnlySpan<IdCode> ids, AgencyId agency, byte epoch, Span<LinkCode> codes)
    {
        RequireSameLength(ids.Length, codes.Length);
        var rented = ArrayPool<byte>.Shared.Rent(ids.Length * LinkCode.BlockLength);
        var blocks = new ArraySegment<byte>(rented, 0, ids.Length * LinkCode.BlockLength);
        try
        {
            var plain = MemoryMarshal.Cast<byte, Plain>(blocks.AsSpan());
            for (var i = 0; i < plain.Length && i < ids.Length; i++)
            {
                if (ids[i].IsNone)
                    throw new ArgumentException("Only a person has a link code.", nameof(ids));
                plain[i] = new Plain(BinaryPrimitives.ReverseEndianness(ids[i].Pack() << 8), zeros: 0);
            }
            masters.Encrypt(agency, epoch, blocks);
            LinkCode.FromBlocks(epoch, blocks, codes);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(blocks);
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>
    /// The persons behind many link codes of one agency: one pass for each accepted epoch that occurs, and one for all other codes.
    /// </summary>
    /// <param name="codes">In any mixture of epochs.</param>
    /// <param name="agency">Whose codes they must be.</param>
    /// <param name="acceptedEpochs">The agency's current and previous epoch; at most 255.</param>
    /// <param name="ids">Keeps the codes' places; a refused place is <see cref="IdCode.IsNone"/>.</param>
    /// <returns>How many were not refused.</returns>
    public int DecodeAll(ReadOnlySpan<LinkCode> codes, AgencyId agency, ReadOnlySpan<byte> acceptedEpochs, Span<IdCode> ids)
    {
        RequireSameLength(codes.Length, ids.Length);
        ids.Clear();
        if (codes.Length > 0 && acceptedEpochs.Contains(codes[0].Epoch) && AllOf(codes[0].Epoch, codes))
            return DecodeAll(codes, agency, codes[0].Epoch, ids);

        Span<byte> passOfEpoch = stackalloc byte[256];
        passOfEpoch.Fill(checked((byte)acceptedEpochs.Length));
        for (var pass = 0; pass < acceptedEpochs.Length; pass++)
            passOfEpoch[acceptedEpochs[pass]] = (byte)pass;

        var rented = ArrayPool<byte>.Shared.Rent(codes.Length * LinkCode.BlockLength);
        var decoded = 0;
        try
        {
            for (var pass = 0; pass <= acceptedEpochs.Length; pass++)
            {
                var blocks = Gather(codes, passOfEpoch, (byte)pass, rented);
                if (blocks.Count == 0)
                    continue;
                var accepted = pass < acceptedEpochs.Length && masters.Decrypt(agency, acceptedEpochs[pass], blocks);
                if (pass == acceptedEpochs.Length)
                    masters.DecryptToNoise(blocks);
                decoded += Scatter(blocks, accepted, codes, passOfEpoch, (byte)pass, ids);
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(rented.AsSpan(0, codes.Length * LinkCode.BlockLength));
            ArrayPool<byte>.Shared.Return(rented);
        }
        return decoded;
    }

    // What nearly every call is: all codes of one accepted epoch, and nothing to be sorted.
    private int DecodeAll(ReadOnlySpan<LinkCode> codes, AgencyId agency, byte epoch, Span<IdCode> ids)
    {
        var rented = ArrayPool<byte>.Shared.Rent(codes.Length * LinkCode.BlockLength);
        var blocks = new ArraySegment<byte>(rented, 0, codes.Length * LinkCode.BlockLength);
        try
        {
            LinkCode.CopyBlocksTo(codes, blocks);
            var refused = masters.Decrypt(agency, epoch, blocks) ? 0UL : 1UL;
            var plain = MemoryMarshal.Cast<byte, Plain>(blocks.AsSpan());
            var genuine = 0;
            for (var i = 0; i < plain.Length && i < ids.Length; i++)
                genuine += Read(plain[i], refused, out ids[i]);
            return genuine;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(blocks);
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static bool AllOf(byte epoch, ReadOnlySpan<LinkCode> codes)
    {
        var other = 0;
        foreach (ref readonly var code in codes)
            other |= code.Epoch ^ epoch;
        return other == 0;
    }

    // Lays the blocks of one pass side by side.
    private static ArraySegment<byte> Gather(ReadOnlySpan<LinkCode> codes, ReadOnlySpan<byte> passOfEpoch, byte pass, byte[] room)
    {
        var rest = room.AsSpan();
        foreach (ref readonly var code in codes)
        {
            if (passOfEpoch[code.Epoch] != pass)
                continue;
            code.CopyBlockTo(rest);
            rest = rest[LinkCode.BlockLength..];
        }
        return new ArraySegment<byte>(room, 0, room.Length - rest.Length);
    }

    // Reads the deciphered blocks of one pass into the places their codes came from, and counts the genuine ones.
    // Every condition is evaluated, whatever the others say.
    private static int Scatter(
        ReadOnlySpan<byte> blocks, bool accepted, ReadOnlySpan<LinkCode> codes, ReadOnlySpan<byte> passOfEpoch, byte pass, Span<IdCode> ids)
    {
        var plain = MemoryMarshal.Cast<byte, Plain>(blocks);
        var refused = accepted ? 0UL : 1UL;
        var genuine = 0;
        for (int i = 0, at = 0; i < codes.Length; i++)
        {
            if (passOfEpoch[codes[i].Epoch] == pass)
                genuine += Read(plain[at++], refused, out ids[i]);
        }
        return genuine;
    }

    // 1 where the nine bytes that must be zero are, and the seven before them an ID code; 0 and nobody where not.
    private static int Read(Plain block, ulong refused, out IdCode id)
    {
        var high = BinaryPrimitives.ReverseEndianness(block.IdCode);
        var fault = (byte)high | block.Zeros | refused;
        return IdCode.TryUnpack(fault == 0 ? high >> 8 : 0, out id) ? 1 : 0;
    }

    private static void RequireSameLength(int given, int room)
    {
        if (given != room)
            throw new ArgumentException("Codes and their places differ in number.");
    }

    // A deciphered block as it lies in memory: ID code(7) ‖ zero(1), big-endian, and eight zeros. No record, which would print it.
    private readonly struct Plain(ulong idCode, ulong zeros)
    {
        public readonly ulong IdCode = idCode;
        public readonly ulong Zeros = zeros;
    }
}
