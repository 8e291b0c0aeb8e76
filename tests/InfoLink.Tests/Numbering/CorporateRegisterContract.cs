using InfoLink.Contracts.Identifiers;
using InfoLink.Numbering;
using InfoLink.Numbering.Corporations;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using Xunit;

namespace InfoLink.Tests.Numbering;

/// <summary>What holds for the register of corporate numbers wherever it lies.</summary>
public abstract class CorporateRegisterContract : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private CorporateRegister? _register;

    private protected LeapingClock Clock { get; } = LeapingClock.Standing();

    private protected CorporateRegister Register => _register!;

    public async ValueTask InitializeAsync() => _register = CorporateRegister.Open(new NumberingOptions { Postgres = await PostgresAsync(), Member = { Folder = _folder.Path(), Data = "" } }, Clock);

    public async ValueTask DisposeAsync()
    {
        await Register.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_company_has_the_number_of_its_register_and_keeps_what_it_said_before()
    {
        var number = CorporateNumber.Parse("7000012050002");
        Assert.Equal(new Registered(number, Registration.Entered), await EnterAsync(number, "国税庁"));
        Assert.Equal(new Registered(number, Registration.Unchanged), await EnterAsync(number, "国税庁"));
        Clock.Leap(TimeSpan.FromDays(1));
        Assert.Equal(new Registered(number, Registration.Changed), await EnterAsync(number, "新国税庁"));
        Assert.Equal("新国税庁", (await Register.FindAsync(number, default))!.Name);
        Assert.Equal("国税庁", Assert.Single(await Register.FormerAsync(number, default)).Name);
        Assert.Empty(await Register.SearchAsync("国税庁", anywhere: false, null, 10, default));
        Assert.Null(await Register.FindAsync(CorporateNumber.FromBase(5), default));
    }

    [Fact]
    public async Task Who_is_in_no_register_gets_one_number_for_its_reference_at_once_or_not()
    {
        var all = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() =>
            Register.RegisterAsync(new CorporateEntry(null, "assoc-1", "町内会", "チョウナイカイ", "横浜市"), default))));
        Assert.Single(all.Select(one => one.Number).Distinct());
        Assert.Single(all, one => one.What == Registration.Entered);
        Assert.StartsWith("9", all[0].Number.ToString()[1..], StringComparison.Ordinal);
        Assert.Null(CorporateEntry.OfCompany(all[0].Number.Base)); // No company's digits, ever.
        Assert.Equal(CorporateNumber.Parse("7000012050002"), CorporateEntry.OfCompany(12050002));
    }

    [Theory]
    [InlineData("株式会社", false, 3)]
    [InlineData("ｶﾌﾞｼｷｶﾞｲｼｬ", false, 1)] // Half width, with voicing marks of their own.
    [InlineData("かぶしきがいしゃ", false, 1)]
    [InlineData("ABC", true, 2)]
    [InlineData("ａｂｃ 商事", true, 1)]
    [InlineData("㈱", false, 1)]
    [InlineData("商事", false, 0)]
    [InlineData("商事", true, 2)]
    [InlineData("100%", true, 1)]
    [InlineData("100_", true, 0)]
    [InlineData("%", false, 0)]
    [InlineData(" ", true, 0)]
    [InlineData("' OR 1=1 --", true, 0)]
    public async Task Names_are_found_however_they_are_typed(string text, bool anywhere, int expected)
    {
        await EnterAsync(CorporateNumber.FromBase(1), "株式会社ＡＢＣ商事", "カブシキガイシャエービーシーショウジ");
        await EnterAsync(CorporateNumber.FromBase(2), "株式会社　abc", "エービーシー");
        await EnterAsync(CorporateNumber.FromBase(3), "株式会社１００％果汁");
        await EnterAsync(CorporateNumber.FromBase(4), "(株)大和商事");
        Assert.Equal(expected, (await Register.SearchAsync(text, anywhere, null, 100, default)).Count);
    }

    [Fact]
    public async Task Pages_follow_one_another()
    {
        for (ulong i = 10; i > 0; i--)
        {
            await EnterAsync(CorporateNumber.FromBase(i), $"株式会社{i}");
        }

        var found = new List<Corporation>();
        while (await Register.SearchAsync("株", anywhere: false, found.LastOrDefault()?.Number, 3, default) is { Count: > 0 } page)
        {
            found.AddRange(page);
        }

        Assert.Equal(Enumerable.Range(1, 10).Select(i => CorporateNumber.FromBase((ulong)i)), found.Select(one => one.Number));
    }

    [Fact]
    public async Task An_import_says_what_is_wrong_line_by_line_and_goes_on_where_it_stopped()
    {
        const string File = """
            number,company,reference,name,kana,address
            7000012050002,,,国税庁,コクゼイチョウ,東京都千代田区霞が関３－１－１
            7000012050003,,,誤り,,東京都
            ,010001008846,,"株式会社 ""例"", 東京",レイ,東京都
            ,,assoc-1,"町内
            会",,横浜市
            ,,assoc-2,町内会,チョウナイカイ,横浜市
            ,,,名無し,,横浜市
            ,990001008846,,誤り,,東京都
            ,,assoc-3,,,横浜市
            ,,assoc-4,a"b,,横浜市

            ,,assoc-5,最後,,横浜市
            ,,assoc-6,"閉じない,,横浜市
            """;
        var given = new Dictionary<string, CorporateNumber>(StringComparer.Ordinal);
        var first = await new CorporateImport(Register).RunAsync(new StringReader(File), given.Add, default);
        Assert.Equal((4, 0, 0), (first.Entered, first.Changed, first.Unchanged));
        Assert.Equal([3, 5, 8, 9, 10, 11, 14], first.Errors.Select(error => int.Parse(error.Split(':')[0]["line ".Length..])));
        Assert.Equal(["assoc-2", "assoc-5"], given.Keys.Order(StringComparer.Ordinal), StringComparer.Ordinal);
        Assert.Equal("株式会社 \"例\", 東京", (await Register.FindAsync(CorporateNumber.FromBase(010001008846), default))!.Name);

        var second = await new CorporateImport(Register).RunAsync(new StringReader(File), (_, _) => Assert.Fail("Nobody is numbered twice."), default);
        Assert.Equal((0, 0, 4), (second.Entered, second.Changed, second.Unchanged));
        await Assert.ThrowsAsync<FormatException>(() => new CorporateImport(Register).RunAsync(new StringReader("name,number\n"), (_, _) => { }, default));
    }

    private protected abstract Task<string> PostgresAsync();

    private Task<Registered> EnterAsync(CorporateNumber number, string name, string kana = "") =>
        Register.RegisterAsync(new CorporateEntry(number, null, name, kana, "東京都"), default);
}

public sealed class SqliteCorporateRegisterTests : CorporateRegisterContract
{
    private protected override Task<string> PostgresAsync() => Task.FromResult("");
}

public sealed class PostgresCorporateRegisterTests : CorporateRegisterContract
{
    private protected override Task<string> PostgresAsync() => SharedPostgres.CreateDatabaseAsync();
}
