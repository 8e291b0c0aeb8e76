using Grpc.Core;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting;
using InfoLink.Hosting.Trust;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Calls;

/// <summary>The calls by which an agency comes by link codes: to the registry, which knows who a person is, and to the broker, which does not.</summary>
internal sealed class LinkCalls(Channels channels, TrustBase trust, CallPolicies policies)
{
    /// <summary>A thousand persons against a whole population.</summary>
    private static readonly TimeSpan MatchTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Repeated over the network's faults: the register does not change by it.</summary>
    public async Task<Outcome<MatchReply>> MatchAsync(LeafGeneration own, MatchRequest request, CancellationToken cancellation)
    {
        var members = trust.Members;
        if (members.Members.FirstOrDefault(member => !member.Suspended && member.Has(MemberFlags.Registry)) is not { Endpoint: not null } registry)
        {
            return new Refusal(RefusalName.RegistryUnreachable, "the member list or the directory does not lead to a registry");
        }

        return await CallAsync(
            policies.ForRepeatable(registry.Id.Value),
            () => new RegistryService.RegistryServiceClient(channels.ToMember(own, members, registry)),
            (client, options) => client.MatchAsync(request, options),
            MatchTimeout,
            RefusalName.RegistryUnreachable,
            cancellation);
    }

    /// <summary>Repeated over the network's faults: the same attempt gets the same codes.</summary>
    public Task<Outcome<GiveReply>> GiveAsync(LeafGeneration own, GiveRequest request, CancellationToken cancellation) => CallAsync(
        policies.ForRepeatable("broker"),
        () => new LinkCodeService.LinkCodeServiceClient(channels.ToBroker(own, trust.Members)),
        (client, options) => client.GiveAsync(request, options),
        CallPolicies.TryTimeout,
        RefusalName.BrokerUnreachable,
        cancellation);

    /// <summary>Repeated over the network's faults: nothing changes by it.</summary>
    public Task<Outcome<RenewReply>> RenewAsync(LeafGeneration own, RenewRequest request, CancellationToken cancellation) => CallAsync(
        policies.ForRepeatable("broker"),
        () => new LinkCodeService.LinkCodeServiceClient(channels.ToBroker(own, trust.Members)),
        (client, options) => client.RenewAsync(request, options),
        CallPolicies.TryTimeout,
        RefusalName.BrokerUnreachable,
        cancellation);

    private Task<Outcome<TReply>> CallAsync<TClient, TReply>(
        Polly.ResiliencePipeline policy,
        Func<TClient> client,
        Func<TClient, CallOptions, AsyncUnaryCall<TReply>> call,
        TimeSpan timeout,
        RefusalName unreachable,
        CancellationToken cancellation) => CallFaults.OutcomeOfAsync<TReply>(
            async () =>
            {
                var to = client();
                return await policy.ExecuteAsync(async limit => await call(to, policies.OptionsOf(timeout, limit)), cancellation);
            },
            unreachable,
            unreachable,
            cancellation);
}
