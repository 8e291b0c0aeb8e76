using Grpc.Core;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting.Limits;
using InfoLink.Hosting.Trust;
using InfoLink.Transparency;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Remedy;

/// <summary><c>infolink.v1.CorrectionService</c> on the wire: who calls, a place for the call, the story, values to messages.</summary>
internal sealed class CorrectionEdge(NoticeReceiving receiving, TrustBase trust, PeerCertificates peers, CallPlaces places, RefusalRecords refusals)
    : CorrectionService.CorrectionServiceBase
{
    public override async Task<CorrectionAcknowledgement> Notify(CorrectionNotice request, ServerCallContext context)
    {
        var caller = peers.Decide(trust.Members, context.GetHttpContext().Connection.ClientCertificate).OrThrow().Member.Id;
        using var place = await EnterAsync(caller, context.CancellationToken);
        try
        {
            return (await receiving.ReceiveAsync(caller, request, context.CancellationToken)).OrThrow();
        }
        catch (LogUnavailableException)
        {
            throw new Refusal(RefusalName.LogUnavailable, RetryAfter: TimeSpan.FromSeconds(1)).ToRpcException();
        }
    }

    private async ValueTask<CallPlace> EnterAsync(AgencyId caller, CancellationToken cancellation)
    {
        var place = await places.EnterAsync(caller, cancellation);
        if (place is Outcome<CallPlace>.Refused { Refusal: var overloaded })
        {
            refusals.Count(caller, overloaded.Name);
        }

        return place.OrThrow();
    }
}
