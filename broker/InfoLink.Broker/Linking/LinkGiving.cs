using InfoLink.Broker.AccessLog;
using InfoLink.Broker.Codes;
using InfoLink.Broker.Exchange;
using InfoLink.Broker.Membership;
using InfoLink.Broker.Tokens;
using InfoLink.Codes.Tickets;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Tokens;
using InfoLink.Transparency;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Broker.Linking;

/// <summary>
/// How an agency comes by its link codes (SPEC §12). Who calls is known already.
/// <list type="number">
/// <item>The ticket: made and signed by the code authority, for this agency, not late?</item>
/// <item>Opened: sealed to this broker, whole?</item>
/// <item>Once: only the attempt that brought it first may ask again.</item>
/// <item>Each person against the register: current generation, not frozen, superseded or expired?</item>
/// <item>The agency's own codes, of its current epoch: on record, durable, before they leave.</item>
/// </list>
/// </summary>
internal sealed class LinkGiving(
    Members members,
    CodeConversion codes,
    LinkCodeCipher cipher,
    TicketKey key,
    SpentTickets spent,
    LinkRecords records,
    RefusalRecords refusals,
    ExchangeGates gates,
    TimeProvider time)
{
    public async Task<Outcome<Given>> GiveAsync(Caller caller, LinkTicket? ticket, AttemptId attempt, CancellationToken cancellation)
    {
        // 1. Is it a ticket, and the caller's?
        var about = new OpenPart { Requester = caller.Id.Value, Cnf = caller.Certificate.ToByteString() };
        var verified = LinkTickets.Verify(ticket, caller.Id, members.Current, time.GetUtcNow());
        if (verified is not Outcome<LinkTicketBody>.Done { Value: var body })
        {
            return await refusals.RefuseAsync(caller.Id, about, ((Outcome<LinkTicketBody>.Refused)verified).Refusal);
        }

        var giving = key.NameOf(body.TicketId.Span);
        about.ExchangeId = giving.ToArray().ToByteString();
        if (!spent.Remembers(DateTimeOffset.FromUnixTimeMilliseconds(body.IssuedMs)))
        {
            return await refusals.RefuseAsync(caller.Id, about, new Refusal(RefusalName.TicketExpired, "restarted"), (int)body.Count);
        }

        // 2. What is in it?
        if (TicketSeal.TryOpen(body, key.Pair) is not { } ids)
        {
            return await refusals.RefuseAsync(caller.Id, about, new Refusal(RefusalName.TicketInvalid, "seal"));
        }

        try
        {
            // 3. Once. Of two calls of one attempt the second finds the first one's record.
            using var pass = await gates.EnterAsync(giving, cancellation);
            var expires = DateTimeOffset.FromUnixTimeMilliseconds(body.ExpiresMs);
            var spending = await spent.SpendAsync(body.TicketId.Memory, attempt, expires, cancellation);
            if (spending is not (Redemption.First or Redemption.Repeated))
            {
                return await refusals.RefuseAsync(caller.Id, about, new Refusal(RefusalName.TicketSpent), ids.Length);
            }

            // 4. Whose codes are in use?
            await codes.HoldAgainstRegisterAsync(ids, cancellation);
            var inUse = Enumerable.Range(0, ids.Length).Where(i => !ids[i].IsNone).ToArray();
            uint[] refused = [.. Enumerable.Range(0, ids.Length).Where(i => ids[i].IsNone).Select(i => (uint)i)];

            // 5. The codes; a repeated attempt finds them on record already, unless the first broke off before.
            var own = new LinkCode[inUse.Length];
            cipher.EncodeAll(Array.ConvertAll(inUse, i => ids[i]), caller.Id, caller.Member.CodeEpochs.Current, own);
            if (spending == Redemption.First || !await records.IsOnRecordAsync(giving, cancellation))
            {
                await records.LinkedAsync(giving, caller.Id, caller.Certificate, [.. inUse.Select((index, i) => ((uint)index, ids[index], own[i]))]);
                if (refused.Length > 0)
                {
                    await refusals.RecordAsync(caller.Id, about, RefusalName.LinkCodeRefused, refused);
                }
            }

            return new Given(giving, [.. inUse.Select((index, i) => ((uint)index, own[i]))], refused);
        }
        finally
        {
            Array.Clear(ids);
        }
    }
}

/// <summary>What an agency was given.</summary>
/// <param name="Giving">Names it on record.</param>
/// <param name="Codes">Place in the ticket and code, ascending.</param>
/// <param name="Refused">Places of persons whose codes are not in use.</param>
internal sealed record Given(ExchangeId Giving, IReadOnlyList<(uint Index, LinkCode Code)> Codes, IReadOnlyList<uint> Refused)
{
    public override string ToString() => $"Given({Codes.Count}, redacted)";
}
