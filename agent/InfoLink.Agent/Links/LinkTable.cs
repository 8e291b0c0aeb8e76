using Dapper;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.V1;
using Microsoft.Data.Sqlite;

namespace InfoLink.Agent.Links;

/// <summary>May a link be used?</summary>
public enum LinkState
{
    Active = 0,

    /// <summary>In doubt: not used until a person decides.</summary>
    Quarantined = 1,
}

/// <summary>
/// Which of the agency's persons is which link code: the agency's own identifiers on one side, its own codes on the other. Codes are
/// never shown; a person who is withheld or quarantined is, to other agencies, as one who is not here.
/// </summary>
public sealed class LinkTable
{
    private const string Schema = """
        CREATE TABLE IF NOT EXISTS link(
          person      TEXT PRIMARY KEY,
          link_code   BLOB NOT NULL UNIQUE,
          state       INTEGER NOT NULL DEFAULT 0,
          withheld    INTEGER NOT NULL DEFAULT 0,
          manual_only INTEGER NOT NULL DEFAULT 0);
        """;

    private readonly string _connection;

    private LinkTable(string connection) => _connection = connection;

    public static LinkTable Open(string path)
    {
        var table = new LinkTable(new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 5 }.ToString());
        using var connection = table.Connect();
        connection.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
        connection.Execute(Schema);
        return table;
    }

    /// <summary>Enters a person's link code, or replaces it.</summary>
    /// <exception cref="InvalidOperationException">The code is another person's: one of the two links is wrong. Neither is named.</exception>
    /// <exception cref="RefusedException">NUMBER-AS-KEY: what stands for the person reads as an individual number.</exception>
    public async Task PutAsync(string person, LinkCode code, CancellationToken cancellation = default)
    {
        const int UniqueConstraint = 2067; // SQLITE_CONSTRAINT_UNIQUE
        RequireNoNumber(person);
        var bytes = new byte[LinkCode.ByteLength];
        code.CopyTo(bytes);
        await using var connection = Connect();
        try
        {
            await connection.ExecuteAsync(new CommandDefinition(
                "INSERT INTO link(person, link_code) VALUES (@person, @bytes) ON CONFLICT (person) DO UPDATE SET link_code = @bytes",
                new { person, bytes },
                cancellationToken: cancellation));
        }
        catch (SqliteException fault) when (fault.SqliteExtendedErrorCode == UniqueConstraint)
        {
            throw new InvalidOperationException(
                "The link code already stands with another person: one of the two links is wrong. Check both with the resident registry.", fault);
        }
    }

    /// <summary>Marks a person: withheld (不開示), manual only (自動応答不可), link quarantined. What is not said stays as it is.</summary>
    /// <returns>False where there is no such person.</returns>
    /// <exception cref="RefusedException">NUMBER-AS-KEY, as for <see cref="PutAsync"/>.</exception>
    public async Task<bool> MarkAsync(
        string person, LinkState? state = null, bool? withheld = null, bool? manualOnly = null, CancellationToken cancellation = default)
    {
        RequireNoNumber(person);
        await using var connection = Connect();
        return await connection.ExecuteAsync(new CommandDefinition(
            """
            UPDATE link SET state = COALESCE(@state, state), withheld = COALESCE(@withheld, withheld), manual_only = COALESCE(@manualOnly, manual_only)
            WHERE person = @person
            """,
            new { person, state = (int?)state, withheld, manualOnly },
            cancellationToken: cancellation)) == 1;
    }

    /// <summary>For asking: the person's link code; null where there is none that may be used.</summary>
    internal async Task<LinkCode?> CodeOfAsync(string person, CancellationToken cancellation)
    {
        await using var connection = Connect();
        var bytes = await connection.QuerySingleOrDefaultAsync<byte[]>(new CommandDefinition(
            "SELECT link_code FROM link WHERE person = @person AND state = 0", new { person }, cancellationToken: cancellation));
        return bytes is null ? null : LinkCode.FromBytes(bytes);
    }

    /// <summary>
    /// For answering: the person behind a link code. Unknown, withheld, quarantined and not to be answered automatically are one answer of one
    /// query.
    /// </summary>
    internal async Task<LinkedPerson?> PersonOfAsync(LinkCode code, CancellationToken cancellation)
    {
        var bytes = new byte[LinkCode.ByteLength];
        code.CopyTo(bytes);
        await using var connection = Connect();
        var person = await connection.QuerySingleOrDefaultAsync<string>(new CommandDefinition(
            "SELECT person FROM link WHERE link_code = @bytes AND state = 0 AND withheld = 0 AND manual_only = 0",
            new { bytes },
            cancellationToken: cancellation));
        return person is null ? null : new LinkedPerson(person);
    }

    /// <summary>Nobody is looked up by an individual number, so nobody stands here under one.</summary>
    private static void RequireNoNumber(string person)
    {
        if (IndividualNumber.IsWrittenIn(person))
        {
            throw new RefusedException(RefusalName.NumberAsKey);
        }
    }

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection(_connection);
        connection.Open();
        return connection;
    }
}

/// <summary>A person who may be answered for.</summary>
internal sealed record LinkedPerson(string Id)
{
    public override string ToString() => "LinkedPerson(redacted)";
}
