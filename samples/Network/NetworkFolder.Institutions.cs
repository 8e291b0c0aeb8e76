using InfoLink.CodeAuthority;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Hosting.Members;
using InfoLink.Numbering;

namespace InfoLink.Samples.Network;

/// <summary>The members that are no agencies: the code authority, the registry, the numbering authority.</summary>
public sealed partial class NetworkFolder
{
    public string InstitutionPath(string id, string file) => Path("institutions", id, file);

    /// <summary>The members of the folder that are no agencies.</summary>
    public IEnumerable<string> Institutions => Directory.GetDirectories(Path("institutions")).Select(folder => System.IO.Path.GetFileName(folder)!).Order(StringComparer.Ordinal);

    public CodeAuthorityOptions CodeAuthorityOptions() => InfoLink.CodeAuthority.CodeAuthorityOptions.Read(InstitutionPath(CodeAuthority, "code-authority.json"));

    /// <summary>What the registry is told of its membership.</summary>
    public MemberOptions RegistryOptions() => MemberOf(Registry, InstitutionEndpoints[Registry]);

    public NumberingOptions NumberingOptions() => InfoLink.Numbering.NumberingOptions.Read(InstitutionPath(Numbering, "numbering.json"));

    /// <summary>Where the institutions are reached.</summary>
    internal IReadOnlyDictionary<string, string> InstitutionEndpoints => Institutions.ToDictionary(
        id => id, id => _redirected.GetValueOrDefault(id) ?? File.ReadAllText(InstitutionPath(id, "endpoint")), StringComparer.Ordinal);

    /// <summary>An institution's identity key, as its own host would read it.</summary>
    public IdentityKey IdentityOfInstitution(string id) => IdentityKey.FromPem(
        SpiffeName.ForAgency(Platform, AgencyId.Parse(id)), KeyFile.Read(InstitutionPath(id, "identity.pem")));

    private string AddCodeAuthority(int port)
    {
        var options = new CodeAuthorityOptions { TestPersons = true };
        Place(options.Member, CodeAuthority, port);
        var key = InfoLink.CodeAuthority.CodeAuthorityHost.Create(options, Platform);
        options.Write(InstitutionPath(CodeAuthority, "code-authority.json"));
        return AddInstitution(CodeAuthority, "符号付番機関", "Code authority", MemberFlags.CodeAuthority, port, key);
    }

    private string AddNumbering(int port)
    {
        var options = new NumberingOptions();
        Place(options.Member, Numbering, port);
        var keys = NumberingHost.Create(options, Platform);
        options.Write(InstitutionPath(Numbering, "numbering.json"));
        return AddInstitution(Numbering, "付番機関", "Numbering authority", MemberFlags.NumberingAuthority, port, keys.Identity, $"\n    logs: [{keys.Log}]");
    }

    private void Place(MemberOptions member, string id, int port) =>
        (member.Id, member.Listen, member.Broker, member.Folder) = (id, $"127.0.0.1:{port}", $"https://{BrokerOptions().Listen}", Path("institutions", id));

    private MemberOptions MemberOf(string id, string listen) => new()
    {
        Id = id,
        Listen = listen,
        Broker = $"https://{BrokerOptions().Listen}",
        Folder = Path("institutions", id),
    };

    private string AddInstitution(string id, string ja, string en, string flag, int port, P256PublicKey identity, string more = "")
    {
        File.WriteAllText(InstitutionPath(id, "endpoint"), $"127.0.0.1:{port}");
        return $$"""
              {{id}}:
                name: { ja: {{ja}}, en: "{{en}}" }
                identityKey: {{identity}}
                codeEpochs: { current: {{Epoch}} }
                flags: [{{flag}}]{{more}}

            """;
    }
}
