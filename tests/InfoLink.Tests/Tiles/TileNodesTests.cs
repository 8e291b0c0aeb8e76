using System.Text;
using FsCheck;
using FsCheck.Fluent;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Merkle;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Tiles;
using InfoLink.Tests.Merkle;
using Xunit;

namespace InfoLink.Tests.Tiles;

public sealed class TileNodesTests(TileNodesTests.LargeLog large) : IClassFixture<TileNodesTests.LargeLog>
{
    private const int Size = 66_500;

    private static readonly Oracle Rfc = new(Size);
    private static readonly NoteKey TestLog = NoteKey.Parse("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx");
    private static readonly TileFolder TestFolder = new(RepositoryRoot.Path("tests", "InfoLink.Tests", "Tiles", "vectors", "tlog_testlog"));

    [Fact]
    public void Roots_and_proofs_from_tiles_are_the_RFCs() => Prop.ForAll(
        Gen.Choose(0, Size - 1).ToArbitrary(), Gen.Choose(1, Size).ToArbitrary(), async Task<bool> (index, from) =>
        {
            var nodes = new TileNodes(new TileFolder(large.Folder.Root), Size);
            return await MerkleProof.RootAsync(nodes, Size, default) == Rfc.Root(Size)
                && (await MerkleProof.InclusionAsync(nodes, (ulong)index, Size, default)).SequenceEqual(Rfc.Inclusion(index, Size))
                && (await MerkleProof.ConsistencyAsync(nodes, (ulong)from, Size, default)).SequenceEqual(Rfc.Consistency(from, Size));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public async Task Full_tiles_serve_a_smaller_tree_whose_partial_ones_are_gone()
    {
        foreach (var size in new[] { 1, 100, 255, 256, 257, 511, 512, 65_535, 65_536 })
        {
            var nodes = new TileNodes(new TileFolder(large.Folder.Root), (ulong)size);
            Assert.Equal(Rfc.Root(size), await MerkleProof.RootAsync(nodes, (ulong)size, default));
            Assert.Equal(Rfc.Inclusion(size - 1, size), await MerkleProof.InclusionAsync(nodes, (ulong)size - 1, (ulong)size, default));
        }
    }

    [Theory]
    [InlineData(0, Size)]
    [InlineData(8, Size >> 8)]
    [InlineData(9, Size >> 9)]
    [InlineData(17, 0)]
    [InlineData(63, 0)]
    [InlineData(64, 0)]
    [InlineData(-1, 0)]
    [InlineData(0, ulong.MaxValue)]
    public async Task Subtrees_beyond_the_tree_are_refused(int height, ulong index) =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await new TileNodes(new TileFolder(large.Folder.Root), Size).NodeAsync(new MerkleNode(height, index), default));

    [Fact]
    public async Task A_tile_that_is_short_long_or_not_there_is_named()
    {
        using var log = FolderOfTiles.Write(Rfc, 2_000);
        var folder = new TileFolder(log.Root);
        foreach (var path in new[] { "tile/0/003", "tile/0/007.p/208", "tile/1/000.p/7" })
        {
            var (tile, good) = (TilePath.TryParse(path)!.Value, log.Read(path));
            log.Write(path, good[..^1]);
            Assert.Equal((TileFault.Truncated, path), await Refused(() => folder.TileAsync(tile.Level, tile.Index, tile.Width, default)));
            log.Write(path, []);
            Assert.Equal((TileFault.Truncated, path), await Refused(() => folder.TileAsync(tile.Level, tile.Index, tile.Width, default)));
            log.Write(path, [.. good, 0]);
            Assert.Equal((TileFault.TooLong, path), await Refused(() => folder.TileAsync(tile.Level, tile.Index, tile.Width, default)));
            log.Remove(path);
            Assert.Equal((TileFault.Missing, path), await Refused(() => folder.TileAsync(tile.Level, tile.Index, tile.Width, default)));
        }
    }

    [Fact]
    public async Task A_source_that_gives_too_much_or_too_little_is_refused()
    {
        foreach (var (length, fault) in new[] { (0, TileFault.Truncated), (31, TileFault.Truncated), (33, TileFault.TooLong), (8192, TileFault.TooLong) })
        {
            var nodes = new TileNodes(new Counted((_, _, _) => new byte[length]), 1);
            Assert.Equal((fault, "tile/0/000.p/1"), await Refused(() => nodes.NodeAsync(new MerkleNode(0, 0), default)));
        }
    }

    [Fact]
    public async Task A_tile_is_asked_for_once_while_it_is_kept_and_no_more_are_kept_than_said()
    {
        var source = new Counted((_, _, width) => new byte[width * Sha256Digest.Size]);
        var tiles = new CachedTiles(source, capacity: 3);
        foreach (var index in new ulong[] { 0, 1, 2, 0, 1, 2, 0 })
        {
            await tiles.TileAsync(0, index, 256, default);
        }

        Assert.Equal((3, 3), (source.Asked.Count, tiles.Count));

        // The tile that was used longest ago makes room: 1 here.
        await tiles.TileAsync(0, 3, 256, default);
        await tiles.TileAsync(0, 2, 256, default);
        await tiles.TileAsync(0, 0, 256, default);
        Assert.Equal(4, source.Asked.Count);
        await tiles.TileAsync(0, 1, 256, default);
        Assert.Equal((5, 3), (source.Asked.Count, tiles.Count));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CachedTiles(source, capacity: 0));
    }

    [Fact]
    public async Task Many_readers_at_the_same_time_get_the_right_tiles()
    {
        var tiles = new CachedTiles(new TileFolder(large.Folder.Root), capacity: 4);
        var nodes = new TileNodes(tiles, Size);
        await Parallel.ForAsync(0, 200, async (i, cancellation) => Assert.Equal(
            Rfc.Leaf(i * 331), await nodes.NodeAsync(new MerkleNode(0, (ulong)i * 331), cancellation)));
        Assert.InRange(tiles.Count, 1, 4);
    }

    [Fact]
    public async Task The_hundred_and_twenty_pairs_of_the_test_logs_checkpoints_are_consistent()
    {
        var checkpoints = Enumerable.Range(0, 16).Select(Published).ToList();
        var pairs = 0;
        for (var to = 0; to < checkpoints.Count; to++)
        {
            var nodes = new TileNodes(TestFolder, (ulong)to);
            Assert.Equal(checkpoints[to].Root, await MerkleProof.RootAsync(nodes, (ulong)to, default));
            for (var from = 0; from < to; from++, pairs++)
            {
                var proof = await MerkleProof.ConsistencyAsync(nodes, (ulong)from, (ulong)to, default);
                bool IsConsistent(Sha256Digest fromRoot, Sha256Digest toRoot) =>
                    MerkleVerifier.IsConsistent((ulong)from, fromRoot, (ulong)to, toRoot, proof);

                // From the empty tree nothing is proved.
                Assert.Equal(from > 0, IsConsistent(checkpoints[from].Root, checkpoints[to].Root));
                Assert.False(IsConsistent(checkpoints[to].Root, checkpoints[from].Root));
                Assert.All(checkpoints.Where(other => other.Size != (ulong)from), other => Assert.False(IsConsistent(other.Root, checkpoints[to].Root)));
            }
        }

        Assert.Equal(120, pairs);
    }

    [Fact]
    public async Task Each_entry_of_the_test_log_is_in_each_tree_since_it_came()
    {
        string[] words = ["one", "two", "three", "four", "five", "six", "seven", "eit", "nain", "ten", "ileven", "twelf", "threeten", "fourten", "fivten"];
        for (var size = 1; size < 16; size++)
        {
            var entries = await TestFolder.EntriesAsync(0, size, default);
            Assert.Equal(words[..size], entries.Select(entry => Encoding.UTF8.GetString(entry.Span)), StringComparer.Ordinal);
            for (var index = 0; index < size; index++)
            {
                var proof = await MerkleProof.InclusionAsync(new TileNodes(TestFolder, (ulong)size), (ulong)index, (ulong)size, default);
                Assert.True(MerkleVerifier.Includes(
                    MerkleTree.LeafHash(entries[index].Span), (ulong)index, (ulong)size, Published(size).Root, proof));
            }
        }
    }

    private static Checkpoint Published(int size) => SignedCheckpoint.Open(
        File.ReadAllBytes(RepositoryRoot.Path("tests", "InfoLink.Tests", "Tiles", "vectors", "tlog_testlog", $"checkpoint.{size}")), TestLog)!.Checkpoint;

    private static async Task<(TileFault, string)> Refused<T>(Func<ValueTask<T>> read)
    {
        var refused = await Assert.ThrowsAsync<TileException>(async () => await read());
        Assert.Contains(refused.Path, refused.Message, StringComparison.Ordinal);
        return (refused.Fault, refused.Path);
    }

    /// <summary>A log of three levels, to read only.</summary>
    public sealed class LargeLog : IDisposable
    {
        internal FolderOfTiles Folder { get; } = FolderOfTiles.Write(Rfc, Size);

        public void Dispose() => Folder.Dispose();
    }

    /// <summary>A source that notes what it was asked for.</summary>
    private sealed class Counted(Func<int, ulong, int, byte[]> give) : ITileSource
    {
        public List<TileId> Asked { get; } = [];

        public ValueTask<byte[]> TileAsync(int level, ulong index, int width, CancellationToken cancellation)
        {
            Asked.Add(new TileId(level, index, width));
            return ValueTask.FromResult(give(level, index, width));
        }
    }
}
