using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace InfoLink.Audit;

/// <summary>How grave a finding is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Severity>))]
public enum Severity
{
    /// <summary>To be known, and explained by itself.</summary>
    [JsonStringEnumMemberName("notice")]
    Notice,

    /// <summary>Custodians differ, as honest ones do when something broke.</summary>
    [JsonStringEnumMemberName("difference")]
    Difference,

    /// <summary>No honest course of events explains it.</summary>
    [JsonStringEnumMemberName("alarm")]
    Alarm,
}

/// <summary>A kind of finding: its stable name, how grave it is where nothing explains it, and what it says.</summary>
public sealed record FindingKind(string Name, Severity Severity, string En, string Ja);

/// <summary>The one table of findings, from <c>findings.json</c> beside this file (embedded).</summary>
public static class FindingTable
{
    private static readonly FrozenDictionary<string, FindingKind> Kinds = Load();

    public static IEnumerable<FindingKind> All => Kinds.Values.OrderBy(kind => kind.Name, StringComparer.Ordinal);

    /// <exception cref="KeyNotFoundException">The table has no such name: a fault of the program.</exception>
    public static FindingKind Of(string name) => Kinds[name];

    private static FrozenDictionary<string, FindingKind> Load()
    {
        using var stream = typeof(FindingTable).Assembly.GetManifestResourceStream("findings.json")!;
        return JsonSerializer.Deserialize<FindingKind[]>(stream, JsonSerializerOptions.Web)!.ToFrozenDictionary(kind => kind.Name, StringComparer.Ordinal);
    }
}
