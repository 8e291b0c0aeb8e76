using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using InfoLink.Agent.Requesting;
using InfoLink.Audit;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Sealing;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.Tests.Providing;
using InfoLink.V1;
using Microsoft.Extensions.Logging;
using Xunit;

namespace InfoLink.Tests.Threats;

/// <summary>Design §6, row 2: a member cheats, with its real keys and an agent that does what it is told.</summary>
public sealed class OneAgencyTests
{
    [Fact]
    public async Task What_lies_outside_its_rows_is_refused_and_on_record_with_the_callers_name()
    {
        await using var network = await TestNetwork.StartAsync();
        var yokohama = network.Requester;
        (Action<AuthorizeRequest> Bend, RefusalName Name)[] questions =
        [
            (request => request.Entry = "999.municipality.1", RefusalName.EntryUnknown),
            (request => request.Role = "neighbour", RefusalName.RoleNotInEntry),
            (request => request.Kinds[0] = "public-assistance", RefusalName.KindNotInEntry),
            (request => request.Kinds.Add("public-assistance"), RefusalName.KindNotInEntry),
            (request => request.Conditions.TaxYear = 2009, RefusalName.ConditionOutOfRange),
            (request => request.Conditions.AsOf = "2026-09-01", RefusalName.ConditionNotAllowed),
            (request => request.Provider = NetworkFolder.HealthMinister, RefusalName.ProviderNotInEntry),
        ];
        foreach (var (bend, name) in questions)
        {
            var request = yokohama.Ask(network.CodeOf(1));
            bend(request);
            Assert.StartsWith(RefusalTable.Of(name).Text, await HandMadeClient.RefusalOfAsync(() => yokohama.AuthorizeAsync(request)), StringComparison.Ordinal);
        }

        // A row that is another office's.
        var minister = network.Of(NetworkFolder.HealthMinister);
        await Refused.ByAsync(RefusalName.RequesterNotInEntry, () => minister.AuthorizeAsync(minister.Ask(network.CodeOf(1, NetworkFolder.HealthMinister))));

        var records = await network.AllRecordsAsync();
        Assert.Equal([.. questions.Select(question => question.Name), RefusalName.RequesterNotInEntry], records.Select(record => record.Open.Refusal));
        Assert.Equal(
            [.. questions.Select(_ => NetworkFolder.Requester), NetworkFolder.HealthMinister],
            records.Select(record => record.Open.Caller), StringComparer.Ordinal);
        Assert.All(records, record => Assert.Empty(record.Subjects)); // Nobody was identified for it.
    }

    [Fact]
    public async Task Probing_for_codes_tells_nothing_alarms_the_operator_and_slows_nobody_else()
    {
        await using var network = await AgentNetwork.StartAsync();
        await using var kawasaki = await ThirdAgency.JoinAsync(network);
        network.Network.Journal.Expect("ALARM: 141003 presented");
        await network.LinkAsync(1);
        var yokohama = network.Network.Requester;

        // Among guesses lie the real codes of other agencies, and of an epoch that is not in use: nothing sets them apart.
        LinkCode[] guesses =
        [
            .. Enumerable.Range(0, 30).Select(_ => new LinkCode(NetworkFolder.Epoch, RandomNumberGenerator.GetBytes(16))),
            network.Network.CodeOf(1, NetworkFolder.Provider), kawasaki.Code, new LinkCode(200, RandomNumberGenerator.GetBytes(16)),
        ];
        var reply = await yokohama.AuthorizeAsync(yokohama.Ask([network.Network.CodeOf(1), .. guesses]));
        Assert.Equal(RefusalName.LinkCodeRefused, reply.Refusal.Name);
        Assert.Equal(Enumerable.Range(1, guesses.Length).Select(index => (uint)index), reply.Refused);
        await Refused.ByAsync(RefusalName.Overloaded, async () =>
        {
            await yokohama.AuthorizeAsync(yokohama.Ask(network.Network.CodeOf(1))); // One goes through, then the pause.
            await yokohama.AuthorizeAsync(yokohama.Ask(network.Network.CodeOf(1)));
        }, "refused codes");

        Assert.Contains(network.Network.Journal.Lines, line => line.Level == LogLevel.Critical && line.Text.Contains("141003 presented", StringComparison.Ordinal));
        var record = Assert.Single(await network.AllOfBrokerAsync(), entry => entry.Open.Refusal == RefusalName.LinkCodeRefused);
        Assert.Equal((NetworkFolder.Requester, (uint)guesses.Length), (record.Open.Caller, record.Open.Count));
        await kawasaki.AskAsync();
        await kawasaki.AssertUntouchedAsync();
    }

    [Fact]
    public async Task Of_many_fetches_with_one_token_at_once_exactly_one_is_answered()
    {
        const int Times = 12;
        await using var network = await AgentNetwork.StartAsync();
        await network.LinkAsync(1);
        var yokohama = network.Network.Requester;
        var request = yokohama.Fetch(await yokohama.AuthorizeAsync(yokohama.Ask(network.Network.CodeOf(1))));
        var ends = await Task.WhenAll(Enumerable.Range(0, Times).Select(_ => HandMadeClient.RefusalOfAsync(() => yokohama.FetchAsync(NetworkFolder.Provider, request))));
        Assert.Single(ends, "(accepted)");
        Assert.Equal(Times - 1, ends.Count(end => string.Equals(end, "TOKEN-SPENT", StringComparison.Ordinal)));
        Assert.Single(network.Reads);
        Assert.Single(await AgentNetwork.AllOfAsync(network.Provider), record => record.Open.Event == AccessEvent.Answered);
        Assert.Single(await network.AllOfBrokerAsync(), record => record.Open.Event == AccessEvent.Redeemed);
    }

    [Fact]
    public async Task An_answer_that_it_says_was_another_is_not_what_the_provider_signed()
    {
        await using var network = await AgentNetwork.StartAsync();
        await network.LinkAsync(1);
        await network.AskAsync(1);
        var received = await AgentNetwork.OneAsync(network.Requester.Log.Store, AccessEvent.Received);
        var (kept, proof) = (received.Subjects[0], received.Subjects[0].Evidence!);
        using var certificate = X509CertificateLoader.LoadCertificate(proof.SigningCertificate.Span);
        var token = received.Open.TokenSha256.Span;
        Assert.True(AnswerSignature.VerifyEvidence(certificate, proof.Signature.Span, token, proof.Enc.Span, proof.CiphertextSha256.Span, kept.Digest.Span));
        var invented = Sha256Digest.Of([.. RandomNumberGenerator.GetBytes(32), .. "another income"u8]);
        Assert.False(AnswerSignature.VerifyEvidence(certificate, proof.Signature.Span, token, proof.Enc.Span, proof.CiphertextSha256.Span, invented.Span));

        // Nor what the two other logs have.
        Assert.Equal(kept.Digest, (await AgentNetwork.OneAsync(network.Provider.Log.Store, AccessEvent.Answered)).Subjects[0].Digest);
        Assert.Equal(kept.Digest, (await AgentNetwork.UntilAsync(network.BrokerRecords, AccessEvent.Settled)).Subjects[0].Digest);
    }

    [Fact]
    public async Task A_provider_that_changes_what_it_has_sealed_hands_nothing_over_and_its_signature_is_against_it()
    {
        await using var network = await AgentNetwork.StartAsync(new() { WithProvider = false });
        await network.LinkAtRequesterAsync(1);
        await using var provider = await BentProvider.StartAsync(network.Folder, network.Network.Journal.Loggers);
        provider.Sending = (parts, _) =>
        {
            var changed = parts[1].Clone();
            var ciphertext = changed.Subject.Ciphertext.ToByteArray();
            ciphertext[40] ^= 1;
            changed.Subject.Ciphertext = ciphertext.ToByteString();
            return [parts[0], changed];
        };
        var fetched = await network.AskAsync(1);
        Assert.Equal(RefusalName.AnswerInvalid, Assert.IsType<FetchedPerson.Refused>(fetched.Persons[0]).Refusal.Name);
        Assert.DoesNotContain(await AgentNetwork.AllOfAsync(network.Requester), record => record.Subjects.Any(subject => subject.Outcome == SubjectOutcome.AnsweredOutcome));
    }

    [Fact]
    public async Task An_approval_that_it_never_got_cannot_be_claimed_with_another_ones_receipt()
    {
        await using var network = await AgentNetwork.StartAsync();
        await using var kawasaki = await ThirdAgency.JoinAsync(network);
        await network.LinkAsync(1);
        var (yokohama, other) = (network.Network.Requester, network.Network.Bystander);
        var granted = await yokohama.AuthorizeAsync(yokohama.Ask(network.Network.CodeOf(1)));
        var kawasakis = await other.AuthorizeAsync(other.Ask(kawasaki.Code));

        // The receipt of somebody else's approval; a token of its own making, with the receipt that would belong to it.
        var borrowed = yokohama.Fetch(granted);
        borrowed.Receipt = kawasakis.Receipt;
        await AssertRefusedAsync(network, RefusalName.ReceiptInvalid, borrowed);
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var forged = yokohama.Fetch(granted);
        TokenForge.Put(forged, TokenForge.Sign(granted.Token, _ => { }, payload => payload["authorization_details"]![0]!["kinds"]![0] = "public-assistance", TokenForge.Es256(own)));
        await AssertRefusedAsync(network, RefusalName.TokenInvalid, forged);
        await kawasaki.AskAsync();
        await kawasaki.AssertUntouchedAsync();
    }

    [Fact]
    public async Task A_question_that_is_kept_out_of_its_own_log_is_found_when_the_logs_are_reconciled()
    {
        await using var network = await AgentNetwork.StartAsync();
        await using var kawasaki = await ThirdAgency.JoinAsync(network);
        await network.LinkAsync(1, 2);
        await network.AskAsync(2);
        await kawasaki.AskAsync();

        // It asks by hand, with a commitment to nothing, gets what the law lets it have, and writes nothing down.
        var yokohama = network.Network.Requester;
        var reply = await yokohama.AuthorizeAsync(yokohama.Ask(network.Network.CodeOf(1)));
        await yokohama.FetchAsync(NetworkFolder.Provider, yokohama.Fetch(reply));
        await Until.TrueAsync(() => network.BrokerRecords.ReadAsync(0, int.MaxValue, CancellationToken.None).Result.Count(record => record.Open.Event == AccessEvent.Settled) == 3);

        var differences = await NetworkAudit.ReconcileAsync(network, network.Requester, network.Provider, kawasaki.Host);
        Assert.Equal(["answered-never-received", "approved-without-asked"], differences.Select(found => found.Class).Order(StringComparer.Ordinal), StringComparer.Ordinal);
        var exchange = ExchangeId.FromBytes(reply.ExchangeId.Span).ToString();
        Assert.All(differences, found => Assert.Equal((exchange, NetworkFolder.Requester), (found.Exchange, found.Requester)));
        Assert.Equal(Severity.Alarm, differences.Single(found => found.Class is "approved-without-asked").Severity);
        await kawasaki.AssertUntouchedAsync();
    }

    [Fact]
    public async Task An_agency_that_another_distrusts_is_cut_off_by_that_one_alone()
    {
        await using var network = await AgentNetwork.StartAsync();
        await using var kawasaki = await ThirdAgency.JoinAsync(network);
        await network.LinkAsync(1);
        await network.Provider.Will.BlockAsync(AgencyId.Parse(NetworkFolder.Requester), "asks too much", "officer");
        var refused = await Assert.ThrowsAsync<RefusedException>(() => network.AskAsync(1));
        Assert.Equal(RefusalName.BlockedByProvider, refused.Refusal.Name);
        Assert.Equal((0, 0), (network.SpentTokens(), network.Reads.Count));
        await kawasaki.AskAsync();
        await kawasaki.AssertUntouchedAsync();
    }

    private static async Task AssertRefusedAsync(AgentNetwork network, RefusalName name, FetchRequest request)
    {
        var spent = network.SpentTokens();
        var read = network.Reads.Count;
        Assert.StartsWith(
            RefusalTable.Of(name).Text, await HandMadeClient.RefusalOfAsync(() => network.Network.Requester.FetchAsync(NetworkFolder.Provider, request)), StringComparison.Ordinal);
        Assert.Equal((spent, read), (network.SpentTokens(), network.Reads.Count));
    }
}
