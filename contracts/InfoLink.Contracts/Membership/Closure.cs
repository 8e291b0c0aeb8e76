using InfoLink.Contracts.Catalog;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Contracts.Membership;

/// <summary>A time in which an agency answers nothing, by its own word (SPEC §23): from the first moment on, and no longer when the second has come. Whole seconds, UTC.</summary>
/// <param name="From">Closed from here on.</param>
/// <param name="Until">Open again.</param>
public readonly record struct Closure(DateTimeOffset From, DateTimeOffset Until)
{
    /// <summary>Closures of one agency that are announced and told, at most.</summary>
    public const int Most = 64;

    /// <summary>How far ahead they are announced: those that begin by then.</summary>
    public static readonly TimeSpan Ahead = TimeSpan.FromDays(14);

    /// <summary>How long one may be.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(400);

    /// <summary>When a refused caller asks again at the latest, though the opening is later: what a refusal may say on the wire.</summary>
    private static readonly TimeSpan LongestHint = TimeSpan.FromHours(1);

    /// <summary>Closed at this moment?</summary>
    public bool Holds(DateTimeOffset now) => From <= now && now < Until;

    /// <summary>The refusal of whoever asks now; null: open. Its detail is the time of opening in Japan.</summary>
    public static Refusal? WhyClosed(IEnumerable<Closure> closed, DateTimeOffset now)
    {
        foreach (var closure in closed)
        {
            if (closure.Holds(now))
            {
                var left = TimeSpan.FromSeconds(Math.Ceiling((closure.Until - now).TotalSeconds));
                return new Refusal(RefusalName.ProviderClosed, $"until {JapanTime.Text(closure.Until)}", left < LongestHint ? left : LongestHint);
            }
        }

        return null;
    }

    /// <summary>What breaks the rules of a list: too many, backwards, too long, in parts of seconds, out of order, overlapping or touching. Null: nothing.</summary>
    public static string? WhyNot(IReadOnlyList<Closure> closed)
    {
        if (closed.Count > Most)
        {
            return $"more than {Most}";
        }

        for (var i = 0; i < closed.Count; i++)
        {
            var (from, until) = closed[i];
            if (until <= from || until - from > Longest || from.Ticks % TimeSpan.TicksPerSecond != 0 || until.Ticks % TimeSpan.TicksPerSecond != 0)
            {
                return "each begins and ends at a whole second, ends after it begins, and is no longer than 400 days";
            }

            if (i > 0 && from <= closed[i - 1].Until)
            {
                return "they stand in order, and neither overlap nor touch";
            }
        }

        return null;
    }

    /// <summary>In order, those that overlap or touch as one.</summary>
    public static List<Closure> Merge(IEnumerable<Closure> closed)
    {
        var merged = new List<Closure>();
        foreach (var closure in closed.Where(closure => closure.From < closure.Until).OrderBy(closure => closure.From))
        {
            if (merged is [.., var last] && closure.From <= last.Until)
            {
                merged[^1] = last with { Until = closure.Until > last.Until ? closure.Until : last.Until };
            }
            else
            {
                merged.Add(closure);
            }
        }

        return merged;
    }

    /// <summary>Do both lists say the same of the time between two moments? When a closure that lasts began does not matter.</summary>
    public static bool AreSame(IEnumerable<Closure> one, IEnumerable<Closure> other, DateTimeOffset from, DateTimeOffset until) => Within(one, from, until).SequenceEqual(Within(other, from, until));

    /// <summary><c>from/until</c>, in Japan.</summary>
    public override string ToString() => $"{JapanTime.Text(From)}/{JapanTime.Text(Until)}";

    private static IEnumerable<Closure> Within(IEnumerable<Closure> closed, DateTimeOffset from, DateTimeOffset until) => closed
        .Where(closure => closure.Until > from && closure.From < until)
        .Select(closure => new Closure(closure.From > from ? closure.From : from, closure.Until < until ? closure.Until : until));
}
