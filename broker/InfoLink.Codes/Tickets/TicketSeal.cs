using System.Security.Cryptography;
using Google.Protobuf;
using InfoLink.Contracts.Sealing;
using InfoLink.V1;

namespace InfoLink.Codes.Tickets;

/// <summary>
/// ID codes inside a ticket: HPKE (RFC 9180, base mode, the suite of SPEC §5) to the broker's ticket key; info = <c>"infolink/link-ticket/v1"</c>, aad = the
/// ticket's body with an empty ciphertext, so that everything else in it is bound.
/// </summary>
public static class TicketSeal
{
    /// <summary>Most persons of one ticket.</summary>
    public const int MostPersons = 1_000;

    private static ReadOnlySpan<byte> Info => "infolink/link-ticket/v1"u8;

    /// <summary>Seals persons into a body that says everything else.</summary>
    /// <param name="body">Complete but for <c>enc</c> and <c>ciphertext</c>, which are set.</param>
    /// <param name="ids">1 to <see cref="MostPersons"/>, as many as the body's count.</param>
    /// <param name="brokerKey">65 bytes.</param>
    /// <exception cref="ArgumentException">Another number of persons.</exception>
    /// <exception cref="SealingException">The key is not a point.</exception>
    public static void Seal(LinkTicketBody body, ReadOnlySpan<IdCode> ids, ReadOnlySpan<byte> brokerKey)
    {
        if (ids.Length is 0 or > MostPersons || ids.Length != body.Count)
        {
            throw new ArgumentException($"A ticket is for 1 to {MostPersons} persons, as many as it counts.", nameof(ids));
        }

        var plain = new byte[ids.Length * IdCode.ByteLength];
        try
        {
            for (var i = 0; i < ids.Length; i++)
            {
                ids[i].CopyTo(plain.AsSpan(i * IdCode.ByteLength));
            }

            using var sender = HpkeSender.Setup(brokerKey, Info);
            body.Enc = ByteString.CopyFrom(sender.Enc.Span);
            body.Ciphertext = UnsafeByteOperations.UnsafeWrap(sender.Seal(Bound(body), plain));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    /// <summary>Opens a ticket's persons.</summary>
    /// <returns>Null where it was not sealed to this key, something of it was changed, or it does not hold what it says.</returns>
    public static IdCode[]? TryOpen(LinkTicketBody body, ECDiffieHellman key)
    {
        if (body.Count is 0 or > MostPersons || body.Ciphertext.Length != (body.Count * IdCode.ByteLength) + HpkeSender.Overhead)
        {
            return null;
        }

        var plain = new byte[body.Count * IdCode.ByteLength];
        try
        {
            using var recipient = HpkeRecipient.Setup(key, body.Enc.Span, Info);
            if (!recipient.TryOpen(0, Bound(body), body.Ciphertext.Span, plain))
            {
                return null;
            }

            var ids = new IdCode[body.Count];
            for (var i = 0; i < ids.Length; i++)
            {
                if (!IdCode.TryFromBytes(plain.AsSpan(i * IdCode.ByteLength, IdCode.ByteLength), out ids[i]))
                {
                    return null;
                }
            }

            return ids;
        }
        catch (SealingException)
        {
            return null; // What stands in the place of the encapsulated key is no point.
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    private static byte[] Bound(LinkTicketBody body) => new LinkTicketBody(body) { Ciphertext = ByteString.Empty }.ToByteArray();
}
