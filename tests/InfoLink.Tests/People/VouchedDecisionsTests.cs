using System.Net.Http.Json;
using System.Text;
using InfoLink.Agent;
using InfoLink.Agent.Host.Manual;
using InfoLink.Agent.Manual;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Manual;
using InfoLink.V1;
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
        await using var api = await LocalPort.StartAsync(
            world.Network.Provider, world.Network.Folder.AgentOptions(NetworkFolder.Provider), [LocalPort.Key("desk", operate: true, claims: new ClaimOptions())], QueueApi.Map);
        var question = await world.QuestionAsync(HandWorld.Known);

        Assert.Contains("OPERATOR-NOT-ALLOWED", await ApproveAsync("inspection", "k-1"), StringComparison.Ordinal);
        Assert.Contains("the proxy names another", await ApproveAsync("tax-desk", "k-2"), StringComparison.Ordinal);
        Assert.Equal(QueueState.Waiting, (await world.Queue.FindAsync(question.Number)).State);
        Assert.Contains("decided", await ApproveAsync("tax-desk", "k-1"), StringComparison.Ordinal);
        var act = await AgentNetwork.OneAsync(world.Network.Provider.Log.Store, AccessEvent.Act);
        Assert.Equal("甲野 (k-1)", act.Open.Act.Operator);

        async Task<string> ApproveAsync(string role, string named)
        {
            using var client = api.Client("desk", ("X-InfoLink-Operator", "k-1"), ("X-InfoLink-Name", Uri.EscapeDataString("甲野")), ("X-InfoLink-Roles", role));
            using var reply = await client.PostAsJsonAsync($"/v1/queue/{question.Number}/approve", new { @operator = named, reason = "確認した" });
            return Encoding.UTF8.GetString(await reply.Content.ReadAsByteArrayAsync());
        }
    }
}
