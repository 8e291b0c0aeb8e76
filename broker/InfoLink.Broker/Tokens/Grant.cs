using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;
using InfoLink.Codes;
using InfoLink.Contracts.Records;
using InfoLink.V1;

namespace InfoLink.Broker.Tokens;

/// <summary>
/// What the broker keeps of an approval until the token is redeemed: the approval's open part, and for each subject its index and ID code.
/// It exists in the clear in memory only, for as long as one call runs: disposing wipes it.
/// </summary>
[DebuggerDisplay("Grant(redacted)")]
internal sealed record Grant : IDisposable
{
    public required byte[] OpenPart { get; init; }

    /// <summary>The provider's code epoch at the time of approval, so that a repeated redeem gives the same codes.</summary>
    public required byte ProviderEpoch { get; init; }

    /// <summary>32 random bytes from which each subject's seed is derived.</summary>
    public required byte[] SeedRoot { get; init; }

    public required GrantedSubject[] Subjects { get; init; }

    /// <summary>The approval as it was recorded.</summary>
    public OpenPart ReadOpenPart() => AccessEntry.TryParse(OpenPart) ?? throw new CryptographicException("A grant without an open part.");

    /// <summary>A subject's seed: HMAC-SHA256(seed root, "infolink/subject-seed/v1" ‖ index(4)).</summary>
    public byte[] SeedOf(uint index)
    {
        Span<byte> message = stackalloc byte[28];
        "infolink/subject-seed/v1"u8.CopyTo(message);
        BinaryPrimitives.WriteUInt32BigEndian(message[24..], index);
        return HMACSHA256.HashData(SeedRoot, message);
    }

    public override string ToString() => "Grant(redacted)";

    /// <summary>Wipes who it is about and what their salts come from.</summary>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(SeedRoot);
        Array.Clear(Subjects);
    }

    /// <summary>version(1) ‖ epoch(1) ‖ seed root(32) ‖ length of open part(4) ‖ open part ‖ subjects, each index(4) ‖ requester's epoch(1) ‖ ID code(7).</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[HeaderSize + OpenPart.Length + (Subjects.Length * SubjectSize)];
        bytes[0] = Version;
        bytes[1] = ProviderEpoch;
        SeedRoot.CopyTo(bytes.AsSpan(2));
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(34), OpenPart.Length);
        OpenPart.CopyTo(bytes.AsSpan(HeaderSize));
        var at = bytes.AsSpan(HeaderSize + OpenPart.Length);
        foreach (var subject in Subjects)
        {
            BinaryPrimitives.WriteUInt32BigEndian(at, subject.Index);
            at[4] = subject.RequesterEpoch;
            subject.Id.CopyTo(at[5..]);
            at = at[SubjectSize..];
        }

        return bytes;
    }

    /// <exception cref="CryptographicException">Not a grant of this version; only a fault of ours makes one, since grants are sealed.</exception>
    public static Grant FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderSize || bytes[0] != Version)
        {
            throw new CryptographicException("Not a grant of this version.");
        }

        var length = BinaryPrimitives.ReadInt32BigEndian(bytes[34..]);
        if (length < 0 || length > bytes.Length - HeaderSize || (bytes.Length - HeaderSize - length) % SubjectSize != 0)
        {
            throw new CryptographicException("A grant whose parts have not their lengths.");
        }

        var openPart = bytes.Slice(HeaderSize, length).ToArray();
        var at = bytes[(HeaderSize + length)..];
        var subjects = new GrantedSubject[at.Length / SubjectSize];
        for (var i = 0; i < subjects.Length; i++, at = at[SubjectSize..])
        {
            if (!IdCode.TryFromBytes(at.Slice(5, IdCode.ByteLength), out var id))
            {
                throw new CryptographicException("A grant with a malformed ID code.");
            }

            subjects[i] = new GrantedSubject(BinaryPrimitives.ReadUInt32BigEndian(at), at[4], id);
        }

        return new Grant { OpenPart = openPart, ProviderEpoch = bytes[1], SeedRoot = bytes.Slice(2, 32).ToArray(), Subjects = subjects };
    }

    private const byte Version = 1;
    private const int HeaderSize = 1 + 1 + 32 + 4;
    private const int SubjectSize = 4 + 1 + IdCode.ByteLength;
}

/// <summary>One approved person.</summary>
/// <param name="Index">The subject's index in the requester's call.</param>
/// <param name="RequesterEpoch">Epoch of the link code that the requester presented.</param>
/// <param name="Id">Who.</param>
internal readonly record struct GrantedSubject(uint Index, byte RequesterEpoch, IdCode Id);
