using InfoLink.Agent.People;

namespace InfoLink.Agent;

/// <summary>
/// The people of the agency: who may ask what, who may decide what, and how they stand on record. Without it the existing system answers for its people, and what it says of them is
/// recorded as it says it.
/// </summary>
public sealed class PeopleOptions
{
    internal static readonly string[] RecordedAs = ["name", "id", "department", "attribute"];

    /// <summary>
    /// A CSV file of the operators, with a heading: <c>id,name,attribute,department,roles,terminals,from,until</c>; only <c>id</c> and <c>roles</c> are needed. Several roles or terminals stand with spaces
    /// between them; a terminal may end with <c>*</c>. <c>from</c> and <c>until</c> (yyyy-MM-dd, both days included, Japan) let April's changes stand there beforehand: an operator may have several lines whose
    /// days do not meet. A file that is replaced is taken while the agent runs; one with errors is not, and is an alarm.
    /// </summary>
    public string Operators { get; set; } = "";

    /// <summary><c>utf-8</c> or <c>shift_jis</c>.</summary>
    public string Encoding { get; set; } = "utf-8";

    /// <summary>Column → heading, for columns that have another name in the file: <c>"id": "職員番号"</c>.</summary>
    public IDictionary<string, string> Columns { get; set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>How an operator stands in items ⑦ and ⑧ of the access log: <c>name</c> (with the id), <c>id</c>, <c>department</c> or <c>attribute</c>. The agency chooses; with the last two its own log does not tell one from another.</summary>
    public string Record { get; set; } = "name";

    /// <summary>Role → what it may.</summary>
    public IDictionary<string, RoleOptions> Roles { get; set; } = new Dictionary<string, RoleOptions>(StringComparer.Ordinal);

    /// <summary>Questions that a second person releases before they are asked. Null: none.</summary>
    public FourEyesOptions? FourEyes { get; set; }

    internal IEnumerable<string> Errors(AgentOptions options)
    {
        foreach (var error in FourEyes?.Errors() ?? [])
        {
            yield return error;
        }

        if (!RecordedAs.Contains(Record, StringComparer.Ordinal))
        {
            yield return $"people: record: one of {string.Join(", ", RecordedAs)}.";
        }

        if (Roles.Count == 0)
        {
            yield return "people: roles: there is none, so nobody could ask.";
        }

        foreach (var (name, role) in Roles)
        {
            if (name.Length is 0 or > 100 || name.Any(char.IsWhiteSpace))
            {
                yield return $"people: roles: '{name}' is no name of 1 to 100 characters without spaces.";
            }

            if (role is null)
            {
                yield return $"people: roles, {name}: null says nothing of what it may.";
                continue;
            }

            foreach (var pattern in role.Ask.Concat(role.Answer).Concat(role.Release).Where(pattern => !EntryPattern.TryParse(pattern, out _)))
            {
                yield return $"people: roles, {name}: '{pattern}' is neither an entry's id nor the beginning of one with * behind it.";
            }
        }

        if (Operators.Length > 0 && RecordedAs.Contains(Record, StringComparer.Ordinal))
        {
            foreach (var error in OperatorFile.Read(this, options.Full(Operators)).Errors)
            {
                yield return $"people: operators: {error}";
            }
        }
    }
}

/// <summary>What the operators of a role may.</summary>
public sealed class RoleOptions
{
    /// <summary>Entries that they may ask under: ids, or beginnings with <c>*</c> behind (<c>106.*</c>; <c>*</c>: all).</summary>
    public IList<string> Ask { get; set; } = [];

    /// <summary>Entries under which they may decide on answers; in the same form.</summary>
    public IList<string> Answer { get; set; } = [];

    /// <summary>Entries under which they may release what others want to ask (<see cref="FourEyesOptions"/>); in the same form.</summary>
    public IList<string> Release { get; set; } = [];

    /// <summary>Links, blocks, remedy, imports: what changes what the agent does.</summary>
    public bool Operate { get; set; }

    /// <summary>Reading the agency's own access log.</summary>
    public bool Audit { get; set; }
}
