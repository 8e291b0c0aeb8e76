using InfoLink.Agent.Asking;
using InfoLink.Agent.Asking.Folders;
using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent;

/// <summary>
/// A folder in which a system that can only write files puts its questions: what is put into <c>in</c> is asked about as <c>infolink-agent bulk</c> would, its results come to <c>out</c>, the file goes to <c>done</c>, and
/// what cannot be asked to <c>failed</c> with the reason beside it. The question is the same for every file; lines say the rest. See SPEC §21.
/// </summary>
public sealed class FolderOptions
{
    private const int Most = 100;
    private const int LongestText = 200;
    private const int LongestCase = 500;

    /// <summary>A name of its own, 1 to 40 of a-z, 0-9 and '-'; jobs begin with it.</summary>
    public string Name { get; set; } = "";

    /// <summary>
    /// The folder, on one file system; it holds <c>in</c>, <c>out</c>, <c>done</c>, <c>failed</c> and the agent's own <c>work</c>, which it makes where they are not there. Only the agent's user may write it and what is
    /// in it; <c>in</c> a group too, of which the system is.
    /// </summary>
    public string Folder { get; set; } = "";

    /// <summary>Whose files they are: the name of a system in <c>local.keys</c>. It asks under no entry that its key has not, and what people answer later is told to its callback.</summary>
    public string Caller { get; set; } = "";

    /// <summary>The entry that is asked under.</summary>
    public string Entry { get; set; } = "";

    /// <summary>Which kinds of the entry; empty: all.</summary>
    public IList<string> Kinds { get; set; } = [];

    /// <summary>Who is asked, where a line does not say; empty: who by the kinds' rule holds the information.</summary>
    public string Provider { get; set; } = "";

    /// <summary>Whose data, where a line does not say; may stay empty where the entry covers one role only.</summary>
    public string Role { get; set; } = "";

    /// <summary>Conditions, where the entry has any; a line's tax year goes before.</summary>
    public FolderConditions? Conditions { get; set; }

    /// <summary>Who answers for the files; an operator of the agency's list, where it has one.</summary>
    public string Operator { get; set; } = "";

    /// <summary>The terminal on record.</summary>
    public string Terminal { get; set; } = "";

    /// <summary>What the information is used for (用途); it stands on record.</summary>
    public string Use { get; set; } = "";

    /// <summary>The agency's own case, where a line does not say.</summary>
    public string Case { get; set; } = "";

    /// <summary><c>utf-8</c> or <c>shift_jis</c>.</summary>
    public string Encoding { get; set; } = "utf-8";

    /// <summary>Column → heading, for columns that have another name in the files: <c>"id": "宛名番号"</c>.</summary>
    public IDictionary<string, string> Columns { get; set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Form of the results: <c>csv</c> or <c>jsonl</c>; UTF-8.</summary>
    public string Results { get; set; } = "csv";

    /// <summary>The folder's group may read results and errors (0640); else the agent's user alone (0600).</summary>
    public bool GroupReads { get; set; }

    /// <summary>
    /// A file is whole when the system puts another beside it whose name has this behind it (<c>.ready</c>: <c>a.csv</c> and <c>a.csv.ready</c>). Empty: when neither its length nor its time has changed for
    /// <see cref="QuietSeconds"/>. A system that can, writes under a name that begins with a dot and renames.
    /// </summary>
    public string Marker { get; set; } = "";

    /// <summary>Without a <see cref="Marker"/>: how long a file must not have changed, in seconds; 0 to 3,600. 0 only for a system that renames.</summary>
    public int QuietSeconds { get; set; } = 10;

    /// <summary>How often the agent looks, in seconds; 1 to 3,600.</summary>
    public int EverySeconds { get; set; } = 5;

    /// <summary>Files that are asked at the same time; 1 to 8. The others wait in <c>in</c>.</summary>
    public int AtOnce { get; set; } = 1;

    /// <summary>Largest file, in megabytes; 1 to 1,024.</summary>
    public int MostMegabytes { get; set; } = 64;

    /// <summary>After how many days files in <c>done</c> are deleted; 0 to 3,650; 0: at once.</summary>
    public int KeepDays { get; set; } = 30;

    internal BulkQuestion Question(string source, string resultFile) => new(
        new Inquiry
        {
            Entry = EntryId.Parse(Entry),
            Provider = Provider.Length == 0 ? null : AgencyId.Parse(Provider),
            Role = Role.Length == 0 ? null : SubjectRole.Parse(Role),
            Kinds = [.. Kinds.Select(KindId.Parse)],
            Conditions = Conditions?.ToConditions() ?? InquiryConditions.None,
        },
        resultFile,
        source);

    internal Asker Asker => new(Operator, Terminal, Use, Case) { Caller = Caller };

    internal static IEnumerable<string> ErrorsOf(AgentOptions options)
    {
        if (options.Folders.Count > Most || options.Folders.Contains(null!))
        {
            yield return $"folders: at most {Most}, and null is none.";
            yield break;
        }

        foreach (var same in options.Folders.GroupBy(folder => folder.Name, StringComparer.Ordinal).Where(same => same.Skip(1).Any()))
        {
            yield return $"folders: two have the name '{same.Key}'.";
        }

        foreach (var error in options.Folders.SelectMany(folder => folder.Errors(options)))
        {
            yield return $"folders: {error}";
        }
    }

    private IEnumerable<string> Errors(AgentOptions options)
    {
        if (Name.Length is 0 or > 40 || !Name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-'))
        {
            yield return "a name has 1 to 40 of a-z, 0-9 and '-'.";
        }

        if (!options.Local.Keys.Any(key => string.Equals(key?.Name, Caller, StringComparison.Ordinal)))
        {
            yield return $"{Name}: caller: local.keys has no '{Caller}'. Make it a key with infolink-agent key.";
        }

        if (!EntryId.TryParse(Entry, out var entry))
        {
            yield return $"{Name}: entry: '{Entry}' is no entry's id.";
        }
        else if (options.Local.Keys.FirstOrDefault(key => string.Equals(key?.Name, Caller, StringComparison.Ordinal)) is { } key && !key.MayAsk(entry))
        {
            yield return $"{Name}: entry: the key of '{Caller}' does not ask under '{Entry}'.";
        }

        if (Kinds.Any(kind => kind is null || !KindId.TryParse(kind, out _)))
        {
            yield return $"{Name}: kinds: one of them is no kind.";
        }

        if ((Provider.Length > 0 && !AgencyId.TryParse(Provider, out _)) || (Role.Length > 0 && !SubjectRole.TryParse(Role, out _)))
        {
            yield return $"{Name}: provider is an agency's id, and role a role, or empty.";
        }

        if (Conditions is { IsBackwards: true })
        {
            yield return $"{Name}: conditions: from and to are two days, in this order, or neither is said.";
        }

        if (new[] { Operator, Terminal, Use }.Any(text => string.IsNullOrWhiteSpace(text) || text.Length > LongestText) || Case.Length > LongestCase)
        {
            yield return $"{Name}: say who asks (operator), where (terminal) and what for (use); at most {LongestText} characters each, and {LongestCase} for the case.";
        }

        if (WrongForm() is { } wrong)
        {
            yield return $"{Name}: {wrong}";
        }

        if (Results is not ("csv" or "jsonl"))
        {
            yield return $"{Name}: results: csv or jsonl.";
        }

        if (Marker.Length > 0 && (Marker[0] != '.' || Marker.Length is < 2 or > 20 || !Marker.Skip(1).All(char.IsAsciiLetterOrDigit)))
        {
            yield return $"{Name}: marker: a dot with 1 to 19 letters or digits behind it, such as .ready.";
        }

        if (QuietSeconds is < 0 or > 3_600 || EverySeconds is < 1 or > 3_600 || AtOnce is < 1 or > 8 || MostMegabytes is < 1 or > 1_024 || KeepDays is < 0 or > 3_650)
        {
            yield return $"{Name}: quietSeconds: 0 to 3,600; everySeconds: 1 to 3,600; atOnce: 1 to 8; mostMegabytes: 1 to 1,024; keepDays: 0 to 3,650.";
        }

        foreach (var error in FolderPlaces.Errors(options, this))
        {
            yield return $"{Name}: {error}";
        }
    }

    private string? WrongForm()
    {
        try
        {
            _ = new AskFile("", Encoding, new Dictionary<string, string>(Columns, StringComparer.Ordinal));
            return Columns.Values.Any(string.IsNullOrEmpty) ? "columns: a heading is empty." : null;
        }
        catch (FormatException fault)
        {
            return fault.Message;
        }
    }
}

/// <summary>Inquiry conditions that hold for every file of a folder; days as <c>yyyy-MM-dd</c>.</summary>
public sealed class FolderConditions
{
    /// <summary>Western year in which the tax year begins.</summary>
    public int? TaxYear { get; set; }

    /// <summary>First day of a period; with <see cref="To"/>.</summary>
    public DateOnly? From { get; set; }

    /// <summary>Last day of a period.</summary>
    public DateOnly? To { get; set; }

    /// <summary>The day whose state is asked for.</summary>
    public DateOnly? AsOf { get; set; }

    /// <summary>The day of the claim that this serves.</summary>
    public DateOnly? ClaimedOn { get; set; }

    internal bool IsBackwards => From is null != To is null || From > To;

    internal InquiryConditions ToConditions() => new()
    {
        TaxYear = TaxYear,
        Period = From is { } from && To is { } to ? new InquiryPeriod(from, to) : null,
        AsOf = AsOf,
        ClaimedOn = ClaimedOn,
    };
}
