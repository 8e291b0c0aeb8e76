using System.Net;
using InfoLink.Contracts.Identifiers;

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

    /// <summary>The statute catalog (YAML): the agent decides on its own copy too.</summary>
    public string Catalog { get; set; } = "catalog.yaml";

    /// <summary>The member list (YAML).</summary>
    public string Members { get; set; } = "members.yaml";

    /// <summary>The agency's identity key (PKCS#8 PEM), readable by its owner alone. It never leaves the host.</summary>
    public string IdentityKey { get; set; } = "identity.pem";

    /// <summary>
    /// Folder for the agent's own databases: links, ledger of spent tokens, access log. A ledger restored from a backup refuses older
    /// tokens by itself; a log that is lost is lost evidence.
    /// </summary>
    public string Data { get; set; } = "data";

    /// <summary>How long a source (the existing system) may take for one person, in seconds; 1 to 60.</summary>
    public int SourceTimeoutSeconds { get; set; } = 10;

    /// <summary>How long a whole fetch may take, in seconds; 5 to 300.</summary>
    public int FetchTimeoutSeconds { get; set; } = 60;

    /// <summary>Agencies that this provider answers nothing, whatever the catalog allows.</summary>
    public IList<string> BlockedAgencies { get; set; } = [];

    /// <summary>Entries under which this provider answers nothing, whatever the catalog allows.</summary>
    public IList<string> BlockedEntries { get; set; } = [];

    /// <summary>Where relative paths start from.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string Folder { get; set; } = "";

    /// <summary>Everything that is wrong, each with its way out; empty where all is well.</summary>
    public IReadOnlyList<string> Errors()
    {
        var errors = new List<string>();
        Require(AgencyId.TryParse(Agency, out _), $"agency: '{Agency}' is not an agency id (1 to 32 of a-z, 0-9 and '-').");
        Require(IPEndPoint.TryParse(Listen, out _), $"listen: '{Listen}' is not an address and port such as 0.0.0.0:8443.");
        RequireFile("catalog", Catalog);
        RequireFile("members", Members);
        RequireFile("identityKey", IdentityKey);
        Require(SourceTimeoutSeconds is >= 1 and <= 60, "sourceTimeoutSeconds: 1 to 60.");
        Require(FetchTimeoutSeconds is >= 5 and <= 300, "fetchTimeoutSeconds: 5 to 300.");
        errors.AddRange(BlockedAgencies.Where(id => !AgencyId.TryParse(id, out _)).Select(id => $"blockedAgencies: '{id}' is not an agency id."));
        errors.AddRange(BlockedEntries.Where(id => !EntryId.TryParse(id, out _)).Select(id => $"blockedEntries: '{id}' is not an entry id."));
        return errors;

        void Require(bool holds, string error)
        {
            if (!holds)
            {
                errors.Add(error);
            }
        }

        void RequireFile(string name, string path) => Require(File.Exists(Full(path)), $"{name}: there is no file '{Full(path)}'.");
    }

    internal string Full(string path) => Path.Combine(Folder, path);

    internal string DataFile(string name) => Path.Combine(Full(Data), name);
}
