using InfoLink.Agent.People;

namespace InfoLink.Agent;

/// <summary>Questions that a second person releases before anything of them leaves (SPEC §22).</summary>
public sealed class FourEyesOptions
{
    /// <summary>Entries: ids, or beginnings with <c>*</c> behind. Who releases has a role whose <see cref="RoleOptions.Release"/> covers the entry.</summary>
    public IList<string> Entries { get; set; } = [];

    /// <summary>How long a question waits, and how long a release holds, in hours from the asking; 1 to 720.</summary>
    public int Hours { get; set; } = 24;

    /// <summary>How many questions wait at the most; 1 to 100,000. Beyond that: OVERLOADED.</summary>
    public int Most { get; set; } = 1_000;

    internal IEnumerable<string> Errors()
    {
        foreach (var pattern in Entries.Where(pattern => !EntryPattern.TryParse(pattern, out _)))
        {
            yield return $"people: fourEyes: entries: '{pattern}' is neither an entry's id nor the beginning of one with * behind it.";
        }

        if (Hours is < 1 or > 720 || Most is < 1 or > 100_000)
        {
            yield return "people: fourEyes: hours: 1 to 720; most: 1 to 100,000.";
        }
    }
}
