using InfoLink.Agent.Links;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent.Linking;

/// <summary>
/// Takes over the link table of an agency that was merged into this one (SPEC §7): the broker converts its codes, and a person whom both had is one person
/// with two identifiers from here on. What was taken over before is found so, and the same call goes on where it stopped.
/// </summary>
internal sealed class Absorption(LinkTable links, CodeRenewal renewal)
{
    public async Task<Absorbed> RunAsync(
        AgencyId from, IAsyncEnumerable<AbsorbedPerson> persons, LinkAct act, IProgress<Absorbed>? progress, CancellationToken cancellation)
    {
        var sum = new Absorbed();
        await foreach (var batch in persons.Chunk(CodeRenewal.MostCodes).WithCancellation(cancellation))
        {
            var (_, codes) = await renewal.RenewAsync([.. batch.Select(person => person.Code)], from, cancellation);
            var next = sum;
            await links.WriteAsync(
                writing =>
                {
                    for (var i = 0; i < batch.Length; i++)
                    {
                        next = Enter(writing, batch[i], codes[i], act, next);
                    }
                },
                cancellation);
            sum = next;
            progress?.Report(sum);
        }

        return sum;
    }

    private static Absorbed Enter(LinkWriting writing, AbsorbedPerson person, LinkCode? code, LinkAct act, Absorbed sum)
    {
        var next = Enter(writing, person.Id, code, act, sum);
        if (next.Linked + next.Joined > sum.Linked + sum.Joined && person.IsMarked)
        {
            // Of two agencies' marks the more cautious count.
            writing.Mark(person.Id, act, person.Quarantined ? LinkState.Quarantined : null, person.Withheld ? true : null, person.ManualOnly ? true : null);
        }

        return next;
    }

    private static Absorbed Enter(LinkWriting writing, LocalId id, LinkCode? code, LinkAct act, Absorbed sum)
    {
        sum = sum with { Had = sum.Had + 1 };
        if (code is not { } own)
        {
            return sum with { Refused = sum.Refused.Add(id) };
        }

        var holder = writing.HolderOf(own);
        if (writing.CodeOf(id) is { } present)
        {
            // An identifier of both agencies, or another link since: never overwritten.
            return present == own || writing.CodeOf(id, own.Epoch) == own ? sum with { Already = sum.Already + 1 } : sum with { Contradicted = sum.Contradicted.Add(id) };
        }

        if (holder is { } known)
        {
            writing.Join(id, known, act);
            return sum with { Joined = sum.Joined + 1 };
        }

        writing.Put(id, own, act);
        return sum with { Linked = sum.Linked + 1 };
    }
}

/// <summary>A person of the agency that was: its identifier and code, and its marks, which stay with her.</summary>
public sealed record AbsorbedPerson(LocalId Id, LinkCode Code, bool Withheld = false, bool ManualOnly = false, bool Quarantined = false)
{
    internal bool IsMarked => Withheld || ManualOnly || Quarantined;

    public override string ToString() => "AbsorbedPerson(redacted)";
}

/// <summary>What came of taking over another agency's persons: each stands in exactly one count.</summary>
public sealed record Absorbed
{
    /// <summary>Persons of the other agency.</summary>
    public long Had { get; init; }

    /// <summary>New here.</summary>
    public long Linked { get; init; }

    /// <summary>Both agencies had them: one person, under both identifiers.</summary>
    public long Joined { get; init; }

    /// <summary>Taken over before.</summary>
    public long Already { get; init; }

    /// <summary>No code was given: forged, of no accepted epoch, or codes that are not in use. Not linked.</summary>
    public System.Collections.Immutable.ImmutableList<LocalId> Refused { get; init; } = [];

    /// <summary>The identifier is another person's here. Not linked; give the other agency's identifiers a kind of their own.</summary>
    public System.Collections.Immutable.ImmutableList<LocalId> Contradicted { get; init; } = [];

    /// <summary>Nobody is lost or stands twice.</summary>
    public bool Agrees => Had == Linked + Joined + Already + Refused.Count + Contradicted.Count;

    public override string ToString() => $"Absorbed({Had})";
}
