using System.Text;

namespace InfoLink.Samples.Registry.Generating;

/// <summary>
/// What a person's entry went through since the register began: moves with the household, marriage with a new surname and address, a wrong reading or birth date put right, leaving the
/// country, death. It is told backwards, from what stands now to what stood before each event.
/// </summary>
internal sealed class LifeCourse(Dice dice)
{
    /// <summary>The register network's first day; older history is in no register.</summary>
    public static readonly DateOnly Began = new(2002, 8, 5);

    private static readonly string[] Countries = ["アメリカ合衆国", "中華人民共和国", "タイ王国", "オーストラリア連邦", "カナダ", "ドイツ連邦共和国", "シンガポール共和国", "フランス共和国"];

    /// <summary>Where a household lived, the present place last, each with its first day.</summary>
    public IReadOnlyList<(DateOnly From, Place Place)> Homes(int municipality)
    {
        var moves = dice.Below(100) switch { < 50 => 0, < 78 => 1, < 92 => 2, < 98 => 3, _ => 4 };
        var days = Enumerable.Range(0, moves).Select(_ => dice.Day(Began.AddDays(1), Generator.AsOf)).Distinct().OrderDescending().ToList();
        var homes = new List<(DateOnly, Place)>();
        foreach (var day in days)
        {
            homes.Add((day, Draw(municipality)));
            municipality = Places.Near(municipality, dice);
        }

        homes.Add((DateOnly.MinValue, Places.Draw(municipality, dice)));
        homes.Reverse();
        return homes;
    }

    public Resident Of(Draft draft, IReadOnlyList<(DateOnly From, Place Place)> homes, int municipality)
    {
        var entered = draft.Entered ?? (dice.Chance(8) ? dice.Day(Later(draft.Birth, Began).AddDays(1), Generator.AsOf) : null);
        var start = entered is { } day && day > draft.Birth ? day : Later(draft.Birth, Began);
        var began = entered == start ? ChangeKind.Entered : draft.Birth >= Began ? ChangeKind.Born : ChangeKind.Recorded;

        // What stands now, then each event with what it changed, the latest first. The dead move no more.
        var ended = End(draft, start);
        homes = ended is null ? homes : [.. homes.Where(home => home.From <= ended.Day)];
        var now = At(draft, draft.Surname, homes[^1].Place);
        var events = Events(draft, homes, municipality).Where(each => each.Day > start).ToList();
        if (ended is { Standing: Standing.Emigrated })
        {
            events.Add(new Event(ended.Day, ChangeKind.Emigrated, "国外転出", BeforeLeaving(now)));
            now = now with { Address = dice.Of(Countries), Municipality = "" };
        }

        events = [.. events.Where(each => ended is null || each.Day <= ended.Day).OrderByDescending(each => each.Day)];
        var history = new Stack<FormerAttributes>();
        var (current, later) = (now, now);
        for (var i = 0; i < events.Count; i++)
        {
            var happened = events[i];
            var before = happened.Before(later);
            if (i + 1 < events.Count && events[i + 1].Day == happened.Day)
            {
                later = before; // Two on one day are one change.
                continue;
            }

            history.Push(new FormerAttributes(before, i + 1 < events.Count ? events[i + 1].Day : start, happened.Day, happened.Kind, happened.Reason));
            later = before;
        }

        return new Resident
        {
            Code = default!,
            Household = 0,
            Current = current,
            Since = events.Count > 0 ? events[0].Day : start,
            By = events.Count > 0 ? events[0].Kind : began,
            Standing = ended?.Standing ?? Standing.Resident,
            StandingSince = ended?.Day,
            History = [.. history],
        };
    }

    private IEnumerable<Event> Events(Draft draft, IReadOnlyList<(DateOnly From, Place Place)> homes, int municipality)
    {
        var there = draft.Joined ?? DateOnly.MinValue;
        for (var i = 1; i < homes.Count; i++)
        {
            if (homes[i].From > there)
            {
                var from = homes[i - 1].Place;
                yield return new Event(homes[i].From, ChangeKind.Moved, "転居", now => now with { Address = from.Address, Municipality = from.Municipality });
            }
        }

        if (draft.Joined is { } joined && joined > Began)
        {
            var before = Places.Draw(Places.Near(municipality, dice), dice);
            var maiden = draft.Maiden ?? draft.Surname;
            var changed = new Event(joined, ChangeKind.Renamed, "婚姻", now => now with
            {
                Name = $"{maiden.Writing}　{draft.Given.Writing}",
                Kana = $"{maiden.Kana}　{draft.Given.Kana}",
                Address = before.Address,
                Municipality = before.Municipality,
            });
            yield return changed;
        }

        if (dice.Chance(6) && Later(draft.Birth, Began) < Generator.AsOf.AddDays(-40))
        {
            yield return new Event(dice.Day(Later(draft.Birth, Began).AddDays(20), Generator.AsOf), ChangeKind.Corrected, "職権修正（カナ）", now => now with { Kana = Misread(now.Kana) });
        }

        if (dice.Chance(4) && Later(draft.Birth, Began) < Generator.AsOf.AddDays(-40))
        {
            var wrong = draft.Birth.AddDays(dice.Of([-1, 1, 10, -10, 365]));
            yield return new Event(
                dice.Day(Later(draft.Birth, Began).AddDays(20), Generator.AsOf), ChangeKind.Corrected, "職権修正（生年月日）", now => now with { BirthDate = $"{wrong:yyyy-MM-dd}" });
        }
    }

    private Attributes At(Draft draft, NamePart surname, Place place)
    {
        var space = draft.Foreign ? ' ' : '　';
        return new Attributes(
            $"{surname.Writing}{space}{draft.Given.Writing}",
            $"{surname.Kana}　{draft.Given.Kana}",
            place.Address,
            BirthText(draft.Birth),
            draft.Man ? "男" : "女",
            place.Municipality);
    }

    /// <summary>Of the very old, some came to the register with a year alone, or a year and month.</summary>
    private string BirthText(DateOnly birth) => birth.Year < 1946 && dice.Chance(6)
        ? dice.Chance(600) ? $"{birth:yyyy-MM}-00" : $"{birth:yyyy}-00-00"
        : $"{birth:yyyy-MM-dd}";

    /// <summary>Who has died or left in the register's last five years is still in it.</summary>
    private Ended? End(Draft draft, DateOnly start)
    {
        var age = (Generator.AsOf.DayNumber - draft.Birth.DayNumber) / 365;
        var there = Later(start, draft.Joined ?? start);
        var day = dice.Day(Later(there.AddDays(1), Generator.AsOf.AddYears(-5)), Generator.AsOf);
        if (there >= Generator.AsOf.AddDays(-30))
        {
            return null;
        }

        return dice.Chance(age switch { < 60 => 2, < 75 => 20, < 85 => 60, < 95 => 150, _ => 350 }) ? new Ended(Standing.Deceased, day)
            : draft.Joined is null && dice.Chance(5) ? new Ended(Standing.Emigrated, day)
            : null;
    }

    private Place Draw(int municipality) => dice.Chance(2) ? Place.NoFixedAddress : Places.Draw(municipality, dice);

    private static Func<Attributes, Attributes> BeforeLeaving(Attributes last) => now => now with { Address = last.Address, Municipality = last.Municipality };

    /// <summary>Another reading that a clerk may have heard: one syllable voiced that is not, or the other way round.</summary>
    private static string Misread(string kana)
    {
        const string Plain = "カキクケコサシスセソタチツテトハヒフヘホ";
        const string Voiced = "ガギグゲゴザジズゼゾダヂヅデドバビブベボ";
        var text = new StringBuilder(kana);
        for (var i = 1; i < text.Length; i++)
        {
            var (plain, voiced) = (Plain.IndexOf(text[i], StringComparison.Ordinal), Voiced.IndexOf(text[i], StringComparison.Ordinal));
            if (plain >= 0 || voiced >= 0)
            {
                text[i] = plain >= 0 ? Voiced[plain] : Plain[voiced];
                return text.ToString();
            }
        }

        return kana + "ウ";
    }

    private static DateOnly Later(DateOnly a, DateOnly b) => a > b ? a : b;

    /// <summary>Something that happened, and what stood there before, of what stands there after.</summary>
    private sealed record Event(DateOnly Day, ChangeKind Kind, string Reason, Func<Attributes, Attributes> Before);

    private sealed record Ended(Standing Standing, DateOnly Day);
}
