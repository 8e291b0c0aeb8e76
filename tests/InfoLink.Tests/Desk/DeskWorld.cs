using System.Net.Http.Json;
using System.Text.Json;
using InfoLink.Agent;
using InfoLink.Agent.Host;
using InfoLink.Agent.Host.Desk;
using InfoLink.Agent.Host.Manual;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Manual;

namespace InfoLink.Tests.Desk;

/// <summary>An agency whose people answer, and its back-office page on a port of this host.</summary>
internal sealed class DeskWorld : IAsyncDisposable
{
    public const string ProxyOrigin = "https://desk.setagaya.example";
    private readonly LocalPort _port;
    private readonly AgentOptions _options;

    private DeskWorld(HandWorld hand, LocalPort port, AgentOptions options) => (Hand, _port, _options) = (hand, port, options);

    public HandWorld Hand { get; }

    public string Origin => _port.Address.GetLeftPart(UriPartial.Authority);

    public static async Task<DeskWorld> StartAsync()
    {
        var hand = await HandWorld.StartAsync(provider: options =>
        {
            File.WriteAllText(options.Full("operators.csv"), "id,roles\nclerk,tax-desk\nsecond,tax-desk\nops,systems\nother,other-desk\ninspector,inspection\nall,tax-desk systems inspection\n");
            options.People = new PeopleOptions
            {
                Record = "id",
                Operators = "operators.csv",
                Roles =
                {
                    ["tax-desk"] = new RoleOptions { Answer = { "106.*" } }, ["other-desk"] = new RoleOptions { Answer = { "107.*" } },
                    ["systems"] = new RoleOptions { Operate = true }, ["inspection"] = new RoleOptions { Audit = true },
                },
            };
        });
        await hand.PendingAsync(HandWorld.Known);
        var options = hand.Network.Folder.AgentOptions(NetworkFolder.Provider);
        options.Local.DeskOrigin = ProxyOrigin;
        return new DeskWorld(hand, await LocalPort.StartAsync(hand.Network.Provider, options, [LocalPort.Key("proxy", claims: new ClaimOptions())], QueueApi.Map, DeskApi.Map), options);
    }

    /// <summary>What the command asks for over the socket.</summary>
    public async Task<string> TicketAsync(string @operator)
    {
        using var client = new LocalClient(_options);
        return (await client.PostAsync("/v1/desk/tickets", new DeskApi.TicketWish(@operator), CancellationToken.None)).GetProperty("ticket").GetString()!;
    }

    /// <summary>A browser's page of this operator, as far as calls go.</summary>
    public async Task<HttpClient> SessionAsync(string @operator)
    {
        var client = Client();
        using var opened = await client.PostAsJsonAsync("/desk/session", new { ticket = await TicketAsync(@operator) });
        client.DefaultRequestHeaders.Add("Authorization", $"Desk {(await opened.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("secret").GetString()}");
        return client;
    }

    /// <summary>With the origin of the agent's own page.</summary>
    public HttpClient Client() => _port.Client(key: null, ("Origin", Origin));

    /// <summary>Through the proxy that signs operators in.</summary>
    public HttpClient ProxyClient() => _port.Client("proxy", ("Origin", ProxyOrigin));

    public async ValueTask DisposeAsync()
    {
        await _port.DisposeAsync();
        await Hand.DisposeAsync();
    }
}
