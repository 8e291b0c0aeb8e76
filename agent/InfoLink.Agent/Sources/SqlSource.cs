using System.Data.Common;
using System.Globalization;
using Dapper;
using InfoLink.Contracts.Catalog;

namespace InfoLink.Agent.Sources;

/// <summary>
/// One SQL query against the agency's own database. Its columns are named after the data items; a NULL is absent with the reason in the
/// column <c>item:absent</c>, or <c>not-recorded</c> where the query has no such column. Parameters: <c>@person</c>, <c>@taxYear</c>,
/// <c>@from</c>, <c>@to</c>, <c>@asOf</c>. No row: nothing to answer. More than one row is an error in the query, never a guess.
/// </summary>
public sealed class SqlSource(Func<DbConnection> connect, string query) : IInformationSource
{
    private const string AbsentSuffix = ":absent";

    public async Task<Items?> ReadAsync(InformationRequest request, CancellationToken cancellation)
    {
        await using var connection = connect();
        await connection.OpenAsync(cancellation);
        var rows = await connection.QueryAsync(new CommandDefinition(query, Parameters(request), cancellationToken: cancellation));
        return rows.Take(2).ToList() switch
        {
            [] => null,
            [IDictionary<string, object?> row] => ToItems(row),
            _ => throw new InvalidOperationException($"The query for '{request.Kind}' gives more than one row for one person."),
        };
    }

    private static DynamicParameters Parameters(InformationRequest request)
    {
        var parameters = new DynamicParameters();
        parameters.Add("person", request.Person);
        parameters.Add("taxYear", request.Conditions.TaxYear);
        parameters.Add("from", Iso(request.Conditions.Period?.From));
        parameters.Add("to", Iso(request.Conditions.Period?.To));
        parameters.Add("asOf", Iso(request.Conditions.AsOf));
        return parameters;
    }

    private static Items ToItems(IDictionary<string, object?> row)
    {
        var items = new Items();
        foreach (var (column, value) in row.Where(pair => !pair.Key.EndsWith(AbsentSuffix, StringComparison.Ordinal)))
        {
            if (value is not null)
            {
                items.Add(column, Canonical(value));
                continue;
            }

            var given = row.TryGetValue(column + AbsentSuffix, out var reason) ? reason as string : null;
            items.Add(column, AbsenceReason.TryParse(given, out var known) ? known : AbsenceReason.NotRecorded);
        }

        return items;
    }

    private static string Canonical(object value) => value switch
    {
        string text => text,
        bool flag => flag ? "true" : "false",
        DateOnly date => Iso(date)!,
        DateTime time => Iso(DateOnly.FromDateTime(time))!,
        decimal number => Plain(number),

        // The shortest digits that make this double again, without an exponent.
        double or float => ((IFormattable)value).ToString("R", CultureInfo.InvariantCulture) is var digits
            && decimal.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? Plain(number) : digits,
        IFormattable number => number.ToString(format: null, CultureInfo.InvariantCulture),
        _ => throw new InvalidOperationException($"A column of type {value.GetType().Name} has no canonical text."),
    };

    /// <summary>One value, one text: 1.50 of a DECIMAL(9,2) is 1.5.</summary>
    private static string Plain(decimal number) => number.ToString("0.############################", CultureInfo.InvariantCulture);

    private static string? Iso(DateOnly? date) => date?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
