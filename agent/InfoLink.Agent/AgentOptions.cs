using System.Net;
using System.Text.Json.Serialization;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Hosting;
using InfoLink.Hosting.Watching;

namespace InfoLink.Agent;

/// <summary>
/// What an agent is told at its start. Relative paths start from <see cref="Folder"/>. Every error is found at once, before anything runs.
/// </summary>
public sealed class AgentOptions
{
    /// <summary>The agency that this agent speaks for, e.g. <c>141003</c>.</summary>
    public string Agency { get; set; } = "";

    /// <summary>Address and port to serve other agents on, e.g. <c>0.0.0.0:8443</c>. Port 0 takes a free one.</summary>
    public string Listen { get; set; } = "127.0.0.1:8443";

    /// <summary>https://host:port of the broker, until its directory says otherwise.</summary>
    public string Broker { get; set; } = "";

    /// <summary>
    /// Folder with the authority's documents and the broker's directory, as the agent has verified and kept them: it decides on its own copies. <c>infolink-agent
    /// join</c> makes it.
    /// </summary>
    public string Trust { get; set; } = "trust";

    /// <summary>
    /// The agency's identity key: a file (PKCS#8 PEM) that its owner alone reads, or a key that stays in a PKCS#11 token (HSM, card), as RFC 7512
    /// writes it: <c>pkcs11:token=agency;object=identity?pin-source=identity.pin</c>. It never leaves the host, or the token. The PIN's file
    /// holds the PIN alone, without a line break. Needs Debian's libengine-pkcs11-openssl.
    /// </summary>
    public string IdentityKey { get; set; } = "identity.pem";

    /// <summary>
    /// The agency's next identity key, while it is being changed; as <see cref="IdentityKey"/>. The agent issues under it once the member list
    /// names it. Empty, or a file that is not there (yet): no change is under way.
    /// </summary>
    public string NextIdentityKey { get; set; } = "";

    /// <summary>How long the certificates live that the agent issues to itself, in seconds; 20 to 259,200 (72 hours). Shorter only for drills.</summary>
    public int LeafLifetimeSeconds { get; set; } = 259_200;

    /// <summary>Signs the checkpoints of the agency's own access log (Ed25519 seed); its public half stands in the member list.</summary>
    public string LogKey { get; set; } = "log.key";

    /// <summary>Name of this agent's log. Empty: <c>platform/agency/id</c>. A second agent process of the agency, or a new log after one was lost, takes another.</summary>
    public string LogOrigin { get; set; } = "";

    /// <summary>Cosigns the broker's checkpoints, where the member list makes the agency a witness (Ed25519 seed).</summary>
    public string WitnessKey { get; set; } = "witness.key";

    /// <summary>Seals what was answered and received (item ⑪) in the agency's own database (AES-256). Without it nobody can read that again: back it up apart from the database.</summary>
    public string ContentKey { get; set; } = "content.key";

    /// <summary>Seals the agency's replicas in <c>replica.db</c> (AES-256). Without it they are imported again.</summary>
    public string ReplicaKey { get; set; } = "replica.key";

    /// <summary>
    /// Folder for the agent's own databases: links, ledger of spent tokens, access log. A ledger restored from a backup refuses older
    /// tokens by itself; a log that is lost is lost evidence. Beside them lie what the agent holds the broker's log and its own to
    /// (<c>pins</c>, <c>witness.db</c>, <c>head-*</c>): older ones are never put back.
    /// </summary>
    public string Data { get; set; } = "data";

    /// <summary>
    /// PostgreSQL for the access log and the ledger of spent tokens, as Npgsql's connection string; empty: SQLite files in <see cref="Data"/>.
    /// Needed where several agents of one agency run side by side, each with a <see cref="LogOrigin"/> of its own. It leads to the server itself, not through a pooler that shares sessions; a standby
    /// must be synchronous. The tables are made in the first schema of the <c>Search Path</c>.
    /// </summary>
    public string Postgres { get; set; } = "";

    /// <summary>How long a source (the existing system) may take for one person, in seconds; 1 to 60.</summary>
    public int SourceTimeoutSeconds { get; set; } = 10;

    /// <summary>How long a whole fetch may take, in seconds; 5 to 300.</summary>
    public int FetchTimeoutSeconds { get; set; } = 60;

    /// <summary>Agencies that this provider answers nothing, whatever the catalog allows.</summary>
    public IList<string> BlockedAgencies { get; set; } = [];

    /// <summary>Entries under which this provider answers nothing, whatever the catalog allows.</summary>
    public IList<string> BlockedEntries { get; set; } = [];

    /// <summary>Kinds answered from databases and HTTP systems, without code; see <see cref="SourceOptions"/>.</summary>
    public IList<SourceOptions> Sources { get; set; } = [];

    /// <summary>Drivers of databases that the agent does not speak itself, which sources, persons and cases name.</summary>
    [JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
    public IList<DriverOptions> Drivers { get; } = [];

    /// <summary>
    /// Where the basic attributes of the agency's persons stand, for entries with an identity check; see <see cref="SqlPersonOptions"/>. Without it such
    /// entries are neither asked nor answered.
    /// </summary>
    public SqlPersonOptions? Persons { get; set; }

    /// <summary>The agency's people: who may ask what, and how they stand on record; see <see cref="PeopleOptions"/>. Null: the existing system answers for them.</summary>
    public PeopleOptions? People { get; set; }

    /// <summary>The local API on a port of this host, and the keys of the systems that call it; see <see cref="LocalApiOptions"/>.</summary>
    [JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
    public LocalApiOptions Local { get; } = new();

    /// <summary>Where the agency's open cases stand; see <see cref="CaseOptions"/>.</summary>
    public CaseOptions? Cases { get; set; }

    /// <summary>Questions that people answer.</summary>
    [JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
    public Manual.ManualOptions Manual { get; } = new();

    /// <summary>When this agency answers; see <see cref="ServiceOptions"/>.</summary>
    [JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
    public ServiceOptions Service { get; } = new();

    /// <summary>Folders of files of questions, for systems that can only write files; see <see cref="FolderOptions"/>.</summary>
    public IList<FolderOptions> Folders { get; set; } = [];

    /// <summary>What the agent takes on, from one other agency and from all together.</summary>
    [JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
    public LimitOptions Limits { get; } = new();

    /// <summary>The collector that metrics and spans are told; see <see cref="OtlpOptions"/>.</summary>
    [JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
    public OtlpOptions Otlp { get; } = new();

    /// <summary>Where relative paths start from.</summary>
    [JsonIgnore]
    public string Folder { get; set; } = "";

    /// <summary>Reads an <c>agent.json</c>; relative paths start from its folder.</summary>
    /// <exception cref="InvalidOperationException">The file is missing or not JSON of these fields.</exception>
    public static AgentOptions Read(string path) => ConfigFile.Read<AgentOptions>(path, "The agent's", (options, folder) => options.Folder = folder);

    public void Write(string path) => ConfigFile.Write(path, this);

    /// <summary>Everything that is wrong, each with its way out; empty where all is well.</summary>
    public IReadOnlyList<string> Errors()
    {
        var errors = new List<string>();
        Require(AgencyId.TryParse(Agency, out _), $"agency: '{Agency}' is not an agency id (1 to 32 of a-z, 0-9 and '-').");
        Require(IPEndPoint.TryParse(Listen, out _), $"listen: '{Listen}' is not an address and port such as 0.0.0.0:8443.");
        Require(Endpoints.TryParse(Broker, out _), $"broker: '{Broker}' is not https://host:port.");
        RequireUri("identityKey", IdentityKey);
        Require(Pkcs11Uri.Is(IdentityKey) || File.Exists(Full(IdentityKey)), $"identityKey: there is no file '{Full(IdentityKey)}'.");
        RequireUri("nextIdentityKey", NextIdentityKey);
        Require(LeafLifetimeSeconds is >= 20 and <= 259_200, "leafLifetimeSeconds: 20 to 259,200.");
        Require(
            Postgres.Length == 0 || Ledger.PostgresSpentStore.IsConnectionString(Postgres),
            "postgres: this is not a connection string such as Host=db.example;Database=infolink;Username=agent."); // Never the string itself.
        Require(SourceTimeoutSeconds is >= 1 and <= 60, "sourceTimeoutSeconds: 1 to 60.");
        Require(FetchTimeoutSeconds is >= 5 and <= 300, "fetchTimeoutSeconds: 5 to 300.");
        errors.AddRange(BlockedAgencies.Where(id => !AgencyId.TryParse(id, out _)).Select(id => $"blockedAgencies: '{id}' is not an agency id."));
        errors.AddRange(BlockedEntries.Where(id => !EntryId.TryParse(id, out _)).Select(id => $"blockedEntries: '{id}' is not an entry id."));
        List<SourceOptions> sources = [.. Sources.Where(source => source is not null)];
        Require(sources.Count == Sources.Count, "sources: null is no source.");
        errors.AddRange(sources.SelectMany(source => source.Errors(this)));
        errors.AddRange(sources.GroupBy(source => source.Kind, StringComparer.Ordinal).Where(same => same.Index().Any(one => same.Skip(one.Index + 1).Any(one.Item.Meets)))
            .Select(same => $"sources: the kind '{same.Key}' has two sources for the same days; keep one, or say 'from' and 'until'."));
        errors.AddRange(DriverOptions.ErrorsOf(this));
        errors.AddRange(Limits.Errors());
        errors.AddRange(People?.Errors(this) ?? []);
        errors.AddRange(Local.Errors());
        errors.AddRange(Cases?.Errors(this) ?? []);
        errors.AddRange(Manual.Errors());
        errors.AddRange(Service.Errors());
        errors.AddRange(Otlp.Errors(Folder));
        errors.AddRange(FolderOptions.ErrorsOf(this));
        errors.AddRange(CallbackOptions.ErrorsOf(this));
        if (Persons is { IsSource: true } persons)
        {
            Require(OwnDatabase.Count(persons) == 1, "persons: give one of sqlite, postgres and driver.");
            errors.AddRange(OwnDatabase.Errors(persons, this).Select(error => $"persons: {error}"));
            Require(!string.IsNullOrWhiteSpace(persons.Query), "persons: there is no query.");
        }

        Require(Persons is null or { VerifyEveryDays: >= 0 and <= 3_650 }, "persons: verifyEveryDays: 0 to 3,650.");
        Require(Persons is null or { VerifyPerMinute: >= 1 and <= 1_000 }, "persons: verifyPerMinute: 1 to 1,000.");

        return errors;

        void Require(bool holds, string error)
        {
            if (!holds)
            {
                errors.Add(error);
            }
        }

        void RequireUri(string name, string key)
        {
            var error = Pkcs11Uri.Is(key) ? Pkcs11Uri.ErrorIn(key) : null;
            Require(error is null, $"{name}: {error}");
        }
    }

    internal string Full(string path) => Path.Combine(Folder, path);

    internal string DataFile(string name) => Path.Combine(Full(Data), name);
}

/// <summary>
/// Basic attributes by one query against the agency's own database; columns as <see cref="Sources.SqlPersonSource"/> has them. And what the agent does with basic attributes, also
/// where they come from a program of the agency's own, which leaves database and query out.
/// </summary>
public sealed class SqlPersonOptions : IDatabaseOptions
{
    internal const int DefaultVerifyEveryDays = 30;

    /// <summary>A SQLite database's file. It is opened read-only.</summary>
    public string Sqlite { get; set; } = "";

    /// <summary>A PostgreSQL database instead; as <see cref="SourceOptions.Postgres"/>.</summary>
    public string Postgres { get; set; } = "";

    /// <summary>Another database instead, by a driver; as <see cref="SourceOptions.Driver"/>.</summary>
    public string Driver { get; set; } = "";

    /// <summary>As <see cref="SourceOptions.Connection"/>.</summary>
    public string Connection { get; set; } = "";

    /// <summary>A SELECT for one person, with <c>@person</c>: name, kana, address, birth_date, sex.</summary>
    public string Query { get; set; } = "";

    /// <summary>
    /// For entries with an identity check, the registry is asked for the persons' newest attributes before anybody else is asked, so that who has moved or married is not
    /// taken for somebody else. Needs the member flag <c>direct-matching</c>; without an answer of the registry the agency's own attributes are used.
    /// </summary>
    public bool Refresh { get; set; }

    /// <summary>After how many days a link is looked at again with the registry, by itself; 0: only when somebody asks (<c>infolink-agent verify</c>). At most 3,650.</summary>
    public int VerifyEveryDays { get; set; } = DefaultVerifyEveryDays;

    /// <summary>At most so many persons a minute are looked at by itself, so that exchanges and the registry have room; 1 to 1,000.</summary>
    public int VerifyPerMinute { get; set; } = 1_000;

    internal bool IsSource => Sqlite.Length + Postgres.Length + Driver.Length + Query.Length > 0;
}
