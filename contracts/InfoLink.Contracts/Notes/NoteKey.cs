using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Contracts.Notes;

/// <summary>What a key signs: the signature types of C2SP signed-note that this house knows, by their byte.</summary>
public enum NoteKeyKind
{
    /// <summary>Ed25519 over the note's text: a log.</summary>
    Log = 0x01,

    /// <summary>Ed25519 over a checkpoint with the time (cosignature/v1 of C2SP tlog-cosignature): a witness.</summary>
    Cosigner = 0x04,
}

/// <summary>
/// A public key that signs notes, as C2SP signed-note writes it: <c>name+8 hex digits of the key id+base64(kind ‖ 32-byte key)</c>. The id
/// is the first four bytes of SHA-256(name ‖ 0x0A ‖ kind ‖ key). Keys are equal when their texts are.
/// </summary>
public sealed class NoteKey : IEquatable<NoteKey>
{
    private readonly byte[] _publicKey;
    private readonly string _text;

    private NoteKey(string name, NoteKeyKind kind, ReadOnlySpan<byte> publicKey)
    {
        Name = name;
        Kind = kind;
        _publicKey = publicKey.ToArray();
        byte[] material = [(byte)kind, .. _publicKey];
        Id = BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData([.. Encoding.UTF8.GetBytes(name), (byte)'\n', .. material]));
        _text = string.Create(CultureInfo.InvariantCulture, $"{name}+{Id:x8}+{Convert.ToBase64String(material)}");
    }

    /// <summary>For a log its origin, for a witness its own name.</summary>
    public string Name { get; }

    /// <summary>Short and no secret: it tells keys of one name apart and proves nothing.</summary>
    public uint Id { get; }

    public NoteKeyKind Kind { get; }

    /// <summary>32 bytes, RFC 8032.</summary>
    public ReadOnlyMemory<byte> PublicKey => _publicKey;

    /// <exception cref="ArgumentException">The name is no key name, the kind unknown or the key not 32 bytes.</exception>
    public static NoteKey Of(string name, NoteKeyKind kind, ReadOnlySpan<byte> publicKey)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(publicKey.Length, Ed25519.PublicKeySize);
        return !IsName(name) ? throw new ArgumentException("A key name is not empty and has no spaces, control characters or '+'.", nameof(name))
            : !IsKnown(kind) ? throw new ArgumentOutOfRangeException(nameof(kind), kind, "A note key is a log's (1) or a cosigner's (4).")
            : new NoteKey(name, kind, publicKey);
    }

    /// <exception cref="FormatException">The text is not a note key. The message does not repeat it.</exception>
    public static NoteKey Parse(string text) =>
        TryParse(text) ?? throw new FormatException("A note key is name+hex key id+base64 of an Ed25519 key of kind 1 or 4, and the id must fit.");

    /// <summary>Null for every text but the one that <see cref="ToString"/> gives.</summary>
    public static NoteKey? TryParse([NotNullWhen(true)] string? text)
    {
        if (text?.Split('+', 3) is not [var name, _, var base64]
            || !IsName(name)
            || Base64Text.TryDecode(base64) is not { Length: 1 + Ed25519.PublicKeySize } material
            || !IsKnown((NoteKeyKind)material[0]))
        {
            return null;
        }

        var key = new NoteKey(name, (NoteKeyKind)material[0], material.AsSpan(1));
        return string.Equals(key._text, text, StringComparison.Ordinal) ? key : null;
    }

    /// <summary>Not empty; no Unicode space, no '+', no control character that a note may not have.</summary>
    internal static bool IsName([NotNullWhen(true)] string? name)
    {
        if (string.IsNullOrEmpty(name))
        {
            return false;
        }

        for (var rest = name.AsSpan(); !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(rest, out var rune, out var length) != System.Buffers.OperationStatus.Done
                || rune.Value is < 0x20 or '+' || Rune.IsWhiteSpace(rune))
            {
                return false;
            }

            rest = rest[length..];
        }

        return true;
    }

    public bool Equals(NoteKey? other) => other is not null && string.Equals(_text, other._text, StringComparison.Ordinal);

    public override bool Equals(object? obj) => Equals(obj as NoteKey);

    public override int GetHashCode() => (int)Id;

    /// <summary>The key's text, which is public.</summary>
    public override string ToString() => _text;

    private static bool IsKnown(NoteKeyKind kind) => kind is NoteKeyKind.Log or NoteKeyKind.Cosigner;
}
