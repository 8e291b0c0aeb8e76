namespace InfoLink.Audit.Reconciling;

/// <summary>
/// Whether a record's absence says anything: only where every log of its custodian is at hand, the event is not so old that its record may have
/// expired, and not so new that the bundle may have been made before it.
/// </summary>
internal sealed class Coverage(IReadOnlyCollection<AuditedLog> logs, IReadOnlyDictionary<string, int> logsOf, TimeSpan margin)
{
    private readonly Dictionary<string, AuditedLog[]> _byCustodian =
        logs.GroupBy(log => log.Custodian, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.ToArray(), StringComparer.Ordinal);

    private readonly SortedSet<string> _missing = new(StringComparer.Ordinal);

    /// <summary>Custodians that were asked for and are not whole.</summary>
    public IReadOnlyList<string> Missing => [.. _missing];

    /// <summary>Are all its logs here?</summary>
    public bool Has(string custodian)
    {
        var whole = _byCustodian.TryGetValue(custodian, out var own) && own.Length >= logsOf.GetValueOrDefault(custodian, 1);
        if (!whole && _missing.Count < 10_000)
        {
            _missing.Add(custodian);
        }

        return whole;
    }

    /// <summary>What it means that this custodian has no record of something that follows from an event of this time.</summary>
    public Absence Of(string custodian, long timeMs, TimeSpan grace = default)
    {
        if (!Has(custodian))
        {
            return Absence.NotKnown;
        }

        var before = (long)(margin + grace).TotalMilliseconds;
        var own = _byCustodian[custodian];
        return own.Any(log => timeMs < log.From + before && log.From > long.MinValue + 1) ? Absence.NotKnown
            : own.Any(log => timeMs > log.Until - before) ? Absence.AtTheEnd
            : Absence.Certain;
    }
}

/// <summary>What a missing record means.</summary>
internal enum Absence
{
    /// <summary>Nothing: the custodian's logs are not all here, or the record may have expired.</summary>
    NotKnown,

    /// <summary>Little: the event lies so near the end of the bundle that its record may stand behind it.</summary>
    AtTheEnd,

    /// <summary>There is none.</summary>
    Certain,
}
