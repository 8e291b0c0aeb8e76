using InfoLink.Contracts.Identifiers;
using InfoLink.V1;

namespace InfoLink.Broker.AccessLog;

/// <summary>
/// Keeps a member that is refused again and again from filling the log: in each minute its first refusals stand each in a record of its own,
/// the rest in one counted record, written when the minute is over. Nothing is left out, only summed.
/// </summary>
internal sealed class RefusalLimit(TimeProvider time)
{
    /// <summary>Refusals of one member in one minute that get a record each.</summary>
    public const int Each = 60;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    private readonly Lock _gate = new();
    private readonly Dictionary<AgencyId, MemberWindow> _windows = [];

    /// <summary>True where this refusal gets a record of its own; else it has been counted.</summary>
    public bool Admit(AgencyId member, RefusalName name)
    {
        lock (_gate)
        {
            var window = WindowOf(member);
            if (window.Recorded < Each)
            {
                window.Recorded++;
                return true;
            }

            window.Counted[name] = window.Counted.GetValueOrDefault(name) + 1;
            return false;
        }
    }

    /// <summary>The counts of minutes that are over, which the caller puts on record.</summary>
    /// <param name="all">Also of the minute that runs, at shutdown.</param>
    public IReadOnlyList<CountedRefusals> TakeFinished(bool all = false)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            var finished = _windows.Where(window => all || now - window.Value.Start >= Window).ToList();
            foreach (var (member, _) in finished)
            {
                _windows.Remove(member);
            }

            return
            [
                .. finished.SelectMany(window => window.Value.Counted
                    .Select(counted => new CountedRefusals(window.Key, counted.Key, counted.Value))),
            ];
        }
    }

    /// <summary>Puts back what could not be put on record.</summary>
    public void Return(IEnumerable<CountedRefusals> unrecorded)
    {
        lock (_gate)
        {
            foreach (var counted in unrecorded)
            {
                var window = WindowOf(counted.Member);
                window.Counted[counted.Name] = window.Counted.GetValueOrDefault(counted.Name) + counted.Count;
            }
        }
    }

    private MemberWindow WindowOf(AgencyId member) =>
        _windows.TryGetValue(member, out var open) ? open : _windows[member] = new MemberWindow(time.GetUtcNow());

    private sealed class MemberWindow(DateTimeOffset start)
    {
        public DateTimeOffset Start { get; } = start;

        public int Recorded { get; set; }

        public Dictionary<RefusalName, int> Counted { get; } = [];
    }
}

/// <summary>How often a member was refused with one name, beyond what was recorded one by one.</summary>
internal sealed record CountedRefusals(AgencyId Member, RefusalName Name, int Count);
