using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;

namespace InfoLink.Numbering;

/// <summary>
/// What the numbering authority is told at its start, as <c>numbering.json</c>. Paths are relative to that file. Every error is found at once, before anything runs.
/// </summary>
public sealed class NumberingOptions
{
    /// <summary>The authority's own member id; the member list gives it the flag <c>numbering-authority</c>.</summary>
    public string Agency { get; set; } = "";

    /// <summary>Address and port to serve on, e.g. <c>0.0.0.0:7445</c>. Port 0 takes a free one.</summary>
    public string Listen { get; set; } = "127.0.0.1:7445";

    /// <summary>Folder with the platform authority's documents: its keys and the member list.</summary>
    public string Trust { get; set; } = "trust";

    /// <summary>The identity key: a PKCS#8 PEM file, or a <c>pkcs11:</c> URI as for every party.</summary>
    public string IdentityKey { get; set; } = "identity.pem";

    /// <summary>The next identity key, while it is being changed. Empty, or a file that is not there: no change is under way.</summary>
    public string NextIdentityKey { get; set; } = "identity-next.pem";

    /// <summary>The key of the log of acts.</summary>
    public string LogKey { get; set; } = "log.key";

    /// <summary>
    /// The key that resident record codes lie under. Without it the table is worthless, with it and the table everything is known: keep its backup apart from the
    /// table's. It belongs to one table for as long as that lives.
    /// </summary>
    public string TableKey { get; set; } = "table.key";

    /// <summary>Name of the log of acts; empty: <c>platform/agency/id</c>. Processes side by side have different ones.</summary>
    public string LogOrigin { get; set; } = "";

    /// <summary>Folder for <c>numbers.db</c>, <c>corporations.db</c>, <c>access-log.db</c>.</summary>
    public string Data { get; set; } = "data";

    /// <summary>PostgreSQL (an Npgsql connection string) of the authority's own, which processes side by side share. Empty: SQLite in <see cref="Data"/>, one process only.</summary>
    public string Postgres { get; set; } = "";

    /// <summary>How long the certificates live that the authority issues to itself, in seconds; 20 to 259,200.</summary>
    public int LeafLifetimeSeconds { get; set; } = 259_200;

    /// <summary>Notices that may wait to be sent; beyond it nobody is numbered, who would not be told. 1 to 1,000,000,000.</summary>
    public long MostWaitingNotices { get; set; } = 200_000_000;

    /// <summary>How long a notice is kept that was delivered, returned or withdrawn, in days; 0 to 3,650.</summary>
    public int KeepEndedNoticesDays { get; set; } = 90;

    /// <summary>Open connections at the same time; 1 to 100,000.</summary>
    public int Connections { get; set; } = 1_000;

    /// <summary>The file's folder: what relative paths start from.</summary>
    [JsonIgnore]
    public string Folder { get; set; } = "";

    /// <exception cref="InvalidOperationException">The file is missing or not JSON of these fields.</exception>
    public static NumberingOptions Read(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            var options = JsonSerializer.Deserialize<NumberingOptions>(file, Format) ?? throw new InvalidOperationException($"'{path}' is empty.");
            options.Folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
            return options;
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException($"The numbering authority's configuration '{path}' cannot be read: {exception.Message}", exception);
        }
    }

    public void Write(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, Format));

    /// <summary>Everything that is wrong, each with its way out; empty where all is well.</summary>
    public IReadOnlyList<string> Errors()
    {
        var errors = new List<string>();
        foreach (var (name, path) in (ReadOnlySpan<(string, string)>)[
            ("trust", Trust), ("data", Data), ("identityKey", IdentityKey), ("nextIdentityKey", NextIdentityKey), ("logKey", LogKey), ("tableKey", TableKey)])
        {
            if (path.Contains('\0'))
            {
                errors.Add($"{name}: no path holds a NUL.");
            }

            if (Pkcs11Uri.Is(path) && (name is not ("identityKey" or "nextIdentityKey") || Pkcs11Uri.ErrorIn(path) is not null))
            {
                errors.Add($"{name}: {(name is "identityKey" or "nextIdentityKey" ? Pkcs11Uri.ErrorIn(path) : "this key is a file.")}");
            }
        }

        if (!AgencyId.TryParse(Agency, out _))
        {
            errors.Add("agency: the authority's member id, 1 to 32 characters of a-z, 0-9 and '-'.");
        }

        if (!IPEndPoint.TryParse(Listen, out _))
        {
            errors.Add($"listen: '{Listen}' is not an address and port such as 0.0.0.0:7445.");
        }

        if (LogOrigin.Length > 100 || LogOrigin.Any(character => char.IsWhiteSpace(character) || character == '+'))
        {
            errors.Add("logOrigin: at most 100 characters, without spaces and '+'.");
        }

        Range(errors, "leafLifetimeSeconds", LeafLifetimeSeconds, 20, 259_200);
        Range(errors, "mostWaitingNotices", MostWaitingNotices, 1, 1_000_000_000);
        Range(errors, "keepEndedNoticesDays", KeepEndedNoticesDays, 0, 3_650);
        Range(errors, "connections", Connections, 1, 100_000);
        return errors;
    }

    /// <summary>A path of this configuration, from its folder.</summary>
    public string Full(string path) => Path.Combine(Folder, path);

    internal string DataFile(string name) => Path.Combine(Full(Data), name);

    private static void Range(List<string> errors, string name, long value, long least, long most)
    {
        if (value < least || value > most)
        {
            errors.Add($"{name}: {least:N0} to {most:N0}.");
        }
    }

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };
}
