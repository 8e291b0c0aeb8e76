using System.Text;
using FsCheck;
using FsCheck.Fluent;
using InfoLink.Contracts.Catalog;
using Xunit;

namespace InfoLink.Tests.Catalog;

public sealed class InquiryConditionsTests
{
    public static TheoryData<string, string> Forms => new()
    {
        { "{}", "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a" },
        { """{"taxYear":2026}""", "2c00508e25e7c743025aaa143494e3658e1578216f7f37be4ded8950c34c389d" },
        { """{"asOf":"2026-09-01"}""", "8b12e1262ad8bc43e87232c896459f3f9a992979c75a7be077595f387e709cff" },
        { """{"asOf":"2026-09-01","period":{"from":"2026-04-01","to":"2026-08-31"},"taxYear":2026}""", "71ec197c68a3681ac29d6044c94528d08f78b703f5c04c8af1171274ad33fd78" },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void The_canonical_form_is_read_and_written_alike(string json, string sha256)
    {
        Assert.True(InquiryConditions.TryParseCanonicalJson(Encoding.UTF8.GetBytes(json), out var conditions));
        Assert.Equal(json, conditions.ToString());
        Assert.Equal(sha256, Convert.ToHexStringLower(conditions.Digest()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{ }")]
    [InlineData("""{"taxYear": 2026}""")]
    [InlineData("""{"taxYear":2026.0}""")]
    [InlineData("""{"taxYear":"2026"}""")]
    [InlineData("""{"taxyear":2026}""")]
    [InlineData("""{"taxYear":2026,"taxYear":2025}""")]
    [InlineData("""{"taxYear":2026,"asOf":"2026-09-01"}""")] // Not in the order of RFC 8785.
    [InlineData("""{"asOf":"2026-9-1"}""")]
    [InlineData("""{"asOf":"2026-02-30"}""")]
    [InlineData("""{"period":{"from":"2026-04-01"}}""")]
    [InlineData("""{"period":{"from":"2026-04-01","to":"2026-03-31"}}""")]
    [InlineData("""{"extra":1}""")]
    [InlineData("""{"taxYear":null}""")]
    [InlineData("""{"taxYear":2026}x""")]
    public void Any_other_text_is_refused(string json) =>
        Assert.False(InquiryConditions.TryParseCanonicalJson(Encoding.UTF8.GetBytes(json), out _));

    [Fact]
    public void Every_condition_comes_back_from_its_canonical_form()
    {
        var days = Gen.Choose(0, DateOnly.MaxValue.DayNumber).Select(DateOnly.FromDayNumber);
        var conditions =
            from year in Gen.Choose(-5, 12_000)
            from hasYear in Gen.Elements(true, false)
            from one in days
            from other in days
            from hasPeriod in Gen.Elements(true, false)
            from asOf in days
            from hasDay in Gen.Elements(true, false)
            select new InquiryConditions
            {
                TaxYear = hasYear ? year : null,
                Period = hasPeriod ? new InquiryPeriod(one < other ? one : other, one < other ? other : one) : null,
                AsOf = hasDay ? asOf : null,
            };

        Prop.ForAll(
                Arb.From(conditions),
                given => InquiryConditions.TryParseCanonicalJson(given.ToCanonicalJson(), out var read) && read == given)
            .QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_period_never_ends_before_it_begins()
    {
        var (from, to) = (new DateOnly(2026, 4, 2), new DateOnly(2026, 4, 1));
        Assert.Throws<ArgumentException>(() => new InquiryPeriod(from, to));
        Assert.False(InquiryPeriod.TryCreate(from, to, out _));
        Assert.True(InquiryPeriod.TryCreate(to, from, out var period));
        Assert.Equal((to, from), (period.From, period.To));
    }

    [Theory]
    [InlineData("2026-04-01", "2027-03-31", 12, true)]
    [InlineData("2026-04-01", "2027-04-01", 12, false)]
    [InlineData("2026-01-31", "2026-02-27", 1, true)]
    [InlineData("2026-01-31", "2026-02-28", 1, false)] // A month from the 31st ends before the 28th.
    [InlineData("9999-01-01", "9999-12-31", 12, true)] // The end of the calendar is no overflow.
    public void A_period_spans_whole_months(string from, string to, int months, bool allowed)
    {
        var rule = new PeriodRule(ConditionUse.Optional, DateOnly.MinValue, DateOnly.MaxValue, months);
        var period = new InquiryPeriod(DateOnly.Parse(from), DateOnly.Parse(to));
        Assert.Equal(allowed, rule.Covers(period, new DateOnly(2026, 9, 15)));
    }

    [Theory]
    [InlineData("2026-09-15", true)]
    [InlineData("2026-09-16", false)]
    [InlineData("2019-06-20", true)]
    [InlineData("2019-06-19", false)]
    public void Without_a_latest_day_the_day_of_asking_is_the_latest(string asOf, bool allowed)
    {
        var rule = new AsOfRule(ConditionUse.Optional, new DateOnly(2019, 6, 20), Latest: null);
        Assert.Equal(allowed, rule.Covers(DateOnly.Parse(asOf), new DateOnly(2026, 9, 15)));
    }

    [Fact]
    public void All_that_is_missing_is_told_before_what_is_not_allowed()
    {
        var catalog = SmallestCatalog.Load();
        var question = SmallestCatalog.Question() with { Conditions = new InquiryConditions { AsOf = new DateOnly(2026, 9, 1) } };
        Assert.Equal((CatalogDenial.ConditionMissing, "taxYear"), catalog.DenialOf(question));
    }
}
