using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using InfoLink.Contracts.Identity;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Exchange;

/// <summary>Who calls is known by the certificate alone, and only one under the member list's identity key says it.</summary>
public sealed class CertificateTests(SharedBroker shared) : IClassFixture<SharedBroker>
{
    private const string OwnName = $"spiffe://{NetworkFolder.Platform}/agency/{NetworkFolder.Requester}";

    private TestNetwork Network => shared.Network;

    private string OwnIdentity => KeyFile.Read(Network.Folder.AgencyPath(NetworkFolder.Requester, "identity.pem"));

    [Fact]
    public async Task A_forged_leaf_that_nobody_bent_is_accepted()
    {
        // The control: were it refused, no refusal below would mean anything.
        using var leaf = new ForgedLeaf { SignedBy = OwnIdentity, UriNames = [OwnName] }.Make();
        using var client = new BareClient(Network.Broker.Endpoint, leaf);
        Assert.NotEmpty((await client.Broker.AuthorizeAsync(Ask())).Token);
    }

    [Fact]
    public async Task No_certificate_is_refused_by_name() => await RefusedAsync(RefusalName.CertificateRequired, certificate: null);

    [Theory]
    [InlineData("an authority of its own, with the right name")]
    [InlineData("expired")]
    [InlineData("not yet valid")]
    [InlineData("valid for longer than a leaf may be")]
    [InlineData("of another platform")]
    [InlineData("an authority (CA:true)")]
    [InlineData("for servers only")]
    [InlineData("for clients only")]
    [InlineData("for signing")]
    [InlineData("for anything (no usage)")]
    [InlineData("for TLS and signing")]
    [InlineData("without a name")]
    [InlineData("with two names")]
    [InlineData("with another agency's name under its own identity")]
    [InlineData("with the broker's name")]
    [InlineData("with a name of another form")]
    [InlineData("with another agency's identity and its own name")]
    [InlineData("signed with another hash")]
    public async Task A_leaf_that_proves_nothing_is_untrusted(string how)
    {
        var good = new ForgedLeaf { SignedBy = OwnIdentity, UriNames = [OwnName] };
        var bent = how switch
        {
            "an authority of its own, with the right name" => good with { SignedBy = null },
            "expired" => good with { FromNow = TimeSpan.FromHours(-72), UntilNow = TimeSpan.FromSeconds(-11) },
            "not yet valid" => good with { FromNow = TimeSpan.FromSeconds(20) },
            "valid for longer than a leaf may be" => good with { UntilNow = TimeSpan.FromHours(73) },
            "of another platform" => good with { UriNames = [$"spiffe://other.example/agency/{NetworkFolder.Requester}"] },
            "an authority (CA:true)" => good with { IsAuthority = true },
            "for servers only" => good with { Usages = [ForgedLeaf.ServerAuth] },
            "for clients only" => good with { Usages = [ForgedLeaf.ClientAuth] },
            "for signing" => good with { Usages = ["1.3.6.1.5.5.7.3.36"] },
            "for anything (no usage)" => good with { Usages = [] },
            "for TLS and signing" => good with { Usages = [ForgedLeaf.ServerAuth, ForgedLeaf.ClientAuth, "1.3.6.1.5.5.7.3.36"] },
            "without a name" => good with { UriNames = [] },
            "with two names" => good with { UriNames = [OwnName, $"spiffe://{NetworkFolder.Platform}/agency/{NetworkFolder.Provider}"] },
            "with another agency's name under its own identity" => good with { UriNames = [$"spiffe://{NetworkFolder.Platform}/agency/{NetworkFolder.Provider}"] },
            "with the broker's name" => good with { UriNames = [$"spiffe://{NetworkFolder.Platform}/broker"] },
            "with a name of another form" => good with { UriNames = [OwnName + "/x"] },
            "with another agency's identity and its own name" => good with { SignedBy = KeyFile.Read(Network.Folder.AgencyPath(NetworkFolder.Bystander, "identity.pem")) },
            _ => good with { Hash = HashAlgorithmName.SHA384 },
        };
        using var certificate = bent.Make();
        await RefusedAsync(RefusalName.CertificateUntrusted, certificate);
    }

    [Fact]
    public async Task The_agencys_own_signing_leaf_and_its_authority_certificate_do_not_connect()
    {
        using var identity = Network.Folder.IdentityOf(NetworkFolder.Requester);
        using var signing = identity.IssueLeaf(LeafPurpose.Signing, TimeProvider.System.GetUtcNow());
        await RefusedAsync(RefusalName.CertificateUntrusted, signing);

        using var key = ECDsa.Create();
        key.ImportFromPem(OwnIdentity);
        using var authority = identity.SelfSigned(TimeProvider.System.GetUtcNow());
        using var withKey = authority.HasPrivateKey ? new X509Certificate2(authority) : authority.CopyWithPrivateKey(key);
        await RefusedAsync(RefusalName.CertificateUntrusted, withKey);
    }

    [Fact]
    public async Task An_agency_outside_the_member_list_is_unknown()
    {
        using var certificate = new ForgedLeaf { UriNames = [$"spiffe://{NetworkFolder.Platform}/agency/999999"] }.Make();
        await RefusedAsync(RefusalName.MemberUnknown, certificate);
    }

    [Fact]
    public async Task A_suspended_member_is_refused_on_a_connection_that_was_good_before()
    {
        using var client = new HandMadeClient(Network.Folder, NetworkFolder.Requester, TimeProvider.System);
        await client.AuthorizeAsync(client.Ask(Network.CodeOf(1)));
        using (Network.Suspend(NetworkFolder.Requester))
        {
            await Refused.ByAsync(RefusalName.MemberSuspended, () => client.AuthorizeAsync(client.Ask(Network.CodeOf(1))));
        }

        await client.AuthorizeAsync(client.Ask(Network.CodeOf(1)));
    }

    [Fact]
    public async Task A_broker_whose_clock_lags_by_six_minutes_says_that_the_certificate_is_not_valid_and_one_by_four_does_not()
    {
        using var leaf = new ForgedLeaf { SignedBy = OwnIdentity, UriNames = [OwnName] }.Make();
        try
        {
            Network.Clock.Ahead = TimeSpan.FromMinutes(-4);
            using var tolerated = new BareClient(Network.Broker.Endpoint, leaf);
            await tolerated.Broker.AuthorizeAsync(Ask());

            Network.Clock.Ahead = TimeSpan.FromMinutes(-6);
            await RefusedAsync(RefusalName.CertificateUntrusted, leaf);
            Network.Clock.Ahead = IdentityKey.LeafLifetime + TimeSpan.FromMinutes(1);
            await RefusedAsync(RefusalName.CertificateUntrusted, leaf);
        }
        finally
        {
            Network.Clock.Ahead = TimeSpan.Zero;
        }
    }

    [Fact]
    public async Task Redeem_and_settle_ask_for_the_certificate_too()
    {
        using var nobody = new BareClient(Network.Broker.Endpoint, certificate: null);
        await Refused.ByAsync(RefusalName.CertificateRequired, async () => await nobody.Broker.RedeemAsync(new RedeemRequest()));
        await Refused.ByAsync(RefusalName.CertificateRequired, async () => await nobody.Broker.SettleAsync(new SettleRequest()));
    }

    private AuthorizeRequest Ask() => Network.Requester.Ask(Network.CodeOf(1));

    /// <summary>Whoever proves nothing leaves nothing on record: else anyone could fill the log.</summary>
    private async Task RefusedAsync(RefusalName name, X509Certificate2? certificate)
    {
        using var client = new BareClient(Network.Broker.Endpoint, certificate);
        Assert.Empty(await Network.RecordedByAsync(() => Refused.ByAsync(name, async () => await client.Broker.AuthorizeAsync(Ask()))));
    }
}
