using FsCheck;
using FsCheck.Fluent;
using InfoLink.Contracts.Tiles;
using Xunit;

namespace InfoLink.Tests.Tiles;

public sealed class TilePathTests
{
    [Theory]
    [InlineData("tile/0/001", 0, 1, 256)]
    [InlineData("tile/0/000", 0, 0, 256)]
    [InlineData("tile/0/001.p/5", 0, 1, 5)]
    [InlineData("tile/5/x123/x456/078", 5, 123456078, 256)]
    [InlineData("tile/5/x123/x456/078.p/2", 5, 123456078, 2)]
    [InlineData("tile/0/x003/x057/500", 0, 3057500, 256)]
    [InlineData("tile/0/x001/x234/067", 0, 1234067, 256)]
    [InlineData("tile/0/x001/000", 0, 1000, 256)]
    [InlineData("tile/0/999", 0, 999, 256)]
    [InlineData("tile/63/000.p/255", 63, 0, 255)]
    [InlineData("tile/0/x018/x446/x744/x073/x709/x551/615.p/1", 0, ulong.MaxValue, 1)]
    public void Paths_of_tiles_are_written_and_read(string path, int level, ulong index, int width)
    {
        Assert.Equal(path, TilePath.Of(new TileId(level, index, width)));
        Assert.Equal(new TileId(level, index, width), TilePath.TryParse(path));
        Assert.Null(TilePath.TryParseEntries(path));
    }

    [Theory]
    [InlineData("tile/entries/000", 0, 256)]
    [InlineData("tile/entries/x003/x057/500", 3057500, 256)]
    [InlineData("tile/entries/x003/x057/500.p/7", 3057500, 7)]
    public void Paths_of_bundles_are_written_and_read(string path, ulong index, int width)
    {
        Assert.Equal(path, TilePath.OfEntries(index, width));
        Assert.Equal(new TileId(0, index, width), TilePath.TryParseEntries(path));
        Assert.Null(TilePath.TryParse(path));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/tile/0/000")]
    [InlineData("tile/0/000/")]
    [InlineData("tile/0")]
    [InlineData("tile/0/")]
    [InlineData("tile//000")]
    [InlineData("tiles/0/000")]
    [InlineData("tile/3/5/123/456/078")]
    [InlineData("tile/3/-1/123/456/078")]
    [InlineData("tile/-1/000")]
    [InlineData("tile/00/000")]
    [InlineData("tile/+0/000")]
    [InlineData("tile/64/000")]
    [InlineData("tile/0/0")]
    [InlineData("tile/0/0000")]
    [InlineData("tile/0/x000/001")]
    [InlineData("tile/0/x1/001")]
    [InlineData("tile/0/123/456")]
    [InlineData("tile/0/x123/x456")]
    [InlineData("tile/0/xx23/456")]
    [InlineData("tile/0/X123/456")]
    [InlineData("tile/0/x018/x446/x744/x073/x709/x551/616")]
    [InlineData("tile/0/x001/x018/x446/x744/x073/x709/x551/615")]
    [InlineData("tile/0/000.p/0")]
    [InlineData("tile/0/000.p/256")]
    [InlineData("tile/0/000.p/01")]
    [InlineData("tile/0/000.p/-1")]
    [InlineData("tile/0/000.p/")]
    [InlineData("tile/0/000.p")]
    [InlineData("tile/0/.p/1")]
    [InlineData("tile/0/000.p/1/2")]
    [InlineData("tile/0/x000.p/x001/1")]
    [InlineData("tile/0/../000")]
    [InlineData("tile/0/ 000")]
    [InlineData("tile/0/000\n")]
    [InlineData("tile/٠/000")]
    [InlineData("tile/entries/../000")]
    [InlineData("tile/Entries/000")]
    [InlineData("tile/entries/000.p/256")]
    [InlineData("tile/entries")]
    public void Other_paths_are_refused(string path)
    {
        Assert.Null(TilePath.TryParse(path));
        Assert.Null(TilePath.TryParseEntries(path));
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(64, 1)]
    [InlineData(0, 0)]
    [InlineData(0, 257)]
    public void What_is_no_tile_has_no_path(int level, int width) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => TilePath.Of(new TileId(level, 0, width)));

    [Fact]
    public void Any_tile_has_one_path_that_reads_as_it() => Prop.ForAll(
        (from level in Gen.Choose(0, 63)
         from index in Gen.OneOf(ArbMap.Default.GeneratorFor<ulong>(), Gen.Choose(0, 2_000_000_000).Select(number => (ulong)number))
         from width in Gen.Choose(1, 256)
         select new TileId(level, index, width)).ToArbitrary(),
        tile => TilePath.TryParse(TilePath.Of(tile)) == tile
            && TilePath.TryParseEntries(TilePath.OfEntries(tile.Index, tile.Width)) == tile with { Level = 0 }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_path_with_any_character_changed_is_another_tiles_or_none() => Prop.ForAll(
        (from index in Gen.Choose(0, 2_000_000) from width in Gen.Choose(1, 256) select new TileId(3, (ulong)index, width)).ToArbitrary(),
        Gen.Choose(0, 40).ToArbitrary(), Gen.Choose(32, 127).ToArbitrary(), (tile, place, other) =>
        {
            var path = TilePath.Of(tile).ToCharArray();
            path[place % path.Length] = (char)other;
            var bent = new string(path);
            return TilePath.TryParse(bent) is not { } read || string.Equals(TilePath.Of(read), bent, StringComparison.Ordinal);
        }).QuickCheckThrowOnFailure();
}
