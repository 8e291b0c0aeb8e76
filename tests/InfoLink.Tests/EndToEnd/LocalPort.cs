using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using InfoLink.Agent;
using InfoLink.Agent.Host;
using InfoLink.Tests.Fixtures;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace InfoLink.Tests.EndToEnd;

/// <summary>A running agent's local API on a port of this host. Keys are called by their names, and are made from them.</summary>
internal sealed class LocalPort : IAsyncDisposable
{
    private readonly WebApplication _api;

    private LocalPort(WebApplication api)
    {
        _api = api;
        Address = new Uri(api.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single(address => address.StartsWith("http://127.0.0.1", StringComparison.Ordinal)));
    }

    public Uri Address { get; }

    public IServiceProvider Services => _api.Services;

    /// <param name="agent">The running one.</param>
    /// <param name="options">As it was started with.</param>
    /// <param name="keys">Who may call.</param>
    /// <param name="maps">What is there besides asking.</param>
    public static async Task<LocalPort> StartAsync(AgentHost agent, AgentOptions options, IEnumerable<LocalKeyOptions> keys, params IEnumerable<Action<WebApplication>> maps)
    {
        options.Local.Listen = "127.0.0.1:0";
        foreach (var key in keys)
        {
            options.Local.Keys.Add(key);
        }

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(agent.Agent);
        builder.Services.AddSingleton(agent.Will);
        LocalApi.Listen(builder, options);
        var api = builder.Build();
        foreach (var map in maps.Prepend(LocalApi.Map))
        {
            map(api);
        }

        await api.StartAsync();
        return new LocalPort(api);
    }

    public static LocalKeyOptions Key(string name, IList<string>? ask = null, bool operate = false, ClaimOptions? claims = null, CallbackOptions? callback = null) => new()
    {
        Name = name,
        Sha256 = Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(SecretOf(name)))),
        Ask = ask ?? [],
        Operate = operate,
        Claims = claims,
        Callback = callback,
    };

    /// <param name="key">Whose; null: no key is shown.</param>
    /// <param name="headers">What a proxy says.</param>
    public HttpClient Client(string? key, params IEnumerable<(string Name, string Value)> headers)
    {
        var client = new HttpClient { BaseAddress = Address, Timeout = TestNetwork.Patience };
        if (key is not null)
        {
            client.DefaultRequestHeaders.Add("Authorization", $"Bearer {SecretOf(key)}");
        }

        foreach (var (name, value) in headers)
        {
            client.DefaultRequestHeaders.Add(name, value);
        }

        return client;
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    private static string SecretOf(string name) => $"ilk_the_key_of_{name}";
}
