using FsCheck;
using FsCheck.Fluent;
using InfoLink.Contracts.Tiles;
using Xunit;

namespace InfoLink.Tests.Tiles;

public sealed class TileIdTests
{
    [Fact]
    public void A_tree_of_seventy_thousand_has_the_tiles_that_the_specification_says()
    {
        var tiles = TileId.Of(70_000).ToList();
        Assert.Equal(273 + 1 + 1 + 1 + 1, tiles.Count);
        Assert.Equal(273, tiles.Count(tile => tile is { Level: 0, IsFull: true }));
        Assert.Equal(
            [new(0, 273, 112), new(1, 0, 256), new(1, 1, 17), new(2, 0, 1)],
            tiles.Where(tile => tile is not { Level: 0, IsFull: true }));
    }

    [Fact]
    public void A_tree_of_256_has_a_full_tile_and_one_of_width_one_above_it() =>
        Assert.Equal([new(0, 0, 256), new(1, 0, 1)], TileId.Of(256));

    [Fact]
    public void An_empty_tree_has_no_tiles() => Assert.Empty(TileId.Of(0));

    [Theory]
    [InlineData(1, 1, 0)]
    [InlineData(0, 1, 1)]
    [InlineData(100, 101, 1)]
    [InlineData(255, 257, 3)]
    [InlineData(255, 256, 2)]
    [InlineData(256, 262, 1)]
    [InlineData(262, 500, 1)]
    [InlineData(262, 2560, 10)]
    [InlineData(65535, 65536, 3)]
    [InlineData(49516517, 49516586, 3)]
    public void Growing_makes_so_many_new_tiles(ulong from, ulong to, int count) => Assert.Equal(count, TileId.Between(from, to).Count());

    [Fact]
    public void The_largest_tree_has_tiles_at_eight_levels_and_goes_on_growing()
    {
        Assert.All(Enumerable.Range(0, 7), level => Assert.Equal(
            new TileId(level, ulong.MaxValue >> (8 * (level + 1)), 255), TileId.At(level, ulong.MaxValue >> (8 * (level + 1)), ulong.MaxValue)));
        Assert.Equal([new TileId(0, ulong.MaxValue / 256, 255)], TileId.Between(ulong.MaxValue - 1, ulong.MaxValue));
        Assert.Equal(new TileId(7, 0, 255), TileId.At(7, 0, ulong.MaxValue));
        Assert.Null(TileId.At(8, 0, ulong.MaxValue));
        Assert.Null(TileId.At(7, 1, ulong.MaxValue));
    }

    [Fact]
    public void A_tree_does_not_shrink() => Assert.Throws<ArgumentOutOfRangeException>(() => TileId.Between(2, 1));

    [Fact]
    public void New_tiles_are_those_that_the_smaller_tree_had_not() => Prop.ForAll(
        (from to in Gen.Choose(0, 200_000)
         from back in Gen.OneOf(Gen.Choose(0, 600), Gen.Choose(0, 200_000))
         select (Smaller: Math.Max(0, to - back), Larger: to)).ToArbitrary(),
        sizes => TileId.Between((ulong)sizes.Smaller, (ulong)sizes.Larger)
            .SequenceEqual(Expected(sizes.Larger).Except(Expected(sizes.Smaller)))).QuickCheckThrowOnFailure();

    [Fact]
    public void A_tile_at_a_place_is_the_one_in_the_list() => Prop.ForAll(
        Gen.Choose(0, 200_000).ToArbitrary(), Gen.Choose(0, 3).ToArbitrary(), Gen.Choose(0, 800).ToArbitrary(), (size, level, index) =>
            TileId.At(level, (ulong)index, (ulong)size).Equals(
                Expected(size).Where(tile => tile.Level == level && tile.Index == (ulong)index).Select(tile => (TileId?)tile).SingleOrDefault()))
        .QuickCheckThrowOnFailure();

    /// <summary>The specification's words: at each level one hash for each 256 full ones below, in rows of 256.</summary>
    private static IEnumerable<TileId> Expected(int size)
    {
        for (var (level, hashes) = (0, size); hashes > 0; level++, hashes /= 256)
        {
            for (var first = 0; first < hashes; first += 256)
            {
                yield return new TileId(level, (ulong)first / 256, Math.Min(256, hashes - first));
            }
        }
    }
}
