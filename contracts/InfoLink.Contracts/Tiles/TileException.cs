namespace InfoLink.Contracts.Tiles;

/// <summary>What is wrong with a tile or a bundle of entries.</summary>
public enum TileFault
{
    /// <summary>It is not there.</summary>
    Missing,

    /// <summary>It ends too early.</summary>
    Truncated,

    /// <summary>It has more bytes than belong to it.</summary>
    TooLong,

    /// <summary>It is not what the tree's root commits to.</summary>
    Different,
}

/// <summary>A tile or bundle that cannot be used, by its path in the log (<see cref="TilePath"/>).</summary>
public sealed class TileException(TileFault fault, string path, string message) : Exception($"{path}: {message}")
{
    public TileFault Fault { get; } = fault;

    public string Path { get; } = path;

    /// <summary>In a bundle, the entry at fault, from 0 within the bundle; else null.</summary>
    public int? Entry { get; init; }
}
