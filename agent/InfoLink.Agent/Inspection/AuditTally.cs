using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Transparency;
using InfoLink.V1;

namespace InfoLink.Agent.Inspection;

/// <summary>Counts what a log says, record by record, in bounded memory.</summary>
internal sealed class AuditTally(AuditScope scope)
{
    /// <summary>Who answers where no person does.</summary>
    private const string Automatic = "automatic";

    private const int Household = 10;
    private const int MostCounted = 1_000_000;
    private const int MostShown = 5;
    private readonly Dictionary<string, Sum> _operators = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Sum> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Operator, string Code), Finding> _same = [];
    private readonly Dictionary<(string Operator, DateOnly Day), Finding> _days = [];
    private readonly Dictionary<string, Finding> _hours = new(StringComparer.Ordinal);
    private readonly List<AuditedAccess> _accesses = [];
    private bool _isCut;

    public void Add(StoredEntry entry)
    {
        var (open, time) = (entry.Open, OwnAudit.TimeOf(entry));
        if (time < scope.From || time > scope.Until || entry.Particulars is not { Operator: not Automatic } particulars
            || (scope.Operator is { } one && !string.Equals(particulars.Operator, one, StringComparison.Ordinal))
            || (scope.Entry is { } wanted && !string.Equals(open.Entry, wanted.Value, StringComparison.Ordinal)))
        {
            return;
        }

        List(entry);
        if (open.Event == AccessEvent.Refused)
        {
            Of(_operators, particulars.Operator).Refused++;
            Of(_entries, open.Entry).Refused++;
        }
        else if (open.Event == AccessEvent.Asked)
        {
            foreach (var sum in new[] { Of(_operators, particulars.Operator), Of(_entries, open.Entry) })
            {
                sum.Questions++;
                sum.Persons += open.Count;
            }

            Weigh(entry, particulars.Operator, time);
        }
    }

    public AuditReport Report() => new(
        Sums(_operators),
        Sums(_entries),
        [
            .. Findings("outside-hours", _hours.Select(one => (one.Key, one.Value)), atLeast: 1),
            .. Findings("many-persons", _days.Select(one => (one.Key.Operator, one.Value)), atLeast: scope.PersonsADay + 1),
            .. Findings("same-person", _same.Select(one => (one.Key.Operator, one.Value)), atLeast: scope.SamePerson),
            .. _operators.Where(one => one.Value.Refused > 0).OrderByDescending(one => one.Value.Refused).Select(one => new AuditFinding("refused", one.Key, one.Value.Refused, [])),
        ],
        _accesses,
        _isCut);

    /// <summary>What is unusual: by the hour, by how many on a day, by one person again and again. A bulk of many persons is one act of an office, and no curiosity.</summary>
    private void Weigh(StoredEntry entry, string @operator, DateTimeOffset time)
    {
        var local = time.ToOffset(TimeSpan.FromHours(9));
        if (local.Hour < scope.Hours.From || local.Hour >= scope.Hours.Until || local.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday)
        {
            Of(_hours, @operator).Add(1, entry.Serial);
        }

        if (entry.Subjects.Count >= Household)
        {
            return;
        }

        Of(_days, (@operator, JapanTime.CivilDate(time))).Add(entry.Subjects.Count, entry.Serial);
        foreach (var code in entry.Subjects.Select(subject => subject.OwnLinkCode).OfType<byte[]>())
        {
            Of(_same, (@operator, Convert.ToHexString(code))).Add(1, entry.Serial);
        }
    }

    /// <summary>One record as whoever looks sees it; what was asked by nobody in particular, or expired, names no operator.</summary>
    public static AuditedAccess Read(StoredEntry entry)
    {
        var (open, who) = (entry.Open, entry.Particulars);
        return new AuditedAccess(
            entry.Serial,
            OwnAudit.TimeOf(entry),
            open.Event.ToString().ToUpperInvariant(),
            ExchangeId.TryFromBytes(open.ExchangeId.Span, out var id) ? id : default(ExchangeId?),
            open.Entry,
            open.Requester,
            open.Provider,
            who?.Operator ?? "",
            who?.Terminal ?? "",
            who?.Use ?? "",
            who?.CaseReference ?? "",
            (int)open.Count,
            RefusalTable.TryOf(open.Refusal, out var row) ? row!.Text : "");
    }

    private void List(StoredEntry entry)
    {
        if (_accesses.Count == OwnAudit.MostListed)
        {
            _isCut = true;
            return;
        }

        _accesses.Add(Read(entry));
    }

    private static IReadOnlyList<AuditSum> Sums(Dictionary<string, Sum> sums) =>
        [.. sums.OrderByDescending(one => one.Value.Persons).ThenBy(one => one.Key, StringComparer.Ordinal).Select(one => new AuditSum(one.Key, one.Value.Questions, one.Value.Persons, one.Value.Refused))];

    private static IEnumerable<AuditFinding> Findings(string what, IEnumerable<(string Operator, Finding Found)> all, long atLeast) =>
        all.Where(one => one.Found.Times >= atLeast).OrderByDescending(one => one.Found.Times).Take(OwnAudit.MostListed).Select(one => new AuditFinding(what, one.Operator, one.Found.Times, one.Found.Serials));

    /// <summary>What is counted under this key; beyond the bound, something that nobody looks at.</summary>
    private T Of<TKey, T>(Dictionary<TKey, T> all, TKey key)
        where TKey : notnull
        where T : new()
    {
        if (all.TryGetValue(key, out var found))
        {
            return found;
        }

        found = new T();
        _isCut |= all.Count >= MostCounted || !all.TryAdd(key, found);
        return found;
    }

    private sealed class Sum
    {
        public long Questions { get; set; }

        public long Persons { get; set; }

        public long Refused { get; set; }
    }

    private sealed class Finding
    {
        public long Times { get; private set; }

        public List<long> Serials { get; } = [];

        public void Add(int times, long serial)
        {
            Times += times;
            if (Serials.Count < MostShown)
            {
                Serials.Add(serial);
            }
        }
    }
}
