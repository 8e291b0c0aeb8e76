using System.Collections.Frozen;
using System.Text.Json;
using Grpc.Core;
using InfoLink.V1;

namespace InfoLink.Contracts.Refusals;

/// <summary>
/// The one table of refusals, read from <c>refusals.json</c> beside this file (embedded): stable name, gRPC status,
/// retryable or not, cause and way out in English and Japanese. Every <see cref="RefusalName"/> has exactly one row.
/// </summary>
public static class RefusalTable
{
    private static readonly FrozenDictionary<RefusalName, RefusalRow> Rows = Load();

    public static IEnumerable<RefusalRow> All => Rows.Values.OrderBy(row => row.Name);

    public static RefusalRow Of(RefusalName name) => Rows[name];

    public static bool TryOf(RefusalName name, out RefusalRow? row) => Rows.TryGetValue(name, out row);

    /// <summary>The name as people write it: <c>TokenSpent</c> in code and <c>TOKEN_SPENT</c> in protos is <c>TOKEN-SPENT</c>.</summary>
    public static bool TryParse(string text, out RefusalName name)
    {
        var row = Rows.Values.FirstOrDefault(row => string.Equals(row.Text, text, StringComparison.Ordinal));
        name = row?.Name ?? RefusalName.Unspecified;
        return row is not null;
    }

    private static FrozenDictionary<RefusalName, RefusalRow> Load()
    {
        using var stream = typeof(RefusalTable).Assembly.GetManifestResourceStream("refusals.json")!;
        var rows = JsonSerializer.Deserialize<FileRow[]>(stream, JsonSerializerOptions.Web)!;
        return rows.Select(row => row.ToRow()).ToFrozenDictionary(row => row.Name);
    }

    private sealed record FileRow(string Name, string Status, bool Retryable, RefusalText En, RefusalText Ja)
    {
        public RefusalRow ToRow() => new(
            Enum.Parse<RefusalName>(Name.Replace("-", "", StringComparison.Ordinal), ignoreCase: true),
            Name,
            Enum.Parse<StatusCode>(Status.Replace("_", "", StringComparison.Ordinal), ignoreCase: true),
            Retryable,
            En,
            Ja);
    }
}

/// <summary>One row of the refusal table.</summary>
public sealed record RefusalRow(RefusalName Name, string Text, StatusCode Status, bool Retryable, RefusalText En, RefusalText Ja);

/// <summary>Cause and way out in one language.</summary>
public sealed record RefusalText(string Cause, string WayOut);
