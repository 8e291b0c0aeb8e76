using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Broker;

/// <summary>
/// What a broker is told at its start, as <c>broker.json</c>. Paths are relative to that file. Every error is found at once, before anything runs.
/// </summary>
public sealed class BrokerOptions
{
    /// <summary>Address and port to serve on, e.g. <c>0.0.0.0:7443</c>. Port 0 takes a free one.</summary>
    public string Listen { get; set; } = "127.0.0.1:7443";

    /// <summary>https://host:port under which agencies reach the broker, for the directory and join codes. Empty: <see cref="Listen"/>, on one machine.</summary>
    public string Address { get; set; } = "";

    /// <summary>
    /// Folder with the authority's documents: its keys, the member list, the catalogs. They come in by <c>infolink broker publish</c>; what is not signed
    /// is not used.
    /// </summary>
    public string Trust { get; set; } = "trust";

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

        if (Address.Length > 0 && !Endpoints.TryParse(Address, out _))
        {
            errors.Add($"address: '{Address}' is not https://host:port.");
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

        return errors;
    }

    /// <summary>Where the operator's tool reaches the broker while it runs.</summary>
    [JsonIgnore]
    public string OperatorSocket => Operating.OperatorPort.PathIn(Full(Data));

    internal Uri PublicAddress => new(Address.Length > 0 ? Address : $"https://{Listen}");

    /// <summary>A path of this configuration, from its folder.</summary>
    public string Full(string path) => Path.Combine(Folder, path);

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };
}
