using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Numbering;

/// <summary>Who calls, by the certificate of the connection, and which parts the member list gives to it.</summary>
internal sealed class Callers(Func<MemberList> members, PeerCertificates peers)
{
    /// <exception cref="RefusedException">Nobody's certificate, or a suspended member's.</exception>
    public Member Identify(HttpContext context) => peers.Decide(members(), context.Connection.ClientCertificate) switch
    {
        PeerDecision.Known known => known.Member,
        PeerDecision.Refused refused => throw new RefusedException(refused.Refusal),
        _ => throw new RefusedException(RefusalName.CertificateUntrusted),
    };

    /// <exception cref="RefusedException">The member has not all of these flags.</exception>
    public Member Require(HttpContext context, params ReadOnlySpan<string> flags)
    {
        var member = Identify(context);
        foreach (var flag in flags)
        {
            if (!member.Has(flag))
            {
                throw new RefusedException(new Refusal(RefusalName.MemberNotEntitled, flag));
            }
        }

        return member;
    }
}
