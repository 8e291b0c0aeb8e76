using System.Collections.Frozen;
using System.Collections.Immutable;

namespace InfoLink.Authoring;

/// <summary>
/// Named members in the order their author gave them: the items of a layout, the codes of a list, the roles of an entry. People write a mapping;
/// canonical JSON sorts the members of an object, so there they are an array of objects with one member each.
/// </summary>
internal static class OrderedMembers
{
    /// <summary>The fields whose members have an order.</summary>
    public static FrozenSet<string> Names { get; } = FrozenSet.Create(StringComparer.Ordinal, "items", "codes", "roles");

    /// <summary>The members in either form; null: this is neither.</summary>
    public static ImmutableArray<DocumentField>? Of(DocumentNode node) => node switch
    {
        DocumentNode.Mapping mapping => mapping.Fields,
        DocumentNode.Sequence { Nodes.Length: > 0 } list when list.Nodes.All(member => member is DocumentNode.Mapping { Fields.Length: 1 }) =>
            [.. list.Nodes.Select(member => ((DocumentNode.Mapping)member).Fields[0])],
        _ => null,
    };

    /// <summary>A catalog's tree with its ordered members as lists; any other tree as it is.</summary>
    public static DocumentNode.Mapping Kept(DocumentNode.Mapping root) => root with
    {
        Fields = [.. root.Fields.Select(section => section.Key switch
        {
            "kinds" => Each(section, kind => Inside(kind, "items", items => Each(items, item => Inside(item, "codes", AsList)), AsList)),
            "entries" => Each(section, entry => Inside(entry, "roles", AsList)),
            _ => section,
        })],
    };

    private static DocumentField Each(DocumentField field, Func<DocumentField, DocumentField> change) => field.Value is DocumentNode.Mapping mapping
        ? field with { Value = mapping with { Fields = [.. mapping.Fields.Select(change)] } }
        : field;

    private static DocumentField Inside(DocumentField field, string name, params Func<DocumentField, DocumentField>[] changes) =>
        Each(field, member => string.Equals(member.Key, name, StringComparison.Ordinal) ? changes.Aggregate(member, (sum, change) => change(sum)) : member);

    private static DocumentField AsList(DocumentField field) => field.Value is DocumentNode.Mapping mapping
        ? field with { Value = new DocumentNode.Sequence(mapping.Line, [.. mapping.Fields.Select(member => new DocumentNode.Mapping(member.KeyLine, [member]))]) }
        : field;
}
