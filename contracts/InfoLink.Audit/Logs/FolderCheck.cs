using InfoLink.Audit.Bundles;
using InfoLink.Contracts.Merkle;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Tiles;
using InfoLink.V1;

namespace InfoLink.Audit.Logs;

/// <summary>
/// A folder of tiles against its checkpoint, and where it is a bundle its records against their entries: one file of 256 at a time.
/// </summary>
internal sealed class FolderCheck
{
    private readonly string _folder;
    private readonly KnownLog _log;
    private readonly Action<VerifiedRecord>? _each;
    private readonly CancellationToken _cancellation;
    private readonly Findings _findings = new();
    private readonly TileFolder _tiles;
    private long _records;
    private long _expired;

    private FolderCheck(string folder, KnownLog log, Action<VerifiedRecord>? each, CancellationToken cancellation)
    {
        (_folder, _log, _each, _cancellation) = (folder, log, each, cancellation);
        _tiles = new TileFolder(folder);
    }

    /// <param name="folder">It has at least <c>checkpoint</c> and <c>tile/</c>.</param>
    /// <param name="log">Whose it must be.</param>
    /// <param name="kept">Checkpoints of the same log that it must fit.</param>
    /// <param name="each">Is told of each record that stands in the log, ascending.</param>
    /// <param name="cancellation">Ends it.</param>
    public static Task<LogReport> RunAsync(
        string folder, KnownLog log, IReadOnlyList<KeptCheckpoint> kept, Action<VerifiedRecord>? each, CancellationToken cancellation) =>
        new FolderCheck(folder, log, each, cancellation).RunAsync(kept);

    private async Task<LogReport> RunAsync(IReadOnlyList<KeptCheckpoint> kept)
    {
        var path = Path.Combine(_folder, "checkpoint");
        ReadCheckpoint? checkpoint = null;
        if (File.Exists(path))
        {
            checkpoint = CheckpointReading.Read(await File.ReadAllBytesAsync(path, _cancellation), _log, "checkpoint", _findings);
        }
        else
        {
            _findings.Add("checkpoint-missing", "The folder has no file 'checkpoint': nothing says which tree it is.", path: "checkpoint");
        }

        var compared = 0;
        CheckpointReading.JudgeQuorum(checkpoint, _log, _findings);
        if (checkpoint is not null)
        {
            var sound = Tell(await TileFolderCheck.RunAsync(_tiles, (ulong)checkpoint.Size, checkpoint.Root, _cancellation), checkpoint.Size);
            if (sound)
            {
                compared = await CompareAsync(kept, checkpoint);
            }

            if (IsBundle)
            {
                await CheckAboutAsync(checkpoint);
                await CheckRecordsAsync(checkpoint.Size);
                await CheckPinsAsync();
                LookForFilesTooMany((ulong)checkpoint.Size);
            }
        }

        return new LogReport
        {
            Source = _folder,
            Origin = _log.Origin,
            Custodian = _log.Custodian,
            Records = IsBundle ? _records : checkpoint?.Size ?? 0,
            Expired = _expired,
            Checkpoint = checkpoint?.Size,
            CosignedBy = checkpoint?.CosignedBy ?? [],
            Compared = compared,
            Findings = _findings.ByPlace,
            Count = _findings.Count,
            Sound = _findings.Sound,
        };
    }

    /// <summary>A bundle is what has records, even where its description was taken away.</summary>
    private bool IsBundle => File.Exists(Path.Combine(_folder, BundleAbout.FileName)) || Directory.Exists(Path.Combine(_folder, "records"));

    private bool Tell(TileFolderVerdict verdict, long size)
    {
        switch (verdict)
        {
            case TileFolderVerdict.Broken broken:
                var name = broken.Fault switch
                {
                    TileFault.Missing => "tile-missing",
                    TileFault.Truncated => "tile-truncated",
                    _ => "tile-changed",
                };
                var tile = TilePath.TryParse(broken.Path) ?? TilePath.TryParseEntries(broken.Path);
                var first = tile is { } at ? (long)at.Index * TileId.FullWidth << (8 * at.Level) : (long?)null;
                _findings.Add(name, $"It is {broken.Fault.ToString().ToLowerInvariant()}.", (long?)broken.Entry ?? first, path: broken.Path);
                return false;
            case TileFolderVerdict.AnotherRoot:
                _findings.Add("records-rewritten", "Entries and tiles agree with one another, and the checkpoint is signed over others.", 0, size - 1);
                return false;
            default:
                return true;
        }
    }

    private async Task<int> CompareAsync(IReadOnlyList<KeptCheckpoint> kept, ReadCheckpoint own)
    {
        var nodes = new TileNodes(_tiles, (ulong)own.Size);
        var compared = 0;
        foreach (var other in kept.Select(one => CheckpointReading.Read(one.Note, _log, one.Label, _findings)).OfType<ReadCheckpoint>())
        {
            if (other.Size > own.Size)
            {
                _findings.Add("pin-beyond", $"It is of {other.Size} entries; this tree has {own.Size}.", path: other.Path);
                continue;
            }

            compared++;
            if (await MerkleProof.RootAsync(nodes, (ulong)other.Size, _cancellation) != other.Root)
            {
                _findings.Add(new LogFinding("fork", $"The log has signed this tree of {own.Size} entries and another one of {other.Size}.")
                {
                    Path = other.Path,
                    Checkpoints = [own.Signed.Note.ToString(), other.Signed.Note.ToString()],
                });
            }
        }

        return compared;
    }

    private async Task CheckAboutAsync(ReadCheckpoint checkpoint)
    {
        var path = Path.Combine(_folder, BundleAbout.FileName);
        var about = File.Exists(path) ? BundleAbout.TryParse(await File.ReadAllBytesAsync(path, _cancellation)) : null;
        var wrong = about is null ? "it is not there or does not read"
            : !string.Equals(about.Format, BundleAbout.Format1, StringComparison.Ordinal) ? "format"
            : !string.Equals(about.Origin, _log.Origin, StringComparison.Ordinal) ? "origin"
            : about.Size != checkpoint.Size ? "size"
            : _log.Custodian is { } custodian && about.Custodian.Length > 0 && !string.Equals(about.Custodian, custodian, StringComparison.Ordinal) ? "custodian"
            : about.PublishedAt > about.ExportedAt ? "publishedAt"
            : null;
        if (wrong is not null)
        {
            _findings.Add("bundle-changed", $"Its description: {wrong}.", path: BundleAbout.FileName);
        }
    }

    private async Task CheckRecordsAsync(long size)
    {
        for (var index = 0UL; TileId.At(0, index, (ulong)size) is { } bundle; index++)
        {
            var path = RecordFile.Path(index, bundle.Width);
            var first = (long)index * TileId.FullWidth;
            var file = Path.Combine(_folder, path);
            if (!File.Exists(file))
            {
                _findings.Add("record-missing", $"The file of {bundle.Width} records is not there.", first, path: path);
                continue;
            }

            if (await TryReadEntriesAsync(bundle) is not { } entries)
            {
                continue; // Told with the tiles.
            }

            var place = 0;
            foreach (var record in RecordFile.Read(await File.ReadAllBytesAsync(file, _cancellation)))
            {
                if (place == bundle.Width) // Whole or not: nothing belongs here.
                {
                    _findings.Add("record-added", "The file goes on behind its last record.", first + place, path: path);
                    break;
                }

                if (record is null)
                {
                    break;
                }

                Check(first + place, record, entries[place], path);
                place++;
            }

            if (place < bundle.Width)
            {
                _findings.Add("records-truncated", $"{place} of {bundle.Width} records are whole.", first + place, path: path);
            }
        }
    }

    private void Check(long serial, ExportedRecord record, ReadOnlyMemory<byte> entry, string path)
    {
        _records++;
        var isNone = ReferenceEquals(record, RecordFile.NoRecord);
        if (isNone || record.Serial != (ulong)serial)
        {
            _findings.Add("record-changed", isNone ? "It does not read." : "Another one stands in its place.", serial, path: path);
            return;
        }

        if (RecordFile.IsExpired(record))
        {
            if (_expired++ == 0)
            {
                _findings.Add("record-expired", "Its content is gone, and maybe others'; its entry was checked.", serial, path: path);
            }

            if (_expired <= serial)
            {
                _findings.Add("record-missing", "Its content is gone although an earlier record's is kept.", serial, path: path);
            }

            return;
        }

        if (RecordFile.EntryOf(record) is not { } made || !made.AsSpan().SequenceEqual(entry.Span) || AccessEntry.TryParse(record.OpenPart.Span) is not { } open)
        {
            _findings.Add("record-changed", "It does not make the entry in the log.", serial, path: path);
            return;
        }

        if (_log.Custodian is { } custodian && !string.Equals(open.Custodian, custodian, StringComparison.Ordinal))
        {
            _findings.Add("record-of-another", "Its custodian is not this log's.", serial, path: path);
        }

        _each?.Invoke(new VerifiedRecord(serial, MerkleTree.LeafHash(made), open, [.. record.SubjectLeaves.Select(leaf => SubjectLeaf.FromBytes(leaf.Span))]));
    }

    private async Task<IReadOnlyList<ReadOnlyMemory<byte>>?> TryReadEntriesAsync(TileId bundle)
    {
        try
        {
            return await _tiles.EntriesAsync(bundle.Index, bundle.Width, _cancellation);
        }
        catch (TileException)
        {
            return null;
        }
    }

    /// <summary>Pins are of others' logs: whether they fit these shows where those are at hand.</summary>
    private async Task CheckPinsAsync()
    {
        foreach (var (path, note) in await BundlePins.OfAsync(_folder, _cancellation))
        {
            var isSigned = _log.Members is not { } members || KnownLog.Of(members).Any(log => SignedCheckpoint.Open(note.Span, log.Key) is not null);
            if (!isSigned)
            {
                _findings.Add("checkpoint-signature", "No log that the member list names has signed this pin.", path: path);
            }
        }
    }

    private void LookForFilesTooMany(ulong size)
    {
        foreach (var file in Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories))
        {
            var path = Path.GetRelativePath(_folder, file).Replace(Path.DirectorySeparatorChar, '/');
            if (path is "checkpoint" or BundleAbout.FileName || path.StartsWith("pins/", StringComparison.Ordinal))
            {
                continue;
            }

            var tile = TilePath.TryParse(path) ?? TilePath.TryParseEntries(path) ?? RecordFile.TryParse(path);
            if (tile is not { } found || TileId.At(found.Level, found.Index, size) != found)
            {
                _findings.Add("tile-added", "A bundle of this size has no such file.", path: path);
            }
        }
    }
}
