using Xunit;

namespace InfoLink.Tests.Matching;

/// <summary>Dates of birth: one day in many notations, and none that the calendar or the era did not have.</summary>
public sealed class BirthTests
{
    [Theory]
    [InlineData("昭和55年3月5日")]
    [InlineData("昭和５５年３月５日生まれ")]
    [InlineData("昭和五十五年三月五日")]
    [InlineData("㍼55年3月5日")]
    [InlineData("S55.3.5")]
    [InlineData("Ｓ５５／０３／０５")]
    [InlineData("S550305")]
    [InlineData("昭55-3-5")]
    [InlineData("1980-03-05")]
    [InlineData("1980/3/5")]
    [InlineData("19800305")]
    [InlineData("西暦１９８０年３月５日")]
    [InlineData("一九八〇年三月五日")]
    [InlineData("1980-03-05T00:00:00")]
    [InlineData("1980ー03−05")]
    public void One_day_has_one_form(string written) => Assert.Equal(new DateOnly(1980, 3, 5), Records.Of(birth: written).Birth?.Date);

    [Theory]
    [InlineData("明治6年1月1日", "1873-01-01")]
    [InlineData("明治45年7月30日", "1912-07-30")]
    [InlineData("大正元年7月30日", "1912-07-30")]
    [InlineData("大正15年12月25日", "1926-12-25")]
    [InlineData("昭和元年12月25日", "1926-12-25")]
    [InlineData("昭和64年1月7日", "1989-01-07")]
    [InlineData("平成元年1月8日", "1989-01-08")]
    [InlineData("平成31年4月30日", "2019-04-30")]
    [InlineData("令和元年5月1日", "2019-05-01")]
    [InlineData("R6.2.29", "2024-02-29")]
    public void Eras_begin_and_end_on_their_days(string written, string day) => Assert.Equal(day, Records.Of(birth: written).Birth?.Date?.ToString("yyyy-MM-dd"));

    [Theory]
    [InlineData("昭和64年1月8日")]
    [InlineData("平成31年5月1日")]
    [InlineData("令和元年4月30日")]
    [InlineData("昭和元年12月24日")]
    [InlineData("大正15年12月26日")]
    [InlineData("明治45年7月31日")]
    [InlineData("明治5年12月3日")]
    [InlineData("昭和65年")]
    [InlineData("昭和0年1月1日")]
    [InlineData("昭和99年1月1日")]
    [InlineData("R5.2.29")]
    [InlineData("1900-02-29")]
    [InlineData("1980-02-30")]
    [InlineData("1980-13-01")]
    [InlineData("1980-04-31")]
    [InlineData("昭和10年不詳月32日")]
    public void A_day_that_never_was_is_not_bent_into_another(string written) =>
        Assert.Equal("no match: birth-date-impossible", Records.Compare(Records.Of(birth: written), Records.Of(birth: written)));

    [Theory]
    [InlineData("80/3/5")]
    [InlineData("800305")]
    [InlineData("3550305")]
    [InlineData("05/03/1980")]
    [InlineData("1980-3-")]
    [InlineData("1980-03-05-01")]
    [InlineData("三月")]
    [InlineData("昭和五十五十年三月五日")]
    public void What_may_be_several_days_is_none(string written) =>
        Assert.Equal("no match: birth-date-unreadable", Records.Compare(Records.Of(birth: written), Records.Of()));

    [Theory]
    [InlineData("不詳", "1980-03-05", "ambiguous: birth-date-unknown")]
    [InlineData("昭和55年不詳月不詳日", "1980-03-05", "ambiguous: birth-date-unknown")]
    [InlineData("昭和55年月日不詳", "1980-03-05", "ambiguous: birth-date-unknown")]
    [InlineData("1980-00-00", "1980-03-05", "ambiguous: birth-date-unknown")]
    [InlineData("1980-03-99", "1980-03-05", "ambiguous: birth-date-unknown")]
    [InlineData("19800300", "1980-03-05", "ambiguous: birth-date-unknown")]
    [InlineData("昭和", "1980-03-05", "ambiguous: birth-date-unknown")]
    [InlineData("昭和55年3月5日頃", "1980-03-05", "ambiguous: birth-date-unknown")]
    [InlineData("1980-00-00", "1980-00-00", "ambiguous: birth-date-unknown")]
    [InlineData("平成", "1980-03-05", "no match: birth-date-differs birth-date-unknown")]
    [InlineData("1981-00-00", "1980-03-05", "no match: birth-date-differs birth-date-unknown")]
    [InlineData("1980-04-00", "1980-03-05", "no match: birth-date-differs birth-date-unknown")]
    [InlineData("明治5年12月2日", "明治5年12月2日", "ambiguous: birth-date-lunar")]
    [InlineData("1980-03-05", "1980-03-06", "no match: birth-date-differs")]
    [InlineData("", "1980-03-05", "no match: birth-date-missing")]
    public void Two_dates_compare(string a, string b, string result) => Assert.Equal(result, Records.Compare(Records.Of(birth: a), Records.Of(birth: b)));
}
