using System.Buffers.Binary;
using System.Data.Common;
using Dapper;
using InfoLink.V1;

namespace InfoLink.Transparency;

/// <summary>
/// Finds a person's approvals by index tag. Appends pay nothing for it: tags lie packed in the records, and sorted runs of
/// <c>tag(16) ‖ serial(8) ‖ position(2)</c> are built behind the log's end; a question scans what no run covers yet. The index is made of the
/// records and can be thrown away and built again.
/// </summary>
/// <remarks>Runs of one level are merged when there are <see cref="Fan"/> of them, so that a question looks into a logarithmic number.</remarks>
public sealed partial class PersonIndex
{
    /// <summary>Bytes in a tag.</summary>
    public const int TagSize = 16;

    /// <summary>Runs of one level that become one of the next.</summary>
    internal const int Fan = 8;

    /// <summary>Entries that the smallest run covers.</summary>
    internal const int RunLength = 4096;

    private const int KeySize = TagSize + sizeof(long) + sizeof(ushort);
    private const int ReadAtOnce = 1024;
    private readonly Func<CancellationToken, Task<DbConnection>> _open;
    private readonly int _shard;
    private readonly int _runLength;

    internal PersonIndex(Func<CancellationToken, Task<DbConnection>> open, int shard, int runLength = RunLength) =>
        (_open, _shard, _runLength) = (open, shard, runLength);

    /// <summary>The person's approvals in this log, oldest first.</summary>
    /// <param name="tag">16 bytes: the person's tag of one year.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<IReadOnlyList<PersonRecord>> FindAsync(ReadOnlyMemory<byte> tag, int limit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(tag.Length, TagSize);
        await using var connection = await _open(cancellation);
        while (true)
        {
            // A merge may replace runs while they are read: what was read counts only if they are still the same.
            var runs = await RunsAsync(connection, cancellation);
            var found = new SortedSet<PersonRecord>();
            foreach (var run in runs)
            {
                await FindInRunAsync(connection, run, tag, found, cancellation);
            }

            await foreach (var (serial, subjects) in TagsAsync(connection, EndOf(runs), long.MaxValue, cancellation))
            {
                found.UnionWith(Positions(subjects, tag.Span).Select(position => new PersonRecord(serial, position)));
            }

            if (runs.SequenceEqual(await RunsAsync(connection, cancellation)))
            {
                return [.. found.Take(limit)];
            }
        }
    }

    /// <summary>Throws the index away; <see cref="BuildAsync"/> makes it again from the records.</summary>
    public async Task ForgetAsync(CancellationToken cancellation)
    {
        await using var connection = await _open(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await connection.ExecuteAsync(Command("DELETE FROM person_chunk WHERE shard = @shard", new { shard = _shard }, transaction, cancellation));
        await connection.ExecuteAsync(Command("DELETE FROM person_run WHERE shard = @shard", new { shard = _shard }, transaction, cancellation));
        await transaction.CommitAsync(cancellation);
    }

    private static long EndOf(IReadOnlyList<Run> runs) => runs.Count == 0 ? 0 : runs.Max(run => run.end_serial);

    private async Task FindInRunAsync(
        DbConnection connection, Run run, ReadOnlyMemory<byte> tag, SortedSet<PersonRecord> found, CancellationToken cancellation)
    {
        // The first chunk that may hold the tag is the last one that begins before it; further ones begin with it.
        byte[] from = [.. tag.Span, .. new byte[KeySize - TagSize]];
        byte[] to = [.. tag.Span, .. Enumerable.Repeat((byte)0xFF, KeySize - TagSize)];
        var chunks = await connection.QueryAsync<byte[]>(Command(
            EntrySql.SelectChunks, new { shard = _shard, run = run.run, from, to }, null, cancellation));
        foreach (var key in chunks.SelectMany(Keys))
        {
            if (key.AsSpan(0, TagSize).SequenceEqual(tag.Span))
            {
                found.Add(new PersonRecord(
                    BinaryPrimitives.ReadInt64BigEndian(key.AsSpan(TagSize)), BinaryPrimitives.ReadUInt16BigEndian(key.AsSpan(TagSize + sizeof(long)))));
            }
        }
    }

    private async Task<IReadOnlyList<Run>> RunsAsync(DbConnection connection, CancellationToken cancellation) =>
        [.. (await AllRunsAsync(connection, cancellation)).Where(run => run.level != Unfinished)];

    private Task<IEnumerable<Run>> AllRunsAsync(DbConnection connection, CancellationToken cancellation) =>
        connection.QueryAsync<Run>(Command(EntrySql.SelectRuns, new { shard = _shard }, null, cancellation));

    /// <summary>The subjects of the approvals between two serials.</summary>
    private async IAsyncEnumerable<(long Serial, SubjectRecords Subjects)> TagsAsync(
        DbConnection connection, long from, long end, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        while (from < end)
        {
            var rows = (await connection.QueryAsync<(long Serial, byte[]? Subjects)>(Command(
                EntrySql.SelectApproved, new { shard = _shard, from, end, approved = (int)AccessEvent.Approved, count = ReadAtOnce }, null, cancellation))).AsList();
            if (rows.Count == 0)
            {
                yield break;
            }

            foreach (var (serial, subjects) in rows)
            {
                if (subjects is not null)
                {
                    yield return (serial, SubjectRecords.Parser.ParseFrom(subjects));
                }
            }

            from = rows[^1].Serial + 1;
        }
    }

    private static List<int> Positions(SubjectRecords subjects, ReadOnlySpan<byte> tag)
    {
        var positions = new List<int>();
        for (var position = 0; position < subjects.Subjects.Count; position++)
        {
            if (subjects.Subjects[position].Tag.Span.SequenceEqual(tag))
            {
                positions.Add(position);
            }
        }

        return positions;
    }

    private static byte[] Key(ReadOnlySpan<byte> tag, long serial, int position)
    {
        var key = new byte[KeySize];
        tag.CopyTo(key);
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(TagSize), serial);
        BinaryPrimitives.WriteUInt16BigEndian(key.AsSpan(TagSize + sizeof(long)), (ushort)position);
        return key;
    }

    private static IEnumerable<byte[]> Keys(byte[] chunk)
    {
        for (var at = 0; at < chunk.Length; at += KeySize)
        {
            yield return chunk[at..(at + KeySize)];
        }
    }

    private static CommandDefinition Command(string sql, object? parameters, DbTransaction? transaction, CancellationToken cancellation) =>
        new(sql, parameters, transaction, cancellationToken: cancellation);

#pragma warning disable IDE1006 // Columns' own names.
    private sealed record Run(long run, int level, long first_serial, long end_serial)
    {
        public Run(long run, long level, long first_serial, long end_serial)
            : this(run, (int)level, first_serial, end_serial)
        {
        }
    }
#pragma warning restore IDE1006
}

/// <summary>Where a person stands in the log: an entry's serial, and the subject's position in it.</summary>
public readonly record struct PersonRecord(long Serial, int Position) : IComparable<PersonRecord>
{
    public int CompareTo(PersonRecord other) => (Serial, Position).CompareTo((other.Serial, other.Position));

    public static bool operator <(PersonRecord left, PersonRecord right) => left.CompareTo(right) < 0;

    public static bool operator >(PersonRecord left, PersonRecord right) => left.CompareTo(right) > 0;

    public static bool operator <=(PersonRecord left, PersonRecord right) => left.CompareTo(right) <= 0;

    public static bool operator >=(PersonRecord left, PersonRecord right) => left.CompareTo(right) >= 0;
}
