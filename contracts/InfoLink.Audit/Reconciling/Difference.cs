using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace InfoLink.Audit.Reconciling;

/// <summary>One thing that the custodians' logs do not say with one voice.</summary>
/// <param name="Class">A row of <see cref="FindingTable"/>.</param>
/// <param name="Severity">How grave; less than its class where something explains it.</param>
/// <param name="Detail">What exactly; names and places, never a value of a person.</param>
public sealed record Difference(string Class, Severity Severity, string Detail)
{
    /// <summary>The exchange, in its text form; null where a log as a whole is meant.</summary>
    public string? Exchange { get; init; }

    public string? Requester { get; init; }

    public string? Provider { get; init; }

    /// <summary>The records it is about.</summary>
    public IReadOnlyList<RecordPlace>? Records { get; init; }

    /// <summary>Two signed checkpoints that do not fit together, whole.</summary>
    public IReadOnlyList<string>? Checkpoints { get; init; }

    /// <summary>One line of JSON.</summary>
    public string ToJsonLine() => JsonSerializer.Serialize(this, AuditJson.Line);
}

/// <summary>Where a record stands.</summary>
/// <param name="Custodian">"broker" or an agency.</param>
/// <param name="Origin">Its log.</param>
/// <param name="Serial">Its place there.</param>
/// <param name="Event">In upper case, as in the proto.</param>
public sealed record RecordPlace(string Custodian, string Origin, long Serial, string Event);

/// <summary>How reports are written: for programs on one line or many, Japanese as it is.</summary>
public static class AuditJson
{
    public static JsonSerializerOptions Line { get; } = Options(indented: false);

    public static JsonSerializerOptions Indented { get; } = Options(indented: true);

    private static JsonSerializerOptions Options(bool indented) => new(JsonSerializerDefaults.Web)
    {
        WriteIndented = indented,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };
}
