namespace InfoLink.Samples.Registry.Generating;

/// <summary>
/// Plausible residents of Japan who do not exist, from a seed: the same ones on every machine and every day, household by household. The i-th resident of a seed is the same however many
/// are asked for (the last household may be cut short).
/// </summary>
/// <remarks>Nothing is kept from one household to the next, so memory does not grow with the count.</remarks>
public sealed class Generator(ulong seed)
{
    /// <summary>The day on which the register stands as it is made: ages are as of then.</summary>
    public static readonly DateOnly AsOf = new(2026, 4, 1);

    /// <summary>Former codes lie in another half of the shuffled order than those that hold.</summary>
    private const ulong FormerCodesFrom = 5_000_000_000;

    private readonly Households _households = new(seed);
    private readonly CodeOrder _codes = new(seed);

    /// <param name="count">How many; 1 and more.</param>
    public IEnumerable<Resident> Residents(int count)
    {
        for (var (household, made) = (0L, 0); made < count; household++)
        {
            foreach (var resident in Household(household))
            {
                if (made == count)
                {
                    yield break;
                }

                yield return Coded(resident, made++) with { Household = household };
            }
        }
    }

    private IEnumerable<Resident> Household(long number)
    {
        var dice = new Dice(seed, Streams.Life(number));
        var (municipality, people) = _households.Make(number, dice);
        var course = new LifeCourse(dice);
        var homes = course.Homes(municipality);
        return people.Select(person => course.Of(person, homes, municipality)).ToList();
    }

    /// <summary>One in two hundred has asked for another code.</summary>
    private Resident Coded(Resident resident, int number)
    {
        var dice = new Dice(~seed, (ulong)number);
        var coded = resident with { Code = _codes.At((ulong)number) };
        var began = resident.History.IsEmpty ? resident.Since : resident.History[0].From;
        return dice.Chance(5)
            ? coded with { FormerCodes = [new FormerCode(_codes.At(FormerCodesFrom + (ulong)number), dice.Day(began.AddDays(1), AsOf), "変更請求")] }
            : coded;
    }
}
