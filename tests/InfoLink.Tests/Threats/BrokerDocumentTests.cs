using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using InfoLink.Agent;
using InfoLink.Authoring;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Trust;
using InfoLink.Hosting.Trust;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using Microsoft.Extensions.Logging;
using Xunit;

namespace InfoLink.Tests.Threats;

/// <summary>
/// Design §6, row 4: the broker tells its agencies of lists, catalogs and directories that the authority did not sign, or has replaced. Each is refused
/// where it arrives, is kept as evidence, alarms, and changes nothing.
/// </summary>
public sealed class BrokerDocumentTests : IAsyncLifetime
{
    private AgentNetwork _network = null!;
    private ThirdAgency _kawasaki = null!;

    private AgentHost[] Agencies => [_network.Requester, _network.Provider, _kawasaki.Host];

    public async ValueTask InitializeAsync()
    {
        _network = await AgentNetwork.StartAsync(new() { BendBroker = true });
        _network.Network.Journal.Expect("ALARM: the broker brought a document");
        _kawasaki = await ThirdAgency.JoinAsync(_network);
        await _network.LinkAsync(1);
    }

    public async ValueTask DisposeAsync()
    {
        await _kawasaki.DisposeAsync();
        await _network.DisposeAsync();
    }

    [Fact]
    public async Task A_list_or_catalog_that_too_few_of_the_authority_signed_changes_nothing()
    {
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var stolen = ECDsa.Create();
        stolen.ImportFromPem(KeyFile.Read(_network.Folder.Path("authority", "key-3.pem")));
        using var brokers = ECDsa.Create();
        brokers.ImportFromPem(BrokerTests.BrokersPem(_network));
        foreach (var (kind, draft) in ((DocumentKind, SignedDocument)[])[(DocumentKind.Members, WidenedList()), (DocumentKind.Catalog, WidenedCatalog())])
        {
            await RefusedAsync(draft, DocumentFault.SignaturesMissing);
            await RefusedAsync(draft.With(DocumentSignature.ByKey(draft, kind, own)).With(DocumentSignature.ByKey(draft, kind, brokers)), DocumentFault.SignaturesMissing);
            await RefusedAsync(draft.With(DocumentSignature.ByKey(draft, kind, stolen)), DocumentFault.SignaturesMissing);
            await RefusedAsync(draft.With(DocumentSignature.ByKey(draft, kind, stolen)).With(DocumentSignature.ByKey(draft, kind, brokers)), DocumentFault.SignaturesMissing);
            await RefusedAsync(SignedByBroker(draft, kind, generation => generation.Signing), DocumentFault.SignaturesMissing);
        }

        await AssertNothingChangedAsync();
    }

    [Fact]
    public async Task An_authority_of_its_own_succeeds_nobody()
    {
        using var first = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var second = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var held = _network.Requester.Trust.Folder.Held!.Authority;
        foreach (var previous in (Authority?[])[held, null])
        {
            // As the next version, and as another first one.
            var draft = AuthorityFile.Draft(
                NetworkFolder.Platform, [P256PublicKey.Of(first), P256PublicKey.Of(second)], threshold: 1, previous, TimeProvider.System.GetUtcNow());
            var signed = draft.With(DocumentSignature.ByKey(draft, DocumentKind.Authority, first)).With(DocumentSignature.ByKey(draft, DocumentKind.Authority, second));
            await RefusedAsync(signed, previous is null ? DocumentFault.Forked : DocumentFault.SignaturesMissing);
        }

        await AssertNothingChangedAsync();
    }

    [Fact]
    public async Task An_old_list_or_catalog_is_told_in_vain()
    {
        // The true next ones first: told by the same broker, they are taken.
        var (oldList, oldCatalog) = (Newest(DocumentKind.Members), Newest(DocumentKind.Catalog));
        File.AppendAllText(_network.Folder.MembersPath, "# the same, a day later\n");
        File.WriteAllText(_network.Folder.MembersPath, File.ReadAllText(_network.Folder.MembersPath).Replace("Kawasaki", "Kawasaki City", StringComparison.Ordinal));
        AgentNetwork.EndTaxEntry(_network.Folder);
        foreach (var kind in (DocumentKind[])[DocumentKind.Members, DocumentKind.Catalog])
        {
            _network.Bent.Trust.Tell(_network.Folder.Sign(kind));
        }

        await Until.TrueAsync(() => Agencies.All(agency => agency.Trust.Folder.Held is { Members.Header.Version: 2, Catalogs.Newest.Version: 2 }));
        await RefusedAsync(oldList, DocumentFault.Rollback);
        await RefusedAsync(oldCatalog, DocumentFault.Rollback);
        Assert.All(Agencies, agency => Assert.Equal((2, 2), (agency.Trust.Members.Version, agency.Trust.Catalog.Version)));
    }

    [Fact]
    public async Task A_directory_narrows_in_its_own_form_under_its_own_leaf_and_forwards_only()
    {
        var good = BrokerTests.DirectoryOf(_network, _ => { });
        await RefusedAsync(SignedByBroker(good.Unsigned(), DocumentKind.Directory, generation => generation.Tls), DocumentFault.SignaturesMissing);

        // A field that could widen does not exist; an older serial says something else than what is known.
        var widened = SignedDocument.Draft(Encoding.UTF8.GetBytes("{\"agencies\":{}," + Encoding.UTF8.GetString(good.Payload.Span)[1..]));
        await RefusedAsync(SignedByBroker(widened, DocumentKind.Directory, generation => generation.Signing), DocumentFault.Malformed);
        var older = _network.Requester.Trust.Directory with { Serial = 1, Suspended = [], Endpoints = System.Collections.Frozen.FrozenDictionary<Contracts.Identifiers.AgencyId, Uri>.Empty };
        await RefusedAsync(DirectorySignature.Sign(older, _network.Bent.Certificates.Current), DocumentFault.Rollback);
        var elsewhere = _network.Requester.Trust.Directory with { Platform = "other.example", Serial = long.MaxValue };
        await RefusedAsync(DirectorySignature.Sign(elsewhere, _network.Bent.Certificates.Current), DocumentFault.OtherPlatform);
        await AssertNothingChangedAsync();
    }

    /// <summary>Told to all: at each it is one case of evidence, byte for byte, and one alarm.</summary>
    private async Task RefusedAsync(SignedDocument document, DocumentFault fault)
    {
        var before = Agencies.Select(agency => Kept(agency).Length).ToArray();
        var alarms = Alarms(fault);
        _network.Bent.Trust.Tell(document);
        await Until.TrueAsync(() => Agencies.Select(agency => Kept(agency).Length).Zip(before, (now, then) => now > then).All(more => more) && Alarms(fault) == alarms + Agencies.Length);
        Assert.All(Agencies, agency => Assert.Contains(Kept(agency), file => File.ReadAllText(file).Contains(Convert.ToBase64String(document.ToBytes())[..200], StringComparison.Ordinal)));
    }

    private int Alarms(DocumentFault fault) => _network.Network.Journal.Lines.Count(line =>
        line.Level == LogLevel.Critical && line.Text.Contains($"a document that is not taken ({fault})", StringComparison.Ordinal));

    private string[] Kept(AgentHost agency) => BrokerTests.Evidence(_network, agency.Trust.Self.Value, "document");

    private async Task AssertNothingChangedAsync()
    {
        Assert.All(Agencies, agency => Assert.Equal((1, 1), (agency.Trust.Folder.Held!.Members!.Header.Version, agency.Trust.Folder.Held.Catalogs.Newest!.Version)));
        Assert.IsType<Agent.Requesting.FetchedPerson.Answered>((await _network.AskAsync(1)).Persons[0]);
        await _kawasaki.AskAsync();
        await _kawasaki.AssertUntouchedAsync();
    }

    private SignedDocument SignedByBroker(SignedDocument draft, DocumentKind kind, Func<LeafGeneration, X509Certificate2> leaf)
    {
        var certificate = leaf(_network.Bent.Certificates.Current);
        using var key = certificate.GetECDsaPrivateKey()!;
        return draft.With(DocumentSignature.ByLeaf(draft, kind, certificate.RawData, key));
    }

    private SignedDocument WidenedList()
    {
        var held = _network.Requester.Trust.Folder.Held!.Members!.Header;
        var text = File.ReadAllText(_network.Folder.MembersPath).Replace("category: health-minister", "category: municipality", StringComparison.Ordinal);
        return ((Loaded<SignedDocument>.Whole)MembersFile.Draft("members.yaml", Encoding.UTF8.GetBytes(text), held, TimeProvider.System.GetUtcNow())).Value;
    }

    private SignedDocument WidenedCatalog()
    {
        const string Before = "    kinds: [municipal-inhabitant-tax]\n";
        var held = _network.Requester.Trust.Folder.Held!.CatalogDocuments[^1].Header;
        var text = File.ReadAllText(_network.Folder.CatalogPath);
        var at = text.IndexOf(Before, text.IndexOf($"  {AgentNetwork.TaxEntry}:", StringComparison.Ordinal), StringComparison.Ordinal);
        text = text.Remove(at, Before.Length).Insert(at, "    kinds: [municipal-inhabitant-tax, unemployment-benefit]\n");
        var now = TimeProvider.System.GetUtcNow();
        return ((Loaded<SignedDocument>.Whole)CatalogFile.Draft(
            "catalog.yaml", Encoding.UTF8.GetBytes(text), NetworkFolder.Platform, held, now, Contracts.Catalog.JapanTime.CivilDate(now).AddDays(30))).Value;
    }

    private SignedDocument Newest(DocumentKind kind) => SignedDocument.Parse(File.ReadAllBytes(_network.Folder.Path("authority", $"{kind.Name()}-1.json")));
}
