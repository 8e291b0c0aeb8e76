using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using InfoLink.Broker.Limits;

namespace InfoLink.Broker;

/// <summary>
/// What a broker is told at its start, as <c>broker.json</c>. Paths are relative to that file. Every error is found at once, before anything runs.
/// </summary>
public sealed class BrokerOptions
{
    /// <summary>Address and port to serve on, e.g. <c>0.0.0.0:7443</c>. Port 0 takes a free one.</summary>
    public string Listen { get; set; } = "127.0.0.1:7443";

    /// <summary>The statute catalog (YAML).</summary>
    public string Catalog { get; set; } = "catalog.yaml";

    /// <summary>The member list (YAML).</summary>
    public string Members { get; set; } = "members.yaml";

    /// <summary>Folder with the broker's keys, readable by its owner alone.</summary>
    public string Keys { get; set; } = "keys";

    /// <summary>
    /// Folder for the access log's database, or with PostgreSQL for what stays beside it: the head of the log's publications (<c>head-*</c>),
    /// what the broker saw as a witness (<c>witness.db</c>), evidence. Losing it loses evidence: back it up. But never put an older
    /// <c>head-*</c> or <c>witness.db</c> back: they are what notices that a database is an old one.
    /// </summary>
    public string Data { get; set; } = "data";

    /// <summary>PostgreSQL for the access log (an Npgsql connection string), shared by brokers side by side. Empty: SQLite in <see cref="Data"/>, one broker only.</summary>
    public string Postgres { get; set; } = "";

    /// <summary>
    /// Name of this broker's log, the first line of its checkpoints; brokers that run side by side have different ones. Never reuse one for
    /// another log: to begin anew after losing a log, take a new name.
    /// </summary>
    public string LogOrigin { get; set; } = "broker-1";

    /// <summary>Redis for tokens, <c>host:port</c> (comma-separated for a cluster). Empty: tokens in memory, one broker only.</summary>
    public string Redis { get; set; } = "";

    /// <summary>How long a provider may take to settle before the broker writes <em>unsettled</em>, in seconds; 60 to 86,400.</summary>
    public int SettleWithinSeconds { get; set; } = 300;

    /// <summary>What the broker takes on from one agency, under one entry, and from all together.</summary>
    [JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
    public LimitOptions Limits { get; } = new();

    /// <summary>The file's folder: what relative paths start from.</summary>
    [JsonIgnore]
    public string Folder { get; set; } = "";

    /// <exception cref="InvalidOperationException">The file is missing or not JSON of these fields.</exception>
    public static BrokerOptions Read(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            var options = JsonSerializer.Deserialize<BrokerOptions>(file, Format)
                ?? throw new InvalidOperationException($"'{path}' is empty.");
            options.Folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
            return options;
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException($"The broker's configuration '{path}' cannot be read: {exception.Message}", exception);
        }
    }

    public void Write(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, Format));

    /// <summary>Everything that is wrong, each with its way out; empty where all is well.</summary>
    public IReadOnlyList<string> Errors()
    {
        var errors = new List<string>();
        if (!IPEndPoint.TryParse(Listen, out _))
        {
            errors.Add($"listen: '{Listen}' is not an address and port such as 0.0.0.0:7443.");
        }

        foreach (var (name, path) in (ReadOnlySpan<(string, string)>)[("catalog", Catalog), ("members", Members)])
        {
            if (!File.Exists(Full(path)))
            {
                errors.Add($"{name}: there is no file '{Full(path)}'.");
            }
        }

        if (!Directory.Exists(Full(Keys)))
        {
            errors.Add($"keys: there is no folder '{Full(Keys)}'.");
        }

        if (LogOrigin.Length is 0 or > 100 || LogOrigin.Any(character => char.IsWhiteSpace(character) || character == '+'))
        {
            errors.Add("logOrigin: 1 to 100 characters, without spaces and '+'.");
        }

        if (SettleWithinSeconds is < 60 or > 86_400)
        {
            errors.Add("settleWithinSeconds: 60 to 86,400.");
        }

        errors.AddRange(Limits.Errors());

        return errors;
    }

    internal string Full(string path) => Path.Combine(Folder, path);

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };
}
