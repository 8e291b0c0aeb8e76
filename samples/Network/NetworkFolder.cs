using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using InfoLink.Agent;
using InfoLink.Broker;
using InfoLink.Broker.Keys;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Trust;
using InfoLink.Hosting.Members;

namespace InfoLink.Samples.Network;

/// <summary>
/// A network on disk: what an authority, a broker's operator and two agencies would each prepare, side by side in one folder. The parts can be
/// started in one process (this sample) or each in its own (README).
/// <code>
/// catalog.yaml  members.yaml
/// authority/    authority.json  key-1.pem  key-2.pem  key-3.pem
/// broker/       broker.json  keys/  trust/  data/  identity-cert.pem
/// agencies/141003/  agent.json  identity.pem  identity-cert.pem  tls-cert.pem  tls-key.pem  trust/  data/  existing.db
/// institutions/code-authority/  code-authority.json  code-authority.key  identity.pem  trust/  data/
/// institutions/registry/        registry.json  registry.db  identity.pem  trust/  data/
/// institutions/numbering-authority/  numbering.json  table.key  log.key  identity.pem  trust/  data/
/// </code>
/// </summary>
public sealed partial class NetworkFolder
{
    public const string Platform = "infolink.example";

    /// <summary>Yokohama, which decides the child allowance and asks.</summary>
    public const string Requester = "141003";

    /// <summary>Setagaya, where the claimant lived on 1 January, which is asked.</summary>
    public const string Provider = "131121";

    /// <summary>A member that takes no part in the exchange, but is a witness: Kawasaki.</summary>
    public const string Bystander = "141305";

    /// <summary>A member whom the row does not name as a provider: the Minister of Health, Labour and Welfare.</summary>
    public const string HealthMinister = "mhlw";

    /// <summary>The code authority, which the broker's operator does not run.</summary>
    public const string CodeAuthority = "code-authority";

    /// <summary>The resident registry.</summary>
    public const string Registry = "registry";

    /// <summary>The numbering authority (付番機関).</summary>
    public const string Numbering = "numbering-authority";

    private const string Municipality = "municipality";

    /// <summary>The epoch of the one master that link codes are made under.</summary>
    public const byte Epoch = 7;

    /// <summary>The name of the broker's log.</summary>
    public const string LogOrigin = $"{Platform}/broker-1";

    /// <summary>Of the three cities, which are the witnesses, so many must have cosigned the broker's log within the minute: one may be away.</summary>
    public const int Quorum = 2;

    private readonly Dictionary<string, string> _redirected = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private Uri? _broker;

    private NetworkFolder(string path, TimeProvider time) => (FullPath, _time) = (path, time);

    public string FullPath { get; }

    public string CatalogPath => Path("catalog.yaml");

    public string MembersPath => Path("members.yaml");

    public string BrokerPath => Path("broker", "broker.json");

    /// <summary>The folder's parts by name.</summary>
    public string Path(params string[] parts) => System.IO.Path.Combine([FullPath, .. parts]);

    public string AgencyPath(string agency, string file) => Path("agencies", agency, file);

    public BrokerOptions BrokerOptions() => Broker.BrokerOptions.Read(BrokerPath);

    public AgentOptions AgentOptions(string agency) => Agent.AgentOptions.Read(AgencyPath(agency, "agent.json"));

    /// <summary>The agencies of the folder.</summary>
    public IEnumerable<string> Agencies => Directory.GetDirectories(Path("agencies")).Select(folder => System.IO.Path.GetFileName(folder)!).Order(StringComparer.Ordinal);

    /// <summary>Where an agency is reached, as host and port: where it listens, or where <see cref="Redirect"/> says.</summary>
    public string EndpointOf(string agency) => _redirected.TryGetValue(agency, out var elsewhere) ? elsewhere : AgentOptions(agency).Listen;

    /// <summary>From the next <see cref="Publish"/> on, the directory leads elsewhere for this agency.</summary>
    public void Redirect(string agency, Uri to) => _redirected[agency] = to.Authority;

    /// <summary>From now on, everybody is told that the broker is reached elsewhere.</summary>
    public void RedirectBroker(Uri to)
    {
        _broker = to;
        foreach (var agency in Agencies)
        {
            var options = AgentOptions(agency);
            options.Broker = $"https://{to.Authority}";
            options.Write(AgencyPath(agency, "agent.json"));
        }
    }

    internal Uri BrokerAddress => _broker ?? new Uri($"https://{BrokerOptions().Listen}");

    /// <summary>Has the authority sign what stands in <c>members.yaml</c> and <c>catalog.yaml</c>, where that is not what it signed last, and hands it to all.</summary>
    public void Publish() => SignedTrust.Publish(this, _time);

    /// <summary>Has the authority sign what stands in <c>members.yaml</c> or <c>catalog.yaml</c> now, and hands it to nobody.</summary>
    public SignedDocument Sign(DocumentKind kind) => SignedTrust.Sign(this, kind, _time);

    /// <summary>The newest signed catalog.</summary>
    public StatuteCatalog Catalog() => SignedTrust.Catalog(this);

    /// <summary>The member list and the directory, as everybody knows them after <see cref="Publish"/>.</summary>
    public MemberList Members() => SignedTrust.Members(this);

    /// <summary>A member's identity key, as its own host would read it.</summary>
    public IdentityKey IdentityOf(string agency) => IdentityKey.FromPem(
        SpiffeName.ForAgency(Platform, AgencyId.Parse(agency)), KeyFile.Read(AgencyPath(agency, "identity.pem")));

    /// <summary>Puts the broker on a database, and prepares one more to run beside it: <c>broker-2/broker.json</c>. The broker must have a Redis, and starts first.</summary>
    /// <returns>Its log's key, which the member list names from now on.</returns>
    public NoteKey AddBroker(string postgres)
    {
        Publish();
        var options = BrokerOptions();
        options.Postgres = postgres;
        options.Write(BrokerPath);
        var number = 2 + Directory.GetDirectories(FullPath, "broker-*").Length;
        var log = BrokerSetup.CreateBeside(BrokerOptions(), Path($"broker-{number}"), $"127.0.0.1:{FreePorts(1)[0]}").Log;
        var members = File.ReadAllText(MembersPath);
        File.WriteAllText(MembersPath, members.Insert(members.IndexOf(']', members.IndexOf("logs: [", StringComparison.Ordinal)), $", {log}"));
        Publish();
        return log;
    }

    /// <summary>Gives a member further flags, from the next <see cref="Publish"/> on.</summary>
    public void Flag(string member, params IEnumerable<string> flags)
    {
        const string Flags = "    flags: [";
        var members = File.ReadAllText(MembersPath);
        var at = members.IndexOf(Flags, members.IndexOf(member, StringComparison.Ordinal), StringComparison.Ordinal) + Flags.Length;
        File.WriteAllText(MembersPath, members.Insert(at, string.Concat(flags.Select(flag => flag + ", "))));
    }

    /// <summary>Opens what an earlier run left, or null where there is nothing.</summary>
    public static NetworkFolder? TryOpen(string path, TimeProvider time)
    {
        var folder = new NetworkFolder(System.IO.Path.GetFullPath(path), time);
        return File.Exists(folder.MembersPath) ? folder : null;
    }

    /// <summary>Makes keys, configuration, member list and the agencies' own databases.</summary>
    /// <param name="path">An empty or new folder.</param>
    /// <param name="redis">For tokens; empty keeps them in the broker's memory.</param>
    /// <param name="time">For certificates.</param>
    /// <param name="connected">Whether the agencies' agents are connected to existing systems of the sample's, and know some people.</param>
    public static NetworkFolder Create(string path, string redis, TimeProvider time, bool connected = true)
    {
        var folder = new NetworkFolder(System.IO.Path.GetFullPath(path), time);
        Directory.CreateDirectory(folder.FullPath);
        File.Copy(System.IO.Path.Combine(AppContext.BaseDirectory, "catalog.yaml"), folder.CatalogPath);

        // Each party makes its own keys; only public halves meet, in the member list.
        Directory.CreateDirectory(folder.Path("broker"));
        using var keys = BrokerKeys.Create(folder.Path("broker", "keys"), Platform, Epoch);
        WriteCertificate(keys.Identity, folder.Path("broker", "identity-cert.pem"), time);
        var ports = FreePorts(8);
        var broker = new BrokerOptions
        {
            Listen = $"127.0.0.1:{ports[0]}",
            LogOrigin = LogOrigin,
            Redis = redis,
        };
        broker.Write(folder.BrokerPath);

        var members = new StringBuilder(
            $"""
            # Who takes part, as the authority signs it. Made by samples/Network.
            platform: {Platform}
            quorum: {Quorum}
            broker:
              identityKey: {keys.Identity.PublicKey}
              tokenKeys:
                {keys.Tokens.Single().Key}: {P256PublicKey.Of(keys.Tokens.Single().Value)}
              logs: [{PublicOf(keys.Log, LogOrigin, NoteKeyKind.Log)}]
              witnessKey: {PublicOf(keys.Witness, $"{Platform}/broker/witness", NoteKeyKind.Cosigner)}
            agencies:

            """);
        members.Append(folder.AddAgency(Requester, "横浜市", "Yokohama", Municipality, ports[1], connected));
        members.Append(folder.AddAgency(Provider, "世田谷区", "Setagaya", Municipality, ports[2], connected));
        members.Append(folder.AddAgency(Bystander, "川崎市", "Kawasaki", Municipality, ports[3], connected));
        members.Append(folder.AddAgency(HealthMinister, "厚生労働大臣", "Minister of Health, Labour and Welfare", "health-minister", ports[4], connected));
        members.Append(folder.AddCodeAuthority(ports[5]));
        members.Append(folder.AddInstitution(Registry, "住民基本台帳ネットワークシステム", "Resident registry", MemberFlags.Registry, ports[6], MemberHost.Create(folder.MemberOf(Registry, $"127.0.0.1:{ports[6]}"), Platform)));
        members.Append(folder.AddNumbering(ports[7]));
        if (connected)
        {
            ExistingSystems.Create(folder);
        }

        SignedTrust.CreateAuthority(folder);

        // The member list comes last: a folder that has one is complete.
        File.WriteAllText(folder.MembersPath, members.ToString());
        return folder;
    }

    private string AddAgency(string id, string ja, string en, string category, int port, bool connected)
    {
        Directory.CreateDirectory(Path("agencies", id));
        var options = new AgentOptions
        {
            Agency = id,
            Listen = $"127.0.0.1:{port}",
            Broker = $"https://{BrokerOptions().Listen}",
            Folder = Path("agencies", id),
        };
        if (connected)
        {
            ExistingSystems.Connect(options);
        }

        var keys = AgentHost.Create(options, Platform, _time);
        options.Write(AgencyPath(id, "agent.json"));

        // For other TLS stacks and for looking at: an agent issues its own leaves and needs none of these files.
        using var identity = IdentityOf(id);
        WriteCertificate(identity, AgencyPath(id, "identity-cert.pem"), _time);
        using var leaf = identity.IssueLeaf(LeafPurpose.Tls, _time.GetUtcNow());
        using var leafKey = System.Security.Cryptography.X509Certificates.ECDsaCertificateExtensions.GetECDsaPrivateKey(leaf)!;
        File.WriteAllText(AgencyPath(id, "tls-cert.pem"), leaf.ExportCertificatePem());
        KeyFile.WriteNew(AgencyPath(id, "tls-key.pem"), leafKey.ExportPkcs8PrivateKeyPem());

        return $$"""
              {{(id.All(char.IsAsciiDigit) ? $"\"{id}\"" : id)}}:
                name: { ja: {{ja}}, en: "{{en}}" }
                categories:
                  - { category: {{category}}, from: 2001-01-06 }
                identityKey: {{keys.Identity}}
                logs: [{{keys.Log}}]
                {{(string.Equals(category, Municipality, StringComparison.Ordinal) ? $"witnessKey: {keys.Witness}" : "# no witness")}}
                codeEpochs: { current: {{Epoch}} }
                flags: [{{MemberFlags.DirectMatching}}]

            """;
    }

    private static NoteKey PublicOf(byte[] seed, string name, NoteKeyKind kind)
    {
        using var key = Ed25519PrivateKey.FromSeed(seed);
        return NoteKey.Of(name, kind, key.PublicKey.Span);
    }

    private static void WriteCertificate(IdentityKey identity, string path, TimeProvider time)
    {
        using var certificate = identity.SelfSigned(time.GetUtcNow());
        File.WriteAllText(path, certificate.ExportCertificatePem());
    }

    /// <summary>
    /// Ports that are free now; the parts name each other by them before they run. Below those that systems give to callers, so that no connection of the
    /// network's own takes one in between.
    /// </summary>
    private static int[] FreePorts(int count)
    {
        const int Lowest = 12_000, CallersOwn = 32_000;
        var listeners = new List<TcpListener>();
        while (listeners.Count < count)
        {
            var listener = new TcpListener(IPAddress.Loopback, RandomNumberGenerator.GetInt32(Lowest, CallersOwn));
            try
            {
                listener.Start();
                listeners.Add(listener);
            }
            catch (SocketException)
            {
                listener.Dispose(); // Somebody's; another one.
            }
        }

        var ports = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port).ToArray();
        listeners.ForEach(listener => listener.Stop());
        return ports;
    }
}
