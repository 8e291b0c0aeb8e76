using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using InfoLink.Agent;
using InfoLink.Agent.Host;
using InfoLink.Contracts.Refusals;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Tests.Limits;

/// <summary>The agent's local API, in front of an agent that answers when the test says so.</summary>
public sealed class LocalLimitTests
{
    [Fact]
    public async Task What_the_agent_cannot_take_on_is_told_at_once_and_when_to_ask_again()
    {
        using var folder = new TemporaryFolder();
        using var letGo = new ManualResetEventSlim();
        var entered = new SemaphoreSlim(0);
        var options = new AgentOptions { Folder = folder.Path() };
        (options.Limits.Local.AtOnce, options.Limits.Local.Waiting) = (1, 1);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(new InfoLinkAgent(() =>
        {
            entered.Release();
            letGo.Wait(TestNetwork.Patience);
            throw new RefusedException(new Refusal(RefusalName.LogUnavailable, RetryAfter: TimeSpan.FromSeconds(3)));
        }));
        var socket = LocalApi.Listen(builder, options);
        await using var host = builder.Build();
        LocalApi.Map(host);
        await host.StartAsync();
        using var client = Client(socket);

        var calls = Enumerable.Range(0, 3).Select(_ => client.PostAsJsonAsync("/v1/fetch", Question)).ToList();
        await entered.WaitAsync(TestNetwork.Patience);
        var shed = await Task.WhenAny(calls).WaitAsync(TestNetwork.Patience);
        calls.Remove(shed);
        using (var told = await shed)
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, told.StatusCode);
            var refusal = await told.Content.ReadFromJsonAsync<JsonElement>();
            Assert.Equal(("OVERLOADED", 1), (refusal.GetProperty("refused").GetString(), refusal.GetProperty("retryAfterSeconds").GetInt32()));
            Assert.Equal("local calls at once", refusal.GetProperty("detail").GetString());
        }

        // Who runs and who waits are answered.
        letGo.Set();
        foreach (var answer in await Task.WhenAll(calls).WaitAsync(TestNetwork.Patience))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.Equal(3, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("retryAfterSeconds").GetInt32());
            answer.Dispose();
        }

        // And what is too large is not read.
        using var large = await client.PostAsJsonAsync("/v1/fetch", new { person = new string('x', 100_000) });
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
        entered.Dispose();
    }

    private static object Question => new
    {
        person = "Y-1",
        entry = AgentNetwork.TaxEntry,
        provider = "131121",
        @operator = "係",
        terminal = "t-1",
        use = "審査",
    };

    private static HttpClient Client(string socket) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellation) =>
        {
            var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellation);
            return new NetworkStream(connection, ownsSocket: true);
        },
    })
    {
        BaseAddress = new Uri("http://localhost"),
        Timeout = TestNetwork.Patience,
    };
}
