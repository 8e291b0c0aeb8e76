using System.Net;
using System.Text.Json.Serialization;
using InfoLink.Broker.Limits;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Hosting;
using InfoLink.Hosting.Watching;

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
    /// The broker's identity key: a file in <see cref="Keys"/> (PKCS#8 PEM), or a key that stays in a PKCS#11 token (HSM), as RFC 7512 writes it:
    /// <c>pkcs11:token=broker;object=identity?pin-source=identity.pin</c>, where the PIN's file lies in <see cref="Keys"/> too and holds the PIN
    /// alone, without a line break. Needs Debian's libengine-pkcs11-openssl.
    /// </summary>
    public string IdentityKey { get; set; } = "identity.pem";

    /// <summary>
    /// The next identity key, while it is being changed; as <see cref="IdentityKey"/>. The broker issues under it once the member list names it.
    /// Empty, or a file that is not there: no change is under way.
    /// </summary>
    public string NextIdentityKey { get; set; } = "identity-next.pem";

    /// <summary>How long the certificates live that the broker issues to itself, in seconds; 20 to 259,200 (72 hours). Shorter only for drills.</summary>
    public int LeafLifetimeSeconds { get; set; } = 259_200;

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

    /// <summary>The collector that metrics are told; see <see cref="OtlpOptions"/>.</summary>
    [JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
    public OtlpOptions Otlp { get; } = new();

    /// <summary>The file's folder: what relative paths start from.</summary>
    [JsonIgnore]
    public string Folder { get; set; } = "";

    /// <exception cref="InvalidOperationException">The file is missing or not JSON of these fields.</exception>
    public static BrokerOptions Read(string path) => ConfigFile.Read<BrokerOptions>(path, "The broker's", (options, folder) => options.Folder = folder);

    public void Write(string path) => ConfigFile.Write(path, this);

    /// <summary>Everything that is wrong, each with its way out; empty where all is well.</summary>
    public IReadOnlyList<string> Errors()
    {
        var errors = new List<string>();
        foreach (var (name, path) in (ReadOnlySpan<(string, string)>)[("trust", Trust), ("keys", Keys), ("data", Data), ("identityKey", IdentityKey), ("nextIdentityKey", NextIdentityKey)])
        {
            if (path.Contains('\0'))
            {
                errors.Add($"{name}: no path holds a NUL.");
            }
        }

        if (errors.Count > 0)
        {
            return errors; // Nothing below could look at such a path.
        }

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

        foreach (var (name, key) in (ReadOnlySpan<(string, string)>)[("identityKey", IdentityKey), ("nextIdentityKey", NextIdentityKey)])
        {
            if (Pkcs11Uri.Is(key) && Pkcs11Uri.ErrorIn(key) is { } error)
            {
                errors.Add($"{name}: {error}");
            }
        }

        if (LeafLifetimeSeconds is < 20 or > 259_200)
        {
            errors.Add("leafLifetimeSeconds: 20 to 259,200.");
        }

        if (OperatorSocket.Length > Hosting.LocalSocket.LongestPath)
        {
            errors.Add($"data: the operator's socket '{OperatorSocket}' would have a path of more than {Hosting.LocalSocket.LongestPath} characters, which no system takes. Take a folder with a shorter path.");
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
        errors.AddRange(Otlp.Errors(Folder));

        return errors;
    }

    /// <summary>Where the operator's tool reaches the broker while it runs.</summary>
    [JsonIgnore]
    public string OperatorSocket => Operating.OperatorPort.PathIn(Full(Data));

    internal Uri PublicAddress => new(Address.Length > 0 ? Address : $"https://{Listen}");

    /// <summary>A path of this configuration, from its folder.</summary>
    public string Full(string path) => Path.Combine(Folder, path);
}
