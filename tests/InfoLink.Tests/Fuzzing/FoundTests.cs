using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using InfoLink.Agent;
using InfoLink.Agent.Trust;
using InfoLink.Audit.Bundles;
using InfoLink.Audit.Logs;
using InfoLink.Authoring;
using InfoLink.Broker;
using InfoLink.Broker.Tokens;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Trust;
using InfoLink.Rpc.Wire;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.Tests.Providing;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Fuzzing;

/// <summary>What the fuzzer has found, once each, so that it stays mended.</summary>
[Collection(nameof(RealExchanges))]
public sealed class FoundTests(RealExchanges real)
{
    /// <summary>A message in a message that says to be 2³¹ − 1 bytes long: the library's sums overflow, and it throws what it never documents.</summary>
    private static readonly byte[] Overflowing = [0xFF, 0xFF, 0xFF, 0xFF, 0x07];

    [Theory]
    [InlineData("12FFFFFFFF07085022FFFF034E6F20")]
    [InlineData("0AFFFFFFFF077A9002")]
    public void An_answer_whose_lengths_overflow_is_no_answer(string payload) => Assert.Null(AnswerMessages.TryRead(Convert.FromHexString(payload)));

    [Fact]
    public void An_answer_that_is_given_again_and_again_is_no_answer_and_costs_no_memory()
    {
        byte[] payload = [.. Enumerable.Repeat((byte[])[0x0A, 0x02, 0x0A, 0x00], 5_000).SelectMany(answer => answer)];
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Null(AnswerMessages.TryRead(payload));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Theory]
    [InlineData("data")]
    [InlineData("keys")]
    [InlineData("trust")]
    [InlineData("identityKey")]
    public void A_path_with_a_NUL_in_a_brokers_configuration_is_named(string field)
    {
        var path = Path.Combine(real.Folder.FullPath, $"nul-{field}.json");
        File.WriteAllText(path, $$"""{ "{{field}}": "a\u0000b" }""");
        Assert.Contains(BrokerOptions.Read(path).Errors(), error => error.StartsWith(field + ":", StringComparison.Ordinal));
    }

    [Fact]
    public void An_open_part_whose_lengths_overflow_is_none()
    {
        byte[] act = [0xC2, 0x01, .. Overflowing, 0x0A, 0x7F, 0x41]; // Field 24, a message.
        Assert.Null(AccessEntry.TryParse(act));
    }

    /// <summary>A kilobyte had the library allocate two thirds of a gigabyte, before anybody knew who called.</summary>
    [Fact]
    public void A_message_whose_lengths_overflow_costs_no_memory()
    {
        byte[] subject = [0x12, .. Overflowing, 0x12, 0x80, 0x80, 0x80, 0x80, 0x02, 0x41, 0x42];
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(StatusCode.Internal, Assert.Throws<RpcException>(() => Readers.Frames<FetchReply>(ProtoEdits.Frame(subject))).StatusCode);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 * 1024 * 1024);
    }

    [Fact]
    public void Whatever_is_written_has_lengths_that_hold()
    {
        Assert.True(MessageLengths.Hold<AuthorizeReply>(real.Approved.ToByteArray()));
        Assert.True(MessageLengths.Hold<RedeemReply>(real.Redeemed.ToByteArray()));
        Assert.All(real.Answered, reply => Assert.True(MessageLengths.Hold<FetchReply>(reply.ToByteArray())));
        Assert.False(MessageLengths.Hold<RedeemReply>(real.Redeemed.ToByteArray().AsSpan()[..^1]));
    }

    [Theory]
    [InlineData("""{"alg":"ES256",""", "")]
    [InlineData("""{"typ":"at+jwt",""", "")]
    [InlineData("{", "\u0085")]
    public async Task A_signed_header_that_is_not_the_tokens_is_refused(string begins, string behind)
    {
        using var forge = new TokenForge(real.Folder);
        var parts = real.Token.Reveal().Split('.');
        var header = begins + Encoding.UTF8.GetString(Base64Url.DecodeFromChars(parts[0]))[1..] + behind;
        var text = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header))}.{parts[1]}";
        Assert.True(Contracts.Tokens.ExchangeToken.TryParse(
            $"{text}.{Base64Url.EncodeToString(TokenForge.Es256(forge.BrokersKey)(Encoding.ASCII.GetBytes(text)))}", out var token));
        var outcome = await new Agent.Providing.TokenVerification(real.ProvidersTrust.Self, () => real.ProvidersTrust.Members, new StoppedClock(real.Then)).VerifyAsync(token);
        Assert.Equal(RefusalName.TokenInvalid, Assert.IsType<Outcome<Contracts.Tokens.TokenClaims>.Refused>(outcome).Refusal.Name);
    }

    /// <summary>Anybody can make such a certificate and call with it.</summary>
    [Fact]
    public async Task A_certificate_from_the_beginning_of_the_calendar_is_untrusted()
    {
        var now = TimeProvider.System.GetUtcNow();
        using var stranger = new ForgedLeaf
        {
            UriNames = [$"spiffe://{NetworkFolder.Platform}/agency/{NetworkFolder.Requester}"],
            FromNow = DateTimeOffset.MinValue - now,
            UntilNow = DateTimeOffset.MinValue.AddDays(1) - now,
        }.Make();
        real.Folder.Members().TryFind(AgencyId.Parse(NetworkFolder.Requester), out var member);
        Assert.False(LeafCertificate.IsUnder(stranger, member!.IdentityKeys, LeafPurpose.Tls, real.Then));
        using var client = new BareClient(real.Network.Broker.Endpoint, stranger);
        Assert.Equal("CERTIFICATE-UNTRUSTED", await HandMadeClient.RefusalOfAsync(async () =>
            await client.Broker.AuthorizeAsync(real.Asked, deadline: TimeProvider.System.GetUtcNow().UtcDateTime + TestNetwork.Patience)));
    }

    [Theory]
    [InlineData("https://127.0/0.1:36503")]
    [InlineData("https://somebody@127.0.0.1:36503")]
    [InlineData("httPs://127.0.0.1:36503")]
    public void A_join_code_leads_to_a_host_and_port_in_one_form(string address)
    {
        var good = real.Join.Reveal();
        var bytes = new byte[good.Length * 5 / 8];
        Assert.True(Crockford.TryDecode(good, bytes));
        var at = bytes.AsSpan().IndexOf("https://"u8);
        byte[] body = [.. bytes[..(at - 1)], (byte)address.Length, .. Encoding.ASCII.GetBytes(address)];
        Assert.False(JoinCode.TryParse(Crockford.Encode([.. body, .. SHA256.HashData(body).AsSpan(0, 4)]), out _));
        Assert.True(JoinCode.TryParse(good, out _));
    }

    /// <summary>The framework's own reading throws on such a text, and strangers send one with Join.</summary>
    [Fact]
    public void Slashes_and_a_mark_that_turns_the_direction_are_no_endpoint()
    {
        var text = $"{new string('/', 136)}\u202e{new string('/', 175)}:443https:L//agent.example{new string('/', 14)}";
        Assert.False(Endpoints.TryParse(text, out _));
        Assert.False(Endpoints.TryParse("https://" + text, out _));
    }

    [Fact]
    public void A_grant_that_ends_anywhere_is_none()
    {
        var whole = real.Grant().ToBytes();
        for (var length = 0; length < whole.Length; length++)
        {
            if ((whole.Length - length) % 12 != 0) // Of whole subjects fewer there may be.
            {
                Assert.Throws<CryptographicException>(() => Grant.FromBytes(whole.AsSpan(0, length)));
            }
        }

        foreach (var claimed in (byte[])[0x7F, 0x80, 0xFF])
        {
            byte[] bent = [.. whole];
            bent[34] = claimed;
            Assert.Throws<CryptographicException>(() => Grant.FromBytes(bent));
        }
    }

    [Theory]
    [InlineData("platform: \u0000")]
    [InlineData("a: -\u0000")]
    [InlineData("\u0000")]
    [InlineData("quorum: ?\u0000\n")]
    public void A_control_character_in_YAML_is_an_error_of_the_file(string text)
    {
        Assert.NotEmpty(Assert.IsType<Loaded<Contracts.Membership.MemberList>.Broken>(MembersFile.Parse("members.yaml", Encoding.UTF8.GetBytes(text))).Errors);
        Assert.NotEmpty(Assert.IsType<Loaded<Contracts.Catalog.StatuteCatalog>.Broken>(CatalogFile.Parse("catalog.yaml", Encoding.UTF8.GetBytes(text))).Errors);
    }

    [Theory]
    [InlineData("pkcs11:object=identity?pin-source=identity.pin%00")]
    [InlineData("pkcs11:object=identity?pin-source=\0")]
    [InlineData("pkcs11:object=identity?pin-source=")]
    public void A_PKCS11_URI_whose_PIN_has_no_path_is_refused(string uri) => Assert.Contains("pin-source", Pkcs11Uri.ErrorIn(uri), StringComparison.Ordinal);

    [Theory]
    [InlineData("data")]
    [InlineData("keys")]
    [InlineData("listen")]
    [InlineData("logOrigin")]
    [InlineData("identityKey")]
    public void Null_in_a_brokers_configuration_is_named(string field) => Assert.Contains(
        field, Named(real.Folder.Path("broker", "null.json"), $$"""{"{{field}}":null}""", path => BrokerOptions.Read(path).Errors()), StringComparison.OrdinalIgnoreCase);

    [Theory]
    [InlineData("""{"agency":null}""", "agency")]
    [InlineData("""{"postgres":null}""", "postgres")]
    [InlineData("""{"sources":null}""", "sources")]
    [InlineData("""{"sources":[null]}""", "sources")]
    [InlineData("""{"blockedAgencies":null}""", "blockedAgencies")]
    [InlineData("""{"blockedAgencies":[null]}""", "blockedAgencies")]
    public void Null_in_an_agents_configuration_is_named(string json, string field) => Assert.Contains(
        field, Named(real.Folder.AgencyPath(NetworkFolder.Provider, "null.json"), json, path => AgentOptions.Read(path).Errors()), StringComparison.OrdinalIgnoreCase);

    [Theory]
    [InlineData("null")]
    [InlineData("[null]")]
    [InlineData("{}")]
    public void Switches_that_are_none_stop_the_start(string json) => Assert.Contains(
        "cannot be read", Named(real.Folder.Path("null-switches.json"), json, path => [$"{LocalSwitches.Open(path, [], []).All.Length}"]), StringComparison.Ordinal);

    [Fact]
    public void A_member_whose_name_is_no_text_is_no_pair_to_match() => Assert.Throws<FormatException>(
        () => Tool.Matching.MatchCommand.Read(new MemoryStream(Encoding.UTF8.GetBytes("""[{"a":{"name":"x","\udc00x":null},"b":{}}]"""))));

    [Fact]
    public void A_file_of_empty_lines_is_split_at_once()
    {
        byte[] bytes = [.. Enumerable.Repeat("a\n\n"u8.ToArray(), 20_000).SelectMany(line => line)];
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Single(ForkEvidence.Split(bytes));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 * 1024 * 1024);
    }

    [Fact]
    public void Two_checkpoints_of_a_fork_are_told_apart()
    {
        var note = real.Approved.Receipt.Checkpoint.ToByteArray();
        Assert.Equal([note, note], ForkEvidence.Split((byte[])[.. note, (byte)'\n', .. note]).Select(piece => piece.ToArray()));
    }

    [Fact]
    public void A_records_length_has_one_form()
    {
        var record = new ExportedRecord { Serial = 1 }.ToByteArray();
        Assert.NotNull(Assert.Single(RecordFile.Read([(byte)record.Length, .. record])));
        Assert.Null(Assert.Single(RecordFile.Read([(byte)(record.Length | 0x80), 0, .. record])));
    }

    [Fact]
    public async Task Bytes_behind_the_last_record_are_found_where_they_are_no_record()
    {
        var copy = real.Folder.Path("bundle-and-more");
        foreach (var file in Directory.GetFiles(real.Bundle, "*", SearchOption.AllDirectories))
        {
            var to = Path.Combine(copy, Path.GetRelativePath(real.Bundle, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            byte[] bytes = await File.ReadAllBytesAsync(file);
            await File.WriteAllBytesAsync(to, file.Contains("/records/", StringComparison.Ordinal) ? [.. bytes, 0xFF, 0x03, 0x12] : bytes);
        }

        var log = KnownLog.Of(real.Folder.Members()).Single(known => known.Custodian is ApprovedRecord.BrokerCustodian);
        Assert.Contains((await LogCheck.FolderAsync(copy, log, [], CancellationToken.None)).Findings, finding => finding.Name is "record-added");
        Assert.True((await LogCheck.FolderAsync(real.Bundle, log, [], CancellationToken.None)).Sound);
    }

    /// <summary>All that is said of a file: its errors, or why it is not read.</summary>
    private static string Named(string path, string json, Func<string, IReadOnlyList<string>> read)
    {
        File.WriteAllText(path, json);
        try
        {
            return string.Join('\n', read(path));
        }
        catch (InvalidOperationException refused)
        {
            return refused.Message;
        }
    }
}
