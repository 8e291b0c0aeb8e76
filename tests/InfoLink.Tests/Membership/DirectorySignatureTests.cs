using System.Collections.Frozen;
using System.Security.Cryptography.X509Certificates;
using InfoLink.Authoring;
using InfoLink.Broker.Keys;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Trust;
using InfoLink.Hosting.Trust;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using Xunit;

namespace InfoLink.Tests.Membership;

/// <summary>A directory is the broker's or nobody's; the newest that was heard stays, also over a restart.</summary>
public sealed class DirectorySignatureTests : IAsyncLifetime
{
    private readonly TestNetwork _network = TestNetwork.PrepareOnly();
    private readonly TemporaryFolder _folder = new();
    private readonly DateTimeOffset _now = DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
    private BrokerKeys _keys = null!;
    private LeafCertificates _certificates = null!;

    private MemberList Members => _network.Folder.Members();

    private string Path => _folder.Path("directory.json");

    public ValueTask InitializeAsync()
    {
        _keys = BrokerKeys.Load(_network.Folder.Path("broker", "keys"), NetworkFolder.Platform);
        _certificates = new LeafCertificates(_keys.Identity, TimeProvider.System);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        _certificates.Dispose();
        _keys.Dispose();
        _folder.Dispose();
        await _network.DisposeAsync();
    }

    [Fact]
    public void What_the_broker_signed_is_read_as_it_was()
    {
        var directory = Directory(5) with { Broker = new Uri("https://b.example"), SwitchedOff = [EntryId.Parse("106.x")] };
        var read = DirectorySignature.Verify(SignedDocument.Parse(Signed(directory).ToBytes()), Members, _now);
        Assert.True(read.SaysTheSameAs(directory));
        Assert.Equal((5, _now), (read.Serial, read.Issued));
    }

    [Fact]
    public void What_somebody_else_signed_is_nobodys()
    {
        var draft = DirectoryFile.Draft(Directory(5));
        using var agency = _network.Folder.IdentityOf(NetworkFolder.Requester);
        using var agencys = agency.IssueLeaf(LeafPurpose.Signing, _now);
        using var made = IdentityKey.Create(SpiffeName.ForBroker(NetworkFolder.Platform));
        using var mades = made.IssueLeaf(LeafPurpose.Signing, _now);
        using var old = _keys.Identity.IssueLeaf(LeafPurpose.Signing, _now.AddDays(-4));
        using var stolen = _keys.Identity.IssueLeaf(LeafPurpose.Signing, _now);
        Refused(DocumentFault.SignaturesMissing, draft);
        foreach (var leaf in (X509Certificate2[])[_certificates.Current.Tls, agencys, mades, old])
        {
            Refused(DocumentFault.SignaturesMissing, By(draft, leaf));
        }

        // The broker's certificate beside somebody else's signature, and its signature beside other words.
        using var key = agencys.GetECDsaPrivateKey()!;
        Refused(DocumentFault.SignaturesMissing, draft.With(DocumentSignature.ByLeaf(draft, DocumentKind.Directory, stolen.RawData, key)));
        var other = DirectoryFile.Draft(Directory(6));
        Refused(DocumentFault.SignaturesMissing, other.With(By(draft, stolen).Signatures[0]));
        using var brokersKey = stolen.GetECDsaPrivateKey()!;
        Refused(DocumentFault.SignaturesMissing, draft.With(DocumentSignature.ByLeaf(draft, DocumentKind.Members, stolen.RawData, brokersKey)));
    }

    [Fact]
    public void A_certificate_that_has_expired_signs_no_directory_of_its_own_days()
    {
        using var leaf = _keys.Identity.IssueLeaf(LeafPurpose.Signing, _now - TimeSpan.FromDays(4));
        using var key = ECDsaCertificateExtensions.GetECDsaPrivateKey(leaf)!;
        var draft = DirectoryFile.Draft(Directory(5) with { Issued = _now - TimeSpan.FromDays(3) });
        var signed = draft.With(DocumentSignature.ByLeaf(draft, DocumentKind.Directory, leaf.RawData, key));
        Assert.Equal(5, DirectorySignature.Verify(signed, Members, _now).Serial); // As it was kept, since then.
        Assert.Equal(
            DocumentFault.SignaturesMissing,
            Assert.Throws<DocumentException>(() => DirectorySignature.Verify(signed, Members, _now, isTold: true)).Fault);
    }

    [Fact]
    public void Another_platforms_and_tomorrows_are_refused()
    {
        Refused(DocumentFault.OtherPlatform, Signed(Directory(5) with { Platform = "other.example" }));
        Refused(DocumentFault.FromTheFuture, Signed(Directory(5) with { Issued = _now + DocumentHeader.AheadAllowed + TimeSpan.FromSeconds(1) }));
        Assert.Equal(5, DirectorySignature.Verify(Signed(Directory(5) with { Issued = _now + DocumentHeader.AheadAllowed }), Members, _now).Serial);
    }

    [Fact]
    public void The_newest_stays_and_survives_a_restart()
    {
        var kept = Open();
        Assert.False(kept.Current.IsFresh(_now)); // Nothing is known at first.
        Assert.True(Take(kept, Directory(5)));
        Assert.True(Take(kept, Directory(7) with { Suspended = [AgencyId.Parse(NetworkFolder.Bystander)] }));
        Assert.False(Take(kept, Directory(7) with { Suspended = [AgencyId.Parse(NetworkFolder.Bystander)] }));
        foreach (var older in (BrokerDirectory[])[Directory(5), Directory(7), Directory(6) with { Suspended = [AgencyId.Parse(NetworkFolder.Bystander)] }])
        {
            Assert.Equal(DocumentFault.Rollback, Assert.Throws<DocumentException>(() => Take(kept, older)).Fault);
        }

        var again = Open();
        Assert.Equal(7, again.Current.Serial);
        Assert.Equal([NetworkFolder.Bystander], again.Current.Suspended.Select(agency => agency.Value), StringComparer.Ordinal);
        Assert.True(again.Current.IsFresh(_now + BrokerDirectory.Grace));
        Assert.False(again.Current.IsFresh(_now + BrokerDirectory.Grace + TimeSpan.FromSeconds(1)));
        Assert.Throws<DocumentException>(() => Take(again, Directory(6)));

        File.WriteAllText(Path, File.ReadAllText(Path)[..^20]);
        Assert.False(Open().Current.IsFresh(_now)); // A damaged one is none: the broker tells the newest.
    }

    private DirectoryFileOnDisk Open() => DirectoryFileOnDisk.Open(Path, Members, TimeProvider.System);

    private bool Take(DirectoryFileOnDisk kept, BrokerDirectory directory) => kept.Take(Signed(directory), Members, _now);

    private void Refused(DocumentFault fault, SignedDocument document) =>
        Assert.Equal(fault, Assert.Throws<DocumentException>(() => DirectorySignature.Verify(document, Members, _now)).Fault);

    private SignedDocument Signed(BrokerDirectory directory) => DirectorySignature.Sign(directory, _certificates.Current);

    private static SignedDocument By(SignedDocument draft, X509Certificate2 leaf)
    {
        using var key = leaf.GetECDsaPrivateKey()!;
        return draft.With(DocumentSignature.ByLeaf(draft, DocumentKind.Directory, leaf.RawData, key));
    }

    private BrokerDirectory Directory(long serial) => new()
    {
        Platform = NetworkFolder.Platform,
        Serial = serial,
        Issued = _now,
        Endpoints = new Dictionary<AgencyId, Uri> { [AgencyId.Parse(NetworkFolder.Provider)] = new("https://p.example:1") }.ToFrozenDictionary(),
    };
}
