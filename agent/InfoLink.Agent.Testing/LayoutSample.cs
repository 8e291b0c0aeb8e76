using System.Globalization;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent.Testing;

/// <summary>Made-up items that keep a layout: the same for the same layout.</summary>
internal static class LayoutSample
{
    private const string Filling = "見本";
    private static readonly DateOnly Day = new(2026, 1, 15);

    /// <summary>A value for every item of the kind.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="leftOut">Items that get none.</param>
    /// <exception cref="ArgumentException">An item's pattern is beyond what is made up here: it is named.</exception>
    public static Items Of(InformationKind kind, Func<DataItem, bool>? leftOut = null)
    {
        var items = new Items();
        foreach (var item in kind.Items.Where(item => leftOut is null || !leftOut(item)))
        {
            var text = Text(item.Type);
            items.Add(item.Id, text is not null && CanonicalText.BrokenBy(item.Type, text) is null
                ? text
                : throw new ArgumentException($"A value for the item '{item.Id}' of '{kind.Id}' has to be given: its pattern is not one that values are made up for."));
        }

        return items;
    }

    private static string? Text(ItemType type) => type switch
    {
        ItemType.Text { Pattern: { } pattern } text => PatternSample.Of(pattern.Source, text.MinLength),
        ItemType.Text text => string.Concat(Enumerable.Repeat(Filling, (text.MinLength / 2) + 1))[..Math.Max(text.MinLength, Math.Min(text.MaxLength, Filling.Length))],
        ItemType.Date date => (Day < date.Min ? date.Min : Day > date.Max ? date.Max : Day).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        ItemType.Integer integer => Math.Clamp(2026, integer.Min, integer.Max).ToString(CultureInfo.InvariantCulture),
        ItemType.Decimal number => Math.Clamp(1.5m, number.Min, number.Max).ToString("0.############", CultureInfo.InvariantCulture),
        ItemType.CodeList list => list.Codes[0].Code,
        ItemType.Boolean => "true",
        ItemType.IndividualNumber => IndividualNumber.FromBase(12_345_678_901).Reveal(),
        _ => null,
    };
}
