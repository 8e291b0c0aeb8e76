using Grpc.Net.Client;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Numbering;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;

namespace InfoLink.Tests.Numbering;

/// <summary>
/// A platform whose member list has a numbering authority, a registry that never sees a number (Yokohama), one who tells people theirs (Setagaya), one that is both
/// (Kawasaki), and one that is neither (the minister). The authority runs here or in a process of its own, on a port that stays.
/// </summary>
internal sealed class NumberingNetwork : IAsyncDisposable
{
    public const string Id = NetworkFolder.Numbering;
    public const string Registry = NetworkFolder.Requester;
    public const string Notifier = NetworkFolder.Provider;
    public const string Both = NetworkFolder.Bystander;
    public const string Neither = NetworkFolder.HealthMinister;

    private readonly TestNetwork _network = TestNetwork.PrepareOnly();
    private readonly List<IDisposable> _clients = [];
    private NumberingHost? _host;

    private NumberingNetwork(Action<NumberingOptions> change)
    {
        Options = _network.Folder.NumberingOptions();
        change(Options);
        Options.Write(Config);
        _network.Folder.Flag(Registry, MemberFlags.Registry);
        _network.Folder.Flag(Notifier, MemberFlags.NumberNotifier);
        _network.Folder.Flag(Both, MemberFlags.Registry, MemberFlags.NumberNotifier);
        _network.Folder.Publish();
    }

    public NumberingOptions Options { get; }

    public NetworkFolder Folder => _network.Folder;

    public string Config => _network.Folder.InstitutionPath(Id, "numbering.json");

    public NumberingHost Host => _host ?? throw new InvalidOperationException("It does not run here.");

    public static NumberingNetwork Prepare(Action<NumberingOptions>? change = null) => new(change ?? (_ => { }));

    public static async Task<NumberingNetwork> StartAsync(Action<NumberingOptions>? change = null)
    {
        var network = Prepare(change);
        await network.StartHostAsync();
        return network;
    }

    public async Task StartHostAsync() => _host = await NumberingHost.StartAsync(Options, _network.Clock, _network.Journal.Loggers);

    public async Task StopHostAsync()
    {
        await Host.DisposeAsync();
        _host = null;
    }

    public NumberingService.NumberingServiceClient As(string agency) => new(ChannelAs(agency));

    public CorporateNumberService.CorporateNumberServiceClient CorporationsAs(string agency) => new(ChannelAs(agency));

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        await _network.DisposeAsync();
    }

    private GrpcChannel ChannelAs(string agency)
    {
        var identity = _network.Folder.IdentityOf(agency);
        using var authority = _network.Folder.IdentityOfInstitution(Id);
        var certificates = new LeafCertificates(identity, TimeProvider.System);
        var channel = GrpcChannel.ForAddress($"https://{Options.Member.Listen}", new GrpcChannelOptions
        {
            HttpHandler = MutualTls.ClientHandler(
                certificates.Current, SpiffeName.ForAgency(NetworkFolder.Platform, AgencyId.Parse(Id)), new IdentityKeys(authority.PublicKey, null), TimeProvider.System),
            DisposeHttpClient = true,
        });
        _clients.AddRange([channel, certificates, identity]);
        return channel;
    }
}
