using Grpc.Core;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting;
using InfoLink.Hosting.Trust;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Calls;

/// <summary>The call that tells the broker when this agency is closed. Repeated over the network's faults: the same again changes nothing. Its circuit is its own: a broker that does not take it is no broker that is away.</summary>
internal sealed class TrustCalls(Channels channels, TrustBase trust, CallPolicies policies)
{
    public Task<Outcome<AnnounceReply>> AnnounceAsync(LeafGeneration own, IReadOnlyList<Closure> closed, CancellationToken cancellation) => CallFaults.OutcomeOfAsync<AnnounceReply>(
        async () =>
        {
            var client = new TrustService.TrustServiceClient(channels.ToBroker(own, trust.Members));
            var request = new AnnounceRequest
            {
                Closed = { closed.Select(closure => new ClosedTime { From = closure.From.ToUnixTimeSeconds(), Until = closure.Until.ToUnixTimeSeconds() }) },
            };
            return await policies.ForRepeatable("broker, closures").ExecuteAsync(async limit => await client.AnnounceAsync(request, policies.OptionsOf(CallPolicies.TryTimeout, limit)), cancellation);
        },
        RefusalName.BrokerUnreachable,
        RefusalName.BrokerUnreachable,
        cancellation);

    /// <summary>The broker is of a version before this call.</summary>
    public static bool IsUnknownCall(Refusal refusal) =>
        refusal.Name == RefusalName.InternalFault && string.Equals(refusal.Detail, nameof(StatusCode.Unimplemented), StringComparison.Ordinal);
}
