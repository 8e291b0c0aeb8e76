using System.Net;
using System.Text.Json.Serialization;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;

namespace InfoLink.Hosting.Members;

/// <summary>
/// What every member is told that is no agency: the registry, the code authority, the numbering authority. A section of its own configuration file, whose
/// folder relative paths start from.
/// </summary>
public sealed class MemberOptions
{
    /// <summary>Its id in the member list.</summary>
    public string Id { get; set; } = "";

    /// <summary>Address and port to serve on, e.g. <c>0.0.0.0:7444</c>.</summary>
    public string Listen { get; set; } = "127.0.0.1:7444";

    /// <summary>https://host:port of the broker, until its directory says otherwise.</summary>
    public string Broker { get; set; } = "";

    /// <summary>Folder with the authority's documents and the broker's directory, as they were told last.</summary>
    public string Trust { get; set; } = "trust";

    /// <summary>Folder for its own store.</summary>
    public string Data { get; set; } = "data";

    /// <summary>The identity key: a file (PKCS#8 PEM), or a key in a PKCS#11 token as RFC 7512 writes it.</summary>
    public string IdentityKey { get; set; } = "identity.pem";

    /// <summary>The next one, while it is being changed.</summary>
    public string NextIdentityKey { get; set; } = "identity-next.pem";

    /// <summary>How long the certificates live that it issues to itself, in seconds; 20 to 259,200.</summary>
    public int LeafLifetimeSeconds { get; set; } = 259_200;

    /// <summary>Connections at a time; 1 to 10,000.</summary>
    public int Connections { get; set; } = 1_000;

    /// <summary>Of them one member's, at most; 1 to <see cref="Connections"/>.</summary>
    public int ConnectionsOfOneMember { get; set; } = 100;

    /// <summary>Where relative paths start from.</summary>
    [JsonIgnore]
    public string Folder { get; set; } = "";

    /// <summary>A path of the configuration, in full.</summary>
    public string Full(string path) => Path.Combine(Folder, path);

    /// <summary>A file of <see cref="Data"/>, in full.</summary>
    public string DataFile(string name) => Path.Combine(Full(Data), name);

    /// <summary>Everything that is wrong, each with its way out; empty where all is well.</summary>
    public IEnumerable<string> Errors()
    {
        if (!AgencyId.TryParse(Id, out _))
        {
            yield return $"member.id: '{Id}' is not a member's id (1 to 32 of a-z, 0-9 and '-').";
        }

        if (!IPEndPoint.TryParse(Listen, out _))
        {
            yield return $"member.listen: '{Listen}' is not an address and port such as 0.0.0.0:7444.";
        }

        if (!Endpoints.TryParse(Broker, out _))
        {
            yield return $"member.broker: '{Broker}' is not https://host:port.";
        }

        if (!Pkcs11Uri.Is(IdentityKey) && !File.Exists(Full(IdentityKey)))
        {
            yield return $"member.identityKey: there is no file '{Full(IdentityKey)}'.";
        }

        if (Pkcs11Uri.Is(IdentityKey) && Pkcs11Uri.ErrorIn(IdentityKey) is { } wrong)
        {
            yield return $"member.identityKey: {wrong}";
        }

        if (LeafLifetimeSeconds is < 20 or > 259_200)
        {
            yield return "member.leafLifetimeSeconds: 20 to 259,200.";
        }

        if (Connections is < 1 or > 10_000)
        {
            yield return "member.connections: 1 to 10,000.";
        }

        if (ConnectionsOfOneMember < 1 || ConnectionsOfOneMember > Connections)
        {
            yield return "member.connectionsOfOneMember: 1 to connections.";
        }
    }
}
