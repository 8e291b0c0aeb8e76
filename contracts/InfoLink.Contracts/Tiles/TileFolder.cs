namespace InfoLink.Contracts.Tiles;

/// <summary>
/// A log on disk, under the paths by which it is served. Where a partial tile or bundle is gone, the full one serves for it. Reads only.
/// </summary>
/// <param name="root">The folder that has <c>tile</c> in it.</param>
public sealed class TileFolder(string root) : ITileSource
{
    public async ValueTask<byte[]> TileAsync(int level, ulong index, int width, CancellationToken cancellation)
    {
        var tile = new TileId(level, index, width);
        if (await TryReadAsync(TilePath.Of(tile), tile.Bytes, cancellation) is { } hashes)
        {
            return Exactly(hashes, tile);
        }

        var full = tile with { Width = TileId.FullWidth };
        return !tile.IsFull && await TryReadAsync(TilePath.Of(full), full.Bytes, cancellation) is { } wider
            ? Exactly(wider, full)[..tile.Bytes]
            : throw Missing(TilePath.Of(tile));
    }

    /// <summary>The entries of a bundle, as many as its width says.</summary>
    /// <exception cref="TileException">There is no such bundle, or it is not of so many entries.</exception>
    public async ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> EntriesAsync(ulong index, int width, CancellationToken cancellation)
    {
        var path = TilePath.OfEntries(index, width);
        try
        {
            if (await TryReadAsync(path, EntryBundle.MaxBytes(width), cancellation) is { } bytes)
            {
                return EntryBundle.Read(bytes, width);
            }

            var full = TilePath.OfEntries(index, TileId.FullWidth);
            if (width == TileId.FullWidth || await TryReadAsync(full, EntryBundle.MaxBytes(TileId.FullWidth), cancellation) is not { } wider)
            {
                throw Missing(path);
            }

            path = full;
            return EntryBundle.ReadFirst(wider, width, out _);
        }
        catch (EntryBundleException exception)
        {
            throw new TileException(exception.Fault, path, exception.Message) { Entry = exception.Entry };
        }
    }

    private static byte[] Exactly(byte[] hashes, TileId tile) => hashes.Length == tile.Bytes
        ? hashes
        : throw new TileException(TileFault.Truncated, TilePath.Of(tile), $"{hashes.Length} bytes, not {tile.Bytes}.");

    private static TileException Missing(string path) => new(TileFault.Missing, path, "not there.");

    /// <summary>Null where there is no such file. Never reads more than belongs there.</summary>
    private async ValueTask<byte[]?> TryReadAsync(string path, int most, CancellationToken cancellation)
    {
        try
        {
            await using var file = new FileStream(
                Path.Combine(root, path), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, useAsync: true);
            if (file.Length > most)
            {
                throw new TileException(TileFault.TooLong, path, $"{file.Length} bytes, at most {most}.");
            }

            var bytes = new byte[file.Length];
            var read = await file.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation);
            return bytes[..read];
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
