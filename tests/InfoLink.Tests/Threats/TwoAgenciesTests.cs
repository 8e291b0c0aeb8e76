using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Tokens;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Threats;

/// <summary>
/// Design §6, row 3: Yokohama and Setagaya work together. What they tell one another out of band nobody can prevent, nor always see. These tests say
/// exactly what they can do, and what they do not gain by it.
/// </summary>
public sealed class TwoAgenciesTests
{
    [Fact]
    public async Task Their_two_codes_for_one_person_have_nothing_in_common_and_neither_can_use_the_others()
    {
        await using var network = await AgentNetwork.StartAsync();
        await using var kawasaki = await ThirdAgency.JoinAsync(network);
        LinkCode[] yokohamas = [.. Enumerable.Range(1, 20).Select(person => network.Network.CodeOf(person))];
        LinkCode[] setagayas = [.. Enumerable.Range(1, 20).Select(person => network.Network.CodeOf(person, NetworkFolder.Provider))];

        // Put side by side, their tables have no code in common, and no order or difference that is the same for two persons.
        Assert.Empty(yokohamas.Intersect(setagayas));
        Assert.Equal(20, yokohamas.Zip(setagayas, Differences).Distinct(StringComparer.Ordinal).Count());

        // Before the broker, the other's codes are nobody's.
        foreach (var (agency, codes) in ((HandMadeClient, LinkCode[])[])[(network.Network.Requester, setagayas), (network.Network.Provider, yokohamas)])
        {
            var request = agency.Ask(codes[0]);
            request.Provider = NetworkFolder.Bystander;
            await Refused.ByAsync(RefusalName.LinkCodeRefused, async () => await agency.AuthorizeAsync(request));
        }

        // Kawasaki is out of reach even with both tables: none of them is its code, and it is asked nothing.
        Assert.DoesNotContain(kawasaki.Code, yokohamas.Concat(setagayas));
        await kawasaki.AssertUntouchedAsync();
    }

    [Fact]
    public async Task One_approved_exchange_lets_them_join_one_person_and_that_is_on_record()
    {
        // What cannot be prevented: both take part in one exchange, so both know whom it was about. Person by person, each time approved and logged.
        await using var network = await AgentNetwork.StartAsync();
        await using var kawasaki = await ThirdAgency.JoinAsync(network);
        await network.LinkAsync(1, 2);
        await network.AskAsync(1);
        var (asked, read) = (AgentNetwork.AtRequester(1), Assert.Single(network.Reads).Person);
        Assert.Equal(("Y-1", "S-1"), (asked, read));

        var approved = await AgentNetwork.OneAsync(network.BrokerRecords, AccessEvent.Approved);
        Assert.Equal((NetworkFolder.Requester, NetworkFolder.Provider, 1u), (approved.Open.Requester, approved.Open.Provider, approved.Open.Count));
        Assert.NotNull(approved.Subjects[0].Tag); // The citizen, and a warrant, find it by her own tag.
        await kawasaki.AskAsync();
        await network.StopAgentsAsync();
        kawasaki.AssertCodeIsNotBelow(network.Folder.AgencyPath(NetworkFolder.Requester, "data"), network.Folder.AgencyPath(NetworkFolder.Provider, "data"), network.Folder.Path("broker", "data"));
        await kawasaki.AssertUntouchedAsync();
    }

    [Fact]
    public async Task With_a_token_that_they_keep_to_themselves_they_have_no_code_no_answer_on_record_and_an_approval_that_was_never_used()
    {
        await using var network = await AgentNetwork.StartAsync(new() { WithProvider = false });
        await using var kawasaki = await ThirdAgency.JoinAsync(network);
        var setagaya = await BentProvider.StartAsync(network.Folder, network.Network.Journal.Loggers);
        await network.LinkAtRequesterAsync(1);

        // Around the broker: Setagaya answers what was never redeemed. It had to be told out of band about whom: the token does not say.
        TokenClaims? claims = null;
        var told = "";
        setagaya.Sending = (parts, request) =>
        {
            (claims, told) = (request.Claims, request.Fetch.Token.Reveal());
            return parts;
        };
        Assert.IsType<FetchedPerson.Answered>((await network.AskAsync(1)).Persons[0]);
        Assert.Equal(1, claims!.Count);
        new Marked().Add("Yokohama's code", network.Network.CodeOf(1)).Add("Setagaya's code", network.Network.CodeOf(1, NetworkFolder.Provider))
            .AssertNotIn(System.Buffers.Text.Base64Url.DecodeFromChars(told.Split('.')[1]));

        var events = (await network.AllOfBrokerAsync()).Select(record => record.Open.Event);
        Assert.Equal([AccessEvent.Approved], events);

        // Setagaya goes back to its real agent; Yokohama's honest log tells on both.
        await setagaya.DisposeAsync();
        await network.StartProviderAsync();
        await network.LinkAsync(1);
        await network.CosignedAsync();
        await kawasaki.AskAsync();
        await AgentNetwork.UntilAsync(network.BrokerRecords, AccessEvent.Settled);
        var found = await NetworkAudit.ReconcileAsync(network, network.Requester, network.Provider, kawasaki.Host);
        Assert.Equal(["approved-never-used", "received-without-answer"], found.Select(difference => difference.Class).Order(StringComparer.Ordinal), StringComparer.Ordinal);
        await kawasaki.AssertUntouchedAsync();
    }

    [Fact]
    public async Task An_approval_that_both_hide_stands_in_the_brokers_log_as_never_asked_and_never_used()
    {
        await using var network = await AgentNetwork.StartAsync();
        await using var kawasaki = await ThirdAgency.JoinAsync(network);
        await network.LinkAsync(1);
        await network.Network.Requester.AuthorizeAsync(network.Network.Requester.Ask(network.Network.CodeOf(1)));
        await kawasaki.AskAsync();
        await AgentNetwork.UntilAsync(network.BrokerRecords, AccessEvent.Settled);
        var differences = await NetworkAudit.ReconcileAsync(network, network.Requester, network.Provider, kawasaki.Host);
        Assert.Equal(["approved-never-used", "approved-without-asked"], differences.Select(found => found.Class).Order(StringComparer.Ordinal), StringComparer.Ordinal);
        Assert.All(differences, found => Assert.Equal((NetworkFolder.Requester, NetworkFolder.Provider), (found.Requester, found.Provider)));
        await kawasaki.AssertUntouchedAsync();
    }

    [Fact]
    public async Task Without_the_broker_they_leave_no_trace_and_have_no_evidence_of_authority()
    {
        // Not visible: a file on a stick. What they lack is what an approval gives: a token, a receipt, an entry of the law in a log that others hold.
        await using var network = await AgentNetwork.StartAsync();
        await using var kawasaki = await ThirdAgency.JoinAsync(network);
        await network.LinkAsync(1);
        var given = (await network.Source(Question(), CancellationToken.None))!;
        Assert.Contains(given, item => item.Key is "total-income");

        Assert.Empty(await network.AllOfBrokerAsync());
        Assert.Empty(await AgentNetwork.AllOfAsync(network.Requester));
        Assert.Empty(await AgentNetwork.AllOfAsync(network.Provider));

        // A pretended receipt for it convinces nobody afterwards: the record stands in no tree that the broker signed.
        var real = await network.Network.Requester.AuthorizeAsync(network.Network.Requester.Ask(network.Network.CodeOf(1)));
        var pretended = real.Receipt.Clone();
        var part = Contracts.Records.AccessEntry.TryParse(pretended.OpenPart.Span)!;
        part.ExchangeId = ExchangeId.New().ToArray().ToByteString();
        pretended.OpenPart = Google.Protobuf.MessageExtensions.ToByteString(part);
        Assert.Equal(RefusalName.ReceiptInvalid, Contracts.Records.ReceiptProof.Check(pretended, network.Folder.Members().Broker.Logs) is Contracts.Refusals.Outcome<Contracts.Notes.SignedCheckpoint>.Refused no ? no.Refusal.Name : default);
        Assert.IsType<Contracts.Refusals.Outcome<Contracts.Notes.SignedCheckpoint>.Done>(Contracts.Records.ReceiptProof.Check(real.Receipt, network.Folder.Members().Broker.Logs));
        await kawasaki.AssertUntouchedAsync();
    }

    [Fact]
    public async Task A_value_outside_the_layout_leaves_no_honest_provider_and_enters_no_honest_requester()
    {
        const string Smuggled = "2026-SMUGGLED-77";
        await using var network = await AgentNetwork.StartAsync();
        network.Network.Journal.Expect("something outside the layout");
        await using var kawasaki = await ThirdAgency.JoinAsync(network);
        await network.LinkAsync(1);

        // Setagaya's source puts it where the layout has no place for it: an item more, a value that is none.
        foreach (var items in (Agent.Sources.Items[])[With("note", Smuggled), With("total-income", Smuggled)])
        {
            network.Source = (_, _) => Task.FromResult<Agent.Sources.Items?>(items);
            var refused = Assert.IsType<FetchedPerson.Refused>((await network.AskAsync(1)).Persons[0]);
            Assert.Equal(RefusalName.LayoutViolation, refused.Refusal.Name);
        }

        // Setagaya's agent is changed and seals it all the same: Yokohama's does not hand it over.
        await network.StopProviderAsync();
        await using (var setagaya = await BentProvider.StartAsync(network.Folder, network.Network.Journal.Loggers))
        {
            setagaya.Payload = (requested, _) => Agent.AnswerMessages.Write(requested.Kinds.ToDictionary(kind => kind, _ => With("note", Smuggled)));
            var refused = Assert.IsType<FetchedPerson.Refused>((await network.AskAsync(1)).Persons[0]);
            Assert.Equal(RefusalName.LayoutViolation, refused.Refusal.Name);
        }

        var marked = new Marked().AddText("what was smuggled", Smuggled);
        marked.AssertNotIn(string.Join('\n', network.Network.Journal.Lines));
        await network.StopRequesterAsync();
        marked.AssertNotBelow(network.Folder.AgencyPath(NetworkFolder.Requester, "data"));
        await kawasaki.AssertUntouchedAsync();
    }

    [Fact]
    public async Task Two_changed_agents_can_fill_a_seal_as_they_like_but_only_in_an_exchange_that_is_on_record()
    {
        // Not visible: the broker cannot look into a seal. It was approved for one person under one entry, and its size is one of a few.
        await using var network = await AgentNetwork.StartAsync(new() { WithProvider = false });
        await using var kawasaki = await ThirdAgency.JoinAsync(network);
        await using var setagaya = await BentProvider.StartAsync(network.Folder, network.Network.Journal.Loggers);
        setagaya.Payload = (_, _) => "anything at all"u8.ToArray();
        var yokohama = network.Network.Requester;
        var approval = await yokohama.AuthorizeAsync(yokohama.Ask(network.Network.CodeOf(1)));
        var parts = await yokohama.FetchAsync(NetworkFolder.Provider, yokohama.Fetch(approval));
        Assert.Equal(1024 + HpkeTag, parts[1].Subject.Ciphertext.Length);
        var record = Assert.Single(await network.AllOfBrokerAsync());
        Assert.Equal((AccessEvent.Approved, AgentNetwork.TaxEntry, 1u), (record.Open.Event, record.Open.Entry, record.Open.Count));

        // Nor do conditions carry anything: they lie in the entry's range, or nothing is approved.
        var coded = yokohama.Ask(network.Network.CodeOf(1));
        coded.Conditions.TaxYear = 7731;
        await Refused.ByAsync(RefusalName.ConditionOutOfRange, () => yokohama.AuthorizeAsync(coded), "taxYear");
        await kawasaki.AssertUntouchedAsync();
    }

    private const int HpkeTag = 16;

    private static Agent.Sources.InformationRequest Question() => new()
    {
        Person = AgentNetwork.AtProvider(1),
        Kind = AgentNetwork.Tax,
        Conditions = new Contracts.Catalog.InquiryConditions { TaxYear = 2026 },
        Entry = EntryId.Parse(AgentNetwork.TaxEntry),
        Role = SubjectRole.Parse("claimant"),
        Requester = AgencyId.Parse(NetworkFolder.Requester),
    };

    private static string Differences(LinkCode one, LinkCode other)
    {
        Span<byte> first = stackalloc byte[LinkCode.ByteLength];
        Span<byte> second = stackalloc byte[LinkCode.ByteLength];
        one.CopyTo(first);
        other.CopyTo(second);
        for (var i = 0; i < first.Length; i++)
        {
            first[i] ^= second[i];
        }

        return Convert.ToHexString(first);
    }

    private static Agent.Sources.Items With(string item, string value)
    {
        var items = AgentNetwork.TaxOf(1);
        items[item] = new ItemAnswer.Value(value);
        return items;
    }
}
