using System.Net.Http.Json;
using System.Text;
using InfoLink.Agent;
using InfoLink.Agent.Host;
using InfoLink.Agent.Host.Manual;
using InfoLink.Agent.Manual;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.Tests.Manual;
using InfoLink.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace InfoLink.Tests.People;

/// <summary>People who decide on answers through an existing system, whose proxy says who they are and what they may.</summary>
public sealed class VouchedDecisionsTests
{
    [Fact]
    public async Task Who_decides_over_the_port_is_whom_the_proxy_vouches_for_and_the_role_is_the_proxys()
    {
        await using var world = await HandWorld.StartAsync(provider: options => options.People = new PeopleOptions
        {
            Record = "name",
            Roles = { ["tax-desk"] = new RoleOptions { Answer = { "*" } }, ["inspection"] = new RoleOptions { Audit = true } },
        });
        await world.PendingAsync(HandWorld.Known);
        var options = world.Network.Folder.AgentOptions(NetworkFolder.Provider);
        options.Local.Listen = "127.0.0.1:0";
        options.Local.Keys.Add(new LocalKeyOptions
        {
            Name = "desk",
            Sha256 = System.Buffers.Text.Base64Url.EncodeToString(System.Security.Cryptography.SHA256.HashData("desk"u8)),
            Operate = true,
            Claims = new ClaimOptions(),
        });
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(world.Network.Provider.Agent);
        LocalApi.Listen(builder, options);
        await using var api = builder.Build();
        LocalApi.Map(api);
        QueueApi.Map(api);
        await api.StartAsync();
        var question = await world.QuestionAsync(HandWorld.Known);

        Assert.Contains("OPERATOR-NOT-ALLOWED", await ApproveAsync("inspection", "k-1"), StringComparison.Ordinal);
        Assert.Contains("the proxy names another", await ApproveAsync("tax-desk", "k-2"), StringComparison.Ordinal);
        Assert.Equal(QueueState.Waiting, (await world.Queue.FindAsync(question.Number)).State);
        Assert.Contains("decided", await ApproveAsync("tax-desk", "k-1"), StringComparison.Ordinal);
        var act = await AgentNetwork.OneAsync(world.Network.Provider.Log.Store, AccessEvent.Act);
        Assert.Equal("甲野 (k-1)", act.Open.Act.Operator);

        async Task<string> ApproveAsync(string role, string named)
        {
            var address = api.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single(address => address.StartsWith("http://127.0.0.1", StringComparison.Ordinal));
            using var client = new HttpClient { BaseAddress = new Uri(address), Timeout = TestNetwork.Patience };
            client.DefaultRequestHeaders.Add("Authorization", "Bearer desk");
            client.DefaultRequestHeaders.Add("X-InfoLink-Operator", "k-1");
            client.DefaultRequestHeaders.Add("X-InfoLink-Name", Uri.EscapeDataString("甲野"));
            client.DefaultRequestHeaders.Add("X-InfoLink-Roles", role);
            using var reply = await client.PostAsJsonAsync($"/v1/queue/{question.Number}/approve", new { @operator = named, reason = "確認した" });
            return Encoding.UTF8.GetString(await reply.Content.ReadAsByteArrayAsync());
        }
    }
}
