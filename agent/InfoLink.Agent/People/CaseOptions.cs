namespace InfoLink.Agent;

/// <summary>
/// Where the agency's open cases stand. Without a database, an entry that requires an open case needs its reference in the question, and nothing looks whether it is open.
/// </summary>
public sealed class CaseOptions
{
    /// <summary>A SQLite database's file. It is opened read-only.</summary>
    public string Sqlite { get; set; } = "";

    /// <summary>A PostgreSQL database instead; as <see cref="SourceOptions.Postgres"/>.</summary>
    public string Postgres { get; set; } = "";

    /// <summary>A SELECT with <c>@case</c>, <c>@person</c> and, as needed, <c>@entry</c> that gives a row where this case about this person is open, and none where it is not.</summary>
    public string Query { get; set; } = "";

    /// <summary>For every question, also where the entry does not require an open case.</summary>
    public bool Always { get; set; }

    internal IEnumerable<string> Errors(AgentOptions options)
    {
        if (Sqlite.Length > 0 && Postgres.Length > 0)
        {
            yield return "cases: give one of sqlite and postgres.";
        }

        if (Sqlite.Length > 0 && !File.Exists(options.Full(Sqlite)))
        {
            yield return $"cases: there is no file '{options.Full(Sqlite)}'.";
        }

        if (Postgres.Length > 0 && SourceOptions.PostgresError(Postgres, options) is { } error)
        {
            yield return $"cases: postgres: {error}";
        }

        if (Sqlite.Length + Postgres.Length > 0 && !(Query.Contains("@case", StringComparison.Ordinal) && Query.Contains("@person", StringComparison.Ordinal)))
        {
            yield return "cases: query: a SELECT with @case and @person.";
        }
    }
}
