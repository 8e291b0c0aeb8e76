using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Codes.Tickets;

/// <summary>
/// One-time tickets (the 取得番号 of article 21-2 of the Act, in its shape): made by the code authority for one agency, carried by registry and agency who can
/// read nothing in them, opened by the broker.
/// </summary>
public static class LinkTickets
{
    /// <summary>Longest life of a ticket: an agency brings it at once.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    /// <summary>How far the clocks of code authority and broker may differ.</summary>
    public static readonly TimeSpan Skew = TimeSpan.FromSeconds(10);

    private const int SignatureLength = 64;

    /// <summary>Makes and signs a ticket.</summary>
    /// <param name="authority">Who makes it.</param>
    /// <param name="agency">Whose link codes it is for.</param>
    /// <param name="ids">The persons, in order.</param>
    /// <param name="brokerKey">The broker's ticket key, 65 bytes.</param>
    /// <param name="signing">The code authority's signing leaf, with its key.</param>
    /// <param name="now">The time.</param>
    /// <exception cref="ArgumentException">Not 1 to 1,000 persons.</exception>
    public static LinkTicket Make(
        AgencyId authority, AgencyId agency, ReadOnlySpan<IdCode> ids, ReadOnlySpan<byte> brokerKey, X509Certificate2 signing, DateTimeOffset now)
    {
        var body = new LinkTicketBody
        {
            CodeAuthority = authority.Value,
            Agency = agency.Value,
            TicketId = RandomNumberGenerator.GetBytes(ExchangeId.Size).ToByteString(),
            IssuedMs = now.ToUnixTimeMilliseconds(),
            ExpiresMs = (now + Lifetime).ToUnixTimeMilliseconds(),
            Count = (uint)ids.Length,
        };
        TicketSeal.Seal(body, ids, brokerKey);
        var bytes = body.ToByteArray();
        using var key = signing.GetECDsaPrivateKey() ?? throw new InvalidOperationException("The signing certificate has no key.");
        return new LinkTicket
        {
            Body = UnsafeByteOperations.UnsafeWrap(bytes),
            Signature = key.SignData(Signed(bytes), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation).ToByteString(),
            SigningCertificate = signing.RawData.ToByteString(),
        };
    }

    /// <summary>Who may bring the ticket, and is it still good? Nothing is opened yet.</summary>
    /// <param name="ticket">As received.</param>
    /// <param name="caller">Who brings it, by its certificate.</param>
    /// <param name="members">The list of now, which names the code authority.</param>
    /// <param name="now">The time.</param>
    /// <returns>The body, or TICKET-INVALID, TICKET-NOT-FOR-CALLER, TICKET-EXPIRED.</returns>
    public static Outcome<LinkTicketBody> Verify(LinkTicket? ticket, AgencyId caller, MemberList members, DateTimeOffset now)
    {
        if (Read(ticket) is not { } body)
        {
            return new Refusal(RefusalName.TicketInvalid, "ticket");
        }

        if (!AgencyId.TryParse(body.CodeAuthority, out var id) || !members.TryFind(id, out var authority) || authority.Suspended || !authority.Has(MemberFlags.CodeAuthority))
        {
            return new Refusal(RefusalName.TicketInvalid, "code authority");
        }

        if (!IsSignedBy(ticket!, members.NameOf(authority), authority.IdentityKeys, now))
        {
            return new Refusal(RefusalName.TicketInvalid, "signature");
        }

        if (!string.Equals(body.Agency, caller.Value, StringComparison.Ordinal))
        {
            return new Refusal(RefusalName.TicketNotForCaller);
        }

        var (issued, expires) = (Time(body.IssuedMs), Time(body.ExpiresMs));
        return issued - Skew > now || expires + Skew <= now || expires - issued > Lifetime ? new Refusal(RefusalName.TicketExpired) : body;
    }

    private static LinkTicketBody? Read(LinkTicket? ticket)
    {
        if (ticket is null || LinkTicketBody.Parser.TryParse(ticket.Body.Span) is not { } body)
        {
            return null;
        }

        return body.TicketId.Length == ExchangeId.Size ? body : null;
    }

    private static bool IsSignedBy(LinkTicket ticket, SpiffeName name, IdentityKeys identity, DateTimeOffset now)
    {
        if (ticket.Signature.Length != SignatureLength)
        {
            return false;
        }

        try
        {
            using var certificate = X509CertificateLoader.LoadCertificate(ticket.SigningCertificate.Span);
            if (LeafCertificate.NameOf(certificate) != name || !LeafCertificate.IsUnder(certificate, identity, LeafPurpose.Signing, now))
            {
                return false;
            }

            using var key = certificate.GetECDsaPublicKey();
            return key is not null
                && key.VerifyData(Signed(ticket.Body.Span), ticket.Signature.Span, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
        catch (CryptographicException)
        {
            return false; // No certificate, or a key that is none.
        }
    }

    private static DateTimeOffset Time(long ms) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(ms, 0, DateTimeOffset.MaxValue.AddHours(-1).ToUnixTimeMilliseconds()));

    private static byte[] Signed(ReadOnlySpan<byte> body) => [.. "infolink/link-ticket/v1"u8, .. body];
}
