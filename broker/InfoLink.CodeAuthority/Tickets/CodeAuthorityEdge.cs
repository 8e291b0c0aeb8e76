using Grpc.Core;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting.Members;
using InfoLink.V1;

namespace InfoLink.CodeAuthority.Tickets;

/// <summary><c>infolink.v1.CodeAuthorityService</c> on the wire: the registry's, and nobody else's.</summary>
internal sealed class CodeAuthorityEdge(TicketMaking making, MemberHost member) : CodeAuthorityService.CodeAuthorityServiceBase
{
    public override async Task<MakeTicketReply> MakeTicket(MakeTicketRequest request, ServerCallContext context)
    {
        member.CallerOf(context, MemberFlags.Registry);
        var made = await making.MakeAsync(request.Agency, request.ResidentRecordCodes, member.Trust.Members, context.CancellationToken);
        return new MakeTicketReply { Ticket = made.OrThrow() };
    }
}
