using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using InfoLink.Codes;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Tokens;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.Tests.Limits;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Fuzzing;

/// <summary>
/// The same against what runs: changed requests and changed HTTP/2 frames to broker, agent, registry, code authority and numbering authority over mTLS, from members and strangers. Each ends with a named
/// refusal or the transport's own end, nobody logs an error that nobody expected, and a good exchange is answered afterwards.
/// </summary>
[Collection(nameof(RealExchanges))]
public sealed class LiveFuzzTests(RealExchanges real)
{
    private const double SecondsInCi = 12;
    private const string TimeLimit = "400m";

    /// <summary>Statuses that no refusal need come with: the RPC layer says them itself (cancelled, deadline, too large, not offered, not readable).</summary>
    private static readonly string[] Transports = ["1", "4", "8", "12", "13"];

    /// <summary>What a broker tells its operator when it is treated like this.</summary>
    private static readonly string[] Alarms = ["was presented a second time", "a second time, and differently", "link codes within", "the broker refuses the settlement"];

    private static double Seconds => Environment.GetEnvironmentVariable("INFOLINK_FUZZ_SECONDS") is { Length: > 0 } given
        ? double.Parse(given, CultureInfo.InvariantCulture) / 4
        : SecondsInCi;

    private static int Seed => Environment.GetEnvironmentVariable("INFOLINK_FUZZ_SEED") is { Length: > 0 } given
        ? int.Parse(given, CultureInfo.InvariantCulture)
        : RandomNumberGenerator.GetInt32(int.MaxValue);

    [Fact]
    public async Task Changed_requests_are_refused_by_name_and_disturb_nobody()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("INFOLINK_FUZZ_TARGET") is { Length: > 0 }, "One target was asked for.");
        real.Network.Journal.Expect(Alarms);
        var seed = Seed;
        var ends = new Dictionary<string, int>(StringComparer.Ordinal);
        var began = TimeProvider.System.GetTimestamp();
        using var yokohama = new Line(real, real.LeafOf(NetworkFolder.Requester));
        for (var round = 0; round == 0 || TimeProvider.System.GetElapsedTime(began).TotalSeconds < Seconds; round++)
        {
            foreach (var (call, number) in (await CallsAsync(yokohama)).Select((call, number) => (call, number)))
            {
                for (var i = 0; i < 12; i++)
                {
                    var chance = Chance.Of(seed, call.Path, (round * 1000L) + i);
                    var body = chance.OneIn(4) ? ByteEdits.Once(ProtoEdits.Frame(call.Message), [call.Message], chance) : ProtoEdits.Frame(Mutation.Of(Form.Proto, [call.Message], chance));
                    var end = await call.Line.PostAsync(call.Port, call.Path, body, chance.OneIn(20) ? $"{chance.Below(500)}{chance.Of(["n", "u", "m", "x", ""])}" : TimeLimit);
                    Assert.True(IsGood(end), $"{call.Path} ended with {end}; seed {seed}, round {round}, input {i}, body:\n{Convert.ToBase64String(body)}");
                    ends[$"{call.Path.Split('/')[^1]} {end}"] = ends.GetValueOrDefault($"{call.Path.Split('/')[^1]} {end}") + 1;
                }
            }
        }

        await IsSoundAsync($"live requests: {ends.Values.Sum()} inputs, seed {seed}\n{string.Join('\n', ends.OrderBy(end => end.Key, StringComparer.Ordinal).Select(end => $"  {end.Key}: {end.Value}"))}");
    }

    [Fact]
    public async Task Changed_HTTP2_frames_end_a_connection_at_most()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("INFOLINK_FUZZ_TARGET") is { Length: > 0 }, "One target was asked for.");
        var seed = Seed;
        var leaf = real.LeafOf(NetworkFolder.Bystander);
        var began = TimeProvider.System.GetTimestamp();
        var connections = 0;
        for (; connections < 10 || TimeProvider.System.GetElapsedTime(began).TotalSeconds < Seconds / 3; connections++)
        {
            var chance = Chance.Of(seed, "http2", connections);
            try
            {
                await using var client = await BareHttp2Client.ConnectAsync(chance.OneIn(2) ? real.Network.Broker.Endpoint : real.Network.Running.Provider.Endpoint, chance.OneIn(4) ? null : leaf);
                await client.SettleAsync();
                await client.BeginCallAsync(1);
                for (var frames = 1 + chance.Below(6); frames > 0; frames--)
                {
                    var payload = chance.OneIn(2) ? chance.Bytes(chance.Length(300)) : Mutation.Of(Form.Proto, [ProtoEdits.Frame(real.Asked.ToByteArray())], chance);
                    await client.SendAsync((byte)chance.Below(13), (byte)chance.Next(), chance.Of([0, 1, 2, 3, 5]), payload[..Math.Min(payload.Length, 16_000)]);
                }
            }
            catch (Exception end) when (end is IOException or AuthenticationException)
            {
                // The server has ended the connection.
            }
        }

        await IsSoundAsync($"live HTTP/2: {connections} connections, seed {seed}");
    }

    private async Task IsSoundAsync(string count)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(count);
        if (Environment.GetEnvironmentVariable("INFOLINK_FUZZ_SECONDS") is { Length: > 0 })
        {
            Console.WriteLine(count);
        }

        await Eventually.HoldsAsync(async () => (await new Walk(real.Network.Running, TimeProvider.System).ExchangeAsync()).Answered, "a good exchange");
        real.Network.Journal.AssertNoUnexpectedError();
    }

    private static bool IsGood(End end) => end.Status is null || end.Status is "0" || (end.Refusal.Length > 0 ? end.Refusal is not "InternalFault" : Transports.Contains(end.Status, StringComparer.Ordinal));

    private async Task<IReadOnlyList<Call>> CallsAsync(Line yokohama)
    {
        var asked = real.Yokohama.Ask(await real.CodeOfClaimantAsync());
        var approval = await yokohama.AuthorizeAsync(asked);
        var fetch = real.Yokohama.Fetch(approval);
        var toRedeem = await yokohama.AuthorizeAsync(asked);
        var redeem = real.Redeem.Clone();
        redeem.Token = toRedeem.Token;
        redeem.AttemptId = AttemptId.New().ToArray().ToByteString();
        var (setagaya, kawasaki, ministry) = (LineOf(NetworkFolder.Provider), LineOf(NetworkFolder.Bystander), LineOf(NetworkFolder.HealthMinister));
        var (broker, agent) = (real.Network.Broker.Endpoint, real.Network.Running.Provider.Endpoint);
        return
        [
            new(kawasaki, broker, "/infolink.v1.ExchangeService/Authorize", KawasakiAsks().ToByteArray()),
            new(setagaya, broker, "/infolink.v1.ExchangeService/Redeem", redeem.ToByteArray()),
            new(setagaya, broker, "/infolink.v1.ExchangeService/Settle", toRedeem.Settlement().ToByteArray()),
            new(yokohama, agent, "/infolink.v1.PeerService/Fetch", fetch.ToByteArray()),
            new(kawasaki, agent, "/infolink.v1.PeerService/Fetch", fetch.ToByteArray()),
            new(yokohama, agent, "/infolink.v1.CorrectionService/Notify", NoticeAbout(approval).ToByteArray()),
            new(kawasaki, agent, "/infolink.v1.CorrectionService/Notify", NoticeAbout(approval).ToByteArray()),
            new(setagaya, broker, "/infolink.v1.WitnessService/AddCheckpoint", real.Brought.ToByteArray()),
            new(kawasaki, agent, "/infolink.v1.WitnessService/AddCheckpoint", real.Brought.ToByteArray()),
            new(kawasaki, broker, "/infolink.v1.TrustService/Watch", new WatchRequest { Authority = 1, Members = 1, Catalog = 1, Directory = 5 }.ToByteArray()),
            new(kawasaki, broker, "/infolink.v1.TrustService/Announce", new AnnounceRequest { Closed = { new ClosedTime { From = 4_000_000_000, Until = 4_000_003_600 } } }.ToByteArray()),
            new(ministry, broker, "/infolink.v1.JoinService/Join", real.Joining.ToByteArray()),
            .. await PeopleCallsAsync(kawasaki, broker),
        ];
    }

    /// <summary>Numbers, tickets and link codes.</summary>
    private async Task<IEnumerable<Call>> PeopleCallsAsync(Line kawasaki, Uri broker)
    {
        var (registry, codes) = (LineOfInstitution(NetworkFolder.Registry), LineOfInstitution(NetworkFolder.CodeAuthority));
        var person = new PersonToNumber { RecordCode = ResidentRecordCode.FromBase(7).Reveal(), Addressee = "letter-1" };
        var making = new MakeTicketRequest { Agency = NetworkFolder.Bystander, ResidentRecordCodes = { person.RecordCode } };
        using var client = new HandMadeClient(NetworkFolder.Registry, real.Folder.IdentityOfInstitution(NetworkFolder.Registry), real.Folder.Members(), TimeProvider.System);
        var ticket = (await client.MakeTicketAsync(making)).Ticket;
        var code = KawasakiAsks().LinkCodes[0];
        var id = new byte[IdCode.ByteLength];
        TestNetwork.Person(9).CopyTo(id);
        return
        [
            new(kawasaki, real.RegistryAt, "/infolink.v1.RegistryService/Match", PeopleTargets.Matching().ToByteArray()),
            new(registry, real.CodeAuthorityAt, "/infolink.v1.CodeAuthorityService/MakeTicket", making.ToByteArray()),
            new(kawasaki, broker, "/infolink.v1.LinkCodeService/Give", new GiveRequest { Ticket = ticket, AttemptId = AttemptId.New().ToArray().ToByteString() }.ToByteArray()),
            new(kawasaki, broker, "/infolink.v1.LinkCodeService/Renew", new RenewRequest { LinkCodes = { code } }.ToByteArray()),
            new(codes, broker, "/infolink.v1.CodeRegisterService/Put", new PutStandingRequest { IdCode = id.ToByteString(), State = CodeState.FrozenCodes, Reason = "a drill" }.ToByteArray()),
            new(registry, real.NumberingAt, "/infolink.v1.NumberingService/Assign", new AssignRequest { Persons = { person } }.ToByteArray()),
            new(registry, real.NumberingAt, "/infolink.v1.NumberingService/Follow", new FollowRequest { OldRecordCode = person.RecordCode, NewRecordCode = ResidentRecordCode.FromBase(8).Reveal() }.ToByteArray()),
            new(registry, real.NumberingAt, "/infolink.v1.NumberingService/Change",
                new ChangeRequest { ChangeId = RandomNumberGenerator.GetBytes(16).ToByteString(), Person = person, Ground = NumberGround.NumberOnRequest, CaseReference = "case-1" }.ToByteArray()),
            new(registry, real.NumberingAt, "/infolink.v1.NumberingService/Notifications", new NotificationsRequest { State = NoticeState.NoticeToSend, AtMost = 3 }.ToByteArray()),
            new(registry, real.NumberingAt, "/infolink.v1.NumberingService/MarkNotification", new MarkNotificationRequest { Marks = { new NoticeMark { Id = 1, State = NoticeState.NoticeSent } } }.ToByteArray()),
            new(kawasaki, real.NumberingAt, "/infolink.v1.CorporateNumberService/Search", new CorporateSearchRequest { Text = "例", Anywhere = true, AtMost = 2 }.ToByteArray()),
            new(kawasaki, real.NumberingAt, "/infolink.v1.CorporateNumberService/Get", new CorporateGetRequest { Number = "8700110005901" }.ToByteArray()),
        ];
    }

    private static CorrectionNotice NoticeAbout(AuthorizeReply approval) => new()
    {
        Reference = RandomNumberGenerator.GetBytes(16).ToByteString(),
        ExchangeId = OpenPart.Parser.ParseFrom(approval.Receipt.OpenPart).ExchangeId,
        Indices = { 0 },
        Reason = CorrectionReason.WrongLink,
        Side = ExchangeSide.RequesterSide,
        TimeMs = 1,
    };

    private AuthorizeRequest KawasakiAsks()
    {
        var request = real.Asked.Clone();
        var code = new byte[LinkCode.ByteLength];
        real.Network.CodeOf(1, NetworkFolder.Bystander).CopyTo(code);
        request.LinkCodes.Clear();
        request.LinkCodes.Add(code.ToByteString());
        return request;
    }

    private readonly Dictionary<string, Line> _lines = new(StringComparer.Ordinal);

    private Line LineOf(string agency) => _lines.TryGetValue(agency, out var line) ? line : _lines[agency] = new Line(real, real.LeafOf(agency));

    private Line LineOfInstitution(string id) => _lines.TryGetValue(id, out var line) ? line : _lines[id] = new Line(real, real.LeafOfInstitution(id));

    private sealed record Call(Line Line, Uri Port, string Path, byte[] Message);

    /// <summary>Status null: the transport's end.</summary>
    private sealed record End(string? Status, string Refusal)
    {
        public override string ToString() => $"{Status ?? "no status"} {Refusal}".TrimEnd();
    }

    /// <summary>A member's certificate and what it sends by it, byte for byte.</summary>
    private sealed class Line : IDisposable
    {
        private readonly HttpClient _http;
        private readonly BareClient _broker;

        public Line(RealExchanges real, X509Certificate2 leaf)
        {
            _http = new HttpClient(new SocketsHttpHandler { SslOptions = Tls(leaf), UseProxy = false }) { Timeout = TestNetwork.Patience };
            _broker = new BareClient(real.Network.Broker.Endpoint, leaf);
        }

        public async Task<AuthorizeReply> AuthorizeAsync(AuthorizeRequest request) =>
            await _broker.Broker.AuthorizeAsync(request, deadline: TimeProvider.System.GetUtcNow().UtcDateTime + TestNetwork.Patience);

        public async Task<End> PostAsync(Uri port, string path, byte[] body, string timeout)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(port, path))
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new ByteArrayContent(body),
            };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
            request.Headers.TryAddWithoutValidation("grpc-timeout", timeout);
            try
            {
                using var response = await _http.SendAsync(request);
                await response.Content.ReadAsByteArrayAsync();
                return new End(First("grpc-status"), First("infolink-refusal-bin") is { } refusal ? Name(refusal) : "");

                string? First(string name) =>
                    response.TrailingHeaders.TryGetValues(name, out var trailers) ? trailers.First()
                    : response.Headers.TryGetValues(name, out var headers) ? headers.First()
                    : null;
            }
            catch (HttpRequestException)
            {
                return new End(null, "");
            }
        }

        public void Dispose()
        {
            _http.Dispose();
            _broker.Dispose();
        }

        private static string Name(string trailer) => Refusal.Parser.ParseFrom(Convert.FromBase64String(trailer.PadRight((trailer.Length + 3) / 4 * 4, '='))).Name.ToString();

        private static SslClientAuthenticationOptions Tls(X509Certificate2 leaf) => new()
        {
            EnabledSslProtocols = SslProtocols.Tls13,
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
            LocalCertificateSelectionCallback = (_, _, _, _, _) => leaf,
        };
    }
}
