using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Merkle;
using InfoLink.Contracts.Tiles;
using InfoLink.Tests.Merkle;
using Xunit;

namespace InfoLink.Tests.Tiles;

/// <summary>Whatever is bent in a log on disk, the check names the first of it.</summary>
public sealed class TileFolderCheckTests
{
    private const int Size = 600;

    private static readonly Oracle Rfc = new(66_000);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(512)]
    [InlineData(600)]
    [InlineData(65_536)]
    public async Task A_log_as_it_should_be_is_sound(int size)
    {
        using var log = FolderOfTiles.Write(Rfc, size);
        Assert.Equal(new TileFolderVerdict.Sound(), await Check(log, size));
        Assert.Equal(
            new TileFolderVerdict.AnotherRoot(Rfc.Root(size)),
            await TileFolderCheck.RunAsync(new TileFolder(log.Root), (ulong)size, Sha256Digest.Of("other"u8), default));
    }

    [Fact]
    public async Task A_log_that_grew_is_sound_at_every_size_it_had()
    {
        // Level 0 is full by now and serves for what was partial; the tile above is partial still, and both its widths are kept.
        using var log = FolderOfTiles.Write(Rfc, 512);
        log.Write("tile/1/000.p/1", Rfc.Range(0, 256).ToArray());
        for (var size = 0; size <= 512; size += 37)
        {
            Assert.Equal(new TileFolderVerdict.Sound(), await Check(log, size));
        }
    }

    [Fact]
    public async Task A_file_that_is_gone_is_named()
    {
        using var log = FolderOfTiles.Write(Rfc, Size);
        foreach (var path in log.Paths().ToList())
        {
            var good = log.Read(path);
            log.Remove(path);
            Assert.Equal(new TileFolderVerdict.Broken(TileFault.Missing, path, null), await Check(log));
            log.Write(path, good);
        }
    }

    [Fact]
    public async Task A_tile_cut_or_longer_is_named()
    {
        using var log = FolderOfTiles.Write(Rfc, Size);
        foreach (var path in log.Paths().Where(path => !path.Contains("entries", StringComparison.Ordinal)).ToList())
        {
            var good = log.Read(path);
            foreach (var length in new[] { 0, 1, 31, 32, good.Length - 32, good.Length - 1 })
            {
                log.Write(path, good[..length]);
                Assert.Equal(new TileFolderVerdict.Broken(TileFault.Truncated, path, null), await Check(log));
            }

            log.Write(path, [.. good, 0]);
            Assert.Equal(new TileFolderVerdict.Broken(TileFault.TooLong, path, null), await Check(log));
            log.Write(path, good);
        }
    }

    [Theory]
    [InlineData("tile/entries/000", 0)]
    [InlineData("tile/entries/001", 256)]
    [InlineData("tile/entries/002.p/88", 512)]
    public async Task A_bundle_cut_or_longer_is_named_with_its_entry(string path, int first)
    {
        using var log = FolderOfTiles.Write(Rfc, Size);
        var good = log.Read(path);
        var entry = FolderOfTiles.Framed(Oracle.Entry(0)).Length;
        foreach (var length in new[] { 0, 1, entry - 1, entry, (entry * 50) + 3, good.Length - 1 })
        {
            log.Write(path, good[..length]);
            Assert.Equal(new TileFolderVerdict.Broken(TileFault.Truncated, path, (ulong)(first + (length / entry))), await Check(log));
        }

        log.Write(path, [.. good, 0]);
        Assert.Equal(new TileFolderVerdict.Broken(TileFault.TooLong, path, (ulong)(first + (good.Length / entry))), await Check(log));
    }

    [Fact]
    public async Task A_bit_turned_over_in_a_tile_names_the_tile()
    {
        using var log = FolderOfTiles.Write(Rfc, Size);
        foreach (var path in log.Paths().Where(path => !path.Contains("entries", StringComparison.Ordinal)).ToList())
        {
            var good = log.Read(path);
            foreach (var place in new[] { 0, 31, 32, good.Length / 2, good.Length - 1 }.Where(place => place < good.Length))
            {
                log.Write(path, Bent(good, place));
                Assert.Equal(new TileFolderVerdict.Broken(TileFault.Different, path, null), await Check(log));
            }

            log.Write(path, good);
        }
    }

    [Theory]
    [InlineData("tile/entries/000", 0)]
    [InlineData("tile/entries/001", 256)]
    [InlineData("tile/entries/002.p/88", 512)]
    public async Task A_bit_turned_over_in_an_entry_names_the_entry(string path, int first)
    {
        using var log = FolderOfTiles.Write(Rfc, Size);
        var good = log.Read(path);
        var entry = FolderOfTiles.Framed(Oracle.Entry(0)).Length;
        foreach (var place in new[] { 2, entry - 1, entry + 2, (entry * 40) + 5, good.Length - 1 })
        {
            log.Write(path, Bent(good, place));
            Assert.Equal(new TileFolderVerdict.Broken(TileFault.Different, path, (ulong)(first + (place / entry))), await Check(log));
        }
    }

    [Fact]
    public async Task Of_several_faults_the_first_is_named()
    {
        using var log = FolderOfTiles.Write(Rfc, Size);
        log.Remove("tile/entries/002.p/88");
        Assert.Equal(new TileFolderVerdict.Broken(TileFault.Missing, "tile/entries/002.p/88", null), await Check(log));
        log.Write("tile/0/001", Bent(log.Read("tile/0/001"), 100));
        Assert.Equal(new TileFolderVerdict.Broken(TileFault.Different, "tile/0/001", null), await Check(log));
        var bundle = log.Read("tile/entries/000");
        log.Write("tile/entries/000", Bent(bundle, 2));
        Assert.Equal(new TileFolderVerdict.Broken(TileFault.Different, "tile/entries/000", 0), await Check(log));
        log.Write("tile/entries/000", bundle[..^1]);
        Assert.Equal(new TileFolderVerdict.Broken(TileFault.Truncated, "tile/entries/000", 255), await Check(log));
    }

    [Fact]
    public async Task An_entry_changed_together_with_its_tile_names_the_tile_that_the_tree_does_not_know()
    {
        using var log = FolderOfTiles.Write(Rfc, Size);
        var (bundle, tile) = (Bent(log.Read("tile/entries/001"), 2), log.Read("tile/0/001"));
        log.Write("tile/entries/001", bundle);
        MerkleTree.LeafHash(bundle.AsSpan(2, Oracle.Entry(0).Length)).Span.CopyTo(tile);
        log.Write("tile/0/001", tile);
        Assert.Equal(new TileFolderVerdict.Broken(TileFault.Different, "tile/0/001", null), await Check(log));
    }

    [Fact]
    public async Task An_entry_changed_together_with_all_tiles_shows_in_the_root()
    {
        using var log = FolderOfTiles.Write(Rfc, 3);
        var bundle = Bent(log.Read("tile/entries/000.p/3"), 2);
        log.Write("tile/entries/000.p/3", bundle);
        var leaf = MerkleTree.LeafHash(bundle.AsSpan(2, Oracle.Entry(0).Length));
        log.Write("tile/0/000.p/3", [.. leaf.ToArray(), .. log.Read("tile/0/000.p/3")[Sha256Digest.Size..]]);
        var found = MerkleTree.NodeHash(MerkleTree.NodeHash(leaf, Rfc.Leaf(1)), Rfc.Leaf(2));
        Assert.Equal(new TileFolderVerdict.AnotherRoot(found), await Check(log, 3));
    }

    [Fact]
    public async Task Tiles_of_every_level_are_looked_at()
    {
        const int ThreeLevels = 66_000;
        using var log = FolderOfTiles.Write(Rfc, ThreeLevels);
        Assert.Equal(new TileFolderVerdict.Sound(), await Check(log, ThreeLevels));
        foreach (var path in new[] { "tile/0/255", "tile/1/000", "tile/1/001.p/1", "tile/2/000.p/1", "tile/entries/255" })
        {
            var good = log.Read(path);
            log.Write(path, Bent(good, 3));
            Assert.Equal(
                new TileFolderVerdict.Broken(TileFault.Different, path, path.Contains("entries", StringComparison.Ordinal) ? 65_280UL : null),
                await Check(log, ThreeLevels));
            log.Write(path, good);
        }
    }

    [Fact]
    public async Task A_size_that_the_log_has_not_is_missing_at_once()
    {
        using var log = FolderOfTiles.Write(Rfc, 0);
        Assert.Equal(
            new TileFolderVerdict.Broken(TileFault.Missing, "tile/entries/000", null),
            await TileFolderCheck.RunAsync(new TileFolder(log.Root), ulong.MaxValue, Rfc.Root(1), default));
    }

    private static Task<TileFolderVerdict> Check(FolderOfTiles log, int size = Size) =>
        TileFolderCheck.RunAsync(new TileFolder(log.Root), (ulong)size, Rfc.Root(size), default);

    private static byte[] Bent(byte[] good, int place)
    {
        var bent = (byte[])good.Clone();
        bent[place] ^= 0x10;
        return bent;
    }
}
