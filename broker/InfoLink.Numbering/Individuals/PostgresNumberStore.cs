using System.Data;
using Dapper;
using InfoLink.Transparency.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace InfoLink.Numbering.Individuals;

/// <summary>The conversion table in PostgreSQL 14 or later, for any number of processes of the authority. Many rows go as one statement.</summary>
internal sealed class PostgresNumberStore : INumberStore
{
    private const int MostTries = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly NpgsqlDataSource _database;

    private PostgresNumberStore(NpgsqlDataSource database) => _database = database;

    /// <param name="connectionString">Npgsql's.</param>
    /// <param name="keyCheck">Of the key that the table is under.</param>
    /// <exception cref="InvalidOperationException">It cannot be used, or is under another key. Never shows the connection string.</exception>
    public static PostgresNumberStore Open(string connectionString, byte[] keyCheck)
    {
        var store = new PostgresNumberStore(PostgresDatabase.Open(connectionString, Patience));
        try
        {
            using var connection = store._database.OpenConnection();
            using var transaction = connection.BeginTransaction();
            connection.Execute(
                PostgresDatabase.Making("numbering", NumberSql.Tables
                    .Replace("{key}", "BIGINT PRIMARY KEY", StringComparison.Ordinal)
                    .Replace("{bytes}", "BYTEA", StringComparison.Ordinal)
                    .Replace("{unrowed}", "", StringComparison.Ordinal)
                    .Replace("{serial}", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", StringComparison.Ordinal)),
                transaction: transaction);
            StoreMark.Require(connection, keyCheck, "PostgreSQL", transaction);
            transaction.Commit();
            return store;
        }
        catch (Exception fault)
        {
            store._database.Dispose();
            throw fault is NpgsqlException ? new InvalidOperationException($"The conversion table cannot be opened in PostgreSQL: {fault.Message}", fault) : fault;
        }
    }

    public async Task<T> ChangeAsync<T>(Func<INumberRows, Task<T>> work, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var connection = await _database.OpenConnectionAsync(cancellation);
                await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellation);
                var rows = new Rows(connection, transaction, cancellation);
                var result = await work(rows);
                if (!rows.IsGivenUp)
                {
                    // Not to be cancelled: whoever asks must know whether it is there.
                    await transaction.CommitAsync(CancellationToken.None);
                }

                return result;
            }
            catch (PostgresException fault) when (attempt < MostTries && fault.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure)
            {
                // Two processes stood in each other's way, and all of this one was undone.
            }
        }
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    private sealed class Rows(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellation)
        : NumberRows(connection, transaction, cancellation)
    {
        private const string EnterNumbers = """
            INSERT INTO number(number, person, ground, given_ms, change_id, case_reference)
            SELECT * FROM unnest(@numbers, @persons, @grounds, @given, @changeIds, @caseReferences) ON CONFLICT DO NOTHING RETURNING number
            """;

        private const string EnterCodes = """
            INSERT INTO code(tag, sealed, person, since_ms)
            SELECT * FROM unnest(@tags, @sealed, @persons, @since) ON CONFLICT DO NOTHING RETURNING tag
            """;

        private const string Queue = """
            INSERT INTO notice(number, addressee, state, sendings, since_ms)
            SELECT number, addressee, 1, 0, since FROM unnest(@numbers, @addressees, @since) WITH ORDINALITY AS new(number, addressee, since, place) ORDER BY place
            """;

        public override async Task<IReadOnlyList<KnownCode>> FindAsync(IReadOnlyCollection<RecordTag> tags)
        {
            await using var command = Make(NumberSql.Known + " WHERE c.tag = ANY(@tags)");
            command.Parameters.Add(new("tags", NpgsqlDbType.Array | NpgsqlDbType.Bytea) { Value = tags.Select(tag => tag.ToBytes()).ToArray() });
            var found = new List<KnownCode>();
            await using var reader = await command.ExecuteReaderAsync(Cancellation);
            while (await reader.ReadAsync(Cancellation))
            {
                found.Add(new KnownCode(
                    RecordTag.FromBytes(reader.GetFieldValue<byte[]>(0)), (ulong)reader.GetInt64(1), await reader.IsDBNullAsync(2, Cancellation), (ulong)reader.GetInt64(3)));
            }

            return found;
        }

        public override async Task<IReadOnlySet<ulong>> EnterNumbersAsync(IReadOnlyCollection<NewNumber> numbers)
        {
            NewNumber[] rows = [.. numbers.OrderBy(row => row.Number)]; // One order for all, as for codes.
            await using var command = Make(EnterNumbers);
            Longs(command, "numbers", rows.Select(row => (long)row.Number));
            Longs(command, "persons", rows.Select(row => (long)row.Person));
            Longs(command, "grounds", rows.Select(row => (long)row.Ground));
            Longs(command, "given", rows.Select(row => row.At.ToUnixTimeMilliseconds()));
            command.Parameters.Add(new("changeIds", NpgsqlDbType.Array | NpgsqlDbType.Bytea) { Value = rows.Select(row => row.ChangeId).ToArray() });
            command.Parameters.Add(new("caseReferences", NpgsqlDbType.Array | NpgsqlDbType.Text) { Value = rows.Select(row => row.CaseReference).ToArray() });
            var entered = new HashSet<ulong>();
            await using var reader = await command.ExecuteReaderAsync(Cancellation);
            while (await reader.ReadAsync(Cancellation))
            {
                entered.Add((ulong)reader.GetInt64(0));
            }

            return entered;
        }

        public override async Task<IReadOnlySet<RecordTag>> EnterCodesAsync(IReadOnlyCollection<NewCode> codes)
        {
            NewCode[] rows = [.. codes.OrderBy(row => row.Tag, Comparer<RecordTag>.Create(RecordTag.Compare))]; // No two processes wait for each other crosswise.
            await using var command = Make(EnterCodes);
            command.Parameters.Add(new("tags", NpgsqlDbType.Array | NpgsqlDbType.Bytea) { Value = rows.Select(row => row.Tag.ToBytes()).ToArray() });
            command.Parameters.Add(new("sealed", NpgsqlDbType.Array | NpgsqlDbType.Bytea) { Value = rows.Select(row => row.Sealed).ToArray() });
            Longs(command, "persons", rows.Select(row => (long)row.Person));
            Longs(command, "since", rows.Select(row => row.At.ToUnixTimeMilliseconds()));
            var entered = new HashSet<RecordTag>();
            await using var reader = await command.ExecuteReaderAsync(Cancellation);
            while (await reader.ReadAsync(Cancellation))
            {
                entered.Add(RecordTag.FromBytes(reader.GetFieldValue<byte[]>(0)));
            }

            return entered;
        }

        public override async Task QueueAsync(IReadOnlyCollection<NewNotice> notices)
        {
            await using var command = Make(Queue);
            Longs(command, "numbers", notices.Select(row => (long)row.Number));
            command.Parameters.Add(new("addressees", NpgsqlDbType.Array | NpgsqlDbType.Text) { Value = notices.Select(row => row.Addressee).ToArray() });
            Longs(command, "since", notices.Select(row => row.At.ToUnixTimeMilliseconds()));
            await command.ExecuteNonQueryAsync(Cancellation);
        }

        private NpgsqlCommand Make(string sql) => new(sql, connection, transaction);

        private static void Longs(NpgsqlCommand command, string name, IEnumerable<long> values) =>
            command.Parameters.Add(new(name, NpgsqlDbType.Array | NpgsqlDbType.Bigint) { Value = values.ToArray() });
    }
}
