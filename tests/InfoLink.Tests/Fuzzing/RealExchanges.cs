using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using InfoLink.Audit.Bundles;
using InfoLink.Broker.Tokens;
using InfoLink.CodeAuthority;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Tokens;
using InfoLink.Contracts.Trust;
using InfoLink.Hosting.Trust;
using InfoLink.Numbering;
using InfoLink.Samples.Network;
using InfoLink.Samples.Registry;
using InfoLink.Samples.Registry.Generating;
using InfoLink.Samples.Registry.Keeping;
using InfoLink.Tests.Fixtures;
using InfoLink.Tests.Providing;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Fuzzing;

/// <summary>
/// A whole network on real sockets that has exchanged once, and everything that went over its lines or lies in its files: what inputs are made of.
/// </summary>
public sealed class RealExchanges : IAsyncLifetime
{
    private readonly List<IDisposable> _own = [];
    private TestNetwork? _network;
    private TokenForge? _forge;
    private FuzzTarget[]? _targets;
    private CodeAuthorityHost? _codes;
    private RegistryHost? _registry;
    private NumberingHost? _numbering;

    internal TestNetwork Network => _network ?? throw new InvalidOperationException("The network does not run.");

    internal NetworkFolder Folder => Network.Folder;

    /// <summary>When it was: certificates and tokens are judged as of then.</summary>
    internal DateTimeOffset Then { get; private set; }

    internal AuthorizeRequest Asked { get; private set; } = null!;

    internal AuthorizeReply Approved { get; private set; } = null!;

    internal FetchRequest Fetched { get; private set; } = null!;

    internal IReadOnlyList<FetchReply> Answered { get; private set; } = null!;

    internal RedeemRequest Redeem { get; private set; } = null!;

    internal RedeemReply Redeemed { get; private set; } = null!;

    internal AuthorizeReply ApprovedToRedeem { get; private set; } = null!;

    internal SettleRequest Settle { get; private set; } = null!;

    internal IReadOnlyList<WatchReply> Watched { get; private set; } = null!;

    internal AddCheckpointRequest Brought { get; private set; } = null!;

    internal AddCheckpointReply Cosigned { get; private set; } = null!;

    internal JoinCode Join { get; private set; } = null!;

    internal JoinRequest Joining { get; private set; } = null!;

    internal JoinReply Joined { get; private set; } = null!;

    /// <summary>The broker's log as it is given to auditors.</summary>
    internal string Bundle { get; private set; } = "";

    /// <summary>Where registry, code authority and numbering authority serve.</summary>
    internal Uri RegistryAt => _registry!.Endpoint;

    internal Uri CodeAuthorityAt => _codes!.Endpoint;

    internal Uri NumberingAt => _numbering!.Endpoint;

    internal HandMadeClient Yokohama => Network.Requester;

    internal LinkCode Code => Network.CodeOf(1);

    internal ExchangeToken Token => ExchangeToken.TryParse(Approved.Token, out var token) ? token : throw new InvalidOperationException("No token.");

    /// <summary>A certificate of a member's own, as its host would issue it.</summary>
    internal X509Certificate2 LeafOf(string agency)
    {
        using var identity = Folder.IdentityOf(agency);
        var leaf = identity.IssueLeaf(LeafPurpose.Tls, TimeProvider.System.GetUtcNow());
        _own.Add(leaf);
        return leaf;
    }

    public async ValueTask InitializeAsync()
    {
        _network = await TestNetwork.StartWithAgentsAsync(new() { Prepare = folder => folder.Flag(NetworkFolder.Registry, MemberFlags.NumberNotifier) }); // Both, so that every call reaches its end.
        await InstitutionsAsync();
        var walk = new Walk(Network.Running, TimeProvider.System);
        Assert.True((await walk.ExchangeAsync()).Answered);
        await ExchangeByHandAsync();
        await WatchAsync();
        await WitnessAsync();
        await JoinAsync();
        using var patience = new CancellationTokenSource(TestNetwork.Patience);
        await Network.Broker.Cosigning.UntilPublishedAsync(patience.Token);
        Bundle = Folder.Path("bundle");
        await BundleExport.WriteAsync(Network.Broker.Log.Store, Bundle, pins: null, TimeProvider.System, CancellationToken.None);
        Then = TimeProvider.System.GetUtcNow();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var one in _own)
        {
            one.Dispose();
        }

        _forge?.Dispose();
        foreach (var institution in (IAsyncDisposable?[])[_registry, _codes, _numbering])
        {
            if (institution is not null)
            {
                await institution.DisposeAsync();
            }
        }

        if (_network is not null)
        {
            await _network.DisposeAsync();
        }
    }

    /// <summary>Registry, code authority and numbering authority, beside the network in this process.</summary>
    private async Task InstitutionsAsync()
    {
        var options = new RegistryOptions { Member = Folder.RegistryOptions() };
        options.Limits.PersonsPerMinute = options.Limits.Burst = 1_000_000;
        options.Write(Folder.InstitutionPath(NetworkFolder.Registry, "registry.json"));
        Register.Make(options.Member.Full(options.Register), new Generator(1).Residents(50)).Dispose();
        _numbering = await NumberingHost.StartAsync(Folder.NumberingOptions(), TimeProvider.System, Network.Journal.Loggers);
        _codes = CodeAuthorityHost.Open(Folder.CodeAuthorityOptions(), TimeProvider.System, Network.Journal.Loggers);
        await _codes.ServeAsync();
        _registry = RegistryHost.Open(options, TimeProvider.System, Network.Journal.Loggers);
        await _registry.ServeAsync();
    }

    /// <summary>A certificate of an institution's own.</summary>
    internal X509Certificate2 LeafOfInstitution(string id)
    {
        using var identity = Folder.IdentityOfInstitution(id);
        var leaf = identity.IssueLeaf(LeafPurpose.Tls, TimeProvider.System.GetUtcNow());
        _own.Add(leaf);
        return leaf;
    }

    private async Task ExchangeByHandAsync()
    {
        Asked = Yokohama.Ask(await CodeOfClaimantAsync());
        Approved = await Yokohama.AuthorizeAsync(Asked);
        Fetched = Yokohama.Fetch(Approved);
        Answered = await Yokohama.FetchAsync(NetworkFolder.Provider, Fetched);

        ApprovedToRedeem = await Yokohama.AuthorizeAsync(Yokohama.Ask(await CodeOfClaimantAsync()));
        Redeem = new RedeemRequest
        {
            Token = ApprovedToRedeem.Token,
            AttemptId = AttemptId.New().ToArray().ToByteString(),
            Pin = new LogPin { Origin = Approved.Receipt.Origin, Size = SizeOf(Approved.Receipt) },
            ReceiptSize = SizeOf(ApprovedToRedeem.Receipt),
        };
        Redeemed = await Network.Provider.RedeemAsync(Redeem);
        Settle = ApprovedToRedeem.Settlement();
        await Network.Provider.SettleAsync(Settle);
    }

    internal async Task<LinkCode> CodeOfClaimantAsync() =>
        await Network.Running.Requester.Agent.Links.CodeOfAsync(ExistingSystems.ClaimantAtYokohama, CancellationToken.None)
        ?? throw new InvalidOperationException("Yokohama has no link code for the claimant.");

    private async Task WatchAsync()
    {
        using var client = new BareClient(Network.Broker.Endpoint, LeafOf(NetworkFolder.Bystander));
        using var call = client.Trust.Watch(new WatchRequest(), deadline: TimeProvider.System.GetUtcNow().UtcDateTime + TestNetwork.Patience);
        var pieces = new List<WatchReply>();
        for (var whole = 0; whole < 4 && await call.ResponseStream.MoveNext(CancellationToken.None);) // Authority, members, catalog, directory.
        {
            pieces.Add(call.ResponseStream.Current);
            whole += call.ResponseStream.Current.Last ? 1 : 0;
        }

        Watched = pieces;
    }

    /// <summary>An agency brings its log to the broker's witness, as it does every ten seconds.</summary>
    private async Task WitnessAsync()
    {
        using var client = new BareClient(Network.Broker.Endpoint, LeafOf(NetworkFolder.Provider));
        using var patience = new CancellationTokenSource(TestNetwork.Patience);
        await Network.Running.Provider.Cosigning.UntilPublishedAsync(patience.Token);
        var published = await Network.Running.Provider.Log.Store.PublishedAsync(CancellationToken.None);
        Brought = new AddCheckpointRequest { OldSize = (ulong)published!.Size, Checkpoint = ByteString.CopyFrom(published.Note) };
        Cosigned = await client.Witness.AddCheckpointAsync(Brought, deadline: TimeProvider.System.GetUtcNow().UtcDateTime + TestNetwork.Patience);
    }

    private async Task JoinAsync()
    {
        var agency = AgencyId.Parse(NetworkFolder.HealthMinister);
        Join = await Network.Broker.Acts.GiveJoinCodeAsync("operator", agency, TimeSpan.FromMinutes(30));
        Folder.Members().TryFind(agency, out var member);
        var options = Folder.AgentOptions(agency.Value);
        Joining = new JoinRequest
        {
            Agency = agency.Value,
            Secret = ByteString.CopyFrom(Join.RevealSecret()),
            IdentityKey = ByteString.CopyFrom(member!.IdentityKey.Spki.Span),
            LogKey = member.Logs[0].ToString(),
            WitnessKey = NoteKey.Of("mhlw/witness", NoteKeyKind.Cosigner, RandomNumberGenerator.GetBytes(32)).ToString(),
            Endpoint = $"https://{options.Listen}",
        };
        using var client = new BareClient(Network.Broker.Endpoint, LeafOf(agency.Value));
        Joined = await client.Joining.JoinAsync(Joining, deadline: TimeProvider.System.GetUtcNow().UtcDateTime + TestNetwork.Patience);
    }

    private static ulong SizeOf(Receipt receipt) => Checkpoint.TryParse(SignedNote.TryParse(receipt.Checkpoint.Span)!.Text)!.Size;

    /// <summary>What an agency believed then.</summary>
    internal TrustBase TrustOf(string agency)
    {
        var clock = new StoppedClock(Then);
        var folder = TrustFolder.Open(Folder.AgencyPath(agency, "trust"), clock);
        var directory = DirectoryFileOnDisk.Open(Folder.AgencyPath(agency, "trust/directory.json"), folder.Held!.Members!.Value, clock);
        return new TrustBase(AgencyId.Parse(agency), folder, directory, Network.Broker.Endpoint, clock);
    }

    private TokenForge Forge => _forge ??= new TokenForge(Folder);

    internal TrustBase ProvidersTrust => field ??= TrustOf(NetworkFolder.Provider);

    /// <summary>Everything that reads what comes from outside.</summary>
    internal IReadOnlyList<FuzzTarget> Targets => _targets ??= Made();

    private FuzzTarget[] Made()
    {
        var then = new StoppedClock(Then);
        return
        [
            .. WireTargets.Of(this), .. TokenTargets.Of(this, ProvidersTrust, then, Forge), .. DocumentTargets.Of(this), .. CodeTargets.Of(this), .. LogTargets.Of(this),
            .. AnswerTargets.Of(this, TrustOf(NetworkFolder.Requester), then), .. ConfigurationTargets.Of(this), .. PeopleTargets.Of(this),
        ];
    }

    /// <summary>A grant as the broker seals it, made of the real approval.</summary>
    internal Grant Grant() => new()
    {
        OpenPart = Approved.Receipt.OpenPart.ToByteArray(),
        ProviderEpoch = NetworkFolder.Epoch,
        SeedRoot = RandomNumberGenerator.GetBytes(Commitment.SaltSize),
        Subjects = [new GrantedSubject(0, NetworkFolder.Epoch, TestNetwork.Person(1)), new GrantedSubject(1, NetworkFolder.Epoch, TestNetwork.Person(2))],
    };
}

/// <summary>A clock that shows one time.</summary>
internal sealed class StoppedClock(DateTimeOffset then) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => then;
}
