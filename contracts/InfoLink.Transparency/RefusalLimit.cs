using InfoLink.Contracts.Identifiers;
using InfoLink.V1;

namespace InfoLink.Transparency;

/// <summary>
/// Keeps a member that is refused again and again from filling a log: in each minute its first refusals of each name stand each in a record of
/// its own, the rest in one counted record when the minute is over. Nothing is left out, only summed; and as each name has its own room, cheap
/// refusals cannot hide an alarm among them.
/// </summary>
public sealed class RefusalLimit(TimeProvider time)
{
    /// <summary>Refusals of one member by one name in one minute that get a record each.</summary>
    public const int Each = 60;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    private readonly Lock _gate = new();
    private readonly Dictionary<(AgencyId Member, RefusalName Name), Minute> _minutes = [];

    /// <summary>True where this refusal gets a record of its own; else it has been counted.</summary>
    public bool Admit(AgencyId member, RefusalName name)
    {
        lock (_gate)
        {
            var minute = MinuteOf(member, name);
            if (minute.Recorded < Each)
            {
                minute.Recorded++;
                return true;
            }

            minute.Counted++;
            return false;
        }
    }

    /// <summary>Counts a refusal that gets no record of its own, however few there are.</summary>
    public void Count(AgencyId member, RefusalName name)
    {
        lock (_gate)
        {
            MinuteOf(member, name).Counted++;
        }
    }

    /// <summary>The counts of minutes that are over, which the caller puts on record.</summary>
    /// <param name="all">Also of the minute that runs, at shutdown.</param>
    public IReadOnlyList<CountedRefusals> TakeFinished(bool all = false)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            var finished = _minutes.Where(minute => all || now - minute.Value.Start >= Window).ToList();
            foreach (var (key, _) in finished)
            {
                _minutes.Remove(key);
            }

            return
            [
                .. finished.Where(minute => minute.Value.Counted > 0)
                    .Select(minute => new CountedRefusals(minute.Key.Member, minute.Key.Name, minute.Value.Counted)),
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
                MinuteOf(counted.Member, counted.Name).Counted += counted.Count;
            }
        }
    }

    private Minute MinuteOf(AgencyId member, RefusalName name) =>
        _minutes.TryGetValue((member, name), out var minute) ? minute : _minutes[(member, name)] = new Minute(time.GetUtcNow());

    private sealed class Minute(DateTimeOffset start)
    {
        public DateTimeOffset Start { get; } = start;

        public int Recorded { get; set; }

        public int Counted { get; set; }
    }
}

/// <summary>How often a member was refused with one name, beyond what was recorded one by one.</summary>
public sealed record CountedRefusals(AgencyId Member, RefusalName Name, int Count);
