using InfoLink.Contracts.Merkle;
using InfoLink.Transparency;

namespace InfoLink.Audit.Logs;

/// <summary>What the whole says, once every row has been read: the log's own row, checkpoints that nothing met, rows too many.</summary>
internal sealed partial class DatabaseCheck
{
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
                const string Detail = "The records since the last signed root do not make it: it was changed, or one of them.";
                _findings.Add("root-changed", Detail, _goodBeforeHead, Math.Max(size - 1, 0));
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
            var detail = $"Row {stray.Place} of table {stray.Table} belongs to a log that the database does not have.";
            _findings.Add(name, detail, path: $"{stray.Table} {stray.Place}");
        }
    }
}
