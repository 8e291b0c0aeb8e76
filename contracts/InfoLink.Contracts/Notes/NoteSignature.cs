using System.Buffers.Binary;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Contracts.Notes;

/// <summary>
/// One signature line of a note: <c>— name base64(key id (4, big-endian) ‖ signature)</c>. Whether it is good is another matter.
/// </summary>
public sealed class NoteSignature
{
    private const string Start = "\u2014 ";
    private const int IdSize = sizeof(uint);
    private readonly byte[] _signature;

    internal NoteSignature(string name, uint keyId, ReadOnlySpan<byte> signature)
    {
        Name = name;
        KeyId = keyId;
        _signature = signature.ToArray();
    }

    public string Name { get; }

    public uint KeyId { get; }

    /// <summary>What follows the key id; at least one byte.</summary>
    public ReadOnlyMemory<byte> Signature => _signature;

    /// <summary>Is it by this key's name and id? Only verifying tells whether it is the key's.</summary>
    public bool Claims(NoteKey key) => KeyId == key.Id && string.Equals(Name, key.Name, StringComparison.Ordinal);

    /// <summary>Reads a line without its newline; null for every text but the one that <see cref="ToString"/> gives.</summary>
    public static NoteSignature? TryParse(ReadOnlySpan<char> line)
    {
        if (!line.StartsWith(Start, StringComparison.Ordinal))
        {
            return null;
        }

        var rest = line[Start.Length..];
        return rest.IndexOf(' ') is > 0 and var space
            && rest[..space].ToString() is var name && NoteKey.IsName(name)
            && Base64Text.TryDecode(rest[(space + 1)..]) is { Length: > IdSize } bytes
                ? new NoteSignature(name, BinaryPrimitives.ReadUInt32BigEndian(bytes), bytes.AsSpan(IdSize))
                : null;
    }

    /// <summary>The line without its newline.</summary>
    public override string ToString()
    {
        var bytes = new byte[IdSize + _signature.Length];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, KeyId);
        _signature.CopyTo(bytes, IdSize);
        return $"{Start}{Name} {Convert.ToBase64String(bytes)}";
    }
}
