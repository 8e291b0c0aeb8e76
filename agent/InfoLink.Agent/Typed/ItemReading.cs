using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Typed;

/// <summary>Reads items into the properties of a class. For the classes that <c>infolink catalog classes</c> writes.</summary>
/// <param name="kind">The kind that the items are of.</param>
/// <param name="items">By item id.</param>
public readonly struct ItemReading(KindId kind, IReadOnlyDictionary<string, ItemAnswer> items)
{
    /// <summary>An item that is always in the answer.</summary>
    /// <exception cref="RefusedException">LAYOUT-VIOLATION: it is missing, or not of this type.</exception>
    public Item<T> Required<T>(string item)
        where T : notnull => items.ContainsKey(item) ? Optional<T>(item) : throw Violation(item, LayoutRule.Missing);

    /// <summary>An item that may be left out.</summary>
    /// <exception cref="RefusedException">LAYOUT-VIOLATION: it is not of this type.</exception>
    public Item<T> Optional<T>(string item)
        where T : notnull
    {
        if (!items.TryGetValue(item, out var answer))
        {
            return default;
        }

        return answer switch
        {
            ItemAnswer.Absent absent => Item<T>.Absent(absent.Reason),
            ItemAnswer.Value value when ItemText<T>.TryRead(value.Text, out var read) => Item<T>.Of(read),
            _ => throw Violation(item, typeof(T).IsEnum ? LayoutRule.NotInCodeList : LayoutRule.NotCanonical),
        };
    }

    private RefusedException Violation(string item, LayoutRule rule) => new(new Refusal(RefusalName.LayoutViolation, $"{kind}: {new LayoutViolation(item, rule)}"));
}
