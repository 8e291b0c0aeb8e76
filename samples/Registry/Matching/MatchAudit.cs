using InfoLink.V1;
using Microsoft.Data.Sqlite;

namespace InfoLink.Samples.Registry.Matching;

/// <summary>How many of a call's persons got which verdict.</summary>
/// <param name="Matched">One person each.</param>
/// <param name="Ambiguous">A human must look.</param>
/// <param name="NotFound">Nobody.</param>
public sealed record VerdictCounts(int Matched, int Ambiguous, int NotFound);

/// <summary>One call that was answered.</summary>
public sealed record AuditRow(DateTimeOffset At, string Agency, MatchPurpose Purpose, VerdictCounts Counts);

/// <summary>
/// Which agency had how many persons compared, when and for what: in a file of its own, append-only (the file's own triggers refuse anything else), durable before an answer leaves. It holds no
/// attribute, no code, and of no person anything.
/// </summary>
public sealed class MatchAudit : IDisposable
{
    private const string Tables = """
        CREATE TABLE IF NOT EXISTS matching(
          serial    INTEGER PRIMARY KEY,
          at        TEXT NOT NULL,
          agency    TEXT NOT NULL,
          purpose   INTEGER NOT NULL,
          matched   INTEGER NOT NULL,
          ambiguous INTEGER NOT NULL,
          not_found INTEGER NOT NULL);
        CREATE TRIGGER IF NOT EXISTS matching_stays BEFORE UPDATE ON matching BEGIN SELECT RAISE(ABORT, 'The audit is append-only.'); END;
        CREATE TRIGGER IF NOT EXISTS matching_is_kept BEFORE DELETE ON matching BEGIN SELECT RAISE(ABORT, 'The audit is append-only.'); END;
        """;

    private readonly Lock _gate = new();
    private readonly SqliteConnection _connection;

    private MatchAudit(SqliteConnection connection) => _connection = connection;

    /// <exception cref="InvalidOperationException">The file cannot be opened.</exception>
    public static MatchAudit Open(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 5, Pooling = false }.ToString());
        try
        {
            connection.Open();
            using var tables = connection.CreateCommand();
            tables.CommandText = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" + Tables;
            tables.ExecuteNonQuery();
            return new MatchAudit(connection);
        }
        catch (SqliteException fault)
        {
            connection.Dispose();
            throw new InvalidOperationException($"The audit '{path}' cannot be opened: {fault.Message}", fault);
        }
    }

    /// <summary>Durable when it returns.</summary>
    /// <exception cref="SqliteException">It could not be written; the call must not be answered.</exception>
    public void Append(AuditRow row)
    {
        lock (_gate)
        {
            using var insert = _connection.CreateCommand();
            insert.CommandText = "INSERT INTO matching(at, agency, purpose, matched, ambiguous, not_found) VALUES ($at, $agency, $purpose, $matched, $ambiguous, $notFound)";
            insert.Parameters.AddWithValue("$at", row.At.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ss.fffZ"));
            insert.Parameters.AddWithValue("$agency", row.Agency);
            insert.Parameters.AddWithValue("$purpose", (int)row.Purpose);
            insert.Parameters.AddWithValue("$matched", row.Counts.Matched);
            insert.Parameters.AddWithValue("$ambiguous", row.Counts.Ambiguous);
            insert.Parameters.AddWithValue("$notFound", row.Counts.NotFound);
            insert.ExecuteNonQuery();
        }
    }

    /// <summary>The newest rows, the newest last.</summary>
    public IReadOnlyList<AuditRow> Newest(int most)
    {
        lock (_gate)
        {
            using var select = _connection.CreateCommand();
            select.CommandText = "SELECT at, agency, purpose, matched, ambiguous, not_found FROM matching ORDER BY serial DESC LIMIT $most";
            select.Parameters.AddWithValue("$most", most);
            using var row = select.ExecuteReader();
            var rows = new List<AuditRow>();
            while (row.Read())
            {
                rows.Add(new AuditRow(
                    DateTimeOffset.Parse(row.GetString(0)), row.GetString(1), (MatchPurpose)row.GetInt32(2), new VerdictCounts(row.GetInt32(3), row.GetInt32(4), row.GetInt32(5))));
            }

            rows.Reverse();
            return rows;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _connection.Dispose();
        }
    }
}
