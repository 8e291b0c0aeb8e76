using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Merkle;
using InfoLink.Contracts.Tiles;
using InfoLink.Transparency;

namespace InfoLink.Audit.Logs;

/// <summary>
/// A database's log against itself and against everything that was signed of it, row by row, in the memory of one tile of each level. A log that
/// is being written is checked as far as it stood at the beginning.
/// </summary>
/// <remarks>
/// What nothing commits to cannot be checked: the writer's number, the probe and a checkpoint's time; the display hold; the
/// sealed contents, which only their agency's key opens.
/// </remarks>
internal sealed class DatabaseCheck
{
    private const int Width = TileId.FullWidth;
    private const long MaxGap = 1 << 16;
    private readonly IEntryReader _reader;
    private readonly KnownLog _log;
    private readonly string _source;
    private readonly CancellationToken _cancellation;
    private readonly Findings _findings = new();
    private readonly TwoTrees _trees;
    private readonly Sha256Digest?[] _block = new Sha256Digest?[Width];
    private readonly RowVerdict?[] _verdicts = new RowVerdict?[Width];
    private readonly List<(long Size, ReadCheckpoint Kept)> _notMet = [];
    private readonly List<ReadCheckpoint> _own = [];
    private List<ReadCheckpoint> _others = [];
    private Queue<(long Size, ReadCheckpoint Checkpoint, bool Own)> _roots = [];
    private HeadRow _head = new(0, null);
    private int _held;
    private long _next;
    private long _expired;
    private bool _metHead = true;
    private long _goodBeforeHead;

    private DatabaseCheck(IEntryReader reader, KnownLog log, string source, CancellationToken cancellation)
    {
        (_reader, _log, _source, _cancellation) = (reader, log, source, cancellation);
        _trees = new TwoTrees(_findings);
    }

    public static Task<LogReport> RunAsync(
        IEntryReader reader, KnownLog log, IReadOnlyList<KeptCheckpoint> kept, string source, CancellationToken cancellation) =>
        new DatabaseCheck(reader, log, source, cancellation).RunAsync(kept);

    private async Task<LogReport> RunAsync(IReadOnlyList<KeptCheckpoint> kept)
    {
        if (!string.Equals(_reader.Origin, _log.Origin, StringComparison.Ordinal))
        {
            _findings.Add("other-log", $"The database says that it is '{_reader.Origin}'; '{_log.Origin}' was to be checked.");
            return Report(0);
        }

        _head = await _reader.Rows.LogAsync(_cancellation) ?? _head;
        await ReadCheckpointsAsync();
        _others = [.. kept.Select(one => CheckpointReading.Read(one.Note, _log, one.Label, _findings)).OfType<ReadCheckpoint>()];
        var roots = _own.Select(own => (own.Size, own, true)).Concat(_others.Select(other => (other.Size, other, false)));
        _roots = new(roots.OrderBy(root => root.Size).ThenBy(root => !root.Item3));
        await ReadEntriesAsync();
        JudgeHead();
        JudgeNotMet();
        _trees.End();
        JudgeRewound();
        await LookForTilesTooManyAsync();
        await LookForStrayRowsAsync();
        return Report(_next);
    }

    private async Task ReadCheckpointsAsync()
    {
        var rows = await _reader.Rows.CheckpointsAsync(_cancellation);
        long largest = 0;
        foreach (var row in rows)
        {
            var path = $"checkpoint of {row.Size?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "no size"}";
            if (CheckpointReading.Read(row.Note ?? [], _log, path, _findings) is not { } checkpoint)
            {
                continue;
            }

            if (checkpoint.Size != row.Size || row.TimeMs is null)
            {
                _findings.Add("checkpoint-changed", $"Its row does not say its size, {checkpoint.Size}.", checkpoint.Size, path: path);
            }

            if (checkpoint.Size < largest)
            {
                _findings.Add("checkpoint-order", $"It was published after one of {largest} entries, by its row.", checkpoint.Size, path: path);
            }

            largest = Math.Max(largest, checkpoint.Size);
            _own.Add(checkpoint);
        }

        CheckpointReading.JudgeQuorum(_own.MaxBy(own => own.Size), _log, _findings);
        if (rows.Count == 0 && _head.Size > 0)
        {
            _findings.Add("checkpoint-missing", "The database keeps no published checkpoint: nothing in it is signed.");
        }
    }

    private async Task ReadEntriesAsync()
    {
        var from = long.MinValue;
        var more = true;
        while (more)
        {
            var rows = await _reader.Rows.EntriesAsync(from, Width, _cancellation);
            foreach (var row in rows)
            {
                if (!(more = await TakeAsync(row)))
                {
                    break;
                }
            }

            more &= rows.Count == Width;
            from = more ? rows[^1].Serial + 1 : from;
        }

        await EndBlockAsync();
    }

    /// <returns>False: it was written since the check began, or is none of the log's.</returns>
    private async Task<bool> TakeAsync(EntryRow row)
    {
        if (row.Serial < 0)
        {
            _findings.Add("record-added", "No record has such a serial.", row.Serial);
            return true;
        }

        if (row.Serial >= (_head.Size ?? long.MaxValue) || row.Serial - _next > MaxGap)
        {
            if ((await _reader.Rows.LogAsync(_cancellation))?.Size > row.Serial && row.Serial >= _head.Size)
            {
                return false;
            }

            // What follows without a gap is read on: it may be the log's own size that is wrong.
            if (row.Serial != _next)
            {
                _findings.Add("record-added", $"The log has {_head.Size} records.", row.Serial);
                return false;
            }
        }

        if (row.Serial > _next)
        {
            _findings.Add("record-missing", "Its row is not there.", _next, row.Serial - 1);
            while (_next < row.Serial)
            {
                await PutAsync(null);
            }
        }

        var verdict = RowCheck.Of(row, _log);
        Judge(row.Serial, verdict);
        await PutAsync(verdict);
        return true;
    }

    private void Judge(long serial, RowVerdict verdict)
    {
        if (verdict.Wrong is { } wrong)
        {
            _findings.Add("record-changed", $"Its {wrong} does not fit the rest.", serial);
        }

        if (verdict.Expired)
        {
            if (_expired++ == 0)
            {
                _findings.Add("record-expired", "Its content is gone, and maybe others'; its entry was checked.", serial);
            }

            if (_expired <= serial)
            {
                _findings.Add("record-missing", "Its content is gone although an earlier record's is kept.", serial);
            }
        }

        if (verdict.Open is { } open && _log.Custodian is { } custodian && !string.Equals(open.Custodian, custodian, StringComparison.Ordinal))
        {
            _findings.Add("record-of-another", "Its custodian is not this log's.", serial);
        }

        if (verdict.OtherKey)
        {
            _findings.Add("evidence-other-key", "The provider's key may have been replaced since.", serial);
        }
    }

    private async Task PutAsync(RowVerdict? verdict)
    {
        (_verdicts[_held], _block[_held]) = (verdict, verdict?.Leaf);
        _held++;
        _next++;
        if (_held == Width)
        {
            await EndBlockAsync();
        }
    }

    /// <summary>Up to 256 records and their tile, if it is full, go into the two trees.</summary>
    private async Task EndBlockAsync()
    {
        var tile = new TileId(0, (ulong)((_next - 1) / Width), Width);
        var kept = _held == Width && (_next <= _head.Size || _own.Exists(own => own.Size >= _next)) ? await TileAsync(0, (long)tile.Index) : null;
        var parted = -1;
        for (var place = 0; place < _held; place++)
        {
            var byTile = kept is null ? null : Sha256Digest.FromBytes(kept.Hashes.AsSpan(place * Sha256Digest.Size, Sha256Digest.Size));
            var verdict = _verdicts[place];
            var suspect = verdict is null || verdict.Wrong is not null;
            if (suspect)
            {
                // Told already; the tile says what stood there.
                _block[place] = byTile ?? _block[place];
                _trees.Suspect |= byTile is null;
            }

            parted = parted < 0 && byTile is not null && _block[place] != byTile ? place : parted;
            _trees.Lost |= _block[place] is null;
            _trees.Append(_block[place] ?? Sha256Digest.Zero, byTile);
            if (parted == place)
            {
                _trees.Part(tile, place, byTile: !kept!.RootFits);
            }

            MeetRoots();
        }

        if (parted < 0 && kept is not null)
        {
            _trees.TellRoot(tile, kept);
        }

        if (_held == Width)
        {
            await _trees.CompareUpperAsync(TileAsync);
        }

        _held = 0;
    }

    private void MeetRoots()
    {
        var size = (long)_trees.Size;
        while (_roots.TryPeek(out var next) && next.Size <= size)
        {
            _roots.Dequeue();
            if (next.Size == size && !_trees.Meets(next.Checkpoint.Root))
            {
                if (next.Own)
                {
                    _findings.Add("records-rewritten", $"The log's checkpoint of {size} entries is signed over others.", _trees.GoodUntil, size - 1);
                    _trees.Lost = true;
                }
                else
                {
                    _notMet.Add((_trees.GoodUntil, next.Checkpoint));
                }
            }
        }

        if (size == _head.Size)
        {
            _metHead = _trees.Meets(Sha256Digest.TryFromBytes(_head.Root, out var root) ? root : Sha256Digest.Zero);
            _goodBeforeHead = _trees.GoodUntil;
        }
    }

    private void JudgeHead()
    {
        var published = _own.Count > 0 ? _own.Max(own => own.Size) : 0;
        var isRootOfAll = _trees.Root.Span.SequenceEqual(_head.Root);
        if (_head.Size is not { } size || size < 0 || (size < published && published <= _next) || (size < _next && isRootOfAll))
        {
            _findings.Add("size-changed", $"It says {_head.Size}; the records are {_next}.", Math.Clamp(_head.Size ?? 0, 0, _next));
        }
        else if (size > _next && isRootOfAll)
        {
            _findings.Add("size-changed", $"It says {size}; its root is that of the {_next} records.", _next);
        }
        else if (size > _next)
        {
            _findings.Add("record-missing", $"The log has {size} records by its own row, and {_next} are there.", _next, size - 1);
        }
        else
        {
            if (!_metHead || (size == 0 && !MerkleTree.EmptyRoot.Span.SequenceEqual(_head.Root)))
            {
                _findings.Add("root-changed", "The records since the last signed root do not make it: it was changed, or one of them.", _goodBeforeHead, Math.Max(size - 1, 0));
            }

            if (size < _next)
            {
                _findings.Add("record-added", $"The log has {size} records.", size);
            }
        }
    }

    /// <summary>A checkpoint kept elsewhere that is not this tree's: two histories, if the log has signed this one too.</summary>
    private void JudgeNotMet()
    {
        foreach (var (good, kept) in _notMet)
        {
            if (_own.Find(own => own.Size >= kept.Size && own.Size <= _trees.GoodUntil) is { } met)
            {
                _findings.Add(new LogFinding("fork", $"The log has signed this tree and another one of {kept.Size} entries.")
                {
                    Path = kept.Path,
                    Checkpoints = [met.Signed.Note.ToString(), kept.Signed.Note.ToString()],
                });
            }
            else
            {
                _findings.Add("records-rewritten", $"The log has signed others in its checkpoint of {kept.Size} entries ({kept.Path}).", good, kept.Size - 1);
            }
        }
    }

    private void JudgeRewound()
    {
        foreach (var checkpoint in _own.Concat(_others).Where(checkpoint => checkpoint.Size > _next && !(_head.Size > _next)))
        {
            _findings.Add("rewound", $"The log has signed {checkpoint.Size} records, and {_next} are there.", _next, checkpoint.Size - 1, checkpoint.Path);
        }
    }

    private async Task<KeptTile?> TileAsync(int level, long number)
    {
        var row = await _reader.Rows.TileAsync(level, number, _cancellation);
        var first = number * Width * (1L << (8 * level));
        var path = TilePath.Of(new TileId(level, (ulong)number, Width));
        const int Bytes = Width * Sha256Digest.Size;
        if (row?.Hashes is not { Length: Bytes } hashes)
        {
            var (name, detail) = row is null ? ("tile-missing", "It is not there.")
                : row.Hashes?.Length < Bytes ? ("tile-truncated", $"{row.Hashes.Length} bytes, not {Bytes}.")
                : ("tile-changed", $"{row.Hashes?.Length} bytes, not {Bytes}.");
            _findings.Add(name, detail, first, path: path);
            return null;
        }

        return new KeptTile(hashes, RootOf(hashes).Span.SequenceEqual(row.Root));
    }

    private static Sha256Digest RootOf(byte[] hashes)
    {
        var range = new CompactRange();
        for (var place = 0; place < Width; place++)
        {
            range.Append(Sha256Digest.FromBytes(hashes.AsSpan(place * Sha256Digest.Size, Sha256Digest.Size)));
        }

        return range.Root();
    }

    private async Task LookForTilesTooManyAsync()
    {
        var after = TilePlace.First;
        while (await _reader.Rows.TilePlacesAsync(after, 1000, _cancellation) is { Count: > 0 } places)
        {
            foreach (var place in places.Where(place => !Has(place, _next)))
            {
                if (!Has(place, (await _reader.Rows.LogAsync(_cancellation))?.Size ?? 0))
                {
                    _findings.Add("tile-added", "The tree has no such tile.", path: $"tile/{place.Level}/{place.Number}");
                }
            }

            after = places[^1];
        }

        static bool Has(TilePlace place, long size) =>
            place.Level is >= 0 and < 7 && place.Number >= 0 && place.Number < size >> (int)(8 * (place.Level + 1));
    }

    private async Task LookForStrayRowsAsync()
    {
        foreach (var stray in await _reader.Rows.StrayAsync(10, _cancellation))
        {
            var name = stray.Table switch { "entry" => "record-added", "tile" => "tile-added", _ => "checkpoint-added" };
            _findings.Add(name, $"Row {stray.Place} of table {stray.Table} belongs to a log that the database does not have.", path: $"{stray.Table} {stray.Place}");
        }
    }

    private LogReport Report(long records)
    {
        var newest = _own.MaxBy(own => own.Size);
        return new LogReport
        {
            Source = _source,
            Origin = _log.Origin,
            Custodian = _log.Custodian,
            Records = records,
            Expired = _expired,
            Unpublished = Math.Max(0, records - (newest?.Size ?? 0)),
            Checkpoint = newest?.Size,
            CosignedBy = newest?.CosignedBy ?? [],
            Compared = _others.Count,
            Findings = _findings.ByPlace,
            Count = _findings.Count,
            Sound = _findings.Sound,
        };
    }
}
