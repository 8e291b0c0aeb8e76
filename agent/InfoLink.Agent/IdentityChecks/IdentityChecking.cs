using InfoLink.Agent.Links;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Tokens;
using InfoLink.V1;
using BasicAttributes = InfoLink.Matching.BasicAttributes;

namespace InfoLink.Agent.IdentityChecks;

/// <summary>
/// The provider's half: what the requester says of a person, held against the own system's attributes. A mismatch closes this person to this requester until
/// a human resolves it, and marks the own link for re-verification; a second requester's mismatch quarantines it. Neither tags nor attributes are kept.
/// </summary>
internal sealed class IdentityChecking(CheckingKey key, IPersonSource? persons, LinkTable links, TimeSpan sourceTimeout, TimeProvider time)
{
    /// <summary>Stands in the query for a person who is not here, so that the source is asked for everybody.</summary>
    private const string Nobody = "\u0001nobody";

    private static readonly LinkAct Act = new("automatic", "identity mismatch with another agency");

    /// <summary>Opens all checks of an exchange, whoever is here: the work does not depend on it.</summary>
    /// <returns>By index; null where one is missing, twice or cannot be opened: then nobody of the exchange is answered.</returns>
    public Dictionary<uint, IdentityClaim>? TryOpen(ExchangeToken token, IReadOnlyList<SealedIdentityCheck> checks, IEnumerable<uint> indices)
    {
        var claims = new Dictionary<uint, IdentityClaim>();
        foreach (var check in checks)
        {
            if (IdentityCheckSeal.TryOpen(key.Pair, token.Sha256.Span, check) is not { } claim || !claims.TryAdd(check.Index, claim))
            {
                return null;
            }
        }

        return indices.All(claims.ContainsKey) ? claims : null;
    }

    /// <summary>Whose data it would be.</summary>
    /// <param name="claim">What the requester says.</param>
    /// <param name="person">Who stands under the link code here; null: nobody who is answered for.</param>
    /// <param name="requester">Who asks.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="InvalidOperationException">There is no source of basic attributes, or it did not answer.</exception>
    public async Task<IdentityVerdict> CheckAsync(IdentityClaim claim, LinkedPerson? person, AgencyId requester, CancellationToken cancellation)
    {
        if (persons is null)
        {
            throw new InvalidOperationException("There is no source of basic attributes here (persons in agent.json).");
        }

        BasicAttributes? attributes;
        try
        {
            attributes = await persons.FindAsync(person?.Id ?? Nobody, cancellation).WaitAsync(sourceTimeout, time, cancellation);
        }
        catch (Exception fault) when (!cancellation.IsCancellationRequested)
        {
            throw new InvalidOperationException($"The source of basic attributes did not answer ({fault.GetType().Name}).", fault);
        }

        var verdict = claim.HeldAgainst(attributes);
        if (person is null)
        {
            return verdict;
        }

        if (verdict == IdentityVerdict.Other)
        {
            await links.WriteAsync(writing => writing.Mismatched(person.Ids[0], requester, Act), CancellationToken.None);
        }
        else if (await links.IsClosedAsync(person.Ids[0], requester, cancellation))
        {
            return IdentityVerdict.Other; // A mismatch of before, that nobody has resolved yet.
        }

        return verdict;
    }
}
