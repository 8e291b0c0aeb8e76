using InfoLink.Agent.Sources;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent.Manual;

/// <summary>An answer that a person puts together: what the existing system has, but for what is left out with a reason, and values by hand. The layout must hold for all of it.</summary>
public sealed record HandAnswer
{
    /// <summary>Begin with what the existing system has now; else with nothing.</summary>
    public bool FromSource { get; init; }

    /// <summary>Kinds of which nothing is given: each item is absent for this reason, as far as the layout allows it there.</summary>
    public IReadOnlyDictionary<KindId, AbsenceReason> AbsentKinds { get; init; } = new Dictionary<KindId, AbsenceReason>();

    /// <summary>Values and reasons by hand; they go before the existing system's.</summary>
    public IReadOnlyDictionary<KindId, Items> Items { get; init; } = new Dictionary<KindId, Items>();

    public override string ToString() => "HandAnswer(redacted)";

    /// <param name="asked">The kinds that the answer is of.</param>
    /// <param name="catalog">With their layouts.</param>
    /// <param name="source">What the existing system has, where it is asked.</param>
    /// <exception cref="FormatException">It names what is not asked for, or the layout does not hold: every item with its rule, and no value.</exception>
    internal Dictionary<KindId, Items> Make(IReadOnlyList<KindId> asked, StatuteCatalog catalog, IReadOnlyDictionary<KindId, Items> source)
    {
        if (AbsentKinds.Keys.Concat(Items.Keys).Where(kind => !asked.Contains(kind)).ToList() is [var other, ..])
        {
            throw new FormatException($"'{other}' is not asked for; {string.Join(", ", asked)} is.");
        }

        var made = new Dictionary<KindId, Items>();
        foreach (var kind in asked)
        {
            var items = new Items();
            foreach (var (item, answer) in AbsentKinds.TryGetValue(kind, out var reason) ? Without(catalog.Kinds[kind], reason) : source.GetValueOrDefault(kind) ?? [])
            {
                items[item] = answer;
            }

            foreach (var (item, answer) in Items.GetValueOrDefault(kind) ?? [])
            {
                items[item] = answer;
            }

            made.Add(kind, items);
        }

        var wrong = made.SelectMany(kind => Layout.Check(catalog.Kinds[kind.Key], kind.Value).Select(violation => $"{kind.Key}: {violation}")).ToList();
        return wrong.Count == 0 ? made : throw new FormatException($"The layout does not hold; nothing was decided. {string.Join("; ", wrong)}");
    }

    private static Items Without(InformationKind kind, AbsenceReason reason)
    {
        var items = new Items();
        foreach (var item in kind.Items.Where(item => item.AbsenceReasons.Contains(reason)))
        {
            items.Add(item.Id, reason);
        }

        return items;
    }
}
