using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent.Sources;

/// <summary>Makes a kind's items of what an existing system has of a person, all of them or none.</summary>
internal sealed class ItemMap(IEnumerable<KeyValuePair<string, ItemMapOptions>> map)
{
    private readonly List<(string Item, ItemMapping Mapping)> _items = [.. map.Select(item => (item.Key, new ItemMapping(item.Key, item.Value)))];

    /// <summary>By item: what is done to its text.</summary>
    public IReadOnlyDictionary<string, string> Steps => _items.ToDictionary(each => each.Item, each => each.Mapping.Steps, StringComparer.Ordinal);

    public IReadOnlyList<MappedItem> Apply(SourceRecord record) => [.. _items.Select(each => each.Mapping.Apply(record))];

    /// <exception cref="MappingException">An item cannot be made: all errors.</exception>
    public Items ToItems(KindId kind, SourceRecord record)
    {
        var mapped = Apply(record);
        return mapped.Select(each => each.Error).OfType<MappingError>().ToList() is { Count: > 0 } errors ? throw new MappingException(kind, errors) : ItemsOf(mapped);
    }

    public static Items ItemsOf(IEnumerable<MappedItem> mapped)
    {
        var items = new Items();
        foreach (var each in mapped.Where(each => each.Answer is not null))
        {
            items.Add(each.Item, each.Answer!);
        }

        return items;
    }

    /// <summary>What of a source's map does not fit the layout of its kind, where it is for this catalog's days; a kind that the catalog does not define is told elsewhere.</summary>
    public static IEnumerable<string> Misfits(SourceOptions source, StatuteCatalog catalog)
    {
        if (source.Map is not { } map || !source.Covers(catalog) || !KindId.TryParse(source.Kind, out var id) || !catalog.Kinds.TryGetValue(id, out var kind))
        {
            yield break;
        }

        var at = $"sources, {source.Kind}, map";
        foreach (var (name, options) in map)
        {
            if (kind.Items.FirstOrDefault(item => string.Equals(item.Id, name, StringComparison.Ordinal)) is not { } item)
            {
                yield return $"{at}, {name}: the layout has no such item; it has {string.Join(", ", kind.Items.Select(each => each.Id))}.";
            }
            else if (options is not null)
            {
                foreach (var misfit in Misfits(kind, item, options))
                {
                    yield return $"{at}, {name}: {misfit}";
                }
            }
        }

        foreach (var item in kind.Items.Where(item => item.Required && !map.ContainsKey(item.Id)))
        {
            yield return $"{at}: the required item '{item.Id}' is missing.";
        }
    }

    private static IEnumerable<string> Misfits(InformationKind kind, DataItem item, ItemMapOptions options)
    {
        foreach (var code in options.Codes.Values.Distinct(StringComparer.Ordinal))
        {
            if (code is not null && Layout.Check(kind with { Items = [item] }, new Items { { item.Id, code } }) is [var broken, ..])
            {
                yield return $"codes: '{code}' is not a value of this item ({broken.Rule}).";
            }
        }

        // The default may be a reason that the item does not take: where the system has a value for everybody, nothing is amiss.
        var said = string.Equals(options.WhenNull, AbsenceReason.NotRecorded.Id, StringComparison.Ordinal) && options.From.Length > 0 ? [] : (string[])[options.WhenNull];
        foreach (var reason in said.Concat(options.Absences.Values).Distinct(StringComparer.Ordinal))
        {
            if (AbsenceReason.TryParse(reason, out var known) && !item.AbsenceReasons.Contains(known))
            {
                yield return $"the layout does not take '{reason}' here; it takes {(item.AbsenceReasons.IsEmpty ? "a value only" : string.Join(", ", item.AbsenceReasons))}.";
            }
        }

        if (item.Required && string.Equals(options.WhenNull, ItemMapOptions.Omit, StringComparison.Ordinal))
        {
            yield return "a required item is not omitted; say the reason.";
        }

        if (options.Date.Length > 0 && item.Type is not ItemType.Date)
        {
            yield return "date: this item is not a date.";
        }

        if (options.True.Count > 0 && item.Type is not ItemType.Boolean)
        {
            yield return "true and false: this item is not a boolean.";
        }

        if (options.Number && item.Type is not (ItemType.Integer or ItemType.Decimal))
        {
            yield return "number: this item is not a number.";
        }
    }
}

/// <summary>What an existing system has of a person does not map. The message names kind, items and causes, and holds no value.</summary>
internal sealed class MappingException(KindId kind, IReadOnlyList<MappingError> errors) : Exception($"{kind}: {string.Join("; ", errors)}")
{
    public IReadOnlyList<MappingError> Errors { get; } = errors;
}
