using InfoLink.Transparency;
using InfoLink.Transparency.Sqlite;
using InfoLink.V1;

namespace InfoLink.Bench.Parties;

/// <summary>
/// Fills a broker's log with exchanges of the last year (approved, redeemed, settled), through the real store and tree but in large batches; the index of
/// persons is built too, as a broker that had lived through them would have it.
/// </summary>
internal static class FilledLog
{
    private const int Batch = 9_999;
    private static readonly TimeSpan Year = TimeSpan.FromDays(365);
    private static readonly AccessEvent[] Events = [AccessEvent.Approved, AccessEvent.Redeemed, AccessEvent.Settled];

    /// <param name="path">The log's file, which no broker holds.</param>
    /// <param name="origin">The log's name.</param>
    /// <param name="size">How many records it then has.</param>
    public static async Task FillAsync(string path, string origin, long size)
    {
        await using var store = SqliteEntryStore.Open(path, origin);
        var tree = await TreeEdge.LoadAsync(store.Reader, await store.TakeAsync(CancellationToken.None), CancellationToken.None);
        var first = TimeProvider.System.GetUtcNow() - Year;
        var next = Task.Run(() => Make(tree.State.Size, size, first));
        while (tree.State.Size < size)
        {
            var entries = await next;
            var after = tree.State.Size + entries.Length;
            next = Task.Run(() => Make(after, size, first)); // The next batch is made while this one is written.
            var growth = tree.Grow(entries.Select(entry => entry.LeafHash));
            await store.AppendAsync(new LogAppend(growth.Before, growth.After, entries, growth.Tiles), CancellationToken.None);
            tree.Adopt(growth);
        }

        while (await store.Persons.BuildAsync(CancellationToken.None))
        {
        }
    }

    /// <summary>Records from a serial on; three in a row are one exchange.</summary>
    private static NewEntry[] Make(long from, long size, DateTimeOffset first)
    {
        var entries = new NewEntry[Math.Min(Batch, size - from)];
        var step = (Year - TimeSpan.FromDays(35)).TotalMilliseconds / size; // Older than what the broker still looks after.
        Parallel.For(0, (entries.Length + Events.Length - 1) / Events.Length, exchange =>
        {
            var (open, leaf) = (SomeApprovals.Approval(), SomeApprovals.Leaf());
            for (var i = 0; i < Events.Length && (exchange * Events.Length) + i < entries.Length; i++)
            {
                var at = (exchange * Events.Length) + i;
                var record = open.Clone();
                record.Event = Events[i];
                record.TimeMs = (first + TimeSpan.FromMilliseconds(step * (from + at))).ToUnixTimeMilliseconds();
                entries[at] = SomeApprovals.Record(record, leaf);
            }
        });
        return entries;
    }
}
