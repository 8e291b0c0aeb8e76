using Grpc.Core;
using InfoLink.Codes;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Samples.Registry.Matching;

/// <summary>Has a ticket made for persons of an agency, in their order. Whoever calls it hands the ticket on and keeps neither it nor the codes.</summary>
/// <returns>The ticket; or the refusal that the agency gets instead.</returns>
public delegate Task<Outcome<LinkTicket>> MakeTicket(AgencyId agency, IReadOnlyList<ResidentRecordCode> codes, CancellationToken cancellation);

/// <summary>The code authority as the registry reaches it. Nothing is retried: a ticket costs nothing, and the agency asks again.</summary>
public sealed class CodeAuthorityCalls(Channels channels, LeafCertificates own, Func<MemberList> members, TimeProvider time)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    /// <inheritdoc cref="MakeTicket"/>
    public async Task<Outcome<LinkTicket>> MakeTicketAsync(AgencyId agency, IReadOnlyList<ResidentRecordCode> codes, CancellationToken cancellation)
    {
        var current = members();
        if (current.Members.Where(member => !member.Suspended && member.Has(MemberFlags.CodeAuthority)).ToList() is not [{ Endpoint: not null } authority])
        {
            return new Refusal(RefusalName.CodeAuthorityUnreachable, "the member list or the directory does not lead to one code authority");
        }

        var request = new MakeTicketRequest { Agency = agency.Value };
        request.ResidentRecordCodes.AddRange(codes.Select(code => code.Reveal()));
        try
        {
            var client = new CodeAuthorityService.CodeAuthorityServiceClient(channels.ToMember(own.Current, current, authority));
            var reply = await client.MakeTicketAsync(request, new CallOptions(deadline: time.GetUtcNow().UtcDateTime + Deadline, cancellationToken: cancellation));
            return reply.Ticket is { } ticket && IsFor(ticket, agency, codes.Count) ? ticket : new Refusal(RefusalName.InternalFault, "ticket");
        }
        catch (RpcException fault) when (!cancellation.IsCancellationRequested)
        {
            return Told(RefusalWire.TryRead(fault));
        }
    }

    /// <summary>What the agency can act on is passed on; where the two institutions disagree with one another it waits, and the operators see the name.</summary>
    private static Refusal Told(Refusal? refusal) => refusal switch
    {
        { Name: RefusalName.Overloaded } or { Name: RefusalName.MemberNotEntitled, Detail: MemberFlags.DirectMatching } => refusal,
        null => RefusalName.CodeAuthorityUnreachable,
        _ => new Refusal(RefusalName.CodeAuthorityUnreachable, refusal.Text),
    };

    /// <summary>A ticket that is another's, or of another number of persons, would link wrongly: it goes no further. What is sealed in it only the broker sees.</summary>
    private static bool IsFor(LinkTicket ticket, AgencyId agency, int count) =>
        LinkTicketBody.Parser.TryParse(ticket.Body.Span) is { } body
        && string.Equals(body.Agency, agency.Value, StringComparison.Ordinal)
        && body.Count == (uint)count;
}
