using InfoLink.Codes;
using InfoLink.Samples.Registry;
using InfoLink.Samples.Registry.Keeping;
using Xunit;

namespace InfoLink.Tests.Registry;

/// <summary>The register keeps what it was given, and what stood there before every change.</summary>
public sealed class RegisterTests : IDisposable
{
    private static readonly DateOnly Day = new(2026, 6, 1);
    private readonly SampleRegister _sample = SampleRegister.Of(300);

    private Register Register => _sample.Register;

    [Fact]
    public void Everybody_is_found_by_code_with_history_as_made()
    {
        Assert.Equal(300, Register.Count());
        foreach (var person in _sample.People)
        {
            var kept = Register.Find(person.Code)!;
            Assert.Equal((person.Current, person.Since, person.By, person.Standing, person.StandingSince, person.Household), (kept.Current, kept.Since, kept.By, kept.Standing, kept.StandingSince, kept.Household));
            Assert.Equal(person.History, kept.History);
            Assert.Equal(person.FormerCodes, kept.FormerCodes);
        }
    }

    [Fact]
    public void A_register_is_opened_again_and_never_overwritten()
    {
        using (var again = Register.Open(_sample.Path("registry.db")))
        {
            Assert.Equal(300, again.Count());
        }

        Assert.Throws<InvalidOperationException>(() => Register.Make(_sample.Path("registry.db"), []));
        Assert.Throws<InvalidOperationException>(() => Register.Open(_sample.Path("nothing.db")));
        File.WriteAllText(_sample.Path("text.db"), "no database, however long one looks at it");
        Assert.Throws<InvalidOperationException>(() => Register.Open(_sample.Path("text.db")));
        using var other = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={_sample.Path("other.db")};Pooling=False");
        other.Open();
        Assert.Throws<InvalidOperationException>(() => Register.Open(_sample.Path("other.db")));
    }

    [Fact]
    public void A_making_that_breaks_off_leaves_no_register()
    {
        Assert.Throws<InvalidDataException>(() => Register.Make(_sample.Path("broken.db"), _sample.People.Take(5).Concat(Broken())));
        Assert.False(File.Exists(_sample.Path("broken.db")));
        using var made = Register.Make(_sample.Path("broken.db"), _sample.People.Take(5));
        Assert.Equal(5, made.Count());

        static IEnumerable<Resident> Broken() => throw new InvalidDataException("The source broke off.");
    }

    [Fact]
    public void Each_change_keeps_what_stood_before()
    {
        var code = Register.Enter(SampleRegister.Somebody(), ChangeKind.Born, Day);
        Register.Apply(code, new Change.Move("東京都世田谷区中央一丁目２番３号", "131121", Day.AddDays(10), "転居"));
        Register.Apply(code, new Change.Rename("鈴木　花子", "スズキ　ハナコ", Day.AddDays(20), "婚姻"));
        Register.Apply(code, new Change.Correct(Name: null, Kana: null, "1980-03-06", Sex: null, Day.AddDays(30), "職権修正"));
        Register.Apply(code, new Change.Die(Day.AddDays(40), "死亡"));

        var person = Register.Find(code)!;
        Assert.Equal(new Attributes("鈴木　花子", "スズキ　ハナコ", "東京都世田谷区中央一丁目２番３号", "1980-03-06", "女", "131121"), person.Current);
        Assert.Equal((Standing.Deceased, Day.AddDays(40)), (person.Standing, person.StandingSince!.Value));
        Assert.Equal([ChangeKind.Moved, ChangeKind.Renamed, ChangeKind.Corrected], person.History.Select(former => former.EndedBy));
        Assert.Equal(["転居", "婚姻", "職権修正"], person.History.Select(former => former.Reason), StringComparer.Ordinal);
        Assert.Equal(SampleRegister.Somebody(), person.History[0].Attributes);
        Assert.Equal((Day, Day.AddDays(10)), (person.History[0].From, person.History[0].Until));
        Assert.Equal("渡邊　花子", person.History[1].Attributes.Name);
        Assert.Equal("1980-03-05", person.History[2].Attributes.BirthDate);
    }

    [Fact]
    public void Who_left_comes_back_as_a_resident()
    {
        var code = Register.Enter(SampleRegister.Somebody(), ChangeKind.Entered, Day);
        Register.Apply(code, new Change.Emigrate("カナダ", Day.AddDays(1), "国外転出"));
        Assert.Equal((Standing.Emigrated, "", "カナダ"), (Register.Find(code)!.Standing, Register.Find(code)!.Current.Municipality, Register.Find(code)!.Current.Address));
        Assert.Throws<ChangeRefusedException>(() => Register.Apply(code, new Change.Emigrate("タイ王国", Day.AddDays(2), "")));

        Register.Apply(code, new Change.Move("東京都世田谷区中央一丁目２番３号", "131121", Day.AddDays(3), "帰国"));
        var back = Register.Find(code)!;
        Assert.Equal((Standing.Resident, null, ChangeKind.Entered), (back.Standing, back.StandingSince, back.By));
    }

    [Fact]
    public void A_new_code_ends_the_old_one_which_nobody_gets_again()
    {
        var old = _sample.People[0].Code;
        var given = Register.Recode(old, Day, "変更請求");

        Assert.NotEqual(old, given);
        Assert.Null(Register.Find(old));
        Assert.Equal(_sample.People[0].Current, Register.Find(given)!.Current);
        Assert.Equal(given, Register.SuccessorOf(old));
        Assert.Equal(old, Assert.Single(Register.Find(given)!.FormerCodes, former => former.Until == Day).Code);
        var third = Register.Recode(given, Day.AddDays(1), "変更請求");
        Assert.Equal(third, Register.SuccessorOf(old));
        Assert.Null(Register.SuccessorOf(third));
    }

    [Fact]
    public void A_change_that_does_not_fit_is_refused_whole()
    {
        var code = Register.Enter(SampleRegister.Somebody(), ChangeKind.Born, Day);
        var before = Register.Find(code);
        Change[] wrong =
        [
            new Change.Move("", "131121", Day, ""),
            new Change.Move("東京都", "131120", Day, ""), // Nobody's code.
            new Change.Move("東京都", "141003", Day, ""), // A designated city itself.
            new Change.Move("東京都世田谷区中央一丁目２番３号", "131121", Day.AddDays(-1), ""),
            new Change.Move(SampleRegister.Somebody().Address, "141011", Day.AddDays(1), ""), // Changes nothing.
            new Change.Rename("鈴木\u0000花子", "スズキ", Day, ""),
            new Change.Rename(new string('鈴', 401), "スズキ", Day, ""),
            new Change.Correct(Name: null, Kana: null, "1980-13-05", Sex: null, Day, ""),
            new Change.Correct(Name: null, Kana: null, "1980-00-05", Sex: null, Day, ""),
            new Change.Correct(Name: null, Kana: null, BirthDate: null, "3", Day, ""),
        ];
        foreach (var change in wrong)
        {
            var refused = Assert.Throws<ChangeRefusedException>(() => Register.Apply(code, change));
            Assert.DoesNotContain("花子", refused.Message, StringComparison.Ordinal);
        }

        Assert.Equal((before!.Current, before.Since, before.History.Length), (Register.Find(code)!.Current, Register.Find(code)!.Since, Register.Find(code)!.History.Length));
        Register.Apply(code, new Change.Correct(Name: null, Kana: null, "1980-03-00", Sex: null, Day.AddDays(1), "")); // A day that nobody knows.
        Register.Apply(code, new Change.Die(Day.AddDays(2), ""));
        Assert.Throws<ChangeRefusedException>(() => Register.Apply(code, new Change.Move("東京都世田谷区中央一丁目２番３号", "131121", Day.AddDays(3), "")));
        Assert.Throws<ChangeRefusedException>(() => Register.Apply(ResidentRecordCode.FromBase(1), new Change.Die(Day, "")));
        Assert.Throws<ChangeRefusedException>(() => Register.Recode(ResidentRecordCode.FromBase(1), Day, ""));
    }

    public void Dispose() => _sample.Dispose();
}
