using InfoLink.Contracts.Catalog;

namespace InfoLink.Authoring;

/// <summary>
/// The categories of a catalog. Here and in the other sections a member that is itself in error stays in the result as null: it is named,
/// so references to it are not reported as dangling on top.
/// </summary>
internal static class CategoryReader
{
    private const int Most = 1_000;

    public static Dictionary<CategoryId, AgencyCategory?> Read(Spot? section)
    {
        var categories = new Dictionary<CategoryId, AgencyCategory?>();
        foreach (var (_, key, value) in section?.Map(Most) ?? [])
        {
            if (key.Value<CategoryId>(CategoryId.TryParse, "a category id: 1 to 64 characters of a-z, 0-9, '.' and '-'") is { } id)
            {
                categories[id] = value.Both() is { } name ? new AgencyCategory(id, name) : null;
            }
        }

        return categories;
    }

    /// <summary>A reference to a category.</summary>
    public static CategoryId? Reference(Spot spot, Dictionary<CategoryId, AgencyCategory?> categories)
    {
        var id = spot.Value<CategoryId>(CategoryId.TryParse, "a category id");
        if (id is { } named && !categories.ContainsKey(named))
        {
            spot.Fail($"There is no category '{named}'. Add it under 'categories', or name one that is there.");
            return null;
        }

        return id;
    }
}

/// <summary>A task (事務) with its purpose: written once, named by each of its leaves.</summary>
internal sealed record AuthoredTask(Bilingual Task, Bilingual Purpose);

internal static class TaskReader
{
    private const int Most = 10_000;

    public static Dictionary<string, AuthoredTask> Read(Spot? section)
    {
        var tasks = new Dictionary<string, AuthoredTask>(StringComparer.Ordinal);
        foreach (var (name, _, value) in section?.Map(Most) ?? [])
        {
            var fields = value.Fields("task", "purpose");
            tasks[name] = fields is null ? Unknown : new AuthoredTask(fields.Both("task"), fields.Both("purpose"));
        }

        return tasks;
    }

    /// <summary>A reference to a task; what stands in for one in error never leaves the reader.</summary>
    public static AuthoredTask Reference(Spot? spot, Dictionary<string, AuthoredTask> tasks)
    {
        if (spot?.Text() is not { } name)
        {
            return Unknown;
        }

        if (tasks.TryGetValue(name, out var task))
        {
            return task;
        }

        spot.Value.Fail($"There is no task '{name}'. Add it under 'tasks', or name one that is there.");
        return Unknown;
    }

    private static readonly AuthoredTask Unknown = new(new Bilingual("", ""), new Bilingual("", ""));
}
