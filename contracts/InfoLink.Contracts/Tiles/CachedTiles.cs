namespace InfoLink.Contracts.Tiles;

/// <summary>
/// The tiles used last, before a slower source: at most so many, each at most 8 KiB. Tiles never change, so none is asked for again while
/// it is kept. Two calls at the same time may both ask for a tile that is not kept yet.
/// </summary>
public sealed class CachedTiles(ITileSource source, int capacity = CachedTiles.DefaultCapacity) : ITileSource
{
    /// <summary>Tiles kept where nothing else is said: half a mebibyte.</summary>
    public const int DefaultCapacity = 64;

    private readonly int _capacity = capacity > 0
        ? capacity
        : throw new ArgumentOutOfRangeException(nameof(capacity), capacity, "At least one tile is kept.");
    private readonly Dictionary<TileId, LinkedListNode<(TileId Id, byte[] Hashes)>> _kept = [];
    private readonly LinkedList<(TileId Id, byte[] Hashes)> _byUse = [];
    private readonly Lock _lock = new();

    /// <summary>Tiles kept now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _kept.Count;
            }
        }
    }

    public ValueTask<byte[]> TileAsync(int level, ulong index, int width, CancellationToken cancellation)
    {
        var id = new TileId(level, index, width);
        lock (_lock)
        {
            if (_kept.TryGetValue(id, out var kept))
            {
                _byUse.Remove(kept);
                _byUse.AddFirst(kept);
                return ValueTask.FromResult(kept.Value.Hashes);
            }
        }

        return ReadAsync(id, cancellation);
    }

    private async ValueTask<byte[]> ReadAsync(TileId id, CancellationToken cancellation)
    {
        var hashes = await source.TileAsync(id.Level, id.Index, id.Width, cancellation);
        lock (_lock)
        {
            if (!_kept.ContainsKey(id))
            {
                _kept.Add(id, _byUse.AddFirst((id, hashes)));
            }

            if (_kept.Count > _capacity)
            {
                _kept.Remove(_byUse.Last!.Value.Id);
                _byUse.RemoveLast();
            }
        }

        return hashes;
    }
}
