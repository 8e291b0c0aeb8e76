using InfoLink.Broker.AccessLog;
using InfoLink.Broker.Codes;
using InfoLink.Broker.Limits;
using InfoLink.Broker.Membership;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Transparency;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Broker.Linking;

/// <summary>
/// An agency's link codes of another epoch, or of an agency that it absorbed (SPEC §7). Who calls is known already.
/// <list type="number">
/// <item>Whose codes? The caller's own, or those of an agency that the member list says it absorbs.</item>
/// <item>Deciphered under that agency's keys, of any epoch that the list accepts, and held against the register, which leads from a code that was in use once to the same
/// person's present one. A code that is refused is refused alone, and every one in the same way.</item>
/// <item>The caller's codes of the same persons, in their order: on record, durable, before they leave.</item>
/// </list>
/// Nothing is kept, and the same request gets the same codes.
/// </summary>
internal sealed class LinkRenewing(
    Members members, CodeConversion codes, LinkCodeCipher cipher, LinkRecords records, RefusalRecords refusals, ExchangeLimits limits)
{
    /// <summary>Most codes of one call.</summary>
    public const int MostCodes = 10_000;

    public async Task<Outcome<Renewed>> RenewAsync(Caller caller, AgencyId? from, IReadOnlyList<LinkCode> presented, CancellationToken cancellation)
    {
        // 1. Whose?
        var about = new OpenPart { Requester = caller.Id.Value, Provider = from?.Value ?? "", Cnf = caller.Certificate.ToByteString() };
        var owner = caller.Member;
        if (from is { } old && (!caller.Member.Absorbs.Contains(old) || !members.Current.TryFind(old, out owner)))
        {
            about.Provider = "";
            return await refusals.RefuseAsync(caller.Id, about, new Refusal(RefusalName.MemberNotEntitled, "absorbs"), presented.Count);
        }

        // 2. Of which persons?
        var ids = await codes.IdentifyPresentAsync(owner, presented, cancellation);
        try
        {
            var inUse = Enumerable.Range(0, ids.Length).Where(i => !ids[i].IsNone).ToArray();
            uint[] refused = [.. Enumerable.Range(0, ids.Length).Where(i => ids[i].IsNone).Select(i => (uint)i)];
            if (refused.Length > 0)
            {
                limits.Codes.Count(caller.Id, refused.Length);
                await refusals.RefuseAsync(caller.Id, about, new Refusal(RefusalName.LinkCodeRefused), refused.Length);
            }

            // 3. The codes. Those of an absorbed agency become codes in use at once; the rotation takes them on like the others.
            var epoch = from is null ? caller.Member.CodeEpochs.Target : caller.Member.CodeEpochs.Current;
            var own = new LinkCode[inUse.Length];
            cipher.EncodeAll(Array.ConvertAll(inUse, i => ids[i]), caller.Id, epoch, own);
            if (own.Length > 0)
            {
                await records.RenewedAsync(caller.Id, from, caller.Certificate, own.Length);
            }

            return new Renewed([.. inUse.Select((index, i) => ((uint)index, own[i]))], refused, epoch);
        }
        finally
        {
            Array.Clear(ids);
        }
    }
}

/// <summary>What became of an agency's codes.</summary>
/// <param name="Codes">Place in the request and code, ascending.</param>
/// <param name="Refused">Places of the others, ascending.</param>
/// <param name="Epoch">Of all these codes.</param>
internal sealed record Renewed(IReadOnlyList<(uint Index, LinkCode Code)> Codes, IReadOnlyList<uint> Refused, byte Epoch)
{
    public override string ToString() => $"Renewed({Codes.Count}, redacted)";
}
