using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Merkle;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Tiles;
using InfoLink.Tests.Merkle;
using InfoLink.Transparency;
using Xunit;

namespace InfoLink.Tests.AccessLog;

/// <summary>What lies far behind the edge, and an edge that lies where tiles end.</summary>
public abstract class LargeLogTests(StoreKind kind) : IAsyncLifetime
{
    private LogOnDisk? _started;

    private LogOnDisk On => _started!;

    public async ValueTask InitializeAsync() => _started = await LogOnDisk.StartAsync(kind);

    public ValueTask DisposeAsync() => _started?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task A_log_opens_and_goes_on_wherever_its_tiles_end_and_proves_everything_from_the_first_entry_on()
    {
        int[] sizes = [1, 2, 254, 255, 256, 257, 511, 512, 65_534, 65_535, 65_536, 65_537, 65_792];
        foreach (var size in sizes)
        {
            await On.Log.DisposeAsync();
            await GrowToAsync(size);
            await On.OpenAsync();
            Assert.Equal(size, On.Log.Checkpoint.Size);
            Assert.Equal(size, (await On.AppendAsync(LogOnDisk.Entry())).Serial);
        }

        var leaves = await CheckLog.WholeAsync(On.Log.Store, On.Signer.Key, On.Receipts);
        await SameProofsAsync(new Oracle(leaves), [.. sizes, 3, 4095, 4096, 4097, 40_000, 65_793]);
    }

    [Fact]
    public async Task What_memory_has_let_go_is_proved_from_the_store()
    {
        var appended = new List<Appended>();
        for (var round = 0; round < 6; round++)
        {
            appended.AddRange(await Task.WhenAll(Enumerable.Range(0, 1500).Select(_ => On.Log.AppendAsync(LogOnDisk.Entry()))));
        }

        foreach (var entry in appended.Where((_, i) => i < 600 || i % 97 == 0))
        {
            var receipt = await entry.ToReceiptAsync(CancellationToken.None);
            Assert.IsType<Outcome<SignedCheckpoint>.Done>(ReceiptProof.Check(receipt, [On.Signer.Key]));
            On.Receipts.Enqueue(receipt);
        }

        var leaves = await CheckLog.WholeAsync(On.Log.Store, On.Signer.Key, []);
        await SameProofsAsync(new Oracle(leaves), [1, 2, 255, 256, 257, 2047, 2048, 4095, 4096, 4097, 8191, 8192, 8193, 8999, 9000]);
    }

    /// <summary>Beside the log, in few large batches.</summary>
    private async Task GrowToAsync(int size)
    {
        await using var store = await On.OpenStoreAsync();
        var state = await store.TakeAsync(CancellationToken.None);
        var tree = await TreeEdge.LoadAsync(store.Reader, state, CancellationToken.None);
        while (tree.State.Size < size)
        {
            NewEntry[] entries = [.. Enumerable.Range(0, (int)Math.Min(4096, size - tree.State.Size)).Select(_ => LogOnDisk.Entry())];
            var growth = tree.Grow(entries.Select(entry => entry.LeafHash));
            await store.AppendAsync(new LogAppend(growth.Before, growth.After, entries, growth.Tiles), CancellationToken.None);
            tree.Adopt(growth);
        }
    }

    /// <summary>From the log's memory with the store behind it, and from the store alone, as another process would.</summary>
    private async Task SameProofsAsync(Oracle tree, int[] sizes)
    {
        var newest = sizes.Max();
        var (own, others, stored) = (On.Log.Tree, LogTree.Of(On.Log.Store), new TileNodes(new StoredTiles(On.Log.Store), (ulong)newest));
        foreach (var from in sizes)
        {
            foreach (var to in sizes.Where(to => to >= from))
            {
                foreach (var log in (LogTree[])[own, others])
                {
                    var proof = (await log.ConsistencyAsync((ulong)from, (ulong)to, CancellationToken.None))!;
                    Assert.Equal(((ulong)from, (ulong)to), (proof.From, proof.To));
                    Assert.Equal(tree.Consistency(from, to), proof.Hashes.Select(hash => Sha256Digest.FromBytes(hash.Span)));
                }
            }

            Assert.Equal(tree.Root(from), await MerkleProof.RootAsync(stored, (ulong)from, CancellationToken.None));
            Assert.Equal(
                tree.Inclusion(from - 1, newest), await MerkleProof.InclusionAsync(stored, (ulong)from - 1, (ulong)newest, CancellationToken.None));
        }

        foreach (var log in (LogTree[])[own, others])
        {
            Assert.Null(await log.ConsistencyAsync(1, (ulong)newest + 1, CancellationToken.None));
            Assert.Null(await log.ConsistencyAsync(2, 1, CancellationToken.None));
            Assert.Null(await log.ConsistencyAsync(ulong.MaxValue, ulong.MaxValue, CancellationToken.None));
        }
    }
}

public sealed class LargeLogOnSqliteTests() : LargeLogTests(StoreKind.Sqlite);

public sealed class LargeLogOnPostgresTests() : LargeLogTests(StoreKind.Postgres);
