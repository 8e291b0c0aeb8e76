using InfoLink.Agent.Sources;

namespace InfoLink.Agent;

/// <summary>
/// Where the agency's open cases stand. Without a database, an entry that requires an open case needs its reference in the question, and nothing looks whether it is open.
/// </summary>
public sealed class CaseOptions : IDatabaseOptions
{
    /// <summary>A SQLite database's file. It is opened read-only.</summary>
    public string Sqlite { get; set; } = "";

    /// <summary>A PostgreSQL database instead; as <see cref="SourceOptions.Postgres"/>.</summary>
    public string Postgres { get; set; } = "";

    /// <summary>Another database instead, by a driver; as <see cref="SourceOptions.Driver"/>.</summary>
    public string Driver { get; set; } = "";

    /// <summary>As <see cref="SourceOptions.Connection"/>.</summary>
    public string Connection { get; set; } = "";

    /// <summary>A SELECT with <c>@case</c>, <c>@person</c> and, as needed, <c>@entry</c> that gives a row where this case about this person is open, and none where it is not.</summary>
    public string Query { get; set; } = "";

    /// <summary>For every question, also where the entry does not require an open case.</summary>
    public bool Always { get; set; }

    internal IEnumerable<string> Errors(AgentOptions options)
    {
        if (OwnDatabase.Count(this) > 1)
        {
            yield return "cases: give one of sqlite, postgres and driver.";
        }

        foreach (var error in OwnDatabase.Errors(this, options))
        {
            yield return $"cases: {error}";
        }

        var mark = Driver.Length > 0 ? "" : "@"; // Each driver has a mark of its own.
        if (OwnDatabase.Count(this) > 0 && !(Query.Contains(mark + "case", StringComparison.Ordinal) && Query.Contains(mark + "person", StringComparison.Ordinal)))
        {
            yield return "cases: query: a SELECT with @case and @person.";
        }
    }
}
