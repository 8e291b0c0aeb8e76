using Grpc.Core;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting;
using InfoLink.Hosting.Trust;
using InfoLink.V1;

namespace InfoLink.Agent.Calls;

/// <summary>The agent's calls to the broker, each with its deadline and its policy.</summary>
internal sealed class BrokerCalls(Channels channels, TrustBase trust, CallPolicies policies)
{
    private const string Broker = "broker";

    /// <summary>Known to be away, so that nothing need be spent to learn it?</summary>
    public Contracts.Refusals.Refusal? WhyNotReachable() =>
        policies.IsBroken(Broker) ? new Contracts.Refusals.Refusal(RefusalName.BrokerUnreachable, "circuit open", CallPolicies.BreakDuration) : null;

    /// <summary>Not repeated once it may have been received: each approval is a token and a record of its own.</summary>
    public Task<Outcome<AuthorizeReply>> AuthorizeAsync(LeafGeneration own, AuthorizeRequest request, CancellationToken cancellation) =>
        CallAsync(policies.ForOnce(Broker), own, (client, options) => client.AuthorizeAsync(request, options), cancellation);

    /// <summary>Repeated over the network's faults: the same attempt gets the same answer.</summary>
    public Task<Outcome<RedeemReply>> RedeemAsync(LeafGeneration own, RedeemRequest request, CancellationToken cancellation) =>
        CallAsync(policies.ForRepeatable(Broker), own, (client, options) => client.RedeemAsync(request, options), cancellation);

    /// <summary>Repeated over the network's faults: the same settlement changes nothing.</summary>
    public Task<Outcome<SettleReply>> SettleAsync(LeafGeneration own, SettleRequest request, CancellationToken cancellation) =>
        CallAsync(policies.ForRepeatable(Broker), own, (client, options) => client.SettleAsync(request, options), cancellation);

    private Task<Outcome<T>> CallAsync<T>(
        Polly.ResiliencePipeline policy,
        LeafGeneration own,
        Func<ExchangeService.ExchangeServiceClient, CallOptions, AsyncUnaryCall<T>> call,
        CancellationToken cancellation) => CallFaults.OutcomeOfAsync<T>(
            async () =>
            {
                var client = new ExchangeService.ExchangeServiceClient(channels.ToBroker(own, trust.Members));
                return await policy.ExecuteAsync(async limit => await call(client, policies.OptionsOf(CallPolicies.TryTimeout, limit)), cancellation);
            },
            RefusalName.BrokerUnreachable,
            RefusalName.AnswerLost,
            cancellation);
}
