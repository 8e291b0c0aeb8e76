namespace InfoLink.Samples.Registry.Generating;

/// <summary>Somebody before the years have passed: who, in which household, and how he or she came into it.</summary>
internal sealed record Draft
{
    public required NamePart Surname { get; init; }

    public required NamePart Given { get; init; }

    public required bool Man { get; init; }

    public required DateOnly Birth { get; init; }

    /// <summary>Married into the household on that day, and lived elsewhere before.</summary>
    public DateOnly? Joined { get; init; }

    /// <summary>The surname before <see cref="Joined"/>, where marriage changed it.</summary>
    public NamePart? Maiden { get; init; }

    /// <summary>Came from abroad on that day; has no earlier address.</summary>
    public DateOnly? Entered { get; init; }

    public bool Foreign { get; init; }
}

/// <summary>
/// Who lives together: alone, as a couple, with children, three generations, brothers and sisters; and what makes registers hard: twins, a son named much like his father, and namesakes of
/// people in the same city. Each household comes from a stream of its own, so it is the same whatever else is made.
/// </summary>
internal sealed class Households(ulong seed)
{
    /// <summary>So far back a namesake is looked for, so that one lies within any thousand households.</summary>
    private const int NamesakesWithin = 400;

    private static readonly Weighted<Shape> Shapes = new(
        [(Shape.Alone, 370), (Shape.Couple, 225), (Shape.Family, 205), (Shape.OneParent, 90), (Shape.ThreeGenerations, 50), (Shape.Siblings, 22), (Shape.Foreign, 38)]);

    private enum Shape
    {
        Alone,
        Couple,
        Family,
        OneParent,
        ThreeGenerations,
        Siblings,
        Foreign,
    }

    /// <summary>The household's municipality (an index of <see cref="Municipalities"/>) and people, the head first.</summary>
    public (int Municipality, IReadOnlyList<Draft> People) Make(long number, Dice dice)
    {
        var plan = PlanOf(number);
        var head = plan.Head;
        return (plan.Municipality, plan.Shape switch
        {
            Shape.Alone => [head],
            Shape.Couple => [head, SpouseOf(head, oldestChild: null, dice)],
            Shape.Family => FamilyOf(head, dice),
            Shape.OneParent => [head, .. Children(head.Surname, head, mother: head.Man ? head.Birth.AddYears(2) : head.Birth, dice)],
            Shape.ThreeGenerations => [.. FamilyOf(head, dice), .. ParentsOf(head, dice)],
            Shape.Siblings => [head, SiblingOf(head, dice)],
            _ => ForeignersWith(head, plan.From!, dice),
        });
    }

    /// <summary>What of a household another can be a namesake's of: municipality and head. One in forty repeats an earlier one's name.</summary>
    private Plan PlanOf(long number)
    {
        var dice = new Dice(seed, Streams.Plan(number));
        var own = OwnPlan(dice);
        if (number == 0 || own.Shape == Shape.Foreign || !dice.Chance(25))
        {
            return own;
        }

        var other = OwnPlan(new Dice(seed, Streams.Plan(Math.Max(0, number - 1 - dice.Below(NamesakesWithin)))));
        var namesake = own.Head with { Surname = other.Head.Surname, Given = other.Head.Given, Man = other.Head.Man, Birth = other.Shape == own.Shape && dice.Chance(400) ? other.Head.Birth : own.Head.Birth };
        return other.Shape == Shape.Foreign ? own : own with { Municipality = other.Municipality, Head = namesake };
    }

    private static Plan OwnPlan(Dice dice)
    {
        var shape = Shapes.Draw(dice);
        var municipality = Places.Municipality(dice);
        var birth = Generator.AsOf.AddYears(-AgeOfHead(shape, dice)).AddDays(-1 - dice.Below(365));
        if (shape == Shape.Foreign)
        {
            var names = ForeignNames.Draw(dice);
            var male = dice.Chance(500);
            return new Plan(municipality, shape, new Draft
            {
                Surname = dice.Of(names.Family),
                Given = names.Given(male, dice),
                Man = male,
                Birth = birth,
                Foreign = true,
                Entered = dice.Chance(850) ? dice.Day(new DateOnly(2012, 7, 9), Generator.AsOf) : null,
            }, names);
        }

        var man = shape == Shape.Alone ? dice.Chance(500) : dice.Chance(shape == Shape.OneParent ? 140 : 930);
        var surname = Names.Surname(dice);
        return new Plan(municipality, shape, new Draft { Surname = surname, Given = Names.Given(man, birth, dice), Man = man, Birth = birth });
    }

    private static int AgeOfHead(Shape shape, Dice dice) => shape switch
    {
        Shape.Alone => dice.Below(100) switch { < 18 => dice.Between(18, 34), < 52 => dice.Between(35, 64), < 84 => dice.Between(65, 84), _ => dice.Between(85, 100) },
        Shape.Couple => dice.Below(100) < 30 ? dice.Between(30, 64) : dice.Between(65, 90),
        Shape.Family => dice.Between(29, 66),
        Shape.OneParent => dice.Below(100) < 50 ? dice.Between(27, 60) : dice.Between(61, 92),
        Shape.ThreeGenerations => dice.Between(33, 60),
        Shape.Siblings => dice.Between(20, 85),
        _ => dice.Between(20, 55),
    };

    private List<Draft> FamilyOf(Draft head, Dice dice)
    {
        var spouseBirth = SpouseBirth(head, dice);
        var children = Children(head.Surname, head, head.Man ? spouseBirth : head.Birth, dice);
        return [head, SpouseOf(head, children.Min(child => (DateOnly?)child.Birth), dice, spouseBirth), .. children];
    }

    private static Draft SpouseOf(Draft head, DateOnly? oldestChild, Dice dice, DateOnly? birth = null)
    {
        var born = birth ?? SpouseBirth(head, dice);
        var earliest = Later(head.Birth, born).AddYears(18);
        var latest = Earlier(oldestChild ?? Later(head.Birth, born).AddYears(dice.Between(24, 40)), Generator.AsOf);
        return new Draft
        {
            Surname = head.Surname,
            Given = Names.Given(!head.Man, born, dice),
            Man = !head.Man,
            Birth = born,
            Joined = dice.Day(Later(earliest, latest.AddYears(-5)), latest),
            Maiden = Names.Surname(dice),
        };
    }

    private static DateOnly SpouseBirth(Draft head, Dice dice) => Earlier(head.Birth.AddDays((head.Man ? 1 : -1) * dice.Between(-3 * 365, 6 * 365)), Generator.AsOf.AddYears(-19));

    /// <summary>One to four, of a mother of 20 to 41 years; those who are grown up have mostly left.</summary>
    private static List<Draft> Children(NamePart surname, Draft head, DateOnly mother, Dice dice)
    {
        var wanted = dice.Below(100) switch { < 42 => 1, < 84 => 2, < 97 => 3, _ => 4 };
        var first = mother.AddDays(dice.Between(20 * 365, 35 * 365));
        var latest = Earlier(mother.AddYears(43), Generator.AsOf);
        var staying = Generator.AsOf.AddYears(-22);
        if (first < staying && dice.Chance(800))
        {
            first = Later(first, mother.AddYears(28)); // Where children live at home, they are mostly not grown up.
        }

        var children = new List<Draft>();
        for (var birth = Earlier(first, latest.AddDays(-1)); children.Count < wanted && birth < latest; birth = birth.AddDays(dice.Between(400, 1900)))
        {
            var child = Child(surname, head, birth, dice);
            children.Add(child);
            if (dice.Chance(11))
            {
                children.Add(Twin(child, dice));
            }
        }

        return children;
    }

    private static Draft Child(NamePart surname, Draft head, DateOnly birth, Dice dice)
    {
        var man = dice.Chance(512);
        var alike = man && head.Man && dice.Chance(120) ? Names.Alike(head.Given, man, birth, dice) : null;
        var given = man && head.Man && dice.Chance(3) ? head.Given : alike ?? Names.Given(man, birth, dice);
        return new Draft { Surname = surname, Given = given, Man = man, Birth = birth };
    }

    /// <summary>Born the same day, mostly of the same sex, and often with a name that looks alike.</summary>
    private static Draft Twin(Draft child, Dice dice)
    {
        var man = dice.Chance(650) ? child.Man : !child.Man;
        var given = dice.Chance(500) ? Names.Alike(child.Given, man, child.Birth, dice) : null;
        while (given is null || string.Equals(given.Writing, child.Given.Writing, StringComparison.Ordinal))
        {
            given = Names.Given(man, child.Birth, dice);
        }

        return child with { Man = man, Given = given };
    }

    private static List<Draft> ParentsOf(Draft head, Dice dice)
    {
        var birth = head.Birth.AddDays(-dice.Between(22 * 365, 34 * 365));
        var father = new Draft { Surname = head.Surname, Given = Names.Given(man: true, birth, dice), Man = true, Birth = birth };
        var mother = SpouseOf(father, head.Birth, dice, Earlier(SpouseBirth(father, dice), head.Birth.AddYears(-19)));
        return dice.Chance(550) ? [mother] : [father, mother];
    }

    private static Draft SiblingOf(Draft head, Dice dice)
    {
        var man = dice.Chance(500);
        var birth = Earlier(head.Birth.AddDays(dice.Between(-3000, 3000)), Generator.AsOf.AddYears(-18));
        return new Draft { Surname = head.Surname, Given = Names.Given(man, birth, dice), Man = man, Birth = birth };
    }

    private static List<Draft> ForeignersWith(Draft head, ForeignNames names, Dice dice)
    {
        var size = dice.Below(10) switch { < 6 => 1, < 8 => 2, _ => 3 };
        var people = new List<Draft> { head };
        if (size > 1)
        {
            people.Add(head with { Surname = dice.Of(names.Family), Given = names.Given(!head.Man, dice), Man = !head.Man, Birth = SpouseBirth(head, dice) });
        }

        if (size > 2)
        {
            var man = dice.Chance(500);
            var born = dice.Day(Later(head.Birth.AddYears(19), Generator.AsOf.AddYears(-17)), Generator.AsOf);
            people.Add(head with { Given = names.Given(man, dice), Man = man, Birth = born, Entered = head.Entered > born ? head.Entered : null });
        }

        return people;
    }

    private static DateOnly Earlier(DateOnly a, DateOnly b) => a < b ? a : b;

    private static DateOnly Later(DateOnly a, DateOnly b) => a > b ? a : b;

    /// <summary>What is settled before anything else; <c>From</c> is the head's country, of foreigners.</summary>
    private sealed record Plan(int Municipality, Shape Shape, Draft Head, ForeignNames? From = null);
}

/// <summary>The streams of chance of one seed.</summary>
internal static class Streams
{
    /// <summary>What namesakes repeat of a household.</summary>
    public static ulong Plan(long household) => 4 * (ulong)household;

    /// <summary>Everything else of it.</summary>
    public static ulong Life(long household) => (4 * (ulong)household) + 1;
}
