using System.Data.Common;
using System.Security.Cryptography;
using Dapper;
using InfoLink.Contracts.Identifiers;
using InfoLink.Transparency.Postgres;
using Microsoft.Data.Sqlite;

namespace InfoLink.Numbering.Corporations;

/// <summary>
/// The register of corporate numbers: public, so in a file of its own beside the conversion table, which more than one process may have open; or in the
/// authority's PostgreSQL. What an entry said before stays on record.
/// </summary>
internal sealed class CorporateRegister(DbDataSource database, TimeProvider time) : IAsyncDisposable
{
    /// <summary>Where numbers are drawn for those that are in no company register: no registry office's digits begin so.</summary>
    private const ulong DrawnFrom = 900_000_000_000;

    private const string Tables = """
        CREATE TABLE IF NOT EXISTS corporation(
          number    BIGINT PRIMARY KEY,
          reference TEXT UNIQUE,
          name      TEXT NOT NULL,
          kana      TEXT NOT NULL,
          address   TEXT NOT NULL,
          name_key  TEXT {binary} NOT NULL,
          kana_key  TEXT {binary} NOT NULL,
          since_ms  BIGINT NOT NULL);
        CREATE INDEX IF NOT EXISTS corporation_name ON corporation(name_key);
        CREATE INDEX IF NOT EXISTS corporation_kana ON corporation(kana_key);
        CREATE TABLE IF NOT EXISTS corporation_former(
          number   BIGINT NOT NULL,
          until_ms BIGINT NOT NULL,
          since_ms BIGINT NOT NULL,
          name     TEXT NOT NULL,
          kana     TEXT NOT NULL,
          address  TEXT NOT NULL);
        CREATE INDEX IF NOT EXISTS corporation_former_number ON corporation_former(number, until_ms);
        """;

    private const string Columns = "number AS Number, name AS Name, kana AS Kana, address AS Address, since_ms AS SinceMs";

    /// <exception cref="InvalidOperationException">It cannot be opened.</exception>
    public static CorporateRegister Open(NumberingOptions options, TimeProvider time)
    {
        var register = new CorporateRegister(
            options.Postgres.Length > 0
                ? PostgresDatabase.Open(options.Postgres, TimeSpan.FromSeconds(30))
                : SqliteFactory.Instance.CreateDataSource(new SqliteConnectionStringBuilder { DataSource = options.Member.DataFile("corporations.db"), DefaultTimeout = 10 }.ToString()),
            time);
        try
        {
            using var connection = register.Connect();
            connection.Execute(connection is SqliteConnection
                ? Tables.Replace("{binary}", "", StringComparison.Ordinal)
                : PostgresDatabase.Making("corporations", Tables.Replace("{binary}", "COLLATE \"C\"", StringComparison.Ordinal)));
            return register;
        }
        catch (DbException fault)
        {
            throw new InvalidOperationException($"The register of corporate numbers cannot be opened: {fault.Message}", fault);
        }
    }

    /// <summary>Enters a corporation, or what is new about it. Safe to repeat; one that is in no company register is known again by its reference.</summary>
    public async Task<Registered> RegisterAsync(CorporateEntry entry, CancellationToken cancellation)
    {
        await using var connection = Connect();
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var held = entry.Number is { } known
            ? await FindAsync("number = @key", (long)known.Base)
            : await FindAsync("reference = @key", entry.Reference);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        if (held is null)
        {
            var number = entry.Number ?? await DrawAsync(connection, transaction);
            var entered = await connection.ExecuteAsync(Command(
                """
                INSERT INTO corporation(number, reference, name, kana, address, name_key, kana_key, since_ms)
                VALUES (@number, @reference, @name, @kana, @address, @nameKey, @kanaKey, @now) ON CONFLICT DO NOTHING
                """,
                Values((long)number.Base)));
            await transaction.CommitAsync(CancellationToken.None);
            return entered == 1 ? new Registered(number, Registration.Entered) : await RegisterAsync(entry, cancellation); // Another process was faster.
        }

        if (held.Says(entry))
        {
            return new Registered(held.ToNumber(), Registration.Unchanged);
        }

        await connection.ExecuteAsync(Command(
            """
            INSERT INTO corporation_former(number, until_ms, since_ms, name, kana, address)
            SELECT number, @now, since_ms, name, kana, address FROM corporation WHERE number = @number
            """,
            new { now, number = held.Number }));
        await connection.ExecuteAsync(Command(
            "UPDATE corporation SET name = @name, kana = @kana, address = @address, name_key = @nameKey, kana_key = @kanaKey, since_ms = @now WHERE number = @number",
            Values(held.Number)));
        await transaction.CommitAsync(CancellationToken.None);
        return new Registered(held.ToNumber(), Registration.Changed);

        CommandDefinition Command(string sql, object values) => new(sql, values, transaction, cancellationToken: cancellation);

        Task<Row?> FindAsync(string by, object? key) =>
            connection.QuerySingleOrDefaultAsync<Row?>(Command($"SELECT {Columns} FROM corporation WHERE {by}{(connection is SqliteConnection ? "" : " FOR UPDATE")}", new { key }));

        object Values(long number) => new
        {
            number,
            reference = entry.Reference,
            name = entry.Name,
            kana = entry.Kana,
            address = entry.Address,
            nameKey = SearchText.Of(entry.Name),
            kanaKey = SearchText.Of(entry.Kana),
            now,
        };
    }

    public async Task<Corporation?> FindAsync(CorporateNumber number, CancellationToken cancellation)
    {
        await using var connection = Connect();
        var row = await connection.QuerySingleOrDefaultAsync<Row?>(new CommandDefinition(
            $"SELECT {Columns} FROM corporation WHERE number = @number", new { number = (long)number.Base }, cancellationToken: cancellation));
        return row?.ToCorporation();
    }

    /// <summary>What the entry said before, newest first, a hundred at most.</summary>
    public async Task<IReadOnlyList<Corporation>> FormerAsync(CorporateNumber number, CancellationToken cancellation)
    {
        await using var connection = Connect();
        var rows = await connection.QueryAsync<Row>(new CommandDefinition(
            $"SELECT {Columns} FROM corporation_former WHERE number = @number ORDER BY until_ms DESC, since_ms DESC LIMIT 100",
            new { number = (long)number.Base },
            cancellationToken: cancellation));
        return [.. rows.Select(row => row.ToCorporation())];
    }

    /// <summary>By name or reading, ascending by number.</summary>
    /// <param name="text">As typed; see <see cref="SearchText"/>.</param>
    /// <param name="anywhere">False: names that begin so, which an index finds; true: the whole register is read.</param>
    /// <param name="after">The last number of the page before.</param>
    /// <param name="atMost">Rows.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<IReadOnlyList<Corporation>> SearchAsync(string text, bool anywhere, CorporateNumber? after, int atMost, CancellationToken cancellation)
    {
        var key = SearchText.Of(text);
        if (key.Length == 0)
        {
            return [];
        }

        await using var connection = Connect();
        var where = anywhere
            ? "(name_key LIKE @pattern ESCAPE '!' OR kana_key LIKE @pattern ESCAPE '!')"
            : "((name_key >= @key AND name_key < @end) OR (kana_key >= @key AND kana_key < @end))";
        var rows = await connection.QueryAsync<Row>(new CommandDefinition(
            $"SELECT {Columns} FROM corporation WHERE {where} AND number > @after ORDER BY number LIMIT @atMost",
            new
            {
                key,
                end = key + "\U0010FFFF",
                pattern = $"%{key.Replace("!", "!!", StringComparison.Ordinal).Replace("%", "!%", StringComparison.Ordinal).Replace("_", "!_", StringComparison.Ordinal)}%",
                after = after is null ? -1L : (long)after.Base,
                atMost,
            },
            cancellationToken: cancellation));
        return [.. rows.Select(row => row.ToCorporation())];
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    private static async Task<CorporateNumber> DrawAsync(DbConnection connection, DbTransaction transaction)
    {
        while (true)
        {
            var drawn = DrawnFrom + ((ulong)RandomNumberGenerator.GetInt32(100_000) * 1_000_000) + (ulong)RandomNumberGenerator.GetInt32(1_000_000);
            if (await connection.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM corporation WHERE number = @number", new { number = (long)drawn }, transaction) == 0)
            {
                return CorporateNumber.FromBase(drawn);
            }
        }
    }

    private DbConnection Connect()
    {
        var connection = database.OpenConnection();
        if (connection is SqliteConnection)
        {
            connection.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
        }

        return connection;
    }

    private sealed class Row
    {
        public long Number { get; set; }

        public string Name { get; set; } = "";

        public string Kana { get; set; } = "";

        public string Address { get; set; } = "";

        public long SinceMs { get; set; }

        public CorporateNumber ToNumber() => CorporateNumber.FromBase((ulong)Number);

        public Corporation ToCorporation() => new(ToNumber(), Name, Kana, Address, DateTimeOffset.FromUnixTimeMilliseconds(SinceMs));

        public bool Says(CorporateEntry entry) => (Name, Kana, Address) == (entry.Name, entry.Kana, entry.Address);
    }
}

/// <summary>A corporation as the register has it.</summary>
internal sealed record Corporation(CorporateNumber Number, string Name, string Kana, string Address, DateTimeOffset Since);

/// <summary>A corporation that is to be entered.</summary>
/// <param name="Number">Null: it is in no company register, and gets a number that is drawn.</param>
/// <param name="Reference">Whoever has no number yet is known again by it.</param>
/// <param name="Name">As registered.</param>
/// <param name="Kana">Its reading.</param>
/// <param name="Address">Of the head office.</param>
internal sealed record CorporateEntry(CorporateNumber? Number, string? Reference, string Name, string Kana, string Address)
{
    /// <summary>The number for a company's twelve digits (会社法人等番号); null: they are kept for those that are drawn.</summary>
    public static CorporateNumber? OfCompany(ulong twelveDigits) => twelveDigits < 900_000_000_000 ? CorporateNumber.FromBase(twelveDigits) : null;
}

/// <summary>What became of an entry.</summary>
internal enum Registration
{
    Entered,
    Changed,
    Unchanged,
}

internal sealed record Registered(CorporateNumber Number, Registration What);
