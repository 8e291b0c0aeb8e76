using System.Collections.Immutable;

namespace InfoLink.Authoring;

/// <summary>What became of a part of a document.</summary>
public enum ChangeOf
{
    Added,
    Removed,
    Changed,
}

/// <summary>One difference between two versions of a document.</summary>
/// <param name="Section">The top field it lies in: entries, kinds, tasks, categories, examples, agencies, broker, keys …</param>
/// <param name="Path">Path of the part, as errors name it.</param>
/// <param name="Change">A part that stands only in the new version, only in the old one, or in both and differs.</param>
/// <param name="Before">The text, or canonical JSON of more than a text; null where it was added.</param>
/// <param name="After">The text, or canonical JSON of more than a text; null where it was removed.</param>
public sealed record DocumentChange(string Section, string Path, ChangeOf Change, string? Before, string? After)
{
    /// <summary>The catalog entry that it is in; null: none.</summary>
    public LawPlace? Law { get; init; }

    /// <summary>Ids of the entries that say something else by it: those of a changed task, kind or category.</summary>
    public IReadOnlyList<string> Concerns { get; init; } = [];
}

/// <summary>
/// The differences between two versions of one kind, whichever forms they are in. What every version has of its own (type, platform, hash of the one
/// before, time of issue) is no difference; blanks, comments and the order of fields in YAML are none either.
/// </summary>
public static class DocumentDiff
{
    private static readonly string[] OfEachVersion = ["type", "platform", "version", "previous", "issued"];

    /// <returns>In the order of the sections' names and paths.</returns>
    /// <exception cref="ArgumentException">Two different kinds.</exception>
    public static IReadOnlyList<DocumentChange> Between(DocumentFile before, DocumentFile after)
    {
        if (before.Kind != after.Kind)
        {
            throw new ArgumentException($"'{before.Name}' is another kind of document than '{after.Name}'.", nameof(after));
        }

        var changes = new List<DocumentChange>();
        Mappings("", "", before.Root.Without(OfEachVersion), after.Root.Without(OfEachVersion), changes);
        var (old, now) = (Places(before), Places(after));
        return [.. changes.Select(change => change with
        {
            Law = now.Of(change.Path) ?? old.Of(change.Path),
            Concerns = change.Section is "tasks" or "kinds" or "categories" ? Concerned(after.Root, change) : [],
        })];
    }

    private static void Nodes(string section, string path, DocumentNode before, DocumentNode after, List<DocumentChange> changes)
    {
        if (before is DocumentNode.Mapping oldFields && after is DocumentNode.Mapping newFields)
        {
            Mappings(section, path, oldFields, newFields, changes);
        }
        else if (before is DocumentNode.Sequence oldList && after is DocumentNode.Sequence newList)
        {
            Lists(section, path, oldList, newList, changes);
        }
        else if (!string.Equals(Shown(before), Shown(after), StringComparison.Ordinal) || before.GetType() != after.GetType())
        {
            changes.Add(new DocumentChange(section, path, ChangeOf.Changed, Shown(before), Shown(after)));
        }
    }

    private static void Mappings(string section, string path, DocumentNode.Mapping before, DocumentNode.Mapping after, List<DocumentChange> changes)
    {
        var old = before.Fields.ToDictionary(field => field.Key, field => field.Value, StringComparer.Ordinal);
        var now = after.Fields.ToDictionary(field => field.Key, field => field.Value, StringComparer.Ordinal);
        foreach (var key in old.Keys.Union(now.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var (own, part) = (section.Length == 0 ? key : section, Spot.Join(path, key));
            var (was, isNow) = (old.GetValueOrDefault(key), now.GetValueOrDefault(key));
            if (was is not null && isNow is not null)
            {
                if (OrderedMembers.Names.Contains(key) && OrderedMembers.Of(was) is { } oldOnes && OrderedMembers.Of(isNow) is { } newOnes)
                {
                    Ordered(own, part, oldOnes, newOnes, changes);
                }
                else
                {
                    Nodes(own, part, was, isNow, changes);
                }
            }
            else if (path.Length == 0 && (was ?? isNow) is DocumentNode.Mapping whole)
            {
                // A section that comes or goes is told member by member.
                Nodes(own, part, was ?? whole with { Fields = [] }, isNow ?? whole with { Fields = [] }, changes);
            }
            else
            {
                changes.Add(new DocumentChange(
                    own, part, was is null ? ChangeOf.Added : ChangeOf.Removed, was is null ? null : Shown(was), isNow is null ? null : Shown(isNow)));
            }
        }
    }

    /// <summary>Members by name, and their order where nothing else says that it changed.</summary>
    private static void Ordered(string section, string path, ImmutableArray<DocumentField> before, ImmutableArray<DocumentField> after, List<DocumentChange> changes)
    {
        Mappings(section, path, new DocumentNode.Mapping(0, before), new DocumentNode.Mapping(0, after), changes);
        var (old, now) = (before.Select(field => field.Key).ToList(), after.Select(field => field.Key).ToList());
        if (!old.SequenceEqual(now, StringComparer.Ordinal) && old.ToHashSet(StringComparer.Ordinal).SetEquals(now))
        {
            changes.Add(new DocumentChange(section, path, ChangeOf.Changed, $"in the order {string.Join(", ", old)}", $"in the order {string.Join(", ", now)}"));
        }
    }

    /// <summary>Lists say which, not in which order; where only the order differs, the lists are shown.</summary>
    private static void Lists(string section, string path, DocumentNode.Sequence before, DocumentNode.Sequence after, List<DocumentChange> changes)
    {
        var old = before.Nodes.Select(Shown).ToList();
        var now = after.Nodes.Select(Shown).ToList();
        var removed = old.Except(now, StringComparer.Ordinal).ToList();
        var added = now.Except(old, StringComparer.Ordinal).ToList();
        changes.AddRange(removed.Select(text => new DocumentChange(section, path, ChangeOf.Removed, text, After: null)));
        changes.AddRange(added.Select(text => new DocumentChange(section, path, ChangeOf.Added, Before: null, text)));
        if (removed.Count == 0 && added.Count == 0 && !old.SequenceEqual(now, StringComparer.Ordinal))
        {
            changes.Add(new DocumentChange(section, path, ChangeOf.Changed, Shown(before), Shown(after)));
        }
    }

    private static List<string> Concerned(DocumentNode.Mapping root, DocumentChange change)
    {
        var defined = (root.Find(change.Section) as DocumentNode.Mapping)?.Fields.Select(field => field.Key)
            .Where(key => IsWithin(change.Path, Spot.Join(change.Section, key))).ToHashSet(StringComparer.Ordinal) ?? [];
        string[] fields = change.Section switch { "tasks" => ["task"], "kinds" => ["kinds"], _ => ["requester", "provider"] };
        return [.. ((root.Find("entries") as DocumentNode.Mapping)?.Fields ?? [])
            .Where(entry => entry.Value is DocumentNode.Mapping values && fields.SelectMany(field => Texts(values.Find(field))).Any(defined.Contains))
            .Select(entry => entry.Key)];
    }

    private static bool IsWithin(string path, string part) =>
        path.StartsWith(part, StringComparison.Ordinal) && (path.Length == part.Length || path[part.Length] is '.' or '[' || part.EndsWith(']'));

    private static IEnumerable<string> Texts(DocumentNode? node) => node switch
    {
        DocumentNode.Scalar scalar => [scalar.Text],
        DocumentNode.Sequence list => list.Nodes.OfType<DocumentNode.Scalar>().Select(scalar => scalar.Text),
        _ => [],
    };

    private static LawPlaces Places(DocumentFile file) =>
        file.Root.Find("entries") is { } entries ? LawPlaces.In(new Spot(entries, "entries", new ErrorSheet(file.Name))) : LawPlaces.None;

    private static string Shown(DocumentNode node) => node is DocumentNode.Scalar scalar ? scalar.Text : CanonicalJson.Text(node);
}
