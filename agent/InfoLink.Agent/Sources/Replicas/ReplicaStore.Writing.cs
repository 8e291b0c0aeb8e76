using Dapper;
using Microsoft.Data.Sqlite;

namespace InfoLink.Agent.Sources.Replicas;

internal sealed partial class ReplicaStore
{
    /// <summary>Rows of one transaction: of those that come, and of those that go.</summary>
    private const int Page = 20_000;

    /// <summary>Begins a delivery that nobody sees yet.</summary>
    public Staging Stage(DeliveryRow delivery)
    {
        var connection = Connect();
        try
        {
            var number = connection.QuerySingle<long>(
                """
                INSERT INTO delivery(source, state, begun_ms, as_of_ms, columns, operator, salt, proof)
                VALUES (@Source, @State, @BegunMs, @AsOfMs, @Columns, @Operator, @Salt, @Proof) RETURNING number
                """,
                delivery);
            return new Staging(connection, number);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Puts a staged delivery in the place of the one in use, which is kept, with as many behind it as <paramref name="keep"/> says; the others go.</summary>
    /// <exception cref="InvalidOperationException">The delivery is not staged any more, or what it was held against is not in use any more.</exception>
    public void Switch(long number, DeliveryRow? before, long rows, byte[] sha256, int keep, DateTimeOffset now)
    {
        using var connection = Connect();
        using var transaction = connection.BeginTransaction(deferred: false);
        var source = connection.QuerySingleOrDefault<string>("SELECT source FROM delivery WHERE number = @number AND state = @Staged", new { number, DeliveryState.Staged }, transaction);
        if (source is null || InUse(connection, transaction, source)?.Number != before?.Number)
        {
            throw new InvalidOperationException("What this source answers from has changed meanwhile. Import the file again.");
        }

        connection.Execute("UPDATE delivery SET state = @Kept WHERE source = @source AND state = @InUse", new { source, DeliveryState.Kept, DeliveryState.InUse }, transaction);
        connection.Execute(
            "UPDATE delivery SET state = @InUse, imported_ms = @now, rows = @rows, sha256 = @sha256 WHERE number = @number",
            new { number, rows, sha256, now = now.ToUnixTimeMilliseconds(), DeliveryState.InUse },
            transaction);

        // Without its salt nobody reads it any more, however long its rows take to go.
        connection.Execute(
            """
            UPDATE delivery SET state = @Replaced, salt = NULL WHERE number IN (
              SELECT number FROM delivery WHERE source = @source AND state = @Kept ORDER BY number DESC LIMIT -1 OFFSET @keep)
            """,
            new { source, keep, DeliveryState.Replaced, DeliveryState.Kept },
            transaction);
        transaction.Commit();
    }

    /// <summary>Takes the delivery in use away for good, and goes back to the newest that is kept, if any.</summary>
    /// <exception cref="InvalidOperationException">What is in use has changed meanwhile.</exception>
    public void Recall(DeliveryRow inUse)
    {
        using var connection = Connect();
        using var transaction = connection.BeginTransaction(deferred: false);
        if (connection.Execute("UPDATE delivery SET state = @Recalled, salt = NULL WHERE number = @Number AND state = @InUse", new { inUse.Number, DeliveryState.Recalled, DeliveryState.InUse }, transaction) != 1)
        {
            throw new InvalidOperationException("What this source answers from has changed meanwhile. Look again: infolink-agent replica status.");
        }

        connection.Execute(
            "UPDATE delivery SET state = @InUse WHERE number = (SELECT MAX(number) FROM delivery WHERE source = @Source AND state = @Kept)",
            new { inUse.Source, DeliveryState.InUse, DeliveryState.Kept },
            transaction);
        transaction.Commit();
    }

    /// <summary>A delivery that did not come into use is nothing.</summary>
    public void BreakOff(long number)
    {
        using var connection = Connect();
        connection.Execute("UPDATE delivery SET state = @BrokenOff, salt = NULL WHERE number = @number AND state = @Staged", new { number, DeliveryState.BrokenOff, DeliveryState.Staged });
    }

    /// <summary>Overwrites the rows of deliveries that are gone, in the file and in its write-ahead log.</summary>
    public void Sweep()
    {
        using var connection = Connect();
        var gone = connection.Query<long>(
            "SELECT number FROM delivery WHERE salt IS NULL AND EXISTS (SELECT 1 FROM sealed_row WHERE delivery = number)").ToList();
        foreach (var number in gone)
        {
            while (connection.Execute("DELETE FROM sealed_row WHERE delivery = @number AND (tag, slot) IN (SELECT tag, slot FROM sealed_row WHERE delivery = @number LIMIT @Page)", new { number, Page }) > 0)
            {
                // The next page.
            }
        }

        connection.Execute(
            "DELETE FROM delivery WHERE state = @BrokenOff OR (salt IS NULL AND number <= (SELECT MAX(number) FROM delivery AS newest WHERE newest.source = delivery.source) - @MostRemembered)",
            new { DeliveryState.BrokenOff, MostRemembered });
        if (gone.Count > 0)
        {
            connection.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        }
    }

    /// <summary>A delivery that is being written. Whoever made it ends it: <see cref="Switch"/>, or <see cref="BreakOff"/>.</summary>
    internal sealed class Staging(SqliteConnection connection, long number) : IDisposable
    {
        private readonly List<(byte[] Tag, byte[] Content, ReplicaRow Row)> _page = new(Page);

        public long Number => number;

        /// <summary>Adds a row; at the end of a page all of it is written.</summary>
        /// <param name="tag">Of person and tax year.</param>
        /// <param name="content">The sealed row.</param>
        /// <param name="row">The row.</param>
        /// <param name="hasPeriods">A tag may have several rows.</param>
        /// <param name="twice">Told of a row whose tag another row has.</param>
        public void Add(byte[] tag, byte[] content, ReplicaRow row, bool hasPeriods, Action<ReplicaRow> twice)
        {
            _page.Add((tag, content, row));
            if (_page.Count == Page)
            {
                Write(hasPeriods, twice);
            }
        }

        /// <summary>Writes what has not been written.</summary>
        public void Write(bool hasPeriods, Action<ReplicaRow> twice)
        {
            // In the order of the table, so that each of its pages is touched once: the order of the file would tell who is who.
            _page.Sort((one, other) => one.Tag.AsSpan().SequenceCompareTo(other.Tag) is var order and not 0 ? order : one.Row.Line.CompareTo(other.Row.Line));
            connection.Execute("PRAGMA synchronous=NORMAL"); // What comes into use is made durable by the transaction that puts it there, with all that was written before.
            using (var transaction = connection.BeginTransaction(deferred: false))
            {
                using var insert = connection.CreateCommand();
                insert.Transaction = transaction;
                insert.CommandText = hasPeriods
                    ? "INSERT INTO sealed_row(delivery, tag, slot, content) VALUES (@delivery, @tag, (SELECT COUNT(*) FROM sealed_row WHERE delivery = @delivery AND tag = @tag), @content)"
                    : "INSERT INTO sealed_row(delivery, tag, slot, content) VALUES (@delivery, @tag, 0, @content) ON CONFLICT DO NOTHING";
                insert.Parameters.AddWithValue("@delivery", number);
                var (tag, content) = (insert.Parameters.Add("@tag", SqliteType.Blob), insert.Parameters.Add("@content", SqliteType.Blob));
                foreach (var each in _page)
                {
                    (tag.Value, content.Value) = (each.Tag, each.Content);
                    if (insert.ExecuteNonQuery() == 0)
                    {
                        twice(each.Row);
                    }
                }

                transaction.Commit();
            }

            _page.Clear();
        }

        /// <summary>The one row that stands under a tag.</summary>
        public byte[] First(byte[] tag) => connection.QuerySingle<byte[]>("SELECT content FROM sealed_row WHERE delivery = @number AND tag = @tag AND slot = 0", new { number, tag });

        /// <summary>The rows of each tag that has several.</summary>
        public IEnumerable<(byte[] Tag, IReadOnlyList<byte[]> Contents)> Several()
        {
            var several = connection.Query<(byte[] Tag, byte[] Content)>(
                """
                SELECT tag, content FROM sealed_row AS one
                WHERE delivery = @number AND EXISTS (SELECT 1 FROM sealed_row AS other WHERE other.delivery = @number AND other.tag = one.tag AND other.slot = 1) ORDER BY tag, slot
                """,
                new { number },
                buffered: false); // In the order of the table: nothing is gathered first.
            (byte[] Tag, List<byte[]> Contents) group = ([], []);
            foreach (var (tag, content) in several)
            {
                if (!tag.AsSpan().SequenceEqual(group.Tag))
                {
                    if (group.Contents.Count > 0)
                    {
                        yield return group;
                    }

                    group = (tag, []);
                }

                group.Contents.Add(content);
            }

            if (group.Contents.Count > 0)
            {
                yield return group;
            }
        }

        public void Dispose() => connection.Dispose();
    }
}
