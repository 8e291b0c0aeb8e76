using InfoLink.Audit.Bundles;
using InfoLink.Contracts.Identifiers;
using InfoLink.V1;
using Microsoft.Data.Sqlite;

namespace InfoLink.Audit.Reconciling;

/// <summary>
/// All records of all bundles as short rows in a database of its own on disk, so that millions are sorted by exchange without lying in memory.
/// It holds hashes and names of agencies; it goes when the reconciliation ends.
/// </summary>
internal sealed class ExchangeTable : IDisposable
{
    /// <summary>Records of one exchange that are looked at; an honest one has about ten.</summary>
    public const int MaxRecords = 1000;

    private const string Schema = """
        PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-32768; PRAGMA temp_store=FILE;
        CREATE TABLE record(exchange BLOB, log INTEGER, serial INTEGER, event INTEGER, time INTEGER, link BLOB, fields BLOB, question BLOB,
          answers BLOB, count INTEGER, requester TEXT, provider TEXT, refusal INTEGER);
        CREATE TABLE asked(leaf BLOB, log INTEGER, serial INTEGER, time INTEGER, question BLOB, requester TEXT);
        """;

    private readonly DirectoryInfo _folder;
    private readonly SqliteConnection _database;
    private readonly SqliteCommand _insert;
    private readonly SqliteCommand _insertAsked;
    private SqliteCommand? _findAsked;
    private SqliteCommand? _findReuse;
    private SqliteTransaction? _transaction;

    public ExchangeTable()
    {
        _folder = Directory.CreateTempSubdirectory("infolink-audit-"); // For this user only.
        _database = new SqliteConnection($"Data Source={Path.Combine(_folder.FullName, "exchanges.db")};Pooling=False");
        _database.Open();
        Execute(Schema);
        _insert = Prepare(
            "INSERT INTO record VALUES (@1, @2, @3, @4, @5, @6, @7, @8, @9, @10, @11, @12, @13)", 13);
        _insertAsked = Prepare("INSERT INTO asked VALUES (@1, @2, @3, @4, @5, @6)", 6);
    }

    public long Records { get; private set; }

    /// <summary>Begins the rows of one log.</summary>
    public void Begin()
    {
        _transaction = _database.BeginTransaction();
        _insert.Transaction = _insertAsked.Transaction = _transaction;
    }

    public void End()
    {
        _transaction?.Commit();
        _transaction?.Dispose();
        _transaction = null;
    }

    public void Add(int log, VerifiedRecord record)
    {
        Records++;
        var open = record.Open;
        if (open.Event == AccessEvent.Asked)
        {
            Run(_insertAsked, record.LeafHash.ToArray(), log, record.Serial, open.TimeMs, Fingerprint.Of(Fingerprint.Question(open)), open.Requester);
        }
        else if (open.ExchangeId.Length == ExchangeId.Size)
        {
            Run(
                _insert, open.ExchangeId.ToByteArray(), log, record.Serial, (int)open.Event, open.TimeMs, open.RequestCommitment.ToByteArray(),
                Fingerprint.Of(Fingerprint.Common(open)), Fingerprint.Of(Fingerprint.Question(open)), Fingerprint.Of(record.Subjects), (long)open.Count,
                open.Requester, open.Provider, (int)open.Refusal);
        }
    }

    /// <summary>Every exchange once, with its records by time.</summary>
    public IEnumerable<IReadOnlyList<ExchangeRow>> Exchanges()
    {
        Execute("CREATE INDEX asked_leaf ON asked(leaf)");
        Execute($"""
            CREATE TABLE reused AS SELECT link, MIN(time) AS first FROM record WHERE event = {(int)AccessEvent.Approved}
            GROUP BY link HAVING COUNT(DISTINCT exchange) > 1;
            CREATE INDEX reused_link ON reused(link)
            """);
        _findAsked = Prepare("SELECT log, serial, time, question, requester FROM asked WHERE leaf = @1 LIMIT 1", 1);
        _findReuse = Prepare("SELECT first FROM reused WHERE link = @1", 1);
        using var command = _database.CreateCommand();
        command.CommandText = """
            SELECT exchange, log, serial, event, time, link, fields, question, answers, count, requester, provider, refusal
            FROM record ORDER BY exchange, time, log, serial
            """;
        using var rows = command.ExecuteReader();
        var group = new List<ExchangeRow>();
        while (rows.Read())
        {
            var row = new ExchangeRow(
                ExchangeId.FromBytes((byte[])rows[0]), rows.GetInt32(1), rows.GetInt64(2), (AccessEvent)rows.GetInt32(3), rows.GetInt64(4), (byte[])rows[5],
                (byte[])rows[6], (byte[])rows[7], (byte[])rows[8], rows.GetInt64(9), rows.GetString(10), rows.GetString(11), (RefusalName)rows.GetInt32(12));
            if (group.Count > 0 && group[0].Exchange != row.Exchange)
            {
                yield return group;
                group = [];
            }

            if (group.Count < MaxRecords)
            {
                group.Add(row);
            }
        }

        if (group.Count > 0)
        {
            yield return group;
        }
    }

    /// <summary>The ASKED record with this leaf hash; null where no bundle has it.</summary>
    public AskedRow? FindAsked(byte[] leaf)
    {
        _findAsked!.Parameters[0].Value = leaf;
        using var row = _findAsked.ExecuteReader();
        return row.Read() ? new AskedRow(row.GetInt32(0), row.GetInt64(1), row.GetInt64(2), (byte[])row[3], row.GetString(4)) : null;
    }

    /// <summary>Is there an earlier approval of another exchange with the same request commitment?</summary>
    public bool IsReused(ExchangeRow approval)
    {
        _findReuse!.Parameters[0].Value = approval.Link;
        return _findReuse.ExecuteScalar() is long first && approval.TimeMs > first;
    }

    public void Dispose()
    {
        _insert.Dispose();
        _insertAsked.Dispose();
        _findAsked?.Dispose();
        _findReuse?.Dispose();
        _transaction?.Dispose();
        _database.Dispose();
        _folder.Delete(recursive: true);
    }

    private void Execute(string sql)
    {
        using var command = _database.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private SqliteCommand Prepare(string sql, int parameters)
    {
        var command = _database.CreateCommand();
        command.CommandText = sql;
        for (var i = 1; i <= parameters; i++)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = $"@{i}" });
        }

        return command;
    }

    private static void Run(SqliteCommand command, params ReadOnlySpan<object> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i];
        }

        command.ExecuteNonQuery();
    }
}

/// <summary>
/// A record as it is joined. Link is its request commitment; Fields, Question and Answers are hashes (<see cref="Fingerprint"/>) of what must be
/// equal, of what was asked, and of what came of each subject.
/// </summary>
internal sealed record ExchangeRow(
    ExchangeId Exchange, int Log, long Serial, AccessEvent Event, long TimeMs, byte[] Link, byte[] Fields, byte[] Question, byte[] Answers,
    long Count, string Requester, string Provider, RefusalName Refusal);

/// <summary>An ASKED record.</summary>
internal sealed record AskedRow(int Log, long Serial, long TimeMs, byte[] Question, string Requester);
