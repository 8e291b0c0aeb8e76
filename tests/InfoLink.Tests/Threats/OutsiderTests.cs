using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Tokens;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Microsoft.Data.Sqlite;
using Xunit;

namespace InfoLink.Tests.Threats;

/// <summary>Design §6, row 1: somebody who belongs to nobody has stolen a token, an agency's table of link codes, the broker's Redis.</summary>
public sealed class OutsiderTests
{
    private const string OwnersName = $"spiffe://{NetworkFolder.Platform}/agency/{NetworkFolder.Requester}";

    [Fact]
    public async Task A_stolen_token_opens_nothing_from_any_other_certificate_and_its_owner_still_uses_it()
    {
        await using var network = await AgentNetwork.StartAsync();
        await using var kawasaki = await ThirdAgency.JoinAsync(network);
        await network.LinkAsync(1);
        var stolen = await ApprovedAsync(network);

        // On a connection of the thief's own: without a certificate, with one that it made itself, with one that a careless member lent it.
        using var made = new ForgedLeaf { UriNames = [OwnersName] }.Make();
        using var stranger = new ForgedLeaf { UriNames = [$"spiffe://{NetworkFolder.Platform}/agency/thief"] }.Make();
        using var lent = new ForgedLeaf { SignedBy = IdentityPem(network, NetworkFolder.HealthMinister), UriNames = [$"spiffe://{NetworkFolder.Platform}/agency/{NetworkFolder.HealthMinister}"] }.Make();
        await RefusedAsync(network, null, stolen, RefusalName.CertificateRequired);
        await RefusedAsync(network, made, stolen, RefusalName.CertificateUntrusted);
        await RefusedAsync(network, stranger, stolen, RefusalName.MemberUnknown);
        await RefusedAsync(network, lent, stolen, RefusalName.TokenOtherCertificate);
        await Refused.ByAsync(RefusalName.TokenOtherCertificate, () => network.Network.Bystander.FetchAsync(NetworkFolder.Provider, stolen));

        // Under its owner's identity, another leaf than the one it was asked with.
        using var another = new ForgedLeaf { SignedBy = IdentityPem(network, NetworkFolder.Requester), UriNames = [OwnersName] }.Make();
        await RefusedAsync(network, another, stolen, RefusalName.TokenOtherCertificate);
        Assert.Equal((0, 0), (network.SpentTokens(), network.Reads.Count));

        // Brought to another agency, it is not for that one.
        await Refused.ByAsync(RefusalName.TokenNotForCaller, () => network.Network.Requester.FetchAsync(NetworkFolder.Bystander, stolen), "aud");

        Assert.Equal(2, (await network.Network.Requester.FetchAsync(NetworkFolder.Provider, stolen)).Count);
        await kawasaki.AssertRefusedAllAsync(RefusalName.TokenNotForCaller);
        await kawasaki.AskAsync();
    }

    [Fact]
    public async Task A_token_used_twice_is_refused_and_on_record_and_what_was_answered_is_sealed_to_its_owner()
    {
        await using var network = await AgentNetwork.StartAsync();
        await using var kawasaki = await ThirdAgency.JoinAsync(network);
        await network.LinkAsync(1);
        var stolen = await ApprovedAsync(network);

        // A thief that has even the private key of the owner's leaf cannot have the answer sealed to a key of its own …
        using var thief = InfoLink.Contracts.Sealing.RecipientKey.Create();
        var own = stolen.Clone();
        own.RecipientKey = thief.PublicKey.ToArray().ToByteString();
        await Refused.ByAsync(RefusalName.RecipientKeyMismatch, () => network.Network.Requester.FetchAsync(NetworkFolder.Provider, own));
        Assert.Equal(0, network.SpentTokens());

        // … and with the owner's key it gets ciphertext; the owner who comes after it is refused, so the theft is noticed.
        var answered = await network.Network.Requester.FetchAsync(NetworkFolder.Provider, stolen);
        Assert.All(answered.Where(part => part.Subject is not null), part => Assert.Empty(new Marked().AddText("the income", "1000001").FoundIn(part.Subject.Ciphertext.Span)));
        await Refused.ByAsync(RefusalName.TokenSpent, () => network.Network.Requester.FetchAsync(NetworkFolder.Provider, stolen));
        Assert.Equal(
            [RefusalName.RecipientKeyMismatch, RefusalName.TokenSpent],
            (await AgentNetwork.AllOfAsync(network.Provider)).Where(record => record.Open.Event == AccessEvent.Refused).Select(record => record.Open.Refusal));
        Assert.Single(network.Reads);
        await kawasaki.AskAsync();
        await kawasaki.AssertUntouchedAsync();
    }

    [Fact]
    public async Task A_token_used_later_is_refused_by_the_provider_and_unknown_to_the_broker()
    {
        await using var network = await AgentNetwork.StartAsync(new() { Witnessed = false });
        await network.LinkAsync(1);
        var stolen = await ApprovedAsync(network);
        var late = TokenRules.MaxLifetime + TokenRules.ClockSkew + TimeSpan.FromSeconds(2);
        network.ProviderClock.Shift(late);
        network.Network.Clock.Ahead = late;
        await Refused.ByAsync(RefusalName.TokenExpired, () => network.Network.Requester.FetchAsync(NetworkFolder.Provider, stolen));
        Assert.Equal((0, 0), (network.SpentTokens(), network.Reads.Count));

        // Setagaya itself, bribed to try: the broker has forgotten the grant.
        await Refused.ByAsync(RefusalName.TokenUnknown, () => network.Network.Provider.RedeemAsync(stolen.Token, AttemptId.New()));
    }

    [Fact]
    public async Task A_stolen_table_of_link_codes_is_a_table_of_random_numbers_to_everybody_but_its_agency()
    {
        await using var network = await AgentNetwork.StartAsync();
        await using var kawasaki = await ThirdAgency.JoinAsync(network);
        await network.LinkAsync(1, 2);
        var table = Copied(network, NetworkFolder.Requester);
        var codes = (LinkCode[])[network.Network.CodeOf(1), network.Network.CodeOf(2)];
        Assert.Equal(2, codes.Count(code => new Marked().Add("code", code).FoundIn(table).Count > 0)); // That is what was stolen.

        // Nobody at all, and a member: the broker knows no such codes from them, and says the same as of garbage.
        using var stranger = new BareClient(network.Network.Broker.Endpoint, null);
        await Refused.ByAsync(RefusalName.CertificateRequired, async () => await stranger.Broker.AuthorizeAsync(network.Network.Bystander.Ask(codes)));
        var foreign = await Refused.ByAsync(RefusalName.LinkCodeRefused, () => network.Network.Bystander.AuthorizeAsync(network.Network.Bystander.Ask(codes)));
        var garbage = await Refused.ByAsync(
            RefusalName.LinkCodeRefused, () => network.Network.Bystander.AuthorizeAsync(network.Network.Bystander.Ask(new LinkCode(NetworkFolder.Epoch, new byte[16]))));
        Assert.Equal(garbage.Status, foreign.Status);
        var record = Assert.Single(await network.AllOfBrokerAsync(), entry => entry.Open.Event == AccessEvent.Refused && entry.Open.Count == 2);
        Assert.Equal(NetworkFolder.Bystander, record.Open.Caller);

        // Beside another agency's stolen table it is no key: not one code is in both.
        var others = new Marked();
        foreach (var code in codes)
        {
            others.Add("Yokohama's code", code);
        }

        Assert.Empty(others.FoundIn(Copied(network, NetworkFolder.Provider)));
        Assert.Empty(others.FoundIn(Copied(network, NetworkFolder.Bystander)));
        await kawasaki.AskAsync();
        await kawasaki.AssertUntouchedAsync();
    }

    [Fact]
    public async Task After_one_agencys_codes_are_rotated_its_stolen_table_is_worthless_and_the_others_go_on()
    {
        const byte Next = SharedBroker.NextEpoch;
        await using var network = await TestNetwork.StartAsync(new()
        {
            Prepare = folder =>
            {
                KeyFile.WriteNewKey(folder.Path("broker", "keys", "masters", $"{Next}.key"));
                var members = File.ReadAllText(folder.MembersPath);
                var own = members.IndexOf("codeEpochs", members.IndexOf($"\"{NetworkFolder.Requester}\"", StringComparison.Ordinal), StringComparison.Ordinal);
                var end = members.IndexOf('\n', own);
                File.WriteAllText(folder.MembersPath, members[..own] + $"codeEpochs: {{ current: {Next} }}" + members[end..]);
            },
        });
        await Refused.ByAsync(RefusalName.LinkCodeRefused, () => network.Requester.AuthorizeAsync(network.Requester.Ask(network.CodeOf(1))));
        Assert.NotEmpty((await network.Requester.AuthorizeAsync(network.Requester.Ask(network.CodeOf(1, epoch: Next)))).Token);
        Assert.NotEmpty((await network.Bystander.AuthorizeAsync(network.Bystander.Ask(network.CodeOf(1, NetworkFolder.Bystander)))).Token);
    }

    [Fact]
    public async Task A_stolen_Redis_opens_nothing_and_one_that_was_put_back_answers_nothing_twice()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var network = await AgentNetwork.StartAsync(new()
        {
            Prepare = folder =>
            {
                var options = folder.BrokerOptions();
                options.Redis = redis.Address;
                options.Write(folder.BrokerPath);
            },
        });
        await using var kawasaki = await ThirdAgency.JoinAsync(network);
        await network.LinkAsync(1);
        var approval = await network.Network.Requester.AuthorizeAsync(network.Network.Requester.Ask(network.Network.CodeOf(1)));
        var stolen = await redis.DumpAsync();
        Assert.True(stolen.Length > 200, "Nothing lies in Redis, so finding nothing shows nothing.");
        var person = new byte[InfoLink.Codes.IdCode.ByteLength];
        TestNetwork.Person(1).CopyTo(person);
        var secrets = new Marked().AddToken("token", approval.Token).Add("ID code", person).Add("Kawasaki's code", kawasaki.Code)
            .Add("Yokohama's code", network.Network.CodeOf(1)).Add("Setagaya's code", network.Network.CodeOf(1, NetworkFolder.Provider));
        secrets.AssertNotIn(stolen);

        // Whoever writes there can lose tokens. What has been answered stays answered: the provider's ledger is the authority.
        var request = network.Network.Requester.Fetch(approval);
        Assert.Equal(2, (await network.Network.Requester.FetchAsync(NetworkFolder.Provider, request)).Count);
        await redis.AskAsync("FLUSHALL");
        await Refused.ByAsync(RefusalName.TokenSpent, () => network.Network.Requester.FetchAsync(NetworkFolder.Provider, request));
        var lost = await ApprovedAsync(network);
        await redis.AskAsync("FLUSHALL");
        await Refused.ByAsync(RefusalName.TokenUnknown, () => network.Network.Requester.FetchAsync(NetworkFolder.Provider, lost));
        Assert.Single(network.Reads);
        await kawasaki.AskAsync();
        await kawasaki.AssertUntouchedAsync();
    }

    private static async Task<FetchRequest> ApprovedAsync(AgentNetwork network)
    {
        var owner = network.Network.Requester;
        return owner.Fetch(await owner.AuthorizeAsync(owner.Ask(network.Network.CodeOf(1))));
    }

    private static async Task RefusedAsync(AgentNetwork network, X509Certificate2? certificate, FetchRequest stolen, RefusalName name)
    {
        using var thief = new BareClient(network.Provider.Endpoint, certificate);
        var fault = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            using var call = thief.Peer.Fetch(stolen);
            await call.ResponseStream.MoveNext(CancellationToken.None);
        });
        Assert.Equal(name, RefusalWire.TryRead(fault)?.Name);
    }

    private static string IdentityPem(AgentNetwork network, string agency) => KeyFile.Read(network.Folder.AgencyPath(agency, "identity.pem"));

    /// <summary>The table as a thief carries it off: the database's bytes, with what is written and not yet moved into it.</summary>
    private static byte[] Copied(AgentNetwork network, string agency)
    {
        var copy = network.Folder.Path($"stolen-{agency}.db");
        File.Delete(copy);
        using (var table = new SqliteConnection($"Data Source={network.Folder.AgencyPath(agency, "data/links.db")};Pooling=false"))
        using (var to = new SqliteConnection($"Data Source={copy};Pooling=false"))
        {
            table.Open();
            to.Open();
            table.BackupDatabase(to);
        }

        return File.ReadAllBytes(copy);
    }
}
