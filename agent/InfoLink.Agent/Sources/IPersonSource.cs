using System.Data.Common;
using Dapper;
using InfoLink.Matching;

namespace InfoLink.Agent.Sources;

/// <summary>The basic attributes of the agency's persons, as its own system has them: for the identity check, and for finding links that went wrong.</summary>
/// <remarks>
/// <list type="bullet">
/// <item>MUST answer for exactly the person asked for, or with null; what is not known is null or empty, never made up.</item>
/// <item>MAY throw; the check then cannot be made, and what depends on it is not answered.</item>
/// <item>MUST heed the cancellation. Called in parallel, also for identifiers that are nobody's.</item>
/// </list>
/// </remarks>
public interface IPersonSource
{
    Task<BasicAttributes?> FindAsync(string person, CancellationToken cancellation);
}

/// <summary>
/// One query against the agency's own database, with <c>@person</c> and the columns <c>name</c>, <c>kana</c>, <c>address</c>, <c>birth_date</c>, <c>sex</c>,
/// as far as it has them.
/// </summary>
public sealed class SqlPersonSource(Func<DbConnection> connect, string query) : IPersonSource
{
    /// <remarks>Some drivers hold the thread that asks, whatever they promise; it is not the caller's.</remarks>
    public Task<BasicAttributes?> FindAsync(string person, CancellationToken cancellation) => Task.Run(() => ReadAsync(person, cancellation), cancellation).WaitAsync(cancellation);

    private async Task<BasicAttributes?> ReadAsync(string person, CancellationToken cancellation)
    {
        await using var connection = connect();
        await connection.OpenAsync(cancellation);
        var rows = await connection.QueryAsync(new CommandDefinition(query, new { person }, cancellationToken: cancellation));
        return rows.Take(2).ToList() switch
        {
            [] => null,
            [IDictionary<string, object?> row] => new BasicAttributes
            {
                Name = Text(row, "name"),
                Kana = Text(row, "kana"),
                Address = Text(row, "address"),
                BirthDate = Text(row, "birth_date"),
                Sex = Text(row, "sex"),
            },
            _ => throw new InvalidOperationException("The query for basic attributes gives more than one row for one person."),
        };
    }

    private static string? Text(IDictionary<string, object?> row, string column) => row.TryGetValue(column, out var value)
        ? value switch
        {
            null => null,
            DateTime time => DateOnly.FromDateTime(time).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture),
            DateOnly date => date.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture),
            IFormattable number => number.ToString(format: null, System.Globalization.CultureInfo.InvariantCulture),
            _ => value.ToString(),
        }
        : null;
}
