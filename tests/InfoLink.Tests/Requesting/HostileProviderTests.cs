using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using InfoLink.Agent;
using InfoLink.Agent.Requesting;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Sealing;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Requesting;

/// <summary>
/// A provider with its real identity that answers anything: what cannot be believed is refused by name, is on the requester's record, and
/// not one value of it is handed over.
/// </summary>
public sealed class HostileProviderTests : IAsyncLifetime
{
    private const string OutOfOrder = "order of the stream";
    private AgentNetwork _network = null!;
    private BentProvider _provider = null!;

    /// <summary>Streams that are refused whole.</summary>
    public static TheoryData<string, Func<List<FetchReply>, List<FetchReply>>, string> Streams => new()
    {
        { "nothing", _ => [], "header" },
        { "no header", parts => parts[1..], OutOfOrder },
        { "the header twice", parts => [parts[0], .. parts], OutOfOrder },
        { "the header last", parts => [.. parts[1..], parts[0]], OutOfOrder },
        { "an empty part", parts => [parts[0], new(), .. parts[1..]], OutOfOrder },
        { "the header alone", parts => parts[..1], "subjects" },
        { "a person missing", parts => parts[..2], "subjects" },
        { "a person twice", parts => [.. parts, parts[1]], "subjects" },
        { "one person in the other's place", parts => [parts[0], parts[1], parts[1]], "subjects" },
        { "out of order", parts => [parts[0], parts[2], parts[1]], "subjects" },
        { "a person nobody asked for", parts => [.. parts, Part(parts[1], subject => subject.Index = 2)], "subjects" },
        { "another suite", parts => Header(parts, header => header.Suite = 2), "suite" },
        { "suite 257", parts => Header(parts, header => header.Suite = 257), "suite" },
        { "no encapsulated key", parts => Header(parts, header => header.Enc = ByteString.Empty), "encapsulated key" },
        { "an encapsulated key off the curve", parts => Header(parts, header => header.Enc = ByteString.CopyFrom([4, .. new byte[64]])), "encapsulated key" },
        { "no signing certificate", parts => Header(parts, header => header.SigningCertificate = ByteString.Empty), "signing certificate" },
        { "garbage for a signing certificate", parts => Header(parts, header => header.SigningCertificate = ByteString.CopyFromUtf8("certificate")), "signing certificate" },
    };

    /// <summary>Parts about one person that are refused for that person.</summary>
    public static TheoryData<string, Action<SealedSubject>, string> Parts => new()
    {
        { "no signature", subject => subject.Signature = ByteString.Empty, "signature" },
        { "a signature of zeros", subject => subject.Signature = ByteString.CopyFrom(new byte[64]), "signature" },
        { "a signature changed", subject => subject.Signature = Flipped(subject.Signature, 10), "signature" },
        { "the ciphertext changed", subject => subject.Ciphertext = Flipped(subject.Ciphertext, 100), "signature" },
        { "the ciphertext cut", subject => subject.Ciphertext = ByteString.CopyFrom(subject.Ciphertext.Span[..^1]), "signature" },
        { "no ciphertext", subject => subject.Ciphertext = ByteString.Empty, "signature" },
        { "the digest changed", subject => subject.Digest = Flipped(subject.Digest, 0), "signature" },
        { "no digest", subject => subject.Digest = ByteString.Empty, "signature" },
        { "a digest of another length", subject => subject.Digest = ByteString.CopyFrom(new byte[33]), "signature" },
    };

    /// <summary>Payloads, properly sealed and signed.</summary>
    public static TheoryData<string, byte[], RefusalName, string> Payloads => new()
    {
        { "nothing", [], RefusalName.AnswerInvalid, "payload" },
        { "garbage", [0xFF, 0xFF, 0xFF], RefusalName.AnswerInvalid, "payload" },
        { "neither answer nor refusal", new Answer().ToByteArray(), RefusalName.AnswerInvalid, "payload" },
        { "no kind", Kinds(), RefusalName.LayoutViolation, "kinds" },
        { "a kind nobody asked for", Kinds(("resident-record-relationship", AgentNetwork.RelationshipOf(1))), RefusalName.LayoutViolation, "kinds" },
        { "a kind too many", Kinds(("municipal-inhabitant-tax", AgentNetwork.TaxOf(1)), ("resident-record-relationship", AgentNetwork.RelationshipOf(1))), RefusalName.LayoutViolation, "kinds" },
        { "a kind twice", Twice(), RefusalName.AnswerInvalid, "kinds" },
        { "a kind that is no name", new Answer { Answered = new() { Kinds = { new AnsweredKind { Kind = "NO NAME" } } } }.ToByteArray(), RefusalName.AnswerInvalid, "kinds" },
        { "an item twice", Items(kind => kind.Items.Add(kind.Items[0].Clone())), RefusalName.AnswerInvalid, "kinds" },
        { "an item that is neither value nor absent", Items(kind => kind.Items[0] = new DataItem { Id = kind.Items[0].Id }), RefusalName.AnswerInvalid, "kinds" },
        { "an absence for no reason that exists", Items(kind => kind.Items[0] = new DataItem { Id = kind.Items[0].Id, Absent = "because" }), RefusalName.AnswerInvalid, "kinds" },
        { "an item outside the layout", Items(kind => kind.Items.Add(new DataItem { Id = "religion", Value = "SECRET" })), RefusalName.LayoutViolation, "municipal-inhabitant-tax: religion: UnknownItem" },
        { "a value outside the layout", Items(kind => kind.Items.Single(IsIncome).Value = "SECRET"), RefusalName.LayoutViolation, "municipal-inhabitant-tax: total-income: NotCanonical" },
        { "an item missing", Items(kind => kind.Items.Remove(kind.Items.Single(IsIncome))), RefusalName.LayoutViolation, "municipal-inhabitant-tax: total-income: Missing" },
        { "a thousand and one items", Items(kind => kind.Items.Add(Enumerable.Range(0, 1001).Select(i => new DataItem { Id = $"i{i}", Value = "" }))), RefusalName.AnswerInvalid, "kinds" },
        { "a refusal without a name", new Answer { Refused = new() }.ToByteArray(), RefusalName.AnswerInvalid, "refusal" },
        { "a refusal of no name we know", new Answer { Refused = new() { Name = (RefusalName)4711, Detail = "SECRET" } }.ToByteArray(), RefusalName.AnswerInvalid, "refusal" },
    };

    public async ValueTask InitializeAsync()
    {
        _network = await AgentNetwork.StartAsync(new() { WithProvider = false });
        await _network.LinkAtRequesterAsync(1);
        await _network.LinkAtRequesterAsync(2);
        _provider = await BentProvider.StartAsync(_network.Folder, _network.Network.Journal.Loggers);
    }

    public async ValueTask DisposeAsync()
    {
        await _provider.DisposeAsync();
        await _network.DisposeAsync();
    }

    [Fact]
    public async Task An_answer_that_is_not_bent_is_believed()
    {
        // Every other test here means something only if this holds.
        Assert.All((await _network.AskAsync(1, 2)).Persons, person => Assert.IsType<FetchedPerson.Answered>(person));
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task A_stream_of_another_form_is_refused_whole(string what, Func<List<FetchReply>, List<FetchReply>> bend, string detail)
    {
        Assert.NotEmpty(what);
        _provider.Sending = (parts, _) => bend(parts);
        await AssertRefusedWholeAsync(RefusalName.AnswerInvalid, detail);
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task What_is_not_signed_as_it_stands_is_refused_and_the_other_persons_answer_is_not(string what, Action<SealedSubject> bend, string detail)
    {
        Assert.NotEmpty(what);
        _provider.Sending = (parts, _) => [parts[0], Part(parts[1], bend), parts[2]];
        await AssertRefusedOneAsync(RefusalName.AnswerInvalid, detail);
    }

    [Theory]
    [MemberData(nameof(Payloads))]
    public async Task What_is_inside_the_seal_is_checked_too(string what, byte[] payload, RefusalName name, string detail)
    {
        Assert.NotEmpty(what);
        var good = _provider.Payload;
        _provider.Payload = (claims, index) => index == 0 ? payload : good(claims, index);
        await AssertRefusedOneAsync(name, detail);
        Assert.DoesNotContain(_network.Network.Journal.Lines, line => line.Text.Contains("SECRET", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_signature_by_the_providers_tls_certificate_is_none()
    {
        await SignedByAsync(_provider.Certificates.Current.Tls);
        await AssertRefusedWholeAsync(RefusalName.AnswerInvalid, "signing certificate");
    }

    [Fact]
    public async Task A_signature_by_another_member_is_none()
    {
        using var other = _network.Folder.IdentityOf(NetworkFolder.Bystander);
        using var leaf = other.IssueLeaf(LeafPurpose.Signing, TimeProvider.System.GetUtcNow());
        await SignedByAsync(leaf);
        await AssertRefusedWholeAsync(RefusalName.AnswerInvalid, "signing certificate");
    }

    [Fact]
    public async Task A_signature_under_the_providers_name_by_another_identity_is_none()
    {
        using var forged = IdentityKey.Create(_provider.Identity.Name);
        using var leaf = forged.IssueLeaf(LeafPurpose.Signing, TimeProvider.System.GetUtcNow());
        await SignedByAsync(leaf);
        await AssertRefusedWholeAsync(RefusalName.AnswerInvalid, "signing certificate");
    }

    [Fact]
    public async Task A_signature_under_an_old_certificate_is_none()
    {
        using var leaf = _provider.Identity.IssueLeaf(LeafPurpose.Signing, TimeProvider.System.GetUtcNow().AddDays(-4));
        await SignedByAsync(leaf);
        await AssertRefusedWholeAsync(RefusalName.AnswerInvalid, "signing certificate");
    }

    [Fact]
    public async Task A_signature_by_another_key_than_the_certificates_is_none()
    {
        _provider.Sending = (parts, request) =>
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            return [parts[0], Signed(parts[1], parts[0], request, key), parts[2]];
        };
        await AssertRefusedOneAsync(RefusalName.AnswerInvalid, "signature");
    }

    [Fact]
    public async Task One_persons_ciphertext_under_the_others_place_does_not_open_though_it_is_signed()
    {
        _provider.Sending = (parts, request) =>
        {
            var (first, second) = (parts[1].Clone(), parts[2].Clone());
            (first.Subject.Ciphertext, second.Subject.Ciphertext) = (second.Subject.Ciphertext, first.Subject.Ciphertext);
            (first.Subject.Digest, second.Subject.Digest) = (second.Subject.Digest, first.Subject.Digest);
            return [parts[0], Signed(first, parts[0], request), Signed(second, parts[0], request)];
        };
        var fetched = await _network.AskAsync(1, 2);
        Assert.All(fetched.Persons, person =>
        {
            var refusal = Assert.IsType<FetchedPerson.Refused>(person).Refusal;
            Assert.Equal((RefusalName.AnswerInvalid, "seal"), (refusal.Name, refusal.Detail));
        });
    }

    [Fact]
    public async Task A_signed_digest_of_something_else_is_refused()
    {
        _provider.Sending = (parts, request) =>
            [parts[0], Signed(Part(parts[1], subject => subject.Digest = ByteString.CopyFrom(new byte[32])), parts[0], request), parts[2]];
        await AssertRefusedOneAsync(RefusalName.AnswerInvalid, "digest");
    }

    [Fact]
    public async Task A_seal_in_a_larger_bucket_than_the_answer_needs_is_refused()
    {
        _provider.Sending = (parts, request) => Resealed(parts, request, tokenHash => tokenHash, paddedTo: 4096);
        await AssertRefusedOneAsync(RefusalName.AnswerInvalid, "seal");
    }

    [Fact]
    public async Task A_seal_for_another_token_does_not_open()
    {
        _provider.Sending = (parts, request) => Resealed(parts, request, _ => new byte[32], paddedTo: 1024);
        await AssertRefusedOneAsync(RefusalName.AnswerInvalid, "seal");
    }

    [Fact]
    public async Task A_seal_made_by_hand_as_it_should_be_opens()
    {
        // The two tests above mean something only if this holds.
        _provider.Sending = (parts, request) => Resealed(parts, request, tokenHash => tokenHash, paddedTo: 1024);
        Assert.All((await _network.AskAsync(1, 2)).Persons, person => Assert.IsType<FetchedPerson.Answered>(person));
    }

    [Fact]
    public async Task A_stream_that_ends_in_a_fault_after_good_parts_hands_nothing_over()
    {
        _network.Network.Journal.Expect("on purpose");
        _provider.Ending = _ => throw new InvalidOperationException("A fault on purpose.");
        var refused = await Assert.ThrowsAsync<RefusedException>(() => _network.AskAsync(1, 2));
        Assert.Equal(RefusalName.InternalFault, refused.Refusal.Name);
        await AssertFailedAsync(RefusalName.InternalFault);
    }

    [Fact]
    public async Task A_stream_that_breaks_after_good_parts_hands_nothing_over_and_is_not_asked_for_again()
    {
        _network.Network.Journal.Expect("Hung up");
        _provider.Ending = context =>
        {
            BentBroker.HangUp(context);
            return Task.CompletedTask;
        };
        var refused = await Assert.ThrowsAsync<RefusedException>(() => _network.AskAsync(1, 2));
        Assert.Equal(RefusalName.AnswerLost, refused.Refusal.Name);
        await AssertFailedAsync(RefusalName.AnswerLost);
        Assert.Equal(1, _provider.Calls);
    }

    [Fact]
    public async Task A_provider_that_cancels_the_call_itself_is_a_lost_answer()
    {
        _provider.Ending = _ => throw new Grpc.Core.RpcException(new Grpc.Core.Status(Grpc.Core.StatusCode.Cancelled, "no"));
        var refused = await Assert.ThrowsAsync<RefusedException>(() => _network.AskAsync(1, 2));
        Assert.Equal(RefusalName.AnswerLost, refused.Refusal.Name);
        await AssertFailedAsync(RefusalName.AnswerLost);
        Assert.Equal(1, _provider.Calls);
    }

    [Fact]
    public async Task A_stream_without_end_is_cut_off()
    {
        _provider.Sending = (parts, _) => [parts[0], .. Enumerable.Repeat(parts[1], 5000)];
        _network.Network.Journal.Expect("Fetch");
        await AssertRefusedWholeAsync(RefusalName.AnswerInvalid, "subjects");
    }

    [Fact]
    public async Task A_providers_refusal_is_told_in_our_words_and_without_control_characters()
    {
        _provider.Sending = (_, _) => throw new Grpc.Core.RpcException(
            new Grpc.Core.Status(Grpc.Core.StatusCode.PermissionDenied, "x"),
            new Grpc.Core.Metadata
            {
                {
                    RefusalWire.TrailerName,
                    new V1.Refusal { Name = RefusalName.BlockedByProvider, CauseEn = "SECRET", Detail = "a\u001b[31m\nb" + new string('x', 500) }.ToByteArray()
                },
            });
        var refused = await Assert.ThrowsAsync<RefusedException>(() => _network.AskAsync(1, 2));
        Assert.Equal(RefusalName.BlockedByProvider, refused.Refusal.Name);
        Assert.DoesNotContain("SECRET", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(refused.Refusal.Detail, char.IsControl);
        Assert.InRange(refused.Refusal.Detail.Length, 1, 200);
    }

    private static bool IsIncome(DataItem item) => string.Equals(item.Id, "total-income", StringComparison.Ordinal);

    private static FetchReply Part(FetchReply part, Action<SealedSubject> bend)
    {
        var bent = part.Clone();
        bend(bent.Subject);
        return bent;
    }

    private static List<FetchReply> Header(List<FetchReply> parts, Action<FetchHeader> bend)
    {
        var header = parts[0].Clone();
        bend(header.Header);
        return [header, .. parts[1..]];
    }

    private static ByteString Flipped(ByteString bytes, int at)
    {
        var bent = bytes.ToByteArray();
        bent[at] ^= 1;
        return ByteString.CopyFrom(bent);
    }

    private static byte[] Kinds(params (string Kind, Items Items)[] kinds) =>
        AnswerMessages.Write(kinds.ToDictionary(kind => KindId.Parse(kind.Kind), kind => kind.Items));

    private static byte[] Items(Action<AnsweredKind> bend)
    {
        var answer = Answer.Parser.ParseFrom(Kinds(("municipal-inhabitant-tax", AgentNetwork.TaxOf(1))));
        bend(answer.Answered.Kinds[0]);
        return answer.ToByteArray();
    }

    private static byte[] Twice()
    {
        var answer = Answer.Parser.ParseFrom(Kinds(("municipal-inhabitant-tax", AgentNetwork.TaxOf(1))));
        answer.Answered.Kinds.Add(answer.Answered.Kinds[0].Clone());
        return answer.ToByteArray();
    }

    /// <summary>Signed by the provider's own certified key, or by another one.</summary>
    private FetchReply Signed(FetchReply part, FetchReply header, SealedRequest request, ECDsa? key = null)
    {
        using var own = _provider.Certificates.Current.Signing.GetECDsaPrivateKey()!;
        var subject = part.Subject.Clone();
        subject.Signature = AnswerSignature.Sign(
            key ?? own, request.Fetch.Token.Sha256.Span, header.Header.Enc.Span, subject.Ciphertext.Span, subject.Digest.Span).ToByteString();
        return new FetchReply { Subject = subject };
    }

    /// <summary>All signed by this certificate's key, and the certificate in the header.</summary>
    private Task SignedByAsync(X509Certificate2 certificate)
    {
        _provider.Sending = (parts, request) =>
        {
            using var key = certificate.GetECDsaPrivateKey()!;
            var bent = Header(parts, header => header.SigningCertificate = certificate.RawData.ToByteString());
            return [bent[0], .. bent[1..].Select(part => Signed(part, bent[0], request, key))];
        };
        return Task.CompletedTask;
    }

    /// <summary>Sealed again by hand, the first person into a bucket of this size, and signed as it should be.</summary>
    private List<FetchReply> Resealed(List<FetchReply> parts, SealedRequest request, Func<byte[], byte[]> tokenHash, int paddedTo)
    {
        var claims = request.Claims;
        var context = new SealContext(claims.ExchangeId, claims.TokenId.Reveal(), claims.Requester, claims.Provider, claims.Catalog.ToArray());
        using var sender = HpkeSender.Setup(request.Fetch.RecipientKey, context.ToInfo());
        var header = parts[0].Clone();
        header.Header.Enc = sender.Enc.ToArray().ToByteString();
        List<FetchReply> bent = [header];
        for (var i = 0; i < 2; i++)
        {
            var payload = Kinds(("municipal-inhabitant-tax", AgentNetwork.TaxOf(i + 1)));
            var salt = RandomNumberGenerator.GetBytes(AnswerSeal.SaltLength);
            var plaintext = new byte[i == 0 ? paddedTo : 1024];
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(plaintext, payload.Length);
            salt.CopyTo(plaintext, 4);
            payload.CopyTo(plaintext, 36);
            var ciphertext = new byte[plaintext.Length + 16];
            var hash = i == 0 ? tokenHash(request.Fetch.Token.Sha256.ToArray()) : request.Fetch.Token.Sha256.ToArray();
            sender.SealAt((ulong)i, AnswerSeal.Aad(hash, (uint)i), plaintext, ciphertext);
            var part = new FetchReply
            {
                Subject = new() { Index = (uint)i, Ciphertext = ciphertext.ToByteString(), Digest = AnswerSeal.Digest(salt, payload).ToByteString() },
            };
            bent.Add(Signed(part, header, request));
        }

        return bent;
    }

    private async Task AssertRefusedWholeAsync(RefusalName name, string detail)
    {
        var refused = await Assert.ThrowsAsync<RefusedException>(() => _network.AskAsync(1, 2).WaitAsync(TestNetwork.Patience));
        Assert.Equal(name, refused.Refusal.Name);
        Assert.Equal(detail, refused.Refusal.Detail);
        await AssertFailedAsync(name);
    }

    private async Task AssertFailedAsync(RefusalName name)
    {
        var records = await AgentNetwork.AllOfAsync(_network.Requester);
        Assert.Equal([AccessEvent.Asked, AccessEvent.Failed], records.Select(entry => entry.Open.Event));
        Assert.Equal(name, records[1].Open.Refusal);
        Assert.Equal(16, records[1].Open.ExchangeId.Length);
    }

    private async Task AssertRefusedOneAsync(RefusalName name, string detail)
    {
        var fetched = await _network.AskAsync(1, 2).WaitAsync(TestNetwork.Patience);
        var refusal = Assert.IsType<FetchedPerson.Refused>(fetched.Persons[0]).Refusal;
        Assert.Equal((name, detail), (refusal.Name, refusal.Detail));
        Assert.IsType<FetchedPerson.Answered>(fetched.Persons[1]);
        var received = await AgentNetwork.OneAsync(_network.Requester.Log.Store, AccessEvent.Received);
        Assert.Equal([SubjectOutcome.RefusedOutcome, SubjectOutcome.AnsweredOutcome], received.Subjects.Select(subject => subject.Outcome));
    }
}
