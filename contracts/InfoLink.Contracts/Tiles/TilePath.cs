using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Contracts.Tiles;

/// <summary>
/// Where a log serves its tiles (C2SP tlog-tiles): <c>tile/L/N</c> for hashes and <c>tile/entries/N</c> for bundles, with <c>.p/W</c>
/// behind for a width below 256. N is in groups of three digits, all but the last with an x before them: 1234067 is <c>x001/x234/067</c>.
/// </summary>
public static class TilePath
{
    private const string Start = "tile";
    private const string Entries = "entries";
    private const string Partial = ".p";

    // Seven groups for an index of 64 bits, and what stands around them.
    private const int MaxLength = 64;

    /// <exception cref="ArgumentOutOfRangeException">Level beyond 0 to 63, or width beyond 1 to 256.</exception>
    public static string Of(TileId tile)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tile.Level, nameof(tile));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tile.Level, TileId.MaxLevel, nameof(tile));
        return Of(tile.Level.ToString(CultureInfo.InvariantCulture), tile.Index, tile.Width);
    }

    /// <summary>The path of the bundle of entries that a tile of level 0 has the leaf hashes of.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Width beyond 1 to 256.</exception>
    public static string OfEntries(ulong index, int width) => Of(Entries, index, width);

    /// <summary>Null for every text but the one that <see cref="Of(TileId)"/> gives.</summary>
    public static TileId? TryParse([NotNullWhen(true)] string? path) =>
        TrySplit(path, out var kind, out var index, out var width)
        && DecimalText.TryParse(kind, out var level) && level <= TileId.MaxLevel
        && new TileId((int)level, index, width) is var tile && string.Equals(Of(tile), path, StringComparison.Ordinal)
            ? tile
            : null;

    /// <summary>The tile of level 0 beside a bundle; null for every text but the one that <see cref="OfEntries"/> gives.</summary>
    public static TileId? TryParseEntries([NotNullWhen(true)] string? path) =>
        TrySplit(path, out _, out var index, out var width) && string.Equals(OfEntries(index, width), path, StringComparison.Ordinal)
            ? new TileId(0, index, width)
            : null;

    private static string Of(string kind, ulong index, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, TileId.FullWidth);
        var groups = new StringBuilder((index % 1000).ToString("d3", CultureInfo.InvariantCulture));
        for (index /= 1000; index > 0; index /= 1000)
        {
            groups.Insert(0, string.Create(CultureInfo.InvariantCulture, $"x{index % 1000:d3}/"));
        }

        var end = width < TileId.FullWidth ? string.Create(CultureInfo.InvariantCulture, $"{Partial}/{width}") : "";
        return $"{Start}/{kind}/{groups}{end}";
    }

    /// <summary>Takes a path apart; whether each part is written as it must be shows when it is put together again.</summary>
    private static bool TrySplit([NotNullWhen(true)] string? path, out string kind, out ulong index, out int width)
    {
        (kind, index, width) = ("", 0, TileId.FullWidth);
        if (path is not { Length: <= MaxLength } || path.Split('/') is not [Start, var second, .. { Length: > 0 } rest])
        {
            return false;
        }

        if (rest is [.., var last, var partial] && last.EndsWith(Partial, StringComparison.Ordinal))
        {
            if (!DecimalText.TryParse(partial, out var narrow) || narrow is < 1 or >= TileId.FullWidth)
            {
                return false;
            }

            width = (int)narrow;
            rest = [.. rest[..^2], last[..^Partial.Length]];
        }

        kind = second;
        var digits = string.Concat(rest.Select(group => group.TrimStart('x')));
        return DecimalText.TryParse(digits.TrimStart('0') is { Length: > 0 } number ? number : "0", out index);
    }
}
