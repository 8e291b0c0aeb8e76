namespace InfoLink.Authoring;

/// <summary>The entries of a catalog as errors name them, by the path under which they stand in the file.</summary>
internal sealed class LawPlaces
{
    private const int Longest = 64;
    private readonly Dictionary<string, LawPlace> _byPath = new(StringComparer.Ordinal);

    public static LawPlaces None { get; } = new();

    public static LawPlaces In(Spot? entries)
    {
        var places = new LawPlaces();
        if (entries?.Node is DocumentNode.Mapping mapping)
        {
            foreach (var field in mapping.Fields)
            {
                var entry = field.Value as DocumentNode.Mapping;
                var path = Spot.Join(entries.Value.Path, field.Key);
                places._byPath.TryAdd(path, new LawPlace(Spot.Shown(field.Key, Longest), Text(entry, "row"), Text(entry, "leaf")));
            }
        }

        return places;
    }

    /// <summary>The entry with this id; null: the catalog has none.</summary>
    public LawPlace? Entry(string id) => _byPath.GetValueOrDefault(Spot.Join("entries", id));

    /// <summary>The entry that the path leads into; null: it leads elsewhere.</summary>
    public LawPlace? Of(string path)
    {
        if (_byPath.Count == 0 || !path.StartsWith("entries", StringComparison.Ordinal) || path.Length < 9)
        {
            return null;
        }

        // entries[106.municipality.108-1-ro].row, or entries.plain.row
        var end = path[7] == '[' ? path.IndexOf(']', StringComparison.Ordinal) + 1 : path.AsSpan(8).IndexOfAny('.', '[') is var at && at < 0 ? path.Length : at + 8;
        return _byPath.GetValueOrDefault(path[..end]);
    }

    private static string Text(DocumentNode.Mapping? entry, string field) =>
        entry?.Find(field) is DocumentNode.Scalar scalar ? Spot.Shown(scalar.Text, Longest) : "";
}
