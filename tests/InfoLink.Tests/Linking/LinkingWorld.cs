using System.Security.Cryptography;
using InfoLink.Agent;
using InfoLink.Agent.Linking;
using InfoLink.Agent.Links;
using InfoLink.CodeAuthority;
using InfoLink.Codes;
using InfoLink.Contracts.Identifiers;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;

namespace InfoLink.Tests.Linking;

/// <summary>Broker, agencies, the code authority and a registry, each on its own port, for tests of how agencies come by link codes.</summary>
internal sealed class LinkingWorld : IAsyncDisposable
{
    public static readonly LinkAct Clerk = new("住民記録係", "紐付け");

    private LinkingWorld(TestNetwork network) => Network = network;

    public TestNetwork Network { get; }

    public CodeAuthorityHost Codes { get; private set; } = null!;

    public HandRegistry Registry { get; private set; } = null!;

    public AgentHost Yokohama => Network.Running.Requester;

    public AgentHost Setagaya => Network.Running.Provider;

    public static Task<LinkingWorld> StartAsync(TestNetworkOptions? options = null) => StartAsync(() => TestNetwork.StartWithAgentsAsync(options));

    /// <summary>Without agents, so that the broker can be stopped and started.</summary>
    public static Task<LinkingWorld> StartWithoutAgentsAsync(TestNetworkOptions? options = null) => StartAsync(() => TestNetwork.StartAsync(options));

    private static async Task<LinkingWorld> StartAsync(Func<Task<TestNetwork>> start)
    {
        for (var attempt = 0; ; attempt++)
        {
            var world = new LinkingWorld(await start());
            try
            {
                await world.StartCodesAsync();
                world.Registry = await HandRegistry.StartAsync(world.Network);
                return world;
            }
            catch (IOException) when (attempt < 5)
            {
                world.Network.Journal.Expect("Address already in use"); // A port was taken between its choice and its use: other ports.
                await world.DisposeAsync();
            }
        }
    }

    public async Task StartCodesAsync()
    {
        Codes = CodeAuthorityHost.Open(Network.Folder.CodeAuthorityOptions(), Network.Clock, Network.Journal.Loggers);
        await Codes.ServeAsync();
    }

    public static LocalPerson Person(string id, string name) => new() { Id = LocalId.Of(id), Name = name };

    /// <summary>What a source gives: persons in an order that does not change.</summary>
    public static async IAsyncEnumerable<LocalPerson> Persons(int count, Func<int, string>? name = null)
    {
        for (var i = 0; i < count; i++)
        {
            yield return Person($"L-{i}", name?.Invoke(i) ?? $"person {i}");
        }

        await Task.CompletedTask;
    }

    public async Task<LinkCode> CodeAtAsync(AgentHost agency, string id) =>
        await agency.Agent.Links.CodeOfAsync(id, CancellationToken.None) ?? throw new InvalidOperationException("No link.");

    /// <summary>Brings a ticket by hand.</summary>
    public Task<GiveReply> GiveAsync(HandMadeClient by, LinkTicket ticket, byte[]? attempt = null) => by.GiveAsync(new GiveRequest
    {
        Ticket = ticket,
        AttemptId = (attempt ?? RandomNumberGenerator.GetBytes(16)).ToByteString(),
    });

    /// <summary>The broker's ticket key, as the code authority hears it.</summary>
    public async Task<byte[]> BrokerKeyAsync()
    {
        var client = new CodeRegisterService.CodeRegisterServiceClient(Codes.Member.Channels.ToBroker(Codes.Member.Certificates.Current, Codes.Member.Trust.Members));
        return (await client.TicketKeyAsync(new TicketKeyRequest())).Key.ToByteArray();
    }

    /// <summary>An agency that asks the code authority by itself.</summary>
    public static async Task<LinkTicket> MakeTicketAsync(AgentHost agency, ResidentRecordCode code)
    {
        var members = agency.Trust.Members;
        members.TryFind(AgencyId.Parse(NetworkFolder.CodeAuthority), out var authority);
        var client = new CodeAuthorityService.CodeAuthorityServiceClient(agency.Channels.ToMember(agency.Certificates.Current, members, authority!));
        return (await client.MakeTicketAsync(new MakeTicketRequest { Agency = NetworkFolder.Requester, ResidentRecordCodes = { code.Reveal() } })).Ticket;
    }

    public static ResidentRecordCode Record(ulong tenDigits) => ResidentRecordCode.FromBase(tenDigits);

    public async ValueTask DisposeAsync()
    {
        if (Registry is not null)
        {
            await Registry.DisposeAsync();
        }

        if (Codes is not null)
        {
            await Codes.DisposeAsync();
        }

        await Network.DisposeAsync();
    }
}
