using InfoLink.Codes;
using Microsoft.Data.Sqlite;

namespace InfoLink.Samples.Registry.Keeping;

/// <summary>Values to columns and back.</summary>
internal static class Rows
{
    /// <summary>The six columns that stand together in <c>resident</c> and <c>former</c>.</summary>
    public const string Attributes = "name, kana, address, birth_date, sex, municipality";

    public static Attributes ReadAttributes(SqliteDataReader row, int at) =>
        new(row.GetString(at), row.GetString(at + 1), row.GetString(at + 2), row.GetString(at + 3), row.GetString(at + 4), row.GetString(at + 5));

    public static DateOnly ReadDay(SqliteDataReader row, int at) => DateOnly.ParseExact(row.GetString(at), "yyyy-MM-dd");

    public static ResidentRecordCode ReadCode(SqliteDataReader row, int at) => ResidentRecordCode.FromBase((ulong)row.GetInt64(at));

    public static string Write(DateOnly day) => day.ToString("yyyy-MM-dd");

    public static long Write(ResidentRecordCode code)
    {
        Span<byte> digits = stackalloc byte[ResidentRecordCode.BaseLength];
        code.CopyBaseDigitsTo(digits);
        var number = 0L;
        foreach (var digit in digits)
        {
            number = (number * 10) + digit;
        }

        return number;
    }

    /// <summary>A statement with so many parameters, named ?1, ?2 and so on, to be run many times.</summary>
    public static SqliteCommand Prepare(SqliteConnection connection, string sql, int parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 1; i <= parameters; i++)
        {
            command.Parameters.Add(new SqliteParameter($"?{i}", value: null));
        }

        return command;
    }

    /// <summary>The statement with these values.</summary>
    public static SqliteCommand With(this SqliteCommand command, params ReadOnlySpan<object?> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        }

        return command;
    }
}
