using System.Text.Json.Serialization;

namespace InfoLink.Audit.Logs;

/// <summary>One thing in a log that is not as it must be.</summary>
/// <param name="Name">A row of <see cref="FindingTable"/>.</param>
/// <param name="Detail">What exactly, in names of fields and places; never a value of a record.</param>
public sealed record LogFinding(string Name, string Detail)
{
    /// <summary>The first record concerned, from 0; for a tile the first that it covers. Null where no record is.</summary>
    public long? Serial { get; init; }

    /// <summary>Where it cannot be told which one of several records it is: the last of them.</summary>
    public long? LastSerial { get; init; }

    /// <summary>The tile, file or row concerned, by its path in the log's layout.</summary>
    public string? Path { get; init; }

    /// <summary>For a fork: both checkpoints, whole.</summary>
    public IReadOnlyList<string>? Checkpoints { get; init; }

    public Severity Severity => FindingTable.Of(Name).Severity;

    /// <summary>Record or tile, as people name it.</summary>
    [JsonIgnore]
    public string Place => (Path, Serial, LastSerial) switch
    {
        ({ } path, { } serial, null) => $"{path} (record {serial})",
        ({ } path, _, _) => path,
        (null, { } serial, null) => $"record {serial}",
        (null, { } serial, { } last) => $"records {serial} to {last}",
        _ => "the log",
    };

    public override string ToString() => $"{Name}: {Place}: {Detail}";
}

/// <summary>What checking a log came to.</summary>
public sealed record LogReport
{
    /// <summary>Where it was read from.</summary>
    public required string Source { get; init; }

    public required string Origin { get; init; }

    /// <summary>Whose log the member list says that it is; null where no list was given.</summary>
    public string? Custodian { get; init; }

    /// <summary>Records that were checked.</summary>
    public long Records { get; init; }

    /// <summary>Of these, the ones whose content is gone and of which the entry alone was checked.</summary>
    public long Expired { get; init; }

    /// <summary>Records behind the newest published checkpoint: no signature covers them yet.</summary>
    public long Unpublished { get; init; }

    /// <summary>Entries in the newest published checkpoint; null where there is none that holds.</summary>
    public long? Checkpoint { get; init; }

    /// <summary>Known witnesses that cosigned it.</summary>
    public IReadOnlyList<string> CosignedBy { get; init; } = [];

    /// <summary>Earlier or others' checkpoints that it was held against.</summary>
    public int Compared { get; init; }

    /// <summary>By place, the first first; at most <see cref="Findings.Most"/>.</summary>
    public IReadOnlyList<LogFinding> Findings { get; init; } = [];

    /// <summary>All of them, listed or not.</summary>
    public long Count { get; init; }

    /// <summary>Nothing but notices.</summary>
    public bool Sound { get; init; }

    /// <summary>The first record or tile that is not as it must be.</summary>
    public LogFinding? First => Findings.FirstOrDefault(finding => finding.Severity != Severity.Notice);
}

/// <summary>Collects findings without growing with the damage.</summary>
internal sealed class Findings
{
    /// <summary>Findings that a report lists.</summary>
    public const int Most = 1000;

    private readonly List<LogFinding> _kept = [];

    public long Count { get; private set; }

    public bool Sound { get; private set; } = true;

    public IReadOnlyList<LogFinding> ByPlace => [.. _kept.OrderBy(finding => finding.Serial ?? long.MaxValue)];

    public void Add(LogFinding finding)
    {
        Count++;
        Sound &= finding.Severity == Severity.Notice;
        if (_kept.Count < Most)
        {
            _kept.Add(finding);
        }
    }

    public void Add(string name, string detail, long? serial = null, long? last = null, string? path = null) =>
        Add(new LogFinding(name, detail) { Serial = serial, LastSerial = last == serial ? null : last, Path = path });
}
