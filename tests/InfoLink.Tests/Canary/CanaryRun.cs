using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using InfoLink.Agent.Links;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Tokens;
using InfoLink.Contracts.Trust;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.Tests.Rotation;
using InfoLink.Transparency;
using InfoLink.Transparency.Postgres;
using InfoLink.Transparency.Sqlite;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Canary;

/// <summary>Everything that can become of marked values: answers, absences, refusals of each kind, failures, kills, restarts, and the tools that look at it all.</summary>
internal sealed class CanaryRun(CanaryWorld world)
{
    public const string Claimant = "claimant";
    public const string Absent = "absent";
    public const string Child = "child";
    public const string Spouse = "spouse";
    public const string Stranger = "stranger";
    public const string Odd = "odd";
    public const string Broken = "broken";
    public const string Waiting = "waiting";
    public const string Slow = "slow";

    /// <summary>Whose number, name and codes come where they do not belong: typed into wrong fields, sent in malformed calls.</summary>
    public const string Mistyped = "mistyped";

    /// <summary>Whom the requester has linked wrongly: her record has the code of the other one.</summary>
    public const string Mistaken = "mistaken";

    /// <summary>Whose data the provider withholds.</summary>
    public const string Hidden = "hidden";

    /// <summary>Whose code that is.</summary>
    public const string Other = "other";

    public static readonly string[] Parts = [Claimant, Absent, Child, Spouse, Stranger, Odd, Broken, Waiting, Slow, Mistyped, Mistaken, Other, Hidden];
    private const string RelationshipEntry = "106.municipality.108-1-ha";
    private readonly HandMadeClient _requester = new(world.Folder, NetworkFolder.Requester, TimeProvider.System);
    private readonly HandMadeClient _provider = new(world.Folder, NetworkFolder.Provider, TimeProvider.System);
    private readonly HandMadeClient _third = new(world.Folder, NetworkFolder.Bystander, TimeProvider.System);
    private readonly StringBuilder _told = new();

    /// <summary>Refusals as callers got them, and what the tools printed; the bundles lie in <see cref="Bundles"/>.</summary>
    public string Told => _told.ToString();

    /// <summary>What tools of the broker's and the agencies' operators printed.</summary>
    public string Shown { get; private set; } = "";

    public string Bundles => world.Path("bundles");

    /// <summary>Ids of tokens that were issued to the hand-made client.</summary>
    public List<TokenId> Tokens { get; } = [];

    /// <summary>The question that the law allows, until it is answered: after a start the witnesses and the provider's ledger take some seconds.</summary>
    public async Task UntilAnsweredAsync(string person)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            string outcome;
            try
            {
                outcome = await world.AskAsync(person);
            }
            catch (HttpRequestException fault)
            {
                outcome = fault.Message;
            }

            if (outcome is "answered")
            {
                return;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(began) < 2 * TestNetwork.Patience, $"No answer comes any more: {outcome}");
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
        }
    }

    public async Task AnswersAsync()
    {
        await UntilAnsweredAsync(world[Claimant].AtRequester);
        await ExpectAsync("answered", () => world.AskAsync(world[Absent].AtRequester));
        await ExpectAsync("answered", () => world.AskAsync(world[Child].AtRequester, RelationshipEntry, "eligible-child", new { }));
        await ExpectAsync("answered", () => world.AskAsync(world[Claimant].AtRequester, CanaryWorld.NumberEntry, conditions: new { }));
        await ExpectAsync("NOT-AVAILABLE", () => world.AskAsync(world[Stranger].AtRequester));
        await ExpectAsync("LAYOUT-VIOLATION", () => world.AskAsync(world[Odd].AtRequester));
        await ExpectAsync("SOURCE-UNAVAILABLE", () => world.AskAsync(world[Broken].AtRequester));
        await ExpectAsync("pending", () => world.AskAsync(world[Waiting].AtRequester, CanaryWorld.ByHandEntry));

        // Both agencies must mean the same person; a wrong link is stopped, and released by a person.
        await ExpectAsync("answered", () => world.AskAsync(world[Claimant].AtRequester, Samples.Network.People.CheckedEntry, "insured-person"));
        await ExpectAsync("IDENTITY-MISMATCH", async () => await AskMistakenAsync() is var told and not "pending" ? told : await AskMistakenAsync()); // Eight bits let one in 256 wait for a human.
        Task<string> AskMistakenAsync() => world.AskAsync(world[Mistaken].AtRequester, Samples.Network.People.CheckedEntry, "insured-person");
        await ExpectAsync("LINK-MISSING", () => world.AskAsync(world[Mistaken].AtRequester));
        var decided = new LinkAct("係長", "本人に確認した");
        var links = world.LinksOf(NetworkFolder.Requester);
        Assert.True(await links.ReleaseAsync(LocalId.Of(world[Mistaken].AtRequester), decided));
        Assert.True(await links.UnlinkAsync(LocalId.Of(world[Mistaken].AtRequester), decided));
        Assert.True(await world.LinksOf(NetworkFolder.Provider).ReleaseAsync(LocalId.Of(world[Other].AtProvider), decided));

        // A household, and the same people among others.
        var household = await ApproveAsync(Claimant, Spouse, Child);
        Assert.Equal(3, (await _requester.FetchAsync(NetworkFolder.Provider, _requester.Fetch(household))).Count(part => part.PartCase == FetchReply.PartOneofCase.Subject));
        var bulk = await ApproveAsync(Claimant, Absent, Child, Spouse, Stranger, Odd, Broken, Waiting);
        await _requester.FetchAsync(NetworkFolder.Provider, _requester.Fetch(bulk));
    }

    public async Task RefusalsAsync()
    {
        var mistyped = world[Mistyped];
        var claimant = world[Claimant].AtRequester;
        await ExpectAsync("ENTRY-UNKNOWN", () => world.AskAsync(claimant, "106.municipality.108-7"));
        await ExpectAsync("CONDITION-OUT-OF-RANGE", () => world.AskAsync(claimant, conditions: new { taxYear = 1999 }));

        // A clerk's slips.
        await ExpectAsync("LINK-MISSING", () => world.AskAsync(mistyped.Name));
        await ExpectAsync("NUMBER-AS-KEY", () => world.AskAsync(mistyped.Number));
        await ExpectAsync("ENTRY-UNKNOWN", () => world.AskAsync(claimant, entry: mistyped.Number));
        await ExpectAsync("ROLE-NOT-IN-ENTRY", () => world.AskAsync(claimant, role: mistyped.Number));
        await ExpectAsync("MEMBER-UNKNOWN", () => world.AskAsync(claimant, provider: mistyped.Number));
        await ExpectAsync("REQUEST-MALFORMED", () => world.AskAsync(claimant, role: mistyped.Name));
        await ExpectAsync("REQUEST-MALFORMED", () => world.AskAsync(claimant, conditions: new { asOf = $"{mistyped.Born:yyyy/MM/dd}" }));
        await ExpectAsync("REQUEST-MALFORMED", () => world.PostAsync(Encoding.UTF8.GetBytes($$"""{ "role": "{{mistyped.Number}}", "person": { "{{mistyped.Name}}" """)));

        // The same, and worse, from an agent without manners.
        await TellAsync(() => _requester.AuthorizeAsync(Bent(request => request.Entry = mistyped.Number)));
        await TellAsync(() => _requester.AuthorizeAsync(Bent(request => request.Entry = mistyped.Name)));
        await TellAsync(() => _requester.AuthorizeAsync(Bent(request => request.Role = mistyped.RecordCode)));
        await TellAsync(() => _requester.AuthorizeAsync(Bent(request => request.Provider = mistyped.Number)));
        await TellAsync(() => _requester.AuthorizeAsync(Bent(request => request.Kinds[0] = mistyped.TotalIncome)));
        await TellAsync(() => _requester.AuthorizeAsync(Bent(request => request.Kinds.Add(mistyped.Number))));
        await TellAsync(() => _requester.AuthorizeAsync(Bent(request => request.Conditions = new() { AsOf = $"{mistyped.Born:yyyy-MM-dd}" })));
        await TellAsync(() => _requester.AuthorizeAsync(Bent(request => request.Pins.Add(new LogPin { Origin = mistyped.Name, Size = 1 }), alsoAllowed: true)));
        await TellAsync(() => _requester.AuthorizeAsync(_requester.Ask(mistyped.RequesterCode, mistyped.ThirdCode)));
        await TellAsync(() => _requester.AuthorizeAsync(_requester.Ask(world[Claimant].ProviderCode)));
        await TellAsync(() => _requester.AuthorizeAsync(_requester.Ask(new LinkCode(NetworkFolder.Epoch, RandomNumberGenerator.GetBytes(LinkCode.BlockLength)))));
        await TellAsync(() => _requester.AuthorizeAsync(_requester.Ask(world[Claimant].RequesterCode, world[Claimant].RequesterCode)));
        await TellAsync(() => _requester.AuthorizeAsync(Bent(request => request.LinkCodes[0] = ByteString.CopyFrom(request.LinkCodes[0].Span[..16]))));

        // Tokens: spent, another's, bent, none.
        var used = await ApproveAsync(Claimant);
        await _requester.FetchAsync(NetworkFolder.Provider, _requester.Fetch(used));
        await TellAsync(() => _requester.FetchAsync(NetworkFolder.Provider, _requester.Fetch(used)));
        await TellAsync(() => _provider.RedeemAsync(used.Token, AttemptId.New()));
        await TellAsync(() => _provider.SettleAsync(used.Settlement(SubjectOutcome.PendingOutcome)));
        var other = await ApproveAsync(Spouse);
        await TellAsync(() => _third.FetchAsync(NetworkFolder.Provider, _third.Fetch(other)));
        await TellAsync(() => _third.RedeemAsync(other.Token, AttemptId.New()));
        await TellAsync(() => _provider.RedeemAsync(other.Token[..^4] + "AAAA", AttemptId.New()));
        await TellAsync(() => _provider.RedeemAsync(mistyped.Name, AttemptId.New()));
        await TellAsync(() => _requester.FetchAsync(NetworkFolder.Provider, _requester.Fetch(other, taxYear: 2025)));
        var bentToken = _requester.Fetch(other);
        bentToken.Token = $"{mistyped.Number}.{mistyped.RecordCode}.{mistyped.Name}";
        await TellAsync(() => _requester.FetchAsync(NetworkFolder.Provider, bentToken));
        await ApproveAsync(Child); // Never used.

        // Not even messages.
        foreach (var agency in (HandMadeClient[])[_requester, _third])
        {
            using var identity = world.Folder.IdentityOf(agency.Agency);
            using var leaf = identity.IssueLeaf(Contracts.Identity.LeafPurpose.Tls, TimeProvider.System.GetUtcNow());
            using var bare = new BareClient(new Uri($"https://{world.Folder.BrokerOptions().Listen}"), leaf);
            await bare.PostMessageAsync("Authorize", Encoding.UTF8.GetBytes($"{mistyped.Name} {mistyped.Number}"));
            await bare.PostMessageAsync("Redeem", [0x0A, 0x7F, .. Encoding.UTF8.GetBytes(mistyped.Name)]);
            await bare.PostAsync("Settle", Encoding.Unicode.GetBytes(mistyped.Number));
        }

        await AtInstitutionsAsync(mistyped);
        await SuspendedAsync();
    }

    /// <summary>The code authority stops a person's codes and lets them be used again.</summary>
    public async Task FreezeAsync()
    {
        Shown += await world.Institutions.OperateAsync("freeze", world[Child]);
        await ExpectAsync("LINK-CODE-REFUSED", () => world.AskAsync(world[Child].AtRequester, RelationshipEntry, "eligible-child", new { }));
        Shown += await world.Institutions.OperateAsync("release", world[Child]);
        await ExpectAsync("answered", () => world.AskAsync(world[Child].AtRequester, RelationshipEntry, "eligible-child", new { }));
    }

    /// <summary>The requester's codes are announced to change, and do.</summary>
    public async Task RotateAsync()
    {
        await PublishAsync(Rotating.Announced);
        await world.UntilInUseAsync(world[Claimant].AtRequester, Rotating.Next, beside: true);
        await PublishAsync(Rotating.Switched);
        await world.UntilInUseAsync(world[Claimant].AtRequester, Rotating.Next, beside: false);
        await ExpectAsync("answered", () => world.AskAsync(world[Claimant].AtRequester));
    }

    /// <summary>The old codes are nobody's, and destroyed where they stood in use.</summary>
    public async Task DropAsync()
    {
        await PublishAsync(Rotating.Dropped);
        await Eventually.HoldsAsync(async () => (await world.LinksOf(NetworkFolder.Requester).DestroyedAsync()).Count > 0, "the old codes are destroyed");
        await ExpectAsync("answered", () => world.AskAsync(world[Claimant].AtRequester));
    }

    /// <summary>kill -9 of each in the middle of it; each time what comes afterwards is answered.</summary>
    public async Task KillsAsync()
    {
        var claimant = world[Claimant].AtRequester;
        foreach (var killed in (Party[])[world.Agents[NetworkFolder.Provider], world.Agents[NetworkFolder.Requester], world.Broker, world.Agents[NetworkFolder.Bystander]])
        {
            var slow = Task.Run(() => world.AskAsync(world[Slow].AtRequester));
            var reads = Task.Run(() => world.AskAsync(world[Spouse].AtRequester));
            await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System); // In the middle.
            await killed.KillAsync();
            await Task.WhenAll(EndAsync(slow), EndAsync(reads));
            await killed.StartAsync();
        }

        await UntilAnsweredAsync(claimant);

        static async Task EndAsync(Task<string> asking)
        {
            try
            {
                await asking;
            }
            catch (HttpRequestException)
            {
                // The agent that was asked is dead.
            }
        }
    }

    /// <summary>Redis dies and comes back empty.</summary>
    public async Task RedisDiesAsync()
    {
        await world.Redis.KillAsync();
        await world.AskAsync(world[Spouse].AtRequester);
        await world.Redis.StartAgainAsync();
        await UntilAnsweredAsync(world[Claimant].AtRequester);
    }

    /// <summary>What operators look at.</summary>
    public async Task ToolsAsync()
    {
        var exchange = await SettledAsync();
        var broker = world.Path("network", "broker");
        Show(await world.InfolinkAsync("doctor", "--broker", broker));
        Show(await world.InfolinkAsync("broker", "status", "--broker", broker));
        foreach (var party in (string[])["broker", .. CanaryWorld.Agencies])
        {
            string[] log = world.Databases.TryGetValue(party, out var database)
                ? ["--postgres", database, "--origin", party is "broker" ? NetworkFolder.LogOrigin : $"{NetworkFolder.Platform}/agency/{party}"]
                : [party is "broker" ? System.IO.Path.Combine(broker, "data", "access-log.db") : world.Folder.AgencyPath(party, "data/access-log.db")];
            if (party is not NetworkFolder.Bystander)
            {
                Show(await world.InfolinkAsync(["log", "show", .. party is NetworkFolder.Requester ? (string[])["--serial", "1"] : ["--exchange", $"{exchange}"], .. log]));
            }

            Show(await world.InfolinkAsync(["log", "proof", "--serial", "0", .. log]));
            Show(await world.InfolinkAsync(["log", "export", "--out", System.IO.Path.Combine(Bundles, party), .. log]));
        }

        foreach (var agency in CanaryWorld.Agencies)
        {
            Show(await world.TryAgentAsync(agency, "doctor"));
        }

        void Show((int ExitCode, string Output) end) => Shown += end.Output;
    }

    /// <summary>What was answered is settled, from the provider's log.</summary>
    private async Task<ExchangeId> SettledAsync()
    {
        var used = await ApproveAsync(Claimant);
        await _requester.FetchAsync(NetworkFolder.Provider, _requester.Fetch(used));
        var exchange = ExchangeId.FromBytes(used.ExchangeId.Span);
        IEntryReader log = world.Databases.TryGetValue("broker", out var database)
            ? await PostgresEntryStore.ReadAsync(database, NetworkFolder.LogOrigin, CancellationToken.None)
            : await SqliteEntryStore.ReadAsync(world.Path("network", "broker", "data", "access-log.db"), CancellationToken.None);
        var began = TimeProvider.System.GetTimestamp();
        while (!(await log.FindAsync(exchange, CancellationToken.None)).Any(entry => entry.Open.Event == AccessEvent.Settled))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TestNetwork.Patience, "It is not settled.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }

        return exchange;
    }

    /// <summary>Registry, code authority, numbering authority and the broker's desks for codes, sent what does not belong there by those who may not.</summary>
    private async Task AtInstitutionsAsync(MarkedPerson mistyped)
    {
        var attributes = new BasicAttributes { Name = mistyped.Number, Kana = mistyped.RecordCode, Address = mistyped.Name, BirthDate = $"{mistyped.Born:yyyy/MM/dd}", Sex = mistyped.AtRequester };
        await TellAsync(() => _requester.MatchAsync(new MatchRequest { Purpose = MatchPurpose.LinkPurpose, Persons = { attributes } }));
        await TellAsync(() => _requester.MatchAsync(new MatchRequest { Persons = { attributes } }));
        await TellAsync(() => world.Institutions.RegistryByHand.MatchAsync(new MatchRequest { Purpose = MatchPurpose.LinkPurpose, Persons = { attributes } }));
        await TellAsync(() => _requester.MakeTicketAsync(new MakeTicketRequest { Agency = NetworkFolder.Requester, ResidentRecordCodes = { mistyped.RecordCode } }));
        await TellAsync(() => world.Institutions.RegistryByHand.MakeTicketAsync(new MakeTicketRequest { Agency = mistyped.Name, ResidentRecordCodes = { mistyped.RecordCode } }));
        await TellAsync(() => world.Institutions.RegistryByHand.MakeTicketAsync(new MakeTicketRequest { Agency = NetworkFolder.Requester, ResidentRecordCodes = { mistyped.Number, mistyped.Name } }));
        await TellAsync(() => _requester.AssignAsync(new AssignRequest { Persons = { new PersonToNumber { RecordCode = mistyped.RecordCode, Addressee = mistyped.Number } } }));
        await TellAsync(() => world.Institutions.RegistryByHand.AssignAsync(new AssignRequest
        {
            Persons = { new PersonToNumber { RecordCode = mistyped.RecordCode, Addressee = mistyped.Name }, new PersonToNumber { RecordCode = mistyped.Number, Addressee = "letter-x" } },
        }));
        await TellAsync(() => world.Institutions.RegistryByHand.ChangeAsync(new ChangeRequest { CaseReference = mistyped.RecordCode, Person = new PersonToNumber { RecordCode = mistyped.RecordCode } }));
        await TellAsync(() => _requester.GiveAsync(new GiveRequest
        {
            AttemptId = AttemptId.New().ToArray().ToByteString(),
            Ticket = new LinkTicket { Body = new LinkTicketBody { CodeAuthority = mistyped.Number, Agency = mistyped.Name, TicketId = ByteString.CopyFrom(new byte[16]) }.ToByteString() },
        }));
        await TellAsync(() => _requester.RenewAsync([mistyped.RequesterCode, mistyped.ProviderCode], mistyped.Number));
        await TellAsync(() => _requester.RenewAsync([mistyped.ProviderCode, mistyped.ThirdCode]));

        // A member that is to have no column for a number is told none.
        Assert.Equal("KIND-NOT-IN-ENTRY", await HandMadeClient.RefusalOfAsync(() =>
        {
            var request = _third.Ask(world[Claimant].ThirdCode);
            (request.Entry, request.Kinds[0], request.Conditions) = (CanaryWorld.NumberEntry, CanaryWorld.NumberKind, new());
            return _third.AuthorizeAsync(request);
        }));
    }

    /// <summary>The authority signs a list, and the broker's operator publishes it.</summary>
    private async Task PublishAsync(string epochs)
    {
        Rotating.Write(world.Folder, epochs, "", NetworkFolder.Requester);
        var list = world.Path($"members-{Rotating.Steps.IndexOf(epochs)}.json");
        await File.WriteAllBytesAsync(list, world.Folder.Sign(DocumentKind.Members).ToBytes());
        var (code, output) = await world.InfolinkAsync("broker", "publish", list, "--broker", world.Path("network", "broker"));
        Assert.True(code == 0, output);
    }

    private async Task SuspendedAsync()
    {
        var broker = world.Path("network", "broker");
        await world.InfolinkAsync("member", "suspend", NetworkFolder.Bystander, "--reason", "a drill", "--broker", broker);
        await TellAsync(() => _third.AuthorizeAsync(_third.Ask(world[Claimant].ThirdCode)));
        await world.InfolinkAsync("member", "resume", NetworkFolder.Bystander, "--reason", "the drill is over", "--broker", broker);
    }

    private async Task<AuthorizeReply> ApproveAsync(params string[] parts)
    {
        var approval = await _requester.AuthorizeAsync(_requester.Ask(parts.Select(part => world[part].RequesterCode)));
        Tokens.Add(ExchangeToken.TryParse(approval.Token, out var token) && TokenPayload.TryPeekTokenId(token, out var id)
            ? id
            : throw new FormatException("A token without an id."));
        return approval;
    }

    private AuthorizeRequest Bent(Action<AuthorizeRequest> bend, bool alsoAllowed = false)
    {
        var request = _requester.Ask(world[alsoAllowed ? Claimant : Spouse].RequesterCode);
        bend(request);
        return request;
    }

    private static async Task ExpectAsync(string expected, Func<Task<string>> ask) => Assert.Equal(expected, await ask());

    /// <summary>Keeps all that a caller is told.</summary>
    private async Task TellAsync(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (RpcException fault)
        {
            _told.AppendLine(fault.ToString()).AppendLine(fault.Status.Detail);
            foreach (var trailer in fault.Trailers)
            {
                _told.AppendLine(trailer.IsBinary ? Convert.ToBase64String(trailer.ValueBytes) : trailer.Value);
            }
        }
    }
}
