using InfoLink.Audit.Bundles;
using InfoLink.Contracts.Merkle;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Tiles;
using InfoLink.Transparency;

namespace InfoLink.Audit.Logs;

/// <summary>Checks a log, wherever it lies, and names the first record or tile that is not what was signed.</summary>
public static class LogCheck
{
    /// <summary>A database, in use or not: every row made again, stored tiles and roots, every checkpoint that is kept.</summary>
    /// <param name="reader">The log.</param>
    /// <param name="log">Whose it must be.</param>
    /// <param name="kept">Checkpoints kept elsewhere: they show a database that was put back, and a fork.</param>
    /// <param name="source">What the report calls it.</param>
    /// <param name="cancellation">Ends it.</param>
    public static Task<LogReport> DatabaseAsync(
        IEntryReader reader, KnownLog log, IReadOnlyList<KeptCheckpoint> kept, string source, CancellationToken cancellation) =>
        DatabaseCheck.RunAsync(reader, log, kept, source, cancellation);

    /// <summary>A bundle, or a plain folder in the layout of C2SP tlog-tiles.</summary>
    public static Task<LogReport> FolderAsync(string folder, KnownLog log, IReadOnlyList<KeptCheckpoint> kept, CancellationToken cancellation) =>
        FolderCheck.RunAsync(folder, log, kept, each: null, cancellation);

    /// <summary>Checkpoints from files, and from all of a folder: those of the log, and those that are no checkpoints at all, which are findings.</summary>
    /// <param name="paths">Files, or folders whose <c>*.checkpoint</c> and <c>*.fork</c> are meant.</param>
    /// <param name="origin">In folders checkpoints of other logs are left out; a file that is named itself must be of this one.</param>
    /// <exception cref="BundleException">There is no such file.</exception>
    public static IReadOnlyList<KeptCheckpoint> Kept(IEnumerable<string> paths, string origin)
    {
        var kept = new List<KeptCheckpoint>();
        foreach (var path in paths)
        {
            var isFolder = Directory.Exists(path);
            if (!isFolder && !File.Exists(path))
            {
                throw new BundleException($"There is no checkpoint '{path}'.");
            }

            string[] files = isFolder ? [.. Directory.EnumerateFiles(path, "*.checkpoint"), .. Directory.EnumerateFiles(path, "*.fork")] : [path];
            foreach (var file in files.Order(StringComparer.Ordinal))
            {
                kept.AddRange(ForkEvidence.Split(File.ReadAllBytes(file))
                    .Where(note => !isFolder || IsOf(origin, note))
                    .Select(note => new KeptCheckpoint(file, note)));
            }
        }

        return kept;

        static bool IsOf(string origin, ReadOnlyMemory<byte> note) => SignedNote.TryParse(note.Span) is not { } read
            || Checkpoint.TryParse(read.Text) is not { } checkpoint
            || string.Equals(checkpoint.Origin, origin, StringComparison.Ordinal);
    }

    /// <summary>The proof of one entry under the newest published checkpoint (C2SP tlog-proof), with the entry's 65 bytes in its extra.</summary>
    /// <exception cref="BundleException">Nothing is published, or the checkpoint does not cover the record.</exception>
    public static async Task<TlogProof> ProveAsync(IEntryReader reader, long serial, CancellationToken cancellation)
    {
        if (await reader.PublishedAsync(cancellation) is not { } published || SignedNote.TryParse(published.Note) is not { } note)
        {
            throw new BundleException($"The log '{reader.Origin}' has published no checkpoint yet. Wait for the next one.");
        }

        if (serial < 0 || serial >= published.Size)
        {
            throw new BundleException($"The newest published checkpoint has {published.Size} entries, from 0; record {serial} is not among them.");
        }

        var entry = (await reader.EntryBytesAsync(serial, 1, cancellation))[0];
        var path = await LogTree.Of(reader).InclusionAsync((ulong)serial, (ulong)published.Size, cancellation);
        return Holding(new TlogProof((ulong)serial, path, note, entry));
    }

    /// <summary>The same from a bundle or a folder of tiles.</summary>
    /// <exception cref="BundleException">There is no checkpoint, it does not cover the record, or the tiles are not there.</exception>
    public static async Task<TlogProof> ProveAsync(string folder, long serial, CancellationToken cancellation)
    {
        var path = Path.Combine(folder, "checkpoint");
        if (!File.Exists(path) || SignedNote.TryParse(await File.ReadAllBytesAsync(path, cancellation)) is not { } note || Checkpoint.TryParse(note.Text) is not { } checkpoint)
        {
            throw new BundleException($"The folder '{folder}' has no checkpoint that can be read.");
        }

        if (serial < 0 || (ulong)serial >= checkpoint.Size)
        {
            throw new BundleException($"The checkpoint has {checkpoint.Size} entries, from 0; record {serial} is not among them.");
        }

        try
        {
            var tiles = new TileFolder(folder);
            var bundle = TileId.At(0, (ulong)serial / TileId.FullWidth, checkpoint.Size)!.Value;
            var entry = (await tiles.EntriesAsync(bundle.Index, bundle.Width, cancellation))[(int)(serial % TileId.FullWidth)];
            var proof = await MerkleProof.InclusionAsync(new TileNodes(tiles, checkpoint.Size), (ulong)serial, checkpoint.Size, cancellation);
            return Holding(new TlogProof((ulong)serial, proof, note, entry));
        }
        catch (TileException fault)
        {
            throw new BundleException($"The proof cannot be made: {fault.Message} See 'infolink log verify'.", fault);
        }
    }

    /// <summary>A proof is not given away where it does not hold: then the log is damaged.</summary>
    private static TlogProof Holding(TlogProof proof)
    {
        var checkpoint = Checkpoint.TryParse(proof.Checkpoint.Text)!;
        return MerkleVerifier.Includes(MerkleTree.LeafHash(proof.Extra.Span), proof.Index, checkpoint.Size, checkpoint.Root, proof.Hashes)
            ? proof
            : throw new BundleException($"Record {proof.Index} is not in the tree that the log's checkpoint signs. Find out more with 'infolink log verify'.");
    }
}
