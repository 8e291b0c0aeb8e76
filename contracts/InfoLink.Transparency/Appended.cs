using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Notes;
using InfoLink.V1;

namespace InfoLink.Transparency;

/// <summary>An entry that is durable.</summary>
public sealed class Appended
{
    private readonly AccessLog _log;
    private readonly Signed _signed;

    internal Appended(AccessLog log, Signed signed, long serial, NewEntry entry) => (_log, _signed, Serial, Entry) = (log, signed, serial, entry);

    public long Serial { get; }

    public NewEntry Entry { get; }

    public Sha256Digest LeafHash => Entry.LeafHash;

    /// <summary>Entries in the tree that the receipt leads to.</summary>
    public long TreeSize => _signed.Size;

    /// <summary>The receipt for the parties, with the proof that leads to a signed checkpoint.</summary>
    public async Task<Receipt> ToReceiptAsync(CancellationToken cancellation)
    {
        var checkpoint = _signed.ToCheckpoint();
        var receipt = new Receipt
        {
            OpenPart = Entry.OpenPart.ToByteString(),
            Salt = Entry.Salt.ToByteString(),
            PrivateRoot = Entry.PrivateRoot.ToByteString(),
            Origin = _log.Origin,
            Index = (ulong)Serial,
            Checkpoint = checkpoint.Note.ToByteString(),
        };
        var proof = await _log.InclusionAsync(Serial, checkpoint.Size, cancellation);
        receipt.InclusionProof.Add(proof.Select(hash => hash.ToByteString()));
        return receipt;
    }
}

/// <summary>A checkpoint's bytes, with the size that they speak of.</summary>
public sealed record SizedCheckpoint(long Size, byte[] Note);

/// <summary>A durable tree's checkpoint, signed when the first one asks: one signature for all that a batch brought.</summary>
internal sealed class Signed(LogState state, NoteSigner signer)
{
    private readonly Lazy<byte[]> _note = new(() => SignedCheckpoint.Sign(new Checkpoint(signer.Key.Name, (ulong)state.Size, state.Root), signer));

    public long Size => state.Size;

    public SizedCheckpoint ToCheckpoint() => new(state.Size, _note.Value);
}
