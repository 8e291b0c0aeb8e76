using InfoLink.Broker.Limits;
using InfoLink.Contracts.Identifiers;
using InfoLink.Tests.EndToEnd;
using InfoLink.V1;
using Xunit;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Tests.Limits;

public sealed class PersonLimitsTests
{
    private static readonly AgencyId One = AgencyId.Parse("141003");
    private static readonly AgencyId Other = AgencyId.Parse("141305");
    private static readonly EntryId Tax = EntryId.Parse("106.municipality.108-1-ro");
    private static readonly EntryId Relationship = EntryId.Parse("106.municipality.108-1-ha");

    /// <summary>10 in the morning of 15 September in Japan.</summary>
    private readonly LeapingClock _clock = LeapingClock.Standing();

    [Fact]
    public async Task An_agency_asks_for_so_many_persons_a_day_and_the_day_is_Japans()
    {
        await using var limits = new PersonLimits(new LimitOptions { PersonsPerDay = 1_500 }, _clock);
        Assert.Null(limits.WhyNot(One, Tax, 1_000));
        var refused = Assert.IsType<Refusal>(limits.WhyNot(One, Tax, 501));
        Assert.Equal((RefusalName.Overloaded, "persons a day", TimeSpan.FromHours(14)), (refused.Name, refused.Detail, refused.RetryAfter));
        Assert.Null(limits.WhyNot(One, Relationship, 500)); // What was refused did not count.
        Assert.NotNull(limits.WhyNot(One, Relationship, 1));
        Assert.Null(limits.WhyNot(Other, Tax, 1_000));
        Assert.Equal((1_500, 1_000), (limits.Today()[One], limits.Today()[Other]));

        _clock.Leap(refused.RetryAfter);
        Assert.Null(limits.WhyNot(One, Tax, 1_000));
        Assert.Equal(1_000, limits.Today()[One]);
    }

    [Fact]
    public async Task An_agencys_bulk_run_is_paced_and_takes_nothing_from_the_entry_while_it_is()
    {
        await using var limits = new PersonLimits(new LimitOptions { PersonsPerSecond = 1_000, EntryPersonsPerSecond = 2_000, PersonsPerDay = 100_000 }, _clock);
        Assert.Null(limits.WhyNot(One, Tax, 1_000));
        Assert.Equal(("persons a second", TimeSpan.FromSeconds(1)), Why(limits, One, Tax, 1_000));
        Assert.Null(limits.WhyNot(Other, Tax, 1_000));
        Assert.Equal(1_000, limits.Today()[One]); // Not of today's either.

        _clock.Leap(TimeSpan.FromSeconds(1));
        Assert.Null(limits.WhyNot(One, Tax, 1_000));
    }

    [Fact]
    public async Task An_entry_that_everybody_asks_under_leaves_the_other_entries_alone()
    {
        await using var limits = new PersonLimits(new LimitOptions { PersonsPerSecond = 0, EntryPersonsPerSecond = 1_000 }, _clock);
        Assert.Null(limits.WhyNot(One, Tax, 1_000));
        Assert.Equal(("entry's persons a second", TimeSpan.FromMilliseconds(1)), Why(limits, Other, Tax, 1));
        Assert.Null(limits.WhyNot(Other, Relationship, 1_000));
    }

    [Fact]
    public async Task Nought_is_no_limit()
    {
        await using var limits = new PersonLimits(new LimitOptions { PersonsPerSecond = 0, EntryPersonsPerSecond = 0, PersonsPerDay = 0 }, _clock);
        Assert.All(Enumerable.Range(0, 5_000), _ => Assert.Null(limits.WhyNot(One, Tax, 1_000)));
    }

    private static (string, TimeSpan) Why(PersonLimits limits, AgencyId agency, EntryId entry, int persons)
    {
        var refused = Assert.IsType<Refusal>(limits.WhyNot(agency, entry, persons));
        return (refused.Detail, refused.RetryAfter);
    }
}
