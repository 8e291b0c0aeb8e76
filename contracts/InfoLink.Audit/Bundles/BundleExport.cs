using Google.Protobuf;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Merkle;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Tiles;
using InfoLink.Transparency;
using InfoLink.V1;

namespace InfoLink.Audit.Bundles;

/// <summary>
/// Writes a custodian's log as a folder for those who check it, in the layout of C2SP tlog-tiles with the records beside the tiles (bundle.proto).
/// It holds what the newest published checkpoint covers and nothing behind it; no link code, tag, seed, particular or content.
/// </summary>
public static class BundleExport
{
    private static readonly string[] PinFiles = ["*.checkpoint", "*.fork"];

    /// <param name="reader">The log; it may be in use.</param>
    /// <param name="folder">New or empty.</param>
    /// <param name="pins">The custodian's memory of others' logs, copied into the bundle; null: none.</param>
    /// <param name="time">The clock of <see cref="BundleAbout.ExportedAt"/>.</param>
    /// <param name="cancellation">Leaves a folder without bundle.json, which is no bundle.</param>
    /// <exception cref="BundleException">Nothing was published yet, the folder is not empty, or the log is damaged.</exception>
    public static async Task<BundleAbout> WriteAsync(
        IEntryReader reader, string folder, string? pins, TimeProvider time, CancellationToken cancellation)
    {
        // By size: after a clock was set back the latest by time is not the newest.
        var newest = (await reader.Rows.CheckpointsAsync(cancellation)).OrderBy(row => row.Size).ThenBy(row => row.TimeMs).LastOrDefault();
        if (newest?.Note is not { } note || SignedNote.TryParse(note) is not { } signed || Checkpoint.TryParse(signed.Text) is not { } checkpoint)
        {
            throw new BundleException(newest is null
                ? $"The log '{reader.Origin}' has published no checkpoint yet, so there is nothing to hold its records against. "
                    + "Wait for the next one (about ten seconds while it runs) and export again."
                : $"The newest checkpoint of the log '{reader.Origin}' does not read as one. Find out more with 'infolink log verify'.");
        }

        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            throw new BundleException($"The folder '{folder}' is not empty. A bundle is written into a new one.");
        }

        Directory.CreateDirectory(folder);
        var writing = new Writing(reader, folder, checkpoint);
        await writing.RunAsync(cancellation);
        CopyPins(pins, folder);
        await File.WriteAllBytesAsync(Path.Combine(folder, "checkpoint"), note, cancellation);
        var about = new BundleAbout(
            BundleAbout.Format1, reader.Origin, writing.Custodian, (long)checkpoint.Size,
            DateTimeOffset.FromUnixTimeMilliseconds(newest.TimeMs ?? 0), time.GetUtcNow());
        await File.WriteAllBytesAsync(Path.Combine(folder, BundleAbout.FileName), about.ToBytes(), cancellation);
        return about;
    }

    private static void CopyPins(string? pins, string folder)
    {
        if (pins is null)
        {
            return;
        }

        if (!Directory.Exists(pins))
        {
            throw new BundleException($"There is no folder of pins '{pins}'. An agent keeps its own in data/pins.");
        }

        foreach (var file in PinFiles.SelectMany(pattern => Directory.EnumerateFiles(pins, pattern)))
        {
            Directory.CreateDirectory(Path.Combine(folder, "pins"));
            File.Copy(file, Path.Combine(folder, "pins", Path.GetFileName(file)));
        }
    }

    /// <summary>One export: 256 records and one tile of each level in memory.</summary>
    private sealed class Writing(IEntryReader reader, string folder, Checkpoint checkpoint)
    {
        private readonly CompactRange _range = new();
        private readonly List<List<Sha256Digest>> _levels = [];

        /// <summary>As the first record that is kept says.</summary>
        public string Custodian { get; private set; } = "";

        public async Task RunAsync(CancellationToken cancellation)
        {
            for (var index = 0UL; TileId.At(0, index, checkpoint.Size) is { } bundle; index++)
            {
                await WriteAsync(bundle, cancellation);
                for (var level = 0; level < _levels.Count && _levels[level].Count == TileId.FullWidth; level++)
                {
                    await WriteTileAsync(level, cancellation);
                }
            }

            for (var level = 0; level < _levels.Count; level++)
            {
                await WriteTileAsync(level, cancellation);
            }

            if (_range.Root() != checkpoint.Root)
            {
                throw Damaged("its records do not make the root of its newest checkpoint");
            }
        }

        private async Task WriteAsync(TileId bundle, CancellationToken cancellation)
        {
            var first = (long)bundle.Index * TileId.FullWidth;
            var rows = await reader.Rows.EntriesAsync(first, bundle.Width, cancellation);
            var entries = new List<ReadOnlyMemory<byte>>(bundle.Width);
            using var records = new MemoryStream();
            for (var place = 0; place < bundle.Width; place++)
            {
                if (place >= rows.Count || rows[place].Serial != first + place)
                {
                    throw Damaged($"record {first + place} is missing");
                }

                var row = rows[place];
                if (!Sha256Digest.TryFromBytes(row.OpenDigest, out var openDigest) || !Sha256Digest.TryFromBytes(row.PrivateRoot, out var privateRoot))
                {
                    throw Damaged($"record {row.Serial} is not whole");
                }

                var entry = AccessEntry.Make(openDigest, privateRoot);
                entries.Add(entry);
                _range.Append(MerkleTree.LeafHash(entry), Keep);
                Export(row).WriteDelimitedTo(records);
            }

            await WriteAsync(TilePath.OfEntries(bundle.Index, bundle.Width), EntryBundle.Write(entries), cancellation);
            await WriteAsync(RecordFile.Path(bundle.Index, bundle.Width), records.ToArray(), cancellation);
        }

        private ExportedRecord Export(EntryRow row)
        {
            var record = new ExportedRecord { Serial = (ulong)row.Serial };
            if (row.OpenPart is null)
            {
                return record;
            }

            record.OpenPart = ByteString.CopyFrom(row.OpenPart);
            record.Salt = ByteString.CopyFrom(row.Salt ?? []);
            if (Custodian.Length == 0)
            {
                Custodian = AccessEntry.TryParse(row.OpenPart)?.Custodian ?? "";
            }

            var subjects = SubjectRecords.Parser.TryParse(row.Subjects ?? []) ?? throw Damaged($"the subjects of record {row.Serial} do not read");
            record.SubjectLeaves.Add(subjects.Subjects.Select(subject => subject.Leaf));

            if (row is { Particulars: { } particulars, ParticularsSalt: { Length: Commitment.SaltSize } salt })
            {
                record.ParticularsCommitment = Commitment.OfParticulars(salt, particulars).ToByteString();
            }

            return record;
        }

        private void Keep(MerkleNode node, Sha256Digest hash)
        {
            if (node.Height % 8 != 0)
            {
                return;
            }

            if (node.Height / 8 == _levels.Count)
            {
                _levels.Add([]);
            }

            _levels[node.Height / 8].Add(hash);
        }

        private async Task WriteTileAsync(int level, CancellationToken cancellation)
        {
            var hashes = _levels[level];
            if (hashes.Count > 0)
            {
                var last = (_range.Size >> (8 * level)) - 1;
                byte[] bytes = [.. hashes.SelectMany(hash => hash.ToArray())];
                await WriteAsync(TilePath.Of(new TileId(level, last / TileId.FullWidth, hashes.Count)), bytes, cancellation);
                hashes.Clear();
            }
        }

        private async Task WriteAsync(string path, byte[] bytes, CancellationToken cancellation)
        {
            var file = Path.Combine(folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllBytesAsync(file, bytes, cancellation);
        }

        private BundleException Damaged(string how) =>
            new($"The log '{reader.Origin}' is damaged: {how}. Find the first bad record with 'infolink log verify'; nothing whole can be exported.");
    }
}

/// <summary>A bundle cannot be written or read; the message says why and what to do.</summary>
public sealed class BundleException(string message, Exception? inner = null) : Exception(message, inner);
