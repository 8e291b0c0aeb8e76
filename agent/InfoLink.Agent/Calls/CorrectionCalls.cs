using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting;
using InfoLink.Hosting.Trust;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Calls;

/// <summary>The call that tells another agency of a wrong link or a corrected record. Repeated over the network's faults: the same notice again changes nothing.</summary>
internal sealed class CorrectionCalls(Channels channels, TrustBase trust, CallPolicies policies)
{
    public async Task<Outcome<CorrectionAcknowledgement>> NotifyAsync(LeafGeneration own, AgencyId to, CorrectionNotice notice, CancellationToken cancellation)
    {
        var members = trust.Members;
        if (!members.TryFind(to, out var member))
        {
            return new Refusal(RefusalName.MemberUnknown, "counterpart");
        }

        return await CallFaults.OutcomeOfAsync<CorrectionAcknowledgement>(
            async () =>
            {
                var client = new CorrectionService.CorrectionServiceClient(channels.ToMember(own, members, member));
                return await policies.ForRepeatable(to.Value).ExecuteAsync(
                    async limit => await client.NotifyAsync(notice, policies.OptionsOf(CallPolicies.TryTimeout, limit)), cancellation);
            },
            RefusalName.ProviderUnreachable,
            RefusalName.ProviderUnreachable,
            cancellation);
    }
}
