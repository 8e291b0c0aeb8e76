using System.Collections.Frozen;
using System.Security.Cryptography;
using InfoLink.Authoring;
using InfoLink.Broker.Keys;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Trust;
using InfoLink.Hosting.Trust;

namespace InfoLink.Samples.Network;

/// <summary>
/// The authority's part in the sample: three keys, of which two must sign. In a real network they lie offline with three people, who use <c>infolink authority</c>;
/// here one program stands in for them, and for the ways on which signed documents reach everybody.
/// </summary>
internal static class SignedTrust
{
    private const int Keys = 3;
    private const int Threshold = 2;

    public static void CreateAuthority(NetworkFolder folder)
    {
        KeyFile.CreateFolder(folder.Path("authority"));
        for (var i = 1; i <= Keys; i++)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            KeyFile.WriteNew(KeyPath(folder, i), key.ExportPkcs8PrivateKeyPem());
        }
    }

    public static void Publish(NetworkFolder folder, TimeProvider time)
    {
        using var signers = new Signers(folder);
        var authorityPath = folder.Path("authority", "authority.json");
        if (!File.Exists(authorityPath))
        {
            var draft = AuthorityFile.Draft(NetworkFolder.Platform, signers.PublicKeys, Threshold, previous: null, time.GetUtcNow());
            File.WriteAllBytes(authorityPath, signers.Sign(draft, DocumentKind.Authority).ToBytes());
        }

        var (members, catalog) = (NewestMembers(folder, signers, time), NewestCatalog(folder, signers, time));

        // By hand to the broker and, as if they had heard it from the broker, to the agencies.
        foreach (var trust in TrustFolders(folder).Append(folder.Path("broker", "trust")))
        {
            KeyFile.CreateFolder(trust);
            File.Copy(authorityPath, System.IO.Path.Combine(trust, "authority-1.json"), overwrite: true);
            File.Copy(members, System.IO.Path.Combine(trust, System.IO.Path.GetFileName(members)), overwrite: true);
            File.Copy(catalog, System.IO.Path.Combine(trust, System.IO.Path.GetFileName(catalog)), overwrite: true);
        }

        PublishDirectory(folder, time);
    }

    /// <summary>The newest version of what is authored, signed and handed to nobody.</summary>
    public static SignedDocument Sign(NetworkFolder folder, DocumentKind kind, TimeProvider time)
    {
        using var signers = new Signers(folder);
        var file = kind == DocumentKind.Members ? NewestMembers(folder, signers, time) : NewestCatalog(folder, signers, time);
        return SignedDocument.Parse(File.ReadAllBytes(file));
    }

    public static MemberList Members(NetworkFolder folder) =>
        ((Loaded<MemberList>.Whole)MembersFile.Read(folder.MembersPath)).Value.With(Directory(folder, 1, DateTimeOffset.UnixEpoch), folder.BrokerAddress);

    public static StatuteCatalog Catalog(NetworkFolder folder) => Documents.Catalog(SignedDocument.Parse(File.ReadAllBytes(NewestFile(folder, DocumentKind.Catalog)!))).Value;

    private static string NewestMembers(NetworkFolder folder, Signers signers, TimeProvider time) => Newest(
        folder,
        DocumentKind.Members,
        document => Documents.Members(document).Header,
        (previous, now, expires) => MembersFile.Draft("members.yaml", File.ReadAllBytes(folder.MembersPath), previous, now, expires),
        signers,
        time);

    private static string NewestCatalog(NetworkFolder folder, Signers signers, TimeProvider time) => Newest(
        folder,
        DocumentKind.Catalog,
        document => Documents.Catalog(document).Header,
        (previous, now, expires) => CatalogFile.Draft("catalog.yaml", File.ReadAllBytes(folder.CatalogPath), NetworkFolder.Platform, previous, now, expires),
        signers,
        time);

    private static void PublishDirectory(NetworkFolder folder, TimeProvider time)
    {
        var options = folder.BrokerOptions();
        using var keys = BrokerKeys.Load(folder.Path("broker", "keys"), NetworkFolder.Platform, options.IdentityKey, options.NextIdentityKey);
        using var certificates = new LeafCertificates(keys.Identity, time);
        var now = time.GetUtcNow();
        var directory = Directory(folder, now.ToUnixTimeMilliseconds(), DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds()));
        var signed = DirectorySignature.Sign(directory, certificates.Current).ToBytes();
        KeyFile.CreateFolder(folder.Path("broker", "data"));
        File.WriteAllBytes(folder.Path("broker", "data", "directory.json"), signed);
        foreach (var trust in TrustFolders(folder))
        {
            File.WriteAllBytes(System.IO.Path.Combine(trust, "directory.json"), signed);
        }
    }

    private static IEnumerable<string> TrustFolders(NetworkFolder folder) =>
        folder.Agencies.Select(agency => folder.AgencyPath(agency, "trust")).Concat(folder.Institutions.Select(id => folder.InstitutionPath(id, "trust")));

    private static BrokerDirectory Directory(NetworkFolder folder, long serial, DateTimeOffset issued) => new()
    {
        Platform = NetworkFolder.Platform,
        Serial = serial,
        Issued = issued,
        Endpoints = folder.Agencies.Select(agency => (Id: agency, Endpoint: folder.EndpointOf(agency)))
            .Concat(folder.InstitutionEndpoints.Select(institution => (Id: institution.Key, Endpoint: institution.Value)))
            .ToFrozenDictionary(member => AgencyId.Parse(member.Id), member => new Uri($"https://{member.Endpoint}")),
    };

    /// <summary>The file of the newest signed version; a new one where what is authored has changed, or the last one will not last the week.</summary>
    private static string Newest(
        NetworkFolder folder,
        DocumentKind kind,
        Func<SignedDocument, DocumentHeader> header,
        Func<DocumentHeader?, DateTimeOffset, DateOnly, Loaded<SignedDocument>> draft,
        Signers signers,
        TimeProvider time)
    {
        const int LastsAtLeastDays = 7;
        var today = JapanTime.Today(time);
        var newest = NewestFile(folder, kind);
        DocumentHeader? held = null;
        if (newest is not null)
        {
            var document = SignedDocument.Parse(File.ReadAllBytes(newest));
            held = header(document);
            var before = held.Previous is { } previous ? held with { Version = held.Version - 1, Sha256 = previous } : null;
            if (held.Expires.DayNumber - today.DayNumber >= LastsAtLeastDays && Whole(draft(before, held.Issued, held.Expires)).Sha256 == document.Sha256)
            {
                return newest;
            }
        }

        var next = signers.Sign(Whole(draft(held, time.GetUtcNow(), today.AddDays(kind.LongestDays()))), kind);
        var file = folder.Path("authority", $"{kind.Name()}-{(held?.Version ?? 0) + 1}.json");
        File.WriteAllBytes(file, next.ToBytes());
        return file;
    }

    private static string? NewestFile(NetworkFolder folder, DocumentKind kind) => System.IO.Directory.GetFiles(folder.Path("authority"), $"{kind.Name()}-*.json")
        .OrderBy(file => file.Length)
        .ThenBy(file => file, StringComparer.Ordinal)
        .LastOrDefault();

    private static SignedDocument Whole(Loaded<SignedDocument> loaded) => loaded switch
    {
        Loaded<SignedDocument>.Whole whole => whole.Value,
        Loaded<SignedDocument>.Broken broken => throw new InvalidOperationException(string.Join(Environment.NewLine, broken.Errors)),
        _ => throw new InvalidOperationException("A draft is whole or broken."),
    };

    private static string KeyPath(NetworkFolder folder, int number) => folder.Path("authority", $"key-{number}.pem");

    /// <summary>The three key holders, of whom the first two sign.</summary>
    private sealed class Signers : IDisposable
    {
        private readonly List<ECDsa> _keys = [];

        public Signers(NetworkFolder folder)
        {
            for (var i = 1; i <= Keys; i++)
            {
                var key = ECDsa.Create();
                key.ImportFromPem(KeyFile.Read(KeyPath(folder, i)));
                _keys.Add(key);
            }
        }

        public IReadOnlyCollection<P256PublicKey> PublicKeys => [.. _keys.Select(P256PublicKey.Of)];

        public SignedDocument Sign(SignedDocument draft, DocumentKind kind) =>
            _keys.Take(Threshold).Aggregate(draft, (document, key) => document.With(DocumentSignature.ByKey(draft, kind, key)));

        public void Dispose() => _keys.ForEach(key => key.Dispose());
    }
}
