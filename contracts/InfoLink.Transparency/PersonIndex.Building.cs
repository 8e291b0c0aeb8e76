using System.Data.Common;
using Dapper;

namespace InfoLink.Transparency;

/// <summary>
/// How runs are made, behind the log and beside it: in a SQLite file there is one writer at a time, and the log's appends must not wait for a merge of
/// millions of keys. So a run is written in many small transactions while it is <see cref="Unfinished"/> and nobody asks it, takes the place of the
/// runs that it was made of in one, and those are then removed in small ones. What a crash leaves unfinished is removed when building goes on.
/// </summary>
public sealed partial class PersonIndex
{
    /// <summary>The level of a run that is being written, or removed.</summary>
    private const int Unfinished = -1;

    private const int KeysInChunk = 512;

    /// <summary>About 200 KB: what the log waits for at most.</summary>
    private const int ChunksAtOnce = 16;

    /// <summary>Covers what is not covered yet, as far as it fills runs; then merges. One builder at a time.</summary>
    /// <returns>True while there may be more to do.</returns>
    public async Task<bool> BuildAsync(CancellationToken cancellation)
    {
        await using var connection = await _open(cancellation);
        await RemoveUnfinishedAsync(connection, cancellation);
        var runs = await RunsAsync(connection, cancellation);
        if (Mergeable(runs) is { } old)
        {
            await WriteAsync(connection, new Run(0, old[0].level + 1, old[0].first_serial, old[^1].end_serial), MergedAsync(old, cancellation), old, cancellation);
            await RemoveUnfinishedAsync(connection, cancellation);
            return true;
        }

        var first = EndOf(runs);
        var size = await connection.ExecuteScalarAsync<long>(Command(EntrySql.SelectSize, new { shard = _shard }, null, cancellation));
        if (size - first < _runLength)
        {
            return false;
        }

        var keys = new List<byte[]>();
        await foreach (var (serial, subjects) in TagsAsync(connection, first, first + _runLength, cancellation))
        {
            for (var position = 0; position < subjects.Subjects.Count; position++)
            {
                if (subjects.Subjects[position].Tag.Length == TagSize)
                {
                    keys.Add(Key(subjects.Subjects[position].Tag.Span, serial, position));
                }
            }
        }

        keys.Sort(static (one, other) => one.AsSpan().SequenceCompareTo(other));
        await WriteAsync(connection, new Run(0, 0, first, first + _runLength), keys.ToAsyncEnumerable(), [], cancellation);
        return true;
    }

    /// <summary>The newest runs, where the last <see cref="Fan"/> are of one level.</summary>
    private static Run[]? Mergeable(IReadOnlyList<Run> runs) =>
        runs.Count >= Fan && runs.TakeLast(Fan).DistinctBy(run => run.level).Count() == 1 ? [.. runs.TakeLast(Fan)] : null;

    /// <summary>All keys of several runs in order, holding one chunk of each in memory.</summary>
    private async IAsyncEnumerable<byte[]> MergedAsync(
        Run[] runs, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var streams = runs.Select(run => KeysAsync(run, cancellation).GetAsyncEnumerator(cancellation)).ToList();
        var heads = new PriorityQueue<IAsyncEnumerator<byte[]>, byte[]>(
            Comparer<byte[]>.Create(static (one, other) => one.AsSpan().SequenceCompareTo(other)));
        try
        {
            foreach (var stream in streams)
            {
                if (await stream.MoveNextAsync())
                {
                    heads.Enqueue(stream, stream.Current);
                }
            }

            while (heads.TryDequeue(out var stream, out var key))
            {
                yield return key;
                if (await stream.MoveNextAsync())
                {
                    heads.Enqueue(stream, stream.Current);
                }
            }
        }
        finally
        {
            foreach (var stream in streams)
            {
                await stream.DisposeAsync();
            }
        }
    }

    private async IAsyncEnumerable<byte[]> KeysAsync(
        Run run, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var connection = await _open(cancellation);
        for (byte[] after = []; ;)
        {
            var chunk = await connection.QueryFirstOrDefaultAsync<byte[]>(Command(
                EntrySql.SelectNextChunk, new { shard = _shard, run = run.run, after }, null, cancellation));
            if (chunk is null)
            {
                yield break;
            }

            foreach (var key in Keys(chunk))
            {
                yield return key;
            }

            after = chunk[..KeySize];
        }
    }

    private async Task WriteAsync(
        DbConnection connection, Run run, IAsyncEnumerable<byte[]> keys, IReadOnlyList<Run> replaced, CancellationToken cancellation)
    {
        var number = await connection.ExecuteScalarAsync<long>(Command(EntrySql.SelectNextRun, new { shard = _shard }, null, cancellation));
        await connection.ExecuteAsync(Command(
            EntrySql.InsertRun, new { shard = _shard, run = number, level = Unfinished, first = run.first_serial, end = run.end_serial }, null, cancellation));
        var chunks = new List<byte[][]>(ChunksAtOnce);
        await foreach (var chunk in ChunksOf(keys, cancellation))
        {
            chunks.Add(chunk);
            if (chunks.Count == ChunksAtOnce)
            {
                await WriteAsync(connection, number, chunks, cancellation);
                chunks.Clear();
            }
        }

        await WriteAsync(connection, number, chunks, cancellation);

        // From one moment to the next the new run is asked, and those it was made of are not.
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        foreach (var (changed, level) in replaced.Select(old => (old.run, Unfinished)).Append((number, run.level)))
        {
            await connection.ExecuteAsync(Command(EntrySql.SetRunLevel, new { shard = _shard, run = changed, level }, transaction, cancellation));
        }

        await transaction.CommitAsync(cancellation);
    }

    private async Task WriteAsync(DbConnection connection, long run, List<byte[][]> chunks, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        foreach (var chunk in chunks)
        {
            byte[] keys = [.. chunk.SelectMany(key => key)];
            await connection.ExecuteAsync(Command(EntrySql.InsertChunk, new { shard = _shard, run, first = chunk[0], keys }, transaction, cancellation));
        }

        await transaction.CommitAsync(cancellation);
    }

    private static async IAsyncEnumerable<byte[][]> ChunksOf(
        IAsyncEnumerable<byte[]> keys, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var chunk = new List<byte[]>(KeysInChunk);
        await foreach (var key in keys.WithCancellation(cancellation))
        {
            chunk.Add(key);
            if (chunk.Count == KeysInChunk)
            {
                yield return [.. chunk];
                chunk.Clear();
            }
        }

        if (chunk.Count > 0)
        {
            yield return [.. chunk];
        }
    }

    private async Task RemoveUnfinishedAsync(DbConnection connection, CancellationToken cancellation)
    {
        foreach (var run in (await AllRunsAsync(connection, cancellation)).Where(run => run.level == Unfinished))
        {
            var piece = new { shard = _shard, run.run, count = ChunksAtOnce };
            while (await connection.ExecuteAsync(Command(EntrySql.DeleteChunks, piece, null, cancellation)) > 0)
            {
            }

            await connection.ExecuteAsync(Command("DELETE FROM person_run WHERE shard = @shard AND run = @run", piece, null, cancellation));
        }
    }
}
