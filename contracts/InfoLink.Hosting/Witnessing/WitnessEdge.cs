using Grpc.Core;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Transparency.Witnessing;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Hosting.Witnessing;

/// <summary>
/// <c>infolink.v1.WitnessService</c> on the wire. Members and the broker may call it; whose log anyone may bring is the witness's rule.
/// </summary>
public sealed class WitnessEdge(Witness witness, Func<MemberList> members, PeerCertificates peers) : WitnessService.WitnessServiceBase
{
    public override Task<AddCheckpointReply> AddCheckpoint(AddCheckpointRequest request, ServerCallContext context)
    {
        var caller = Identify(context);
        return witness.Add(caller, Read(request)) switch
        {
            WitnessResult.Refused refused => throw refused.Refusal.ToRpcException(),
            var result => Task.FromResult(WitnessMessages.Write(result)),
        };
    }

    private SpiffeName Identify(ServerCallContext context)
    {
        var certificate = context.GetHttpContext().Connection.ClientCertificate;
        var current = members();
        if (peers.IsBroker(current, certificate))
        {
            return current.BrokerName;
        }

        return peers.Decide(current, certificate) switch
        {
            PeerDecision.Known known => current.NameOf(known.Member),
            PeerDecision.Refused refused => throw refused.Refusal.ToRpcException(),
            _ => throw new Refusal(RefusalName.CertificateUntrusted).ToRpcException(),
        };
    }

    private static WitnessRequest Read(AddCheckpointRequest message) =>
        WitnessMessages.TryRead(message) ?? throw new Refusal(RefusalName.RequestMalformed, "proof").ToRpcException();
}
