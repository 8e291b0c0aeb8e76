using System.Security.Cryptography;
using System.Text;
using InfoLink.Codes;
using InfoLink.Samples.Registry;
using InfoLink.Samples.Registry.Generating;
using Xunit;

namespace InfoLink.Tests.Registry;

/// <summary>Made-up residents: the same ones every time, and such as a country could have.</summary>
public sealed class GeneratorTests
{
    private const int Many = 20_000;
    private static readonly IReadOnlyList<Resident> People = [.. new Generator(7).Residents(Many)];

    [Fact]
    public void Chance_is_the_published_algorithm()
    {
        // The two functions that Dice is made of, as their authors publish them: SplitMix64's first output from state 0, and its mixer's fixed point.
        Assert.Equal(0xE220A8397B1DCDAFUL, Dice.Mix(0x9E3779B97F4A7C15));
        Assert.Equal(0UL, Dice.Mix(0));
        Assert.NotEqual(new Dice(1, 1).Next(), new Dice(1, 2).Next());
        Assert.NotEqual(new Dice(1, 1).Next(), new Dice(2, 1).Next());
    }

    [Fact]
    public void The_same_seed_makes_the_same_people_byte_for_byte()
    {
        var text = string.Concat(new Generator(20_260_401).Residents(2_000).Select(person => Whole(person) + "\n"));

        Assert.Equal("ee3a82477b757efa227fbbf7d99478c42217efc7673d2f586165b1213dc36497", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))));
    }

    [Fact]
    public void A_resident_is_the_same_however_many_are_made()
    {
        var few = new Generator(7).Residents(1_234).Select(Whole);

        Assert.Equal(People.Take(1_234).Select(Whole), few, StringComparer.Ordinal);
        Assert.NotEqual(People.Take(100).Select(Whole), new Generator(8).Residents(100).Select(Whole), StringComparer.Ordinal);
    }

    [Fact]
    public void Codes_have_their_check_digit_and_come_once()
    {
        var codes = People.SelectMany(person => person.FormerCodes.Select(former => former.Code).Append(person.Code)).ToList();

        Assert.All(codes, code => Assert.True(ResidentRecordCode.TryParse(code.Reveal(), out _)));
        Assert.Equal(codes.Count, codes.Distinct().Count());
        Assert.InRange(codes.Count - Many, 50, 150);
    }

    [Fact]
    public void Every_code_is_somebody_s_once_in_the_shuffled_order()
    {
        var order = new CodeOrder(3);
        var drawn = Enumerable.Range(0, 100_000).Select(place => order.At((ulong)place).Reveal()).ToHashSet(StringComparer.Ordinal);

        Assert.Equal(100_000, drawn.Count);
        Assert.InRange(drawn.Count(code => code[0] == '7'), 9_000, 11_000);
        Assert.Throws<ArgumentOutOfRangeException>(() => order.At(10_000_000_000));
    }

    [Fact]
    public void Ages_are_about_Japan_s()
    {
        var ages = People.Where(person => person.Standing == Standing.Resident).Select(person => Generator.AsOf.Year - int.Parse(person.Current.BirthDate[..4])).ToList();

        Assert.InRange(ages.Count(age => age < 15), ages.Count * 0.08, ages.Count * 0.14);
        Assert.InRange(ages.Count(age => age >= 65), ages.Count * 0.24, ages.Count * 0.33);
        Assert.All(ages, age => Assert.InRange(age, 0, 112));
        Assert.InRange(People.Count(person => person.Current.Sex is "女"), Many * 0.48, Many * 0.54);
    }

    [Fact]
    public void Households_share_address_and_mostly_surname()
    {
        var homes = People.GroupBy(person => person.Household).Select(home => home.Where(person => person.Standing == Standing.Resident).ToList()).Where(home => home.Count > 1).ToList();

        Assert.All(homes, home => Assert.Single(home.Select(person => person.Current.Address).Distinct(StringComparer.Ordinal)));
        Assert.All(homes.Where(home => !char.IsAscii(home[0].Current.Name[0])), home => Assert.Single(home.Select(Surname).Distinct(StringComparer.Ordinal)));
        Assert.InRange((double)Many / People.Select(person => person.Household).Distinct().Count(), 1.9, 2.5);
    }

    [Fact]
    public void What_makes_linking_hard_is_there()
    {
        var twins = People.GroupBy(person => (person.Household, person.Current.BirthDate)).Where(same => same.Count() > 1);
        var namesakes = People.GroupBy(person => (person.Current.Name, person.Current.Municipality)).Where(same => same.Count() > 1);
        var sameNameAndBirth = People.GroupBy(person => (person.Current.Name, person.Current.BirthDate)).Where(same => same.Count() > 1);
        var variants = People.Where(person => person.Current.Name.EnumerateRunes().Any(rune => "髙﨑邊邉齋澤濱廣𠮷".EnumerateRunes().Contains(rune)));

        Assert.NotEmpty(twins);
        Assert.NotEmpty(namesakes);
        Assert.NotEmpty(sameNameAndBirth);
        Assert.NotEmpty(variants);
        Assert.Contains(People, person => person.Current.Name.Split(' ').Length > 2); // A foreigner with a middle name.
        Assert.Contains(People, person => person.Current is { Address: "住所不定", Municipality: "" });
        Assert.Contains(People, person => person.Current.BirthDate.EndsWith("-00", StringComparison.Ordinal));
        Assert.Contains(People, person => person.By == ChangeKind.Born && person.History.IsEmpty);
        Assert.Contains(People, person => person.By == ChangeKind.Entered);
        Assert.Contains(People, person => person.Standing == Standing.Deceased);
        Assert.Contains(People, person => person is { Standing: Standing.Emigrated, Current.Municipality: "" });
        foreach (var kind in new[] { ChangeKind.Moved, ChangeKind.Renamed, ChangeKind.Corrected, ChangeKind.Emigrated })
        {
            Assert.Contains(People, person => person.History.Any(former => former.EndedBy == kind));
        }
    }

    [Fact]
    public void History_has_no_gaps_and_says_what_changed() => Assert.All(People, person =>
    {
        for (var i = 0; i < person.History.Length; i++)
        {
            var (former, next) = (person.History[i], i + 1 < person.History.Length ? person.History[i + 1].Attributes : person.Current);
            Assert.True(former.From < former.Until);
            Assert.Equal(former.Until, i + 1 < person.History.Length ? person.History[i + 1].From : person.Since);
            Assert.NotEqual(next, former.Attributes);
            Assert.Equal(next.Sex, former.Attributes.Sex);
            Assert.True(former.EndedBy == ChangeKind.Corrected || string.Equals(next.BirthDate, former.Attributes.BirthDate, StringComparison.Ordinal));
        }

        Assert.True(person.StandingSince is not { } day || (day >= person.Since && day <= Generator.AsOf));
    });

    [Fact]
    public void Addresses_begin_with_the_municipality_of_their_code() => Assert.All(People.Where(person => person.Current.Municipality.Length > 0), person =>
    {
        var where = Municipalities.Find(person.Current.Municipality);
        Assert.NotNull(where);
        Assert.StartsWith(where.Prefecture + where.Name, person.Current.Address, StringComparison.Ordinal);
        Assert.Matches("(丁目[０-９]+番[０-９]+号|[０-９]+番地[０-９]*)(　.+号)?$", person.Current.Address);
    });

    /// <summary>Codes of local governments: 6a₁+5a₂+4a₃+3a₄+2a₅; the last digit of 11 less the remainder by 11.</summary>
    [Fact]
    public void Municipalities_have_codes_with_right_check_digits()
    {
        Assert.InRange(Municipalities.All.Count, 1890, 1910);
        Assert.All(Municipalities.All, each =>
            Assert.Equal((11 - (Enumerable.Range(0, 5).Sum(i => (6 - i) * (each.Code[i] - '0')) % 11)) % 10, each.Code[5] - '0'));
        Assert.DoesNotContain(Municipalities.All, each => each.Code is "141003"); // Yokohama's residents are its wards'.
        Assert.Equal("横浜市鶴見区", Municipalities.Find("141011")!.Name);
    }

    [Fact]
    public void Nothing_of_a_resident_prints()
    {
        var person = People[0];

        foreach (var printed in new[] { $"{person}", $"{person.Current}", $"{People.First(each => each.History.Length > 0).History[0]}", $"{person.Code}" })
        {
            Assert.DoesNotContain(person.Current.Name, printed, StringComparison.Ordinal);
            Assert.EndsWith("(redacted)", printed, StringComparison.Ordinal);
        }
    }

    private static string Surname(Resident person) => person.Current.Name.Split('　')[0];

    private static string Whole(Resident person) =>
        ResidentCsv.Line(person)
        + string.Concat(person.History.Select(former => $"|{former.From:O}{former.Until:O}{former.EndedBy}{former.Reason}{Line(former.Attributes)}"))
        + string.Concat(person.FormerCodes.Select(former => $"|{former.Code.Reveal()}{former.Until:O}"));

    private static string Line(Attributes attributes) =>
        $"{attributes.Name},{attributes.Kana},{attributes.Address},{attributes.BirthDate},{attributes.Sex},{attributes.Municipality}";
}
