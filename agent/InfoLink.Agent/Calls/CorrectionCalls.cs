using Grpc.Core;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting;
using InfoLink.Hosting.Trust;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Calls;

/// <summary>The call that tells another agency of a wrong link or a corrected record. Repeated over the network's faults: the same notice again changes nothing.</summary>
internal sealed class CorrectionCalls(Channels channels, TrustBase trust, CallPolicies policies, TimeProvider time)
{
    public async Task<Outcome<CorrectionAcknowledgement>> NotifyAsync(LeafGeneration own, AgencyId to, CorrectionNotice notice, CancellationToken cancellation)
    {
        var members = trust.Members;
        if (!members.TryFind(to, out var member))
        {
            return new Refusal(RefusalName.MemberUnknown, "counterpart");
        }

        try
        {
            var client = new CorrectionService.CorrectionServiceClient(channels.ToMember(own, members, member));
            return await policies.ForRepeatable(to.Value).ExecuteAsync(
                async limit => await client.NotifyAsync(notice, deadline: time.GetUtcNow().UtcDateTime + CallPolicies.TryTimeout, cancellationToken: limit),
                cancellation);
        }
        catch (RpcException fault) when (fault.IsGivenUp(cancellation))
        {
            throw new OperationCanceledException("The call was given up.", fault, cancellation);
        }
        catch (EndpointUnknownException)
        {
            return new Refusal(RefusalName.ProviderUnreachable, "no endpoint");
        }
        catch (Exception fault) when (CallFaults.ToRefusal(fault, RefusalName.ProviderUnreachable, RefusalName.ProviderUnreachable) is { } refusal)
        {
            return refusal;
        }
    }
}
