using InfoLink.Audit.Logs;

namespace InfoLink.Audit.Reconciling;

/// <summary>What reconciling came to.</summary>
public sealed record ReconciliationReport
{
    /// <summary>Each bundle against itself, its signature, pins and the other bundles of its log.</summary>
    public required IReadOnlyList<LogReport> Bundles { get; init; }

    /// <summary>Custodians that take part in these exchanges and of whom no bundle, or not every log's, was given.</summary>
    public required IReadOnlyList<string> Missing { get; init; }

    /// <summary>Classes that could not be judged, or not everywhere, and why.</summary>
    public required IReadOnlyList<NotJudged> NotJudged { get; init; }

    /// <summary>Classes of which there is something.</summary>
    public required IReadOnlyList<ClassCount> Counts { get; init; }

    /// <summary>The first of each class.</summary>
    public required IReadOnlyList<Difference> Examples { get; init; }

    public long Records { get; init; }

    public long Exchanges { get; init; }

    /// <summary>Nothing but notices.</summary>
    public bool Sound => Counts.All(count => count.Severity == Severity.Notice);
}

/// <param name="Class">A row of <see cref="FindingTable"/>.</param>
/// <param name="Severity">The gravest among them.</param>
/// <param name="Count">How many.</param>
/// <param name="En">What the class means.</param>
/// <param name="Ja">The same in Japanese.</param>
public sealed record ClassCount(string Class, Severity Severity, long Count, string En, string Ja);

/// <param name="Class">A row of <see cref="FindingTable"/>.</param>
/// <param name="Why">What was missing.</param>
public sealed record NotJudged(string Class, string Why);

/// <summary>Counts differences and keeps the first of each class.</summary>
internal sealed class Tally(int examples, Action<Difference>? each)
{
    private readonly SortedDictionary<string, (Severity Gravest, long Count)> _counts = new(StringComparer.Ordinal);
    private readonly List<Difference> _examples = [];

    public IReadOnlyList<ClassCount> Counts =>
    [
        .. _counts.Select(count => new ClassCount(
            count.Key, count.Value.Gravest, count.Value.Count, FindingTable.Of(count.Key).En, FindingTable.Of(count.Key).Ja)),
    ];

    public IReadOnlyList<Difference> Examples => [.. _examples.OrderBy(example => example.Class, StringComparer.Ordinal)];

    /// <summary>So many of a class so far.</summary>
    public long CountOf(string name) => _counts.GetValueOrDefault(name).Count;

    public void Add(Difference difference)
    {
        var (gravest, count) = _counts.GetValueOrDefault(difference.Class);
        _counts[difference.Class] = ((Severity)Math.Max((int)gravest, (int)difference.Severity), count + 1);
        if (count < examples)
        {
            _examples.Add(difference);
        }

        each?.Invoke(difference);
    }
}
