namespace InfoLink.Contracts.Tiles;

/// <summary>Where tiles come from: a folder, a server, a cache before either.</summary>
public interface ITileSource
{
    /// <summary>
    /// The hashes of a tile, <c>width * 32</c> bytes. It MUST give exactly so many or throw. For a width below 256 it MAY give the first so
    /// many hashes of the full tile, as logs may drop a partial tile once the full one is there. It MUST NOT change the bytes afterwards,
    /// and the caller MUST NOT either. Whether they are the tree's is for the caller to verify. Calls MAY come at the same time.
    /// </summary>
    /// <exception cref="TileException">There is no such tile, or it has another length.</exception>
    ValueTask<byte[]> TileAsync(int level, ulong index, int width, CancellationToken cancellation);
}
