using InfoLink.Codes;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;

namespace InfoLink.Broker.Codes;

/// <summary>
/// Link codes to persons: deciphered under the presenting agency's keys, then held against the register (current generation? frozen?
/// superseded? expired?). A refused place is <see cref="IdCode.IsNone"/>, and why stays here.
/// </summary>
internal sealed class CodeConversion(LinkCodeCipher cipher, IIdCodeRegister register, RegisterKey registerKey, TimeProvider time)
{
    /// <summary>Steps from a code to whoever comes after; nobody changes so often.</summary>
    public const int MostSuccessions = 16;

    private static readonly IdCode Nobody = IdCode.Create(IdCodeKind.Test, serial: 0, generation: 0);

    public async Task<IdCode[]> IdentifyAsync(Member agency, IReadOnlyList<LinkCode> codes, CancellationToken cancellation)
    {
        var ids = Decode(agency, [.. codes]);
        await HoldAgainstRegisterAsync(ids, cancellation);
        return ids;
    }

    /// <summary>
    /// As <see cref="IdentifyAsync"/>, and a code that was in use once leads to the same person's present one: of a later generation, or of whoever comes
    /// after. What is frozen or has expired stays refused.
    /// </summary>
    /// <exception cref="InvalidDataException">The register was changed by somebody else.</exception>
    public async Task<IdCode[]> IdentifyPresentAsync(Member agency, IReadOnlyList<LinkCode> codes, CancellationToken cancellation)
    {
        var ids = Decode(agency, [.. codes]);
        int[] open = [.. Enumerable.Range(0, ids.Length).Where(i => !ids[i].IsNone)];
        for (var step = 0; open.Length > 0 && step < MostSuccessions; step++)
        {
            var entries = await register.FindAsync(open.Select(i => registerKey.TagOf(ids[i])).ToArray(), cancellation);
            var next = new List<int>();
            for (var at = 0; at < open.Length; at++)
            {
                var (i, entry) = (open[at], entries[at] ?? RegisterEntry.Unwritten);
                if (entry.Successor is { } succession)
                {
                    ids[i] = registerKey.SuccessorOf(ids[i], succession);
                    next.Add(i);
                }
                else if (ids[i].Generation < entry.Generation || step > 0)
                {
                    ids[i] = ids[i].WithGeneration(entry.Generation);
                }
            }

            open = [.. next];
        }

        await HoldAgainstRegisterAsync(ids, cancellation);
        return ids;
    }

    /// <summary>Clears the places of persons whose codes are not in use, and why stays here.</summary>
    public async Task HoldAgainstRegisterAsync(IdCode[] ids, CancellationToken cancellation)
    {
        // A code that did not decipher is looked up like the others, as nobody's: forged and frozen take the same time.
        var entries = await register.FindAsync(ids.Select(id => registerKey.TagOf(id.IsNone ? Nobody : id)).ToArray(), cancellation);
        var now = time.GetUtcNow();
        for (var i = 0; i < ids.Length; i++)
        {
            if (CodeStanding.Decide(ids[i], entries[i], now) is CodeStanding.Refused)
            {
                ids[i] = default;
            }
        }
    }

    private IdCode[] Decode(Member agency, LinkCode[] codes)
    {
        var ids = new IdCode[codes.Length];
        cipher.DecodeAll(codes, agency.Id, agency.CodeEpochs.All(), ids);
        return ids;
    }
}
