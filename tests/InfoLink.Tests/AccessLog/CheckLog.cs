using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Refusals;
using InfoLink.Tests.Merkle;
using InfoLink.Transparency;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.AccessLog;

/// <summary>
/// Everything that holds for a log at rest, found out anew from what lies in its store: by the tests' own reading of RFC 6962, and by nothing
/// that the log keeps in memory.
/// </summary>
internal static class CheckLog
{
    private const int Page = 5_000;

    /// <param name="log">At rest: nobody appends meanwhile.</param>
    /// <param name="key">The log's.</param>
    /// <param name="receipts">All that were ever handed out.</param>
    /// <param name="checkpoints">Further ones that were ever signed.</param>
    /// <returns>The entries' leaf hashes.</returns>
    public static async Task<IReadOnlyList<Sha256Digest>> WholeAsync(
        IEntryReader log, NoteKey key, IReadOnlyCollection<Receipt> receipts, IEnumerable<Checkpoint>? checkpoints = null)
    {
        var state = await log.StateAsync(CancellationToken.None);
        var leaves = await EntriesAsync(log);
        Assert.Equal(state.Size, leaves.Count);
        var tree = new Oracle(leaves);
        Assert.Equal(tree.Root(leaves.Count), state.Root);
        await TilesAsync(log, tree, leaves.Count);

        var signed = new HashSet<Checkpoint>(checkpoints ?? []);
        foreach (var receipt in receipts)
        {
            var checkpoint = Assert.IsType<Outcome<SignedCheckpoint>.Done>(ReceiptProof.Check(receipt, [key])).Value;
            var entry = AccessEntry.Make(receipt.Salt.Span, receipt.OpenPart.Span, Sha256Digest.FromBytes(receipt.PrivateRoot.Span));
            Assert.Equal(leaves[(int)receipt.Index], AccessEntry.LeafHash(entry)); // Not only under some checkpoint: at this place, now.
            signed.Add(checkpoint.Checkpoint);
        }

        if (await log.PublishedAsync(CancellationToken.None) is { } published)
        {
            signed.Add(SignedCheckpoint.Open(published.Note, key)!.Checkpoint);
        }

        // Trees that are all beginnings of one list are consistent with one another.
        foreach (var checkpoint in signed)
        {
            Assert.InRange(checkpoint.Size, 0ul, (ulong)leaves.Count);
            Assert.Equal((key.Name, tree.Root((int)checkpoint.Size)), (checkpoint.Origin, checkpoint.Root));
        }

        return leaves;
    }

    /// <summary>Serials follow one another, and every entry's 65 bytes come out of its record.</summary>
    private static async Task<List<Sha256Digest>> EntriesAsync(IEntryReader log)
    {
        var leaves = new List<Sha256Digest>();
        while (true)
        {
            var records = await log.ReadAsync(leaves.Count, Page, CancellationToken.None);
            var committed = await log.EntryBytesAsync(leaves.Count, Page, CancellationToken.None);
            Assert.Equal(committed.Count, records.Count); // Nothing has expired in a test.
            foreach (var (record, bytes) in records.Zip(committed))
            {
                Assert.Equal((log.Origin, (long)leaves.Count), (record.Origin, record.Serial));
                var privateRoot = PrivateRoot.Of(record.Subjects.Select(subject => subject.Leaf), record.ParticularsCommitment);
                Assert.Equal(privateRoot, record.PrivateRoot);
                Assert.Equal(AccessEntry.Make(record.Salt, record.OpenPartBytes, privateRoot), bytes);
                leaves.Add(AccessEntry.LeafHash(bytes));
            }

            if (records.Count < Page)
            {
                return leaves;
            }
        }
    }

    /// <summary>Every full tile is there with the right hashes and root, and no other.</summary>
    private static async Task TilesAsync(IEntryReader log, Oracle tree, int size)
    {
        for (var (level, span) = (0, 1L); level < 8; level++, span *= FullTile.Width)
        {
            var full = (int)(size / span / FullTile.Width);
            for (var number = 0; number < full; number++)
            {
                var first = number * FullTile.Width;
                byte[] hashes = [.. Enumerable.Range(first, FullTile.Width).SelectMany(i => tree.Range((int)(i * span), (int)((i + 1) * span)).ToArray())];
                Assert.Equal(hashes, await log.TileAsync(level, number, CancellationToken.None));
            }

            Assert.Null(await log.TileAsync(level, full, CancellationToken.None));
            Assert.Equal(
                Enumerable.Range(0, full).Select(number => tree.Range((int)(number * span * FullTile.Width), (int)((number + 1) * span * FullTile.Width))),
                await log.TileRootsAsync(level, 0, int.MaxValue, CancellationToken.None));
        }
    }
}
