using Grpc.Core;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;

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
    public Caller Of(ServerCallContext context)
    {
        var known = peers.Decide(members.Current, context.GetHttpContext().Connection.ClientCertificate).OrThrow();
        return new Caller(known.Member, known.Thumbprint);
    }
}
