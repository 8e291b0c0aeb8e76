using System.Collections.Immutable;
using InfoLink.Codes;
using Microsoft.Data.Sqlite;

namespace InfoLink.Samples.Registry.Keeping;

/// <summary>
/// The register in one SQLite file: who is on it now, what held of them before, and the codes that were given up. Reading is safe from many threads; one change at a time.
/// </summary>
public sealed partial class Register : IDisposable
{
    private readonly string _connection;
    private readonly Lock _writing = new();

    private Register(string path, SqliteOpenMode mode) =>
        _connection = new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, DefaultTimeout = 10 }.ToString();

    /// <summary>Opens one that is there.</summary>
    /// <exception cref="InvalidOperationException">There is none, or it is no register of this version.</exception>
    public static Register Open(string path)
    {
        if (!File.Exists(path))
        {
            throw new InvalidOperationException($"There is no register '{path}'. Make one: generate --out {path}");
        }

        var register = new Register(path, SqliteOpenMode.ReadWrite);
        try
        {
            using var connection = register.Connect();
            using var version = connection.CreateCommand();
            version.CommandText = "PRAGMA user_version";
            if (Convert.ToInt32(version.ExecuteScalar()) != Schema.Version)
            {
                throw new InvalidOperationException($"'{path}' is no register of version {Schema.Version}.");
            }

            return register;
        }
        catch (SqliteException fault)
        {
            throw new InvalidOperationException($"'{path}' cannot be opened as a register: {fault.Message}", fault);
        }
    }

    /// <summary>How many people are in it, the dead and those who left included.</summary>
    public long Count()
    {
        using var connection = Connect();
        using var count = connection.CreateCommand();
        count.CommandText = "SELECT count(*) FROM resident";
        return (long)count.ExecuteScalar()!;
    }

    /// <summary>The person with this code, with history; null where nobody has it now.</summary>
    public Resident? Find(ResidentRecordCode code)
    {
        using var connection = Connect();
        return Read(connection, code) is var (_, resident) ? resident : null;
    }

    /// <summary>Everybody, in the order of entry; for trials.</summary>
    public IEnumerable<Resident> All()
    {
        using var connection = Connect();
        using var ids = connection.CreateCommand();
        ids.CommandText = "SELECT code FROM resident ORDER BY id";
        using var row = ids.ExecuteReader();
        while (row.Read())
        {
            yield return Read(connection, Rows.ReadCode(row, 0))!.Value.Resident;
        }
    }

    /// <summary>Closes the file's idle connections.</summary>
    public void Dispose()
    {
        using var connection = new SqliteConnection(_connection);
        SqliteConnection.ClearPool(connection);
    }

    internal SqliteConnection Connect()
    {
        var connection = new SqliteConnection(_connection);
        try
        {
            connection.Open();
            Run(connection, "PRAGMA synchronous=FULL; PRAGMA cache_size=-65536;");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static (long Id, Resident Resident)? Read(SqliteConnection connection, ResidentRecordCode code)
    {
        using var find = Rows.Prepare(connection, $"SELECT id, household, {Rows.Attributes}, since, came_by, standing, standing_since FROM resident WHERE code = ?1", 1);
        using var row = find.With(Rows.Write(code)).ExecuteReader();
        if (!row.Read())
        {
            return null;
        }

        var id = row.GetInt64(0);
        return (id, new Resident
        {
            Code = code,
            Household = row.GetInt64(1),
            Current = Rows.ReadAttributes(row, 2),
            Since = Rows.ReadDay(row, 8),
            By = (ChangeKind)row.GetInt32(9),
            Standing = (Standing)row.GetInt32(10),
            StandingSince = row.IsDBNull(11) ? null : Rows.ReadDay(row, 11),
            History = ReadHistory(connection, id),
            FormerCodes = ReadFormerCodes(connection, id),
        });
    }

    private static ImmutableArray<FormerAttributes> ReadHistory(SqliteConnection connection, long id)
    {
        using var find = Rows.Prepare(connection, $"SELECT {Rows.Attributes}, from_day, until_day, ended_by, reason FROM former WHERE resident = ?1 ORDER BY place", 1);
        using var row = find.With(id).ExecuteReader();
        var history = ImmutableArray.CreateBuilder<FormerAttributes>();
        while (row.Read())
        {
            history.Add(new FormerAttributes(Rows.ReadAttributes(row, 0), Rows.ReadDay(row, 6), Rows.ReadDay(row, 7), (ChangeKind)row.GetInt32(8), row.GetString(9)));
        }

        return history.ToImmutable();
    }

    private static ImmutableArray<FormerCode> ReadFormerCodes(SqliteConnection connection, long id)
    {
        using var find = Rows.Prepare(connection, "SELECT code, until_day, reason FROM former_code WHERE resident = ?1 ORDER BY until_day", 1);
        using var row = find.With(id).ExecuteReader();
        var codes = ImmutableArray.CreateBuilder<FormerCode>();
        while (row.Read())
        {
            codes.Add(new FormerCode(Rows.ReadCode(row, 0), Rows.ReadDay(row, 1), row.GetString(2)));
        }

        return codes.ToImmutable();
    }
}
