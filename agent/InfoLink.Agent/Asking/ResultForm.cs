using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent.Asking;

/// <summary>
/// How results are written: CSV (RFC 4180) with a column for each item of the kinds, and one for the reason of its absence where the layout allows any; or a JSON object a line. UTF-8 either way.
/// </summary>
internal sealed class ResultForm
{
    private static readonly string[] First = ["line", "id", "outcome", "refusal", "detail", "why", "why_en", "exchange", "provider", "pending_until"];

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private readonly bool _isCsv;
    private readonly List<string> _items;
    private readonly HashSet<string> _known;

    private ResultForm(bool isCsv, List<string> items) => (_isCsv, _items, _known) = (isCsv, items, items.ToHashSet(StringComparer.Ordinal));

    /// <summary>The item columns; a job keeps to those that it began with.</summary>
    public string Columns => string.Join(',', _items);

    public byte[] Heading => _isCsv ? Encoding.UTF8.GetBytes(Csv([.. First, .. _items])) : [];

    /// <param name="path">Its ending says which form.</param>
    /// <param name="kinds">In the order of the columns.</param>
    /// <exception cref="FormatException">Neither form.</exception>
    public static ResultForm Of(string path, IEnumerable<InformationKind> kinds) => new(
        Path.GetExtension(path).ToUpperInvariant() switch
        {
            ".CSV" => true,
            ".JSONL" or ".NDJSON" or ".JSON" => false,
            _ => throw new FormatException("The result file ends in .csv, or in .jsonl for a JSON object a line."),
        },
        [
            .. kinds.SelectMany(kind => kind.Items.SelectMany(
                item => item.AbsenceReasons.IsEmpty ? new[] { Column(kind.Id, item.Id) } : [Column(kind.Id, item.Id), $"{Column(kind.Id, item.Id)}:absent"])),
        ]);

    /// <exception cref="InvalidOperationException">The answer is of a layout with other items than the job began with.</exception>
    public byte[] Write(IEnumerable<LineResult> results)
    {
        var text = new StringBuilder();
        foreach (var result in results)
        {
            text.Append(_isCsv ? Csv(Fields(result)) : Json(result));
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private IEnumerable<string> Fields(LineResult result)
    {
        var items = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (kind, answers) in result.Kinds?.All ?? new Dictionary<KindId, IReadOnlyDictionary<string, ItemAnswer>>())
        {
            foreach (var (item, answer) in answers)
            {
                var (column, value) = answer is ItemAnswer.Value known ? (Column(kind, item), known.Text) : ($"{Column(kind, item)}:absent", ((ItemAnswer.Absent)answer).Reason.Id);
                items.Add(_known.Contains(column) ? column : throw LayoutChanged(), value);
            }
        }

        return
        [
            result.Line.Number.ToString(CultureInfo.InvariantCulture),
            result.Line.Person,
            Name(result.Outcome),
            result.RefusalName,
            result.Refusal?.Detail ?? "",
            Why(result, isJapanese: true) ?? "",
            Why(result, isJapanese: false) ?? "",
            result.Exchange?.ToString() ?? "",
            result.Provider?.Value ?? "",
            result.PendingUntil?.ToString("O", CultureInfo.InvariantCulture) ?? "",
            .. _items.Select(column => items.GetValueOrDefault(column, "")),
        ];
    }

    private static string Json(LineResult result) => JsonSerializer.Serialize(
        new
        {
            line = result.Line.Number,
            id = result.Line.Person,
            outcome = Name(result.Outcome),
            refusal = result.Refusal?.Text,
            detail = result.Refusal is { Detail.Length: > 0 } refusal ? refusal.Detail : null,
            why = Why(result, isJapanese: true),
            why_en = Why(result, isJapanese: false),
            exchange = result.Exchange?.ToString(),
            provider = result.Provider?.Value,
            pending_until = result.PendingUntil,
            kinds = result.Kinds?.All.ToDictionary(
                kind => kind.Key.Value,
                kind => kind.Value.ToDictionary(
                    item => item.Key,
                    item => item.Value is ItemAnswer.Value value ? new { value = (string?)value.Text, absent = (string?)null } : new { value = (string?)null, absent = (string?)((ItemAnswer.Absent)item.Value).Reason.Id },
                    StringComparer.Ordinal),
                StringComparer.Ordinal),
        },
        Format) + "\n";

    public static InvalidOperationException LayoutChanged() =>
        new("The layout has other items than when the job was begun, so its result file cannot go on. What is written stays; ask for the rest with a new job.");

    private static string? Why(LineResult result, bool isJapanese) => result switch
    {
        { Line.Broken: { } broken } => broken,
        { Refusal: { } refusal } => isJapanese ? $"{refusal.CauseJa} {refusal.WayOutJa}" : $"{refusal.CauseEn} {refusal.WayOutEn}",
        _ => null,
    };

    private static string Name(LineOutcome outcome) => outcome.ToString().ToLowerInvariant();

    private static string Column(KindId kind, string item) => $"{kind.Value}/{item}";

    private static string Csv(IEnumerable<string> fields) => string.Join(',', fields.Select(field =>
        field.AsSpan().ContainsAny(",\"\r\n") ? $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : field)) + "\r\n";
}
