using InfoLink.CodeAuthority.Derivation;
using InfoLink.CodeAuthority.Register;
using InfoLink.Codes;
using InfoLink.Codes.Tickets;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.CodeAuthority.Tickets;

/// <summary>
/// Resident record codes to a ticket (SPEC §12): each person's ID code in its current generation, sealed for the broker, for one agency. Nothing of it is
/// kept: neither the codes nor the ticket, nor that it was made but for a count.
/// </summary>
internal sealed class TicketMaking(
    AgencyId self, IdCodeDerivation derivation, IdCodeKind kind, PersonRegister register, BrokerKey broker, LeafCertificates certificates, TimeProvider time)
{
    /// <param name="agency">Who asked the registry, as the registry says.</param>
    /// <param name="codes">As received.</param>
    /// <param name="members">The list of now.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<Outcome<LinkTicket>> MakeAsync(string agency, IReadOnlyList<string> codes, MemberList members, CancellationToken cancellation)
    {
        if (!AgencyId.TryParse(agency, out var id) || !members.TryFind(id, out var member) || member.Suspended)
        {
            return new Refusal(RefusalName.MemberUnknown, "agency");
        }

        if (!member.Has(MemberFlags.DirectMatching))
        {
            return new Refusal(RefusalName.MemberNotEntitled, MemberFlags.DirectMatching);
        }

        if (codes.Count is 0 or > TicketSeal.MostPersons)
        {
            return new Refusal(RefusalName.SubjectCount);
        }

        var ids = new IdCode[codes.Count];
        try
        {
            var seen = new HashSet<IdCode>(codes.Count);
            for (var i = 0; i < ids.Length; i++)
            {
                if (!ResidentRecordCode.TryParse(codes[i], out var code))
                {
                    return new Refusal(RefusalName.RequestMalformed, "resident_record_codes");
                }

                ids[i] = derivation.Derive(code!, kind, register.Find(code!).Generation);
                if (!seen.Add(ids[i]))
                {
                    return new Refusal(RefusalName.SubjectRepeated);
                }
            }

            return await broker.FindAsync(cancellation) is { } key
                ? LinkTickets.Make(self, id, ids, key.Span, certificates.Current.Signing, time.GetUtcNow())
                : new Refusal(RefusalName.BrokerUnreachable);
        }
        finally
        {
            Array.Clear(ids);
        }
    }
}
