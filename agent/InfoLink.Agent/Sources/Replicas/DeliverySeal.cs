using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace InfoLink.Agent.Sources.Replicas;

/// <summary>
/// A delivery's rows at rest (SPEC §18.4). A person is an HMAC under a key that the delivery alone has, a record is AES-256-GCM under a key that it alone has; both follow from the replica key and the
/// delivery's salt, so that a delivery whose salt is gone is gone. Records are filled up to steps of 64 bytes.
/// </summary>
internal sealed class DeliverySeal : IDisposable
{
    public const int SaltSize = 32;
    private const byte Version = 1;
    private const int TagSize = 16;
    private const int RowSaltSize = 16;
    private const int Step = 64;
    private static readonly byte[] Nonce = new byte[12]; // Each key seals once.
    private readonly byte[] _tags = new byte[32];
    private readonly byte[] _contents = new byte[32];

    public DeliverySeal(ReadOnlySpan<byte> replicaKey, ReadOnlySpan<byte> salt)
    {
        HKDF.DeriveKey(HashAlgorithmName.SHA256, replicaKey, _tags, salt, "infolink/replica-person/v1"u8);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, replicaKey, _contents, salt, "infolink/replica-row/v1"u8);
    }

    /// <summary>Kept beside the delivery: under another key nobody would be found, and that would pass for nobody being there.</summary>
    public byte[] Proof() => HMACSHA256.HashData(_contents, "infolink/replica-proof/v1"u8);

    /// <summary>What a person's records, of one tax year where records are by year, are found by; 16 bytes.</summary>
    public byte[] Tag(string person, int? taxYear)
    {
        var bytes = new byte[sizeof(int) + Encoding.UTF8.GetMaxByteCount(person.Length)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, taxYear ?? -1);
        var length = sizeof(int) + Encoding.UTF8.GetBytes(person, bytes.AsSpan(sizeof(int)));
        Span<byte> tag = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_tags, bytes.AsSpan(0, length), tag);
        CryptographicOperations.ZeroMemory(bytes);
        return tag[..TagSize].ToArray();
    }

    /// <summary><c>0x01 ‖ salt(16) ‖ ciphertext ‖ GCM tag(16)</c>.</summary>
    public byte[] Seal(ReadOnlySpan<byte> tag, ReplicaRow row)
    {
        var plaintext = Write(row);
        var sealedRow = new byte[1 + RowSaltSize + plaintext.Length + TagSize];
        sealedRow[0] = Version;
        var salt = sealedRow.AsSpan(1, RowSaltSize);
        RandomNumberGenerator.Fill(salt);
        using var cipher = Cipher(salt);
        cipher.Encrypt(Nonce, plaintext, sealedRow.AsSpan(1 + RowSaltSize, plaintext.Length), sealedRow.AsSpan(^TagSize..), tag);
        CryptographicOperations.ZeroMemory(plaintext);
        return sealedRow;
    }

    /// <exception cref="SourceFaultException">It is not this person's, or was changed.</exception>
    public ReplicaRow Open(string person, ReadOnlySpan<byte> tag, ReadOnlySpan<byte> sealedRow)
    {
        if (sealedRow.Length < 1 + RowSaltSize + Step + TagSize || sealedRow[0] != Version)
        {
            throw Changed();
        }

        var plaintext = new byte[sealedRow.Length - 1 - RowSaltSize - TagSize];
        try
        {
            using var cipher = Cipher(sealedRow.Slice(1, RowSaltSize));
            cipher.Decrypt(Nonce, sealedRow.Slice(1 + RowSaltSize, plaintext.Length), sealedRow[^TagSize..], plaintext, tag);
            return Read(person, plaintext);
        }
        catch (AuthenticationTagMismatchException)
        {
            throw Changed();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
        }
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_tags);
        CryptographicOperations.ZeroMemory(_contents);
    }

    private static SourceFaultException Changed() => new("a record of the replica was changed since it was imported. Import the delivery again.");

    private AesGcm Cipher(ReadOnlySpan<byte> salt)
    {
        Span<byte> key = stackalloc byte[32];
        HKDF.Expand(HashAlgorithmName.SHA256, _contents, key, salt);
        var cipher = new AesGcm(key, TagSize);
        CryptographicOperations.ZeroMemory(key);
        return cipher;
    }

    private static byte[] Write(ReplicaRow row)
    {
        var lengths = row.Values.Select(Encoding.UTF8.GetByteCount).ToArray();
        var size = sizeof(long) + (3 * sizeof(int)) + sizeof(int) + lengths.Sum(length => sizeof(int) + length);
        var bytes = new byte[(size + Step - 1) / Step * Step];
        BinaryPrimitives.WriteInt64BigEndian(bytes, row.Line);
        var at = sizeof(long);
        Put(row.TaxYear ?? -1);
        Put(row.ValidFrom?.DayNumber ?? -1);
        Put(row.ValidTo?.DayNumber ?? -1);
        Put(row.Values.Count);
        for (var i = 0; i < lengths.Length; i++)
        {
            Put(lengths[i]);
            at += Encoding.UTF8.GetBytes(row.Values[i], bytes.AsSpan(at));
        }

        return bytes;

        void Put(int number)
        {
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(at), number);
            at += sizeof(int);
        }
    }

    private static ReplicaRow Read(string person, byte[] bytes)
    {
        var line = BinaryPrimitives.ReadInt64BigEndian(bytes);
        var at = sizeof(long);
        var (year, from, to) = (Take(), Take(), Take());
        var values = new string[Take()];
        for (var i = 0; i < values.Length; i++)
        {
            var length = Take();
            values[i] = Encoding.UTF8.GetString(bytes, at, length);
            at += length;
        }

        return new ReplicaRow(line, person, year < 0 ? null : year, Day(from), Day(to), values);

        int Take()
        {
            var number = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at));
            at += sizeof(int);
            return number;
        }

        static DateOnly? Day(int number) => number < 0 ? null : DateOnly.FromDayNumber(number);
    }
}

/// <summary>The key that replicas are sealed under: 32 bytes, beside the agency's others.</summary>
internal static class ReplicaKey
{
    /// <summary>Makes the key of an agency that began before there were replicas; not where a store is there that another key sealed.</summary>
    public static void MakeFirst(AgentOptions options)
    {
        if (!File.Exists(options.Full(options.ReplicaKey)) && !File.Exists(ReplicaStore.PathOf(options)))
        {
            Contracts.Identity.KeyFile.WriteNewKey(options.Full(options.ReplicaKey));
        }
    }

    /// <exception cref="InvalidOperationException">Missing or malformed; the message names the file.</exception>
    public static byte[] Read(AgentOptions options) => Contracts.Identity.KeyFile.ReadKey(options.Full(options.ReplicaKey));
}
