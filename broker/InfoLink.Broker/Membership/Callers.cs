using Grpc.Core;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Broker.Membership;

/// <summary>Who calls: a member, by the certificate of this connection.</summary>
internal sealed record Caller(Member Member, Sha256Digest Certificate)
{
    public AgencyId Id => Member.Id;
}

/// <summary>Knows callers by their certificates, under the member list of the moment.</summary>
internal sealed class Callers(Members members, PeerCertificates peers)
{
    /// <exception cref="RpcException">No member, or a suspended one.</exception>
    public Caller Of(ServerCallContext context) =>
        peers.Decide(members.Current, context.GetHttpContext().Connection.ClientCertificate) switch
        {
            PeerDecision.Known known => new Caller(known.Member, known.Thumbprint),
            PeerDecision.Refused refused => throw refused.Refusal.ToRpcException(),
            _ => throw new Refusal(RefusalName.CertificateUntrusted).ToRpcException(),
        };
}
