using InfoLink.Contracts.Refusals;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Providing;

/// <summary>
/// A provider that runs for a whole class of tests, since what it refuses changes nothing in it. After every refusal that is looked at:
/// the ledger is as it was, nobody redeemed anything, and the existing system was not asked.
/// </summary>
public sealed class ProviderUnderAttack : IAsyncLifetime
{
    internal const int Person = 1;

    internal AgentNetwork Network { get; private set; } = null!;

    internal TokenForge Forge { get; private set; } = null!;

    internal HandMadeClient Owner => Network.Network.Requester;

    public async ValueTask InitializeAsync()
    {
        Network = await AgentNetwork.StartAsync();
        await Network.LinkAsync(Person, 2, 3);
        Forge = new TokenForge(Network.Folder);
    }

    public async ValueTask DisposeAsync()
    {
        Forge.Dispose();
        await Network.DisposeAsync();
    }

    /// <summary>An approval for the story's question, straight from the broker.</summary>
    internal Task<AuthorizeReply> ApproveAsync() => Owner.AuthorizeAsync(Owner.Ask(Network.Network.CodeOf(Person)));

    /// <summary>What its owner would send to the provider.</summary>
    internal async Task<FetchRequest> RequestAsync() => Owner.Fetch(await ApproveAsync());

    internal Task<IReadOnlyList<FetchReply>> FetchAsync(FetchRequest request) => Owner.FetchAsync(NetworkFolder.Provider, request);

    /// <summary>The request is refused by this name before anything burns; and the provider has it on record where it could know what it is about.</summary>
    internal async Task RefusedAsync(RefusalName name, FetchRequest request, string? detail = null, HandMadeClient? by = null, bool onRecord = true)
    {
        var (spent, redeemed, read, records) = await StateAsync();
        var fault = await Assert.ThrowsAsync<Grpc.Core.RpcException>(() => (by ?? Owner).FetchAsync(NetworkFolder.Provider, request));
        var refusal = RefusalWire.TryRead(fault);
        Assert.True(refusal is not null, $"No refusal, but {fault.Status}");
        Assert.Equal(name, refusal.Name);
        if (detail is not null)
        {
            Assert.Equal(detail, refusal.Detail);
        }

        var after = await StateAsync();
        Assert.Equal((spent, redeemed, read), (after.Spent, after.AtBroker, after.Read));
        var own = await OwnRecordsAsync();

        // Beyond sixty of one name in a minute refusals are counted: a class of tests stays below.
        Assert.Equal(onRecord ? records + 1 : records, own.Count);
        if (onRecord)
        {
            Assert.Equal((AccessEvent.Refused, name), (own[^1].Open.Event, own[^1].Open.Refusal));
        }
    }

    internal async Task<(long Spent, int AtBroker, int Read, int Records)> StateAsync() => (
        Network.SpentTokens(),
        (await Network.AllOfBrokerAsync()).Count(entry => entry.Open.Event is AccessEvent.Redeemed or AccessEvent.Refused),
        Network.Reads.Count,
        (await OwnRecordsAsync()).Count);

    /// <summary>The provider's records but for those of settling, which come when they come.</summary>
    private async Task<List<Transparency.StoredEntry>> OwnRecordsAsync() =>
        [.. (await AgentNetwork.AllOfAsync(Network.Provider)).Where(entry => entry.Open.Event is not (AccessEvent.Settled or AccessEvent.Unsettled))];
}
