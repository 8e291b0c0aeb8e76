using System.Data.Common;
using System.Globalization;
using Dapper;

namespace InfoLink.Agent.Sources;

/// <summary>Records by one SQL query.</summary>
internal sealed class SqlRecords(Func<DbConnection> connect, string query) : IRecordSource
{
    public async Task<SourceRecord?> FindAsync(InformationRequest request, CancellationToken cancellation)
    {
        await using var connection = connect();
        await connection.OpenAsync(cancellation);
        var rows = await connection.QueryAsync(new CommandDefinition(query, Parameters(request), cancellationToken: cancellation));
        return rows.Take(2).ToList() switch
        {
            [] => null,
            [IDictionary<string, object?> row] => Record(row.ToDictionary(column => column.Key, column => Value(column.Value), StringComparer.Ordinal)),
            _ => throw new InvalidOperationException($"The query for '{request.Kind}' gives more than one row for one person."),
        };
    }

    private static SourceRecord Record(Dictionary<string, RawValue> row) => new(row, column => row.GetValueOrDefault(column) ?? new RawValue.Missing());

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

    private static RawValue Value(object? value) => value switch
    {
        null => new RawValue.Null(),
        string text => new RawValue.Written(text),
        bool flag => new RawValue.Written(flag ? "true" : "false"),
        DateOnly date => new RawValue.Written(Iso(date)!),
        DateTime time => new RawValue.Written(Iso(DateOnly.FromDateTime(time))!),
        decimal number => new RawValue.Written(Plain(number)),

        // The shortest digits that make this double again, without an exponent.
        double or float => ((IFormattable)value).ToString("R", CultureInfo.InvariantCulture) is var digits
            && decimal.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? new RawValue.Written(Plain(number)) : new RawValue.Written(digits),
        IFormattable number => new RawValue.Written(number.ToString(format: null, CultureInfo.InvariantCulture)),
        _ => new RawValue.Formless(value.GetType().Name),
    };

    /// <summary>One value, one text: 1.50 of a DECIMAL(9,2) is 1.5.</summary>
    internal static string Plain(decimal number) => number.ToString("0.############################", CultureInfo.InvariantCulture);

    internal static string? Iso(DateOnly? date) => date?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
