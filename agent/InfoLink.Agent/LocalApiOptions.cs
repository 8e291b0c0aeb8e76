using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using InfoLink.Agent.People;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent;

/// <summary>
/// The local API on a port of this host, beside the Unix socket in the data folder, for systems that cannot speak to a socket. Every call carries a key; over the socket, which only the agent's own user
/// enters, none is needed.
/// </summary>
public sealed class LocalApiOptions
{
    private const int MostKeys = 1_000;

    /// <summary>A loopback address and port, e.g. <c>127.0.0.1:8480</c>. Empty: the socket alone.</summary>
    public string Listen { get; set; } = "";

    /// <summary>The systems that may call, each with a key of its own; <c>infolink-agent key</c> makes one.</summary>
    public IList<LocalKeyOptions> Keys { get; set; } = [];

    /// <summary>Where the back-office page is reached through a proxy that signs operators in, e.g. <c>https://infolink.city.example</c>: what a browser sends as <c>Origin</c>. Empty: on this host alone.</summary>
    public string DeskOrigin { get; set; } = "";

    internal IEnumerable<string> Errors()
    {
        if (DeskOrigin.Length > 0 && !(Uri.TryCreate(DeskOrigin, UriKind.Absolute, out var origin) && string.Equals(origin.Scheme, Uri.UriSchemeHttps, StringComparison.Ordinal) && string.Equals(origin.GetLeftPart(UriPartial.Authority), DeskOrigin, StringComparison.Ordinal)))
        {
            yield return $"local: deskOrigin: '{DeskOrigin}' is not what a browser sends as its origin: https, a name, a port where it is not 443, and no slash behind; such as https://infolink.city.example.";
        }

        if (DeskOrigin.Length > 0 && !Keys.Any(key => key?.Claims is not null))
        {
            yield return "local: deskOrigin: no key has 'claims', so nobody could say who comes through the proxy. Give the proxy's key claims, or leave deskOrigin out.";
        }

        if (Listen.Length > 0 && !(IPEndPoint.TryParse(Listen, out var endpoint) && IPAddress.IsLoopback(endpoint.Address)))
        {
            yield return $"local: listen: '{Listen}' is not a loopback address and port such as 127.0.0.1:8480. Whoever is on another host comes through a proxy that knows who they are.";
        }

        if (Keys.Count > MostKeys)
        {
            yield return $"local: keys: more than {MostKeys}.";
        }

        if (Keys.Contains(null!))
        {
            yield return "local: keys: null is none.";
            yield break;
        }

        foreach (var name in Keys.GroupBy(key => key.Name, StringComparer.Ordinal).Where(same => same.Skip(1).Any()).Select(same => same.Key))
        {
            yield return $"local: keys: two have the name '{name}'.";
        }

        foreach (var error in Keys.SelectMany(key => key.Errors()))
        {
            yield return $"local: keys: {error}";
        }
    }
}

/// <summary>One system's key, and what it may.</summary>
public sealed class LocalKeyOptions
{
    private const int HashSize = SHA256.HashSizeInBytes;

    /// <summary>The system, for people and logs; 1 to 100 characters.</summary>
    public string Name { get; set; } = "";

    /// <summary>SHA-256 of the key's text, base64url. The key itself stands nowhere here.</summary>
    public string Sha256 { get; set; } = "";

    /// <summary>Entries that it may ask under: ids, or beginnings with <c>*</c> behind. What its operators may is <see cref="PeopleOptions"/>'s, and both must allow it.</summary>
    public IList<string> Ask { get; set; } = [];

    /// <summary>It may also do what commands do: links, blocks, jobs, remedy.</summary>
    public bool Operate { get; set; }

    /// <summary>A proxy that has proved who the operator is, and says so in headers. Without it, headers about operators are not looked at.</summary>
    public ClaimOptions? Claims { get; set; }

    /// <summary>Where it wants to be told that people elsewhere have answered what it asked; the agent then collects by itself whatever it asks. Null: it is not told.</summary>
    public CallbackOptions? Callback { get; set; }

    /// <summary>May the system ask under this entry?</summary>
    public bool MayAsk(EntryId entry) => Ask.Any(text => EntryPattern.TryParse(text, out var pattern) && pattern.Covers(entry));

    /// <summary>Is this the SHA-256 of its key? In fixed time.</summary>
    public bool Fits(ReadOnlySpan<byte> sha256) => HashOrNull() is { } hash && CryptographicOperations.FixedTimeEquals(hash, sha256);

    /// <summary>Everything that is wrong with it.</summary>
    public IEnumerable<string> Errors()
    {
        if (Name.Length is 0 or > 100)
        {
            yield return "a key has no name, or one of more than 100 characters.";
        }

        if (HashOrNull() is null)
        {
            yield return $"{Name}: sha256 is not 32 bytes in base64url. Make a key with infolink-agent key.";
        }

        foreach (var pattern in Ask.Where(pattern => !EntryPattern.TryParse(pattern, out _)))
        {
            yield return $"{Name}: ask: '{pattern}' is neither an entry's id nor the beginning of one with * behind it.";
        }

        if (Claims is { } claims && (claims.Operator.Length == 0 || claims.Separator.Length != 1))
        {
            yield return $"{Name}: claims: operator names a header, and separator is one character.";
        }
    }

    private byte[]? HashOrNull()
    {
        var hash = new byte[HashSize];
        return Base64Url.IsValid(Sha256, out var length) && length == HashSize && Base64Url.TryDecodeFromChars(Sha256, hash, out _) ? hash : null;
    }
}

/// <summary>The headers in which an authenticated proxy (LDAP, OpenID Connect) says who the operator is. Values beyond ASCII are percent-encoded UTF-8.</summary>
public sealed class ClaimOptions
{
    /// <summary>Header with the operator's id; it must be there.</summary>
    public string Operator { get; set; } = "X-InfoLink-Operator";

    /// <summary>Header with the name.</summary>
    public string Name { get; set; } = "X-InfoLink-Name";

    /// <summary>Header with the department.</summary>
    public string Department { get; set; } = "X-InfoLink-Department";

    /// <summary>Header with the attribute.</summary>
    public string Attribute { get; set; } = "X-InfoLink-Attribute";

    /// <summary>Header with the roles or groups.</summary>
    public string Roles { get; set; } = "X-InfoLink-Roles";

    /// <summary>What stands between two roles.</summary>
    public string Separator { get; set; } = ",";

    /// <summary>Group → role of <see cref="PeopleOptions.Roles"/>. Empty: groups are roles by name.</summary>
    public IDictionary<string, string> RoleOf { get; set; } = new Dictionary<string, string>(StringComparer.Ordinal);
}
