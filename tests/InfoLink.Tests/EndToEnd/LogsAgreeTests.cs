using System.Security.Cryptography.X509Certificates;
using InfoLink.Agent.AccessLog;
using InfoLink.Broker.AccessLog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Sealing;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.Transparency;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.EndToEnd;

/// <summary>After an exchange three parties have records of their own. Each holds against its own secrets, and all three against each other.</summary>
public sealed class LogsAgreeTests : IAsyncLifetime
{
    private static readonly AgencyId RequesterId = AgencyId.Parse(NetworkFolder.Requester);
    private static readonly AgencyId ProviderId = AgencyId.Parse(NetworkFolder.Provider);
    private AgentNetwork _network = null!;
    private IEntryReader _requester = null!;
    private IEntryReader _provider = null!;
    private IEntryReader _broker = null!;
    private StoredEntry _settled = null!;

    public async ValueTask InitializeAsync()
    {
        _network = await AgentNetwork.StartAsync();
        await _network.LinkAsync(1, 2);
        await _network.LinkAtRequesterAsync(3);
        await _network.AskAsync(1, 2, 3);
        (_requester, _provider, _broker) = (_network.Requester.Log.Store, _network.Provider.Log.Store, _network.BrokerRecords);
        _settled = await AgentNetwork.UntilAsync(_broker, AccessEvent.Settled);
        await AgentNetwork.UntilAsync(_provider, AccessEvent.Settled);
    }

    public async ValueTask DisposeAsync() => await _network.DisposeAsync();

    [Fact]
    public async Task Each_party_has_its_own_part_of_the_story_in_order()
    {
        Assert.Equal([AccessEvent.Asked, AccessEvent.Received], await EventsAsync(_requester));
        Assert.Equal([AccessEvent.Approved, AccessEvent.Redeemed, AccessEvent.Settled], await EventsAsync(_broker));
        Assert.Equal([AccessEvent.Answered, AccessEvent.Settled], await EventsAsync(_provider));
    }

    [Fact]
    public async Task All_have_the_same_outcomes_and_digests_under_the_same_indices()
    {
        var answered = await AgentNetwork.OneAsync(_provider, AccessEvent.Answered);
        var received = await AgentNetwork.OneAsync(_requester, AccessEvent.Received);
        Assert.Equal(
            [(0, SubjectOutcome.AnsweredOutcome), (1, SubjectOutcome.AnsweredOutcome), (2, SubjectOutcome.NotAvailableOutcome)],
            answered.Subjects.Select(subject => ((int)subject.Index, subject.Outcome)));
        foreach (var other in (StoredEntry[])[received, _settled])
        {
            Assert.Equal(
                answered.Subjects.Select(subject => (subject.Index, subject.Outcome)),
                other.Subjects.Select(subject => (subject.Index, subject.Outcome)));
            for (var i = 0; i < 2; i++)
            {
                Assert.NotEqual(Sha256Digest.Zero, answered.Subjects[i].Digest);
                Assert.Equal(answered.Subjects[i].Digest, other.Subjects[i].Digest);
            }
        }

        Assert.NotEqual(answered.Subjects[0].Digest, answered.Subjects[1].Digest);
    }

    [Fact]
    public async Task All_have_the_same_open_part_but_for_what_is_their_own()
    {
        var approved = (await AgentNetwork.OneAsync(_broker, AccessEvent.Approved)).Open;
        foreach (var entry in (StoredEntry[])
            [
                await AgentNetwork.OneAsync(_requester, AccessEvent.Received), await AgentNetwork.OneAsync(_provider, AccessEvent.Answered),
                await AgentNetwork.OneAsync(_broker, AccessEvent.Redeemed), _settled,
            ])
        {
            var other = entry.Open;
            (other.Event, other.Custodian, other.TimeMs) = (approved.Event, approved.Custodian, approved.TimeMs);
            Assert.Equal(approved, other);
        }
    }

    [Fact]
    public async Task The_approval_commits_to_what_the_requester_wrote_before_it_asked()
    {
        var asked = await AgentNetwork.OneAsync(_requester, AccessEvent.Asked);
        var leafHash = AccessEntry.LeafHash(AccessEntry.Make(asked.Salt, asked.OpenPartBytes, asked.PrivateRoot));
        var approved = await AgentNetwork.OneAsync(_broker, AccessEvent.Approved);
        Assert.Equal(leafHash.ToArray(), approved.Open.RequestCommitment.ToByteArray());
        Assert.Equal(asked.Open.ConditionsSha256, approved.Open.ConditionsSha256);
        Assert.Equal(asked.Open.Cnf, approved.Open.Cnf);
        Assert.Equal(asked.Open.Rek, approved.Open.Rek);
    }

    [Fact]
    public async Task Each_agencys_commitments_open_with_its_own_seeds_to_its_own_codes()
    {
        foreach (var what in (AccessEvent[])[AccessEvent.Asked, AccessEvent.Received])
        {
            var entry = await AgentNetwork.OneAsync(_requester, what);
            AssertOpens(entry, CommitmentSide.RequesterCode, RequesterId, leaf => leaf.RequesterCode);
            Assert.All(entry.Subjects, subject => Assert.Equal(Sha256Digest.Zero, subject.Leaf.ProviderCode));
        }

        var answered = await AgentNetwork.OneAsync(_provider, AccessEvent.Answered);
        AssertOpens(answered, CommitmentSide.ProviderCode, ProviderId, leaf => leaf.ProviderCode);
        Assert.All(answered.Subjects, subject => Assert.Equal(Sha256Digest.Zero, subject.Leaf.RequesterCode));

        void AssertOpens(StoredEntry entry, CommitmentSide side, AgencyId agency, Func<SubjectLeaf, Sha256Digest> commitment)
        {
            Assert.Equal(3, entry.Subjects.Count);
            Assert.All(entry.Subjects, (subject, at) =>
            {
                var code = LinkCode.FromBytes(subject.OwnLinkCode);
                Assert.Equal(_network.Network.CodeOf(at + 1, agency.Value), code);
                Assert.Equal(Commitment.OfLinkCode(Commitment.Salt(subject.Seed, side), agency, code), commitment(subject.Leaf));
            });
        }
    }

    [Fact]
    public async Task The_brokers_commitments_open_with_its_seeds_to_both_codes_and_the_persons_tag()
    {
        using var keys = Broker.Keys.BrokerKeys.Load(_network.Folder.Path("broker", "keys"), NetworkFolder.Platform);
        using var tags = new IndexTags([.. keys.Index]);
        foreach (var what in (AccessEvent[])[AccessEvent.Approved, AccessEvent.Redeemed, AccessEvent.Settled])
        {
            var entry = await AgentNetwork.OneAsync(_broker, what);
            Assert.All(entry.Subjects, (subject, at) =>
            {
                var leaf = subject.Leaf;
                var approvedIn = IndexTags.YearOf(DateTimeOffset.FromUnixTimeMilliseconds(entry.Open.TimeMs));
                Assert.Null(subject.OwnLinkCode);
                Assert.Equal(tags.Of(TestNetwork.Person(at + 1), approvedIn), subject.Tag);
                Assert.Equal(Commitment.OfTag(Commitment.Salt(subject.Seed, CommitmentSide.IndexTag), subject.Tag), leaf.Tag);
                Assert.Equal(
                    Commitment.OfLinkCode(Commitment.Salt(subject.Seed, CommitmentSide.RequesterCode), RequesterId, _network.Network.CodeOf(at + 1)), leaf.RequesterCode);
                Assert.Equal(
                    Commitment.OfLinkCode(Commitment.Salt(subject.Seed, CommitmentSide.ProviderCode), ProviderId, _network.Network.CodeOf(at + 1, NetworkFolder.Provider)),
                    leaf.ProviderCode);
            });
        }
    }

    [Fact]
    public async Task Every_entry_makes_its_private_root_again()
    {
        foreach (var store in (IEntryReader[])[_requester, _provider, _broker])
        {
            var entries = await store.ReadAsync(0, int.MaxValue, CancellationToken.None);
            Assert.NotEmpty(entries);
            Assert.All(entries, entry => Assert.Equal(
                entry.PrivateRoot,
                PrivateRoot.Of(entry.Subjects.Select(subject => subject.Leaf), entry.ParticularsCommitment)));
        }
    }

    [Fact]
    public async Task The_particulars_stay_where_they_were_written()
    {
        var asked = await AgentNetwork.OneAsync(_requester, AccessEvent.Asked);
        Assert.Equal(new Particulars { Operator = "児童手当係", Terminal = "terminal-12", Use = "認定請求の審査", CaseReference = "2026-KJ-1", ProviderChoice = "named" }, asked.Particulars);
        Assert.Equal(asked.Particulars, (await AgentNetwork.OneAsync(_requester, AccessEvent.Received)).Particulars);
        Assert.Equal("automatic", (await AgentNetwork.OneAsync(_provider, AccessEvent.Answered)).Particulars?.Operator);
        Assert.All(await _broker.ReadAsync(0, 100, CancellationToken.None), entry => Assert.Null(entry.Particulars));
        await _network.StopAgentsAsync();
        var marked = new Marked().AddText("the operator", "児童手当係").AddText("the terminal", "terminal-12").AddText("the use", "認定請求の審査").AddText("the case", "2026-KJ-1");
        marked.AssertNotBelow(_network.Folder.Path("broker", "data"));
        marked.AssertNotBelow(_network.Folder.AgencyPath(NetworkFolder.Provider, "data"));
    }

    [Fact]
    public async Task Neither_agency_holds_the_others_code_and_the_broker_holds_none()
    {
        var requesters = new Marked();
        var providers = new Marked();
        foreach (var person in (int[])[1, 2, 3])
        {
            requesters.Add($"the requester's code of {person}", _network.Network.CodeOf(person));
            providers.Add($"the provider's code of {person}", _network.Network.CodeOf(person, NetworkFolder.Provider));
        }

        await _network.StopAgentsAsync();
        requesters.AssertNotBelow(_network.Folder.AgencyPath(NetworkFolder.Provider, "data"));
        providers.AssertNotBelow(_network.Folder.AgencyPath(NetworkFolder.Requester, "data"));
        requesters.AssertNotBelow(_network.Folder.Path("broker", "data"));
        providers.AssertNotBelow(_network.Folder.Path("broker", "data"));
        Assert.NotEmpty(requesters.FoundIn(FilesInUse.Read(_network.Folder.AgencyPath(NetworkFolder.Requester, "data/access-log.db"))));
    }

    [Fact]
    public async Task No_value_lies_in_any_log()
    {
        var values = new Marked().AddText("the income of 1", "1000001").AddText("the income of 2", "1000002").AddText("the levy", "124500");
        await _network.StopAgentsAsync();
        values.AssertNotBelow(_network.Folder.Path("broker", "data"));
        values.AssertNotBelow(_network.Folder.AgencyPath(NetworkFolder.Provider, "data"));
        values.AssertNotBelow(_network.Folder.AgencyPath(NetworkFolder.Requester, "data"));
    }

    [Fact]
    public async Task The_requester_keeps_what_the_provider_signed_as_evidence()
    {
        var received = await AgentNetwork.OneAsync(_requester, AccessEvent.Received);
        using var identity = _network.Folder.IdentityOf(NetworkFolder.Provider);
        Assert.All(received.Subjects, subject =>
        {
            var proof = subject.Evidence!;
            using var certificate = X509CertificateLoader.LoadCertificate(proof.SigningCertificate.Span);
            var when = DateTimeOffset.FromUnixTimeMilliseconds(received.Open.TimeMs);
            Assert.True(LeafCertificate.IsUnder(certificate, identity.PublicKey, LeafPurpose.Signing, when));
            Assert.True(AnswerSignature.VerifyEvidence(
                certificate, proof.Signature.Span, received.Open.TokenSha256.Span, proof.Enc.Span, proof.CiphertextSha256.Span, subject.Digest.Span));
        });
    }

    [Fact]
    public async Task What_was_answered_lies_sealed_at_both_agencies_and_opens_under_each_ones_own_key_to_the_digest_on_record()
    {
        var answered = await OpenAsync(_provider, AccessEvent.Answered, NetworkFolder.Provider, NetworkFolder.Requester);
        var received = await OpenAsync(_requester, AccessEvent.Received, NetworkFolder.Requester, NetworkFolder.Provider);
        Assert.Equal(answered, received);
        Assert.Equal(2, answered.Count);
        Assert.Contains(answered, payload => Answer.Parser.ParseFrom(Convert.FromHexString(payload)).Answered.Kinds[0].Items.Any(item => item.Value is "1000001"));

        async Task<List<string>> OpenAsync(IEntryReader store, AccessEvent what, string agency, string other)
        {
            var entry = await AgentNetwork.OneAsync(store, what);
            var exchange = ExchangeId.FromBytes(entry.Open.ExchangeId.Span);
            var own = new ContentSeal(KeyFile.ReadKey(_network.Folder.AgencyPath(agency, "content.key")));
            var foreign = new ContentSeal(KeyFile.ReadKey(_network.Folder.AgencyPath(other, "content.key")));
            var payloads = new List<string>();
            for (var position = 0; position < entry.Subjects.Count; position++)
            {
                var content = await store.ContentAsync(entry.Serial, position, CancellationToken.None);
                var subject = entry.Subjects[position];
                if (subject.Outcome != SubjectOutcome.AnsweredOutcome)
                {
                    Assert.Null(content); // Nothing was answered, so there is nothing to keep.
                    continue;
                }

                Assert.Null(foreign.TryOpen(exchange, what, subject.Index, content));
                var (salt, payload) = own.TryOpen(exchange, what, subject.Index, content)!.Value;
                Assert.Equal(subject.Digest, Sha256Digest.Of([.. salt, .. payload]));
                payloads.Add(Convert.ToHexString(payload));
            }

            return payloads;
        }
    }

    private static async Task<IEnumerable<AccessEvent>> EventsAsync(IEntryReader store) =>
        (await store.ReadAsync(0, 100, CancellationToken.None)).Select(entry => entry.Open.Event);
}
