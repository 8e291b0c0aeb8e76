using System.Security.Cryptography;
using Dapper;
using InfoLink.Codes;
using Microsoft.Data.Sqlite;

namespace InfoLink.CodeAuthority.Register;

/// <summary>
/// Which generation of a person's codes is current, and whether they are in use (design §5): the code authority's side of the register. A person never
/// written is generation 0, active. Kept by a keyed tag of the resident record code's base, so that the file alone names nobody.
/// </summary>
internal sealed class PersonRegister : IDisposable
{
    private const int KeyLength = 32;
    private const string Schema = """
        CREATE TABLE IF NOT EXISTS person(
          tag        BLOB PRIMARY KEY,
          generation INTEGER NOT NULL,
          state      INTEGER NOT NULL,
          expires_s  INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS change(
          serial     INTEGER PRIMARY KEY AUTOINCREMENT,
          tag        BLOB NOT NULL,
          time_ms    INTEGER NOT NULL,
          generation INTEGER NOT NULL,
          state      INTEGER NOT NULL,
          expires_s  INTEGER NOT NULL,
          operator   TEXT NOT NULL,
          reason     TEXT NOT NULL);
        """;

    private readonly Lock _gate = new();
    private readonly SqliteConnection _connection;
    private readonly byte[] _key;
    private readonly TimeProvider _time;

    private PersonRegister(SqliteConnection connection, byte[] key, TimeProvider time) => (_connection, _key, _time) = (connection, key, time);

    /// <param name="path">The file, for this process alone.</param>
    /// <param name="key">32 bytes; from now on the register's own.</param>
    /// <param name="time">For the history.</param>
    /// <exception cref="InvalidOperationException">The file cannot be opened.</exception>
    public static PersonRegister Open(string path, byte[] key, TimeProvider time)
    {
        if (key.Length != KeyLength)
        {
            throw new ArgumentException("The register's key is 32 bytes.", nameof(key));
        }

        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 2, Pooling = false }.ToString());
        try
        {
            connection.Open();
            connection.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
            connection.Execute(Schema);
            return new PersonRegister(connection, key, time);
        }
        catch (SqliteException fault)
        {
            connection.Dispose();
            throw new InvalidOperationException($"The register's file '{path}' cannot be opened: {fault.Message}", fault);
        }
    }

    /// <summary>What stands of a person.</summary>
    public PersonCodes Find(ResidentRecordCode code)
    {
        lock (_gate)
        {
            return FindOf(TagOf(code));
        }
    }

    /// <summary>Changes what stands, and keeps who did it and why.</summary>
    /// <exception cref="InvalidOperationException">What is superseded stays so, and no generation goes back.</exception>
    public void Put(ResidentRecordCode code, PersonCodes after, string operatorName, string reason)
    {
        lock (_gate)
        {
            var tag = TagOf(code);
            var before = FindOf(tag);
            if (after == before)
            {
                return;
            }

            if (before.State == PersonCodesState.Superseded || after.Generation < before.Generation)
            {
                throw new InvalidOperationException("What is superseded stays so, and no generation goes back.");
            }

            using var transaction = _connection.BeginTransaction();
            _connection.Execute(
                """
                INSERT INTO person(tag, generation, state, expires_s) VALUES (@tag, @generation, @state, @expires)
                ON CONFLICT (tag) DO UPDATE SET generation = @generation, state = @state, expires_s = @expires;
                INSERT INTO change(tag, time_ms, generation, state, expires_s, operator, reason)
                VALUES (@tag, @now, @generation, @state, @expires, @operatorName, @reason)
                """,
                new { tag, generation = (int)after.Generation, state = (int)after.State, expires = after.ExpiresAt, now = _time.GetUtcNow().ToUnixTimeMilliseconds(), operatorName, reason },
                transaction);
            transaction.Commit();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _connection.Dispose();
            CryptographicOperations.ZeroMemory(_key);
        }
    }

    private PersonCodes FindOf(byte[] tag)
    {
        var row = _connection.QuerySingleOrDefault<(long Generation, long State, long ExpiresAt)?>(
            "SELECT generation, state, expires_s FROM person WHERE tag = @tag", new { tag });
        return row is { } found ? new PersonCodes((byte)found.Generation, (PersonCodesState)found.State, found.ExpiresAt) : PersonCodes.Unwritten;
    }

    private byte[] TagOf(ResidentRecordCode code)
    {
        Span<byte> digits = stackalloc byte[ResidentRecordCode.BaseLength];
        code.CopyBaseDigitsTo(digits);
        var tag = HMACSHA256.HashData(_key, digits);
        CryptographicOperations.ZeroMemory(digits);
        return tag;
    }
}

/// <summary>Whether a person's codes are in use.</summary>
internal enum PersonCodesState
{
    Active = 1,
    Frozen = 2,
    Superseded = 3,
}

/// <summary>What stands of one person.</summary>
/// <param name="Generation">The current one.</param>
/// <param name="State">In use, or why not.</param>
/// <param name="ExpiresAt">Unix seconds from which they are refused; 0: never.</param>
internal sealed record PersonCodes(byte Generation, PersonCodesState State, long ExpiresAt)
{
    public static readonly PersonCodes Unwritten = new(0, PersonCodesState.Active, 0);
}
