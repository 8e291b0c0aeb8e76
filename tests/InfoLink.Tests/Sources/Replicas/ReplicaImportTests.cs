using System.Security.Cryptography;
using InfoLink.Agent;
using InfoLink.Agent.Sources.Replicas;
using InfoLink.Contracts.Catalog;
using Microsoft.Data.Sqlite;
using Xunit;
using static InfoLink.Tests.Sources.Replicas.ReplicaWorld;

namespace InfoLink.Tests.Sources.Replicas;

/// <summary>A delivery comes into use as a whole or not at all, and nothing of it can be read by who has the files.</summary>
public sealed class ReplicaImportTests
{
    [Fact]
    public async Task What_was_exported_is_answered_and_the_next_delivery_takes_its_place()
    {
        await using var world = ReplicaWorld.Start();
        Assert.Empty(world.Source.Errors(world.Options));
        Assert.Contains("nothing has been delivered", await world.AnswerAsync("S-1"), StringComparison.Ordinal);

        var standing = await world.ImportAsync(world.File(Line("S-1"), Line("S-1", 7, year: 2025), Line(" S-2 ", 2)));
        Assert.Equal((ReplicaState.Good, 3L, 0), (standing.State, standing.InUse!.Records, standing.Kept));
        Assert.Equal(
            "assessed-on=2026-05-15 dependants=0 dependants-under-16=2 income-levy=124500 per-capita-levy=3000 spouse-in-same-livelihood=false tax-year=2026 taxation-class=3 total-income=1000001",
            await world.AnswerAsync("S-1"));
        Assert.Equal(("7", "2", null, null), (await world.IncomeAsync("S-1", 2025), await world.IncomeAsync("S-2"), await world.IncomeAsync("S-2", 2025), await world.IncomeAsync("S-9")));
        Assert.Equal("nothing", await world.AnswerAsync("S-9"));
        Assert.Contains("by tax year", await world.AnswerAsync("S-1", InquiryConditions.None), StringComparison.Ordinal);

        await world.ImportAsync(world.File(Line("S-1", 5), Line("S-3", 3)));
        Assert.Equal(("5", null, "3"), (await world.IncomeAsync("S-1"), await world.IncomeAsync("S-2"), await world.IncomeAsync("S-3")));
        world.Reopen();
        Assert.Equal("5", await world.IncomeAsync("S-1"));

        var acts = await world.ActsAsync();
        Assert.Equal(["none", "delivery 1: 3 records"], acts.Select(act => act.Before.Split(',')[0]), StringComparer.Ordinal);
        Assert.All(acts, act => Assert.Equal(("import replica", Asked.Tax, "税務係"), (act.What, act.About, act.Operator)));
        Assert.Contains($"SHA-256 {world.Deliveries.Deliveries(Asked.Tax)[0].Sha256}", acts[1].After, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_that_is_wrong_is_told_by_line_and_column_without_a_value_and_nothing_is_imported()
    {
        await using var world = ReplicaWorld.Start();
        await world.ImportAsync(world.File(Line("S-1")));
        var fault = await Assert.ThrowsAsync<FormatException>(() => world.ImportAsync(world.File(
            Line("S-1"),
            Line("S-2").Replace(",03,", ",SECRET,", StringComparison.Ordinal),
            Line(""),
            "S-3,2026,03",
            Line("S-4").Replace("1000001", "999999999999", StringComparison.Ordinal),
            Line("S-5").Replace(",2026,", ",令和8,", StringComparison.Ordinal),
            Line("123456789018"),
            Line("S-6").Replace("令和8年5月15日", "SECRET", StringComparison.Ordinal))));
        Assert.Equal(
            [
                "line 3, column 'kubun': taxation-class: 'codes' has no conversion for what the system has",
                "line 4, column 'atena': no identifier.",
                "line 5: 3 fields, and the heading has 11. A comma within a field needs quotes around it.",
                "line 6, column 'goukei': total-income: OutOfRange, which the layout does not take",
                "line 7, column 'nendo': this is not a year in four digits.",
                "line 7, column 'nendo': tax-year: NotCanonical, which the layout does not take",
                "line 8, column 'atena': this reads as an individual number, which is nobody's key.",
                "line 9, column 'kettei': assessed-on: what the system has is not a whole day in the form 'era'",
            ],
            fault.Message.Split('\n').Skip(1),
            StringComparer.Ordinal);
        Assert.DoesNotContain("SECRET", fault.Message, StringComparison.Ordinal);
        Assert.Equal("1000001", await world.IncomeAsync("S-1"));
        Assert.Single(world.Deliveries.Deliveries(Asked.Tax));
        Assert.Single(await world.ActsAsync());
    }

    [Fact]
    public async Task Of_many_errors_a_hundred_are_told_and_the_others_counted()
    {
        await using var world = ReplicaWorld.Start();
        var fault = await Assert.ThrowsAsync<FormatException>(() => world.ImportAsync(world.File(Enumerable.Range(0, 1_234).Select(_ => Line("")))));
        Assert.Equal((102, "and 1,134 more."), (fault.Message.Split('\n').Length, fault.Message.Split('\n')[^1]));
    }

    [Theory]
    [InlineData("atena,nendo,kubun", "the heading has no column 'kinto'.")]
    [InlineData(Heading + ",atena", "the heading has the column 'atena' twice.")]
    [InlineData(Heading + ",x,x", "the heading has one name in columns 12 and 13.")]
    [InlineData("S-SECRET,2026,03,3000,0,0,無,0,0,,", "the heading has no column 'atena'.")]
    public async Task A_heading_that_lacks_a_column_or_has_one_twice_is_told_and_not_repeated(string heading, string error)
    {
        await using var world = ReplicaWorld.Start();
        var fault = await Assert.ThrowsAsync<FormatException>(() => world.ImportAsync(world.Bytes(System.Text.Encoding.UTF8.GetBytes(heading + "\n" + Line("S-1") + "\n"))));
        Assert.Contains($"line 1: {error}", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_person_twice_under_the_same_conditions_is_told_with_both_lines()
    {
        await using var world = ReplicaWorld.Start();
        var fault = await Assert.ThrowsAsync<FormatException>(() => world.ImportAsync(world.File(Line("S-1"), Line("S-1", year: 2025), Line("S-2"), Line("S-1", 9))));
        Assert.EndsWith("line 5, column 'atena': the same person and tax year as in line 2.", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_record_answers_for_the_days_on_which_it_holds_good()
    {
        await using var world = ReplicaWorld.Start(replica => (replica.TaxYear, replica.ValidFrom, replica.ValidTo, replica.OpenEnds) = ("", "kettei", "memo", ["99999999"]));
        world.Source.Map!["assessed-on"].Date = "yyyyMMdd";
        static string On(string person, int income, string from, string to) => Line(person, income, rest: to).Replace("令和8年5月15日", from, StringComparison.Ordinal);
        await world.ImportAsync(world.File(On("S-1", 2, "20250401", "99999999"), On("S-1", 1, "20240401", "20250331"), On("S-2", 3, "20240101", "20240131")));
        Assert.Equal(("1", "2", null, "2"), (await OfAsync(Day(2025, 3, 31)), await OfAsync(Day(2025, 4, 1)), await OfAsync(Day(2024, 3, 31)), await OfAsync(InquiryConditions.None)));
        Assert.Equal(("1", null), (
            await OfAsync(new InquiryConditions { Period = new InquiryPeriod(new DateOnly(2024, 4, 1), new DateOnly(2024, 12, 31)) }),
            await OfAsync(new InquiryConditions { Period = new InquiryPeriod(new DateOnly(2025, 3, 1), new DateOnly(2025, 4, 30)) })));

        var fault = await Assert.ThrowsAsync<FormatException>(() => world.ImportAsync(world.File(On("S-1", 1, "20240401", "20250401"), On("S-2", 1, "20250101", "20240101"), On("S-1", 2, "20250401", ""), On("S-3", 1, "2025", ""))));
        Assert.Contains("line 3, column 'memo': it lies before the first day.", fault.Message, StringComparison.Ordinal);
        Assert.Contains("line 5, column 'kettei': this is not a whole day in the form 'yyyyMMdd'.", fault.Message, StringComparison.Ordinal);
        fault = await Assert.ThrowsAsync<FormatException>(() => world.ImportAsync(world.File(On("S-1", 1, "20240401", "20250401"), On("S-1", 2, "20250401", ""))));
        Assert.EndsWith("line 3, column 'kettei': on a day of it, line 2 holds good for the same person too.", fault.Message, StringComparison.Ordinal);

        static InquiryConditions Day(int year, int month, int day) => new() { AsOf = new DateOnly(year, month, day) };
        async Task<string?> OfAsync(InquiryConditions conditions) =>
            (await world.AnswerAsync("S-1", conditions)).Split(' ').FirstOrDefault(item => item.StartsWith("total-income=", StringComparison.Ordinal))?[13..];
    }

    [Fact]
    public async Task Shift_JIS_and_fixed_width_become_the_same_answers()
    {
        await using var world = ReplicaWorld.Start(replica =>
        {
            replica.Encoding = "shift_jis";
            replica.Format = "fixed";
            replica.Columns =
            [
                new() { Name = "atena", Width = 15 }, new() { Name = "nendo", Width = 4 }, new() { Name = "kubun", Width = 2 }, new() { Name = "kinto", Width = 6 }, new() { Name = "shotoku", Width = 11 },
                new() { Width = 3 }, new() { Name = "goukei", Width = 11 }, new() { Name = "haigu", Width = 2 }, new() { Name = "fuyo", Width = 2 }, new() { Name = "fuyo16", Width = 2 }, new() { Name = "kettei", Width = 20 },
            ];
        });
        Assert.Empty(world.Source.Errors(world.Options));
        var text = $"{"S-1",-15}2026" + "03" + "003000" + "00000124500" + "山x" + "00001000001" + "無" + "00" + "02" + $"{"R8.5.15",-20}\r\n";
        var standing = await world.ImportAsync(world.Bytes(ShiftJis(text)));
        Assert.Equal(1, standing.InUse!.Records);
        Assert.Equal(
            "assessed-on=2026-05-15 dependants=0 dependants-under-16=2 income-levy=124500 per-capita-levy=3000 spouse-in-same-livelihood=false tax-year=2026 taxation-class=3 total-income=1000001",
            await world.AnswerAsync("S-1"));
    }

    [Fact]
    public async Task A_file_that_is_not_what_the_source_says_it_exported_is_not_imported()
    {
        await using var world = ReplicaWorld.Start();
        var file = world.File(Line("S-1"), Line("S-2"));
        var digest = Convert.ToHexString(SHA256.HashData(await File.ReadAllBytesAsync(file)));
        Assert.Contains("its SHA-256 is another one", await FaultAsync(wish => wish with { Sha256 = new string('0', 64) }), StringComparison.Ordinal);
        Assert.Contains("has 2 records, and the source says 3", await FaultAsync(wish => wish with { Rows = 3, Sha256 = digest }), StringComparison.Ordinal);
        Assert.Contains("to come", (await Assert.ThrowsAsync<InvalidOperationException>(() => world.ImportAsync(file, wish => wish with { AsOf = world.Clock.GetUtcNow() + TimeSpan.FromDays(1) }))).Message, StringComparison.Ordinal);
        Assert.Contains("no replica of this name", (await Assert.ThrowsAsync<InvalidOperationException>(() => world.ImportAsync(file, wish => wish with { Source = "x" }))).Message, StringComparison.Ordinal);
        Assert.Contains("no record", (await Assert.ThrowsAsync<FormatException>(() => world.ImportAsync(world.File()))).Message, StringComparison.Ordinal);
        Assert.Equal(ReplicaState.Nothing, world.Deliveries.Standing()[0].State);

        await world.ImportAsync(file, wish => wish with { Rows = 2, Sha256 = digest });
        Assert.Contains("and the delivery in use at", (await Assert.ThrowsAsync<InvalidOperationException>(() => world.ImportAsync(file, wish => wish with { AsOf = world.Clock.GetUtcNow() - TimeSpan.FromDays(1) }))).Message, StringComparison.Ordinal);

        async Task<string> FaultAsync(Func<DeliveryWish, DeliveryWish> change) => (await Assert.ThrowsAsync<FormatException>(() => world.ImportAsync(file, change))).Message;
    }

    [Fact]
    public async Task One_that_shrinks_by_half_waits_for_somebody_to_confirm_it()
    {
        await using var world = ReplicaWorld.Start();
        await world.ImportAsync(world.File(Line("S-1"), Line("S-2"), Line("S-3"), Line("S-4")));
        var half = world.File(Line("S-1", 5), Line("S-2"));
        Assert.Contains("--confirm-shrink", (await Assert.ThrowsAsync<InvalidOperationException>(() => world.ImportAsync(half))).Message, StringComparison.Ordinal);
        Assert.Equal("1000001", await world.IncomeAsync("S-1"));
        await world.ImportAsync(half, wish => wish with { ConfirmShrink = true });
        Assert.Equal("5", await world.IncomeAsync("S-1"));
        Assert.Equal("(shrink confirmed)", (await world.ActsAsync())[1].Reason);
        await world.ImportAsync(world.File(Line("S-1", 6), Line("S-2"), Line("S-3")));
    }

    [Fact]
    public async Task A_wrong_delivery_is_recalled_to_the_one_before_as_long_as_one_is_kept_and_then_to_nothing()
    {
        await using var world = ReplicaWorld.Start(replica => replica.Keep = 1);
        for (var income = 1; income <= 3; income++)
        {
            await world.ImportAsync(world.File(Line("S-1", income)));
        }

        Assert.Equal(["in-use", "kept", "replaced"], world.Deliveries.Deliveries(Asked.Tax).Select(delivery => delivery.State), StringComparer.Ordinal);
        Assert.Equal(2, Rows(world));
        Assert.Equal((2L, 0), await RecallAsync());
        Assert.Equal("2", await world.IncomeAsync("S-1"));
        Assert.Equal((null, 0), await RecallAsync());
        Assert.Contains("recalled", await world.AnswerAsync("S-1"), StringComparison.Ordinal);
        Assert.Equal(ReplicaState.Nothing, world.Deliveries.Standing()[0].State);
        Assert.Equal(0, Rows(world));
        Assert.Contains("nothing to recall", (await Assert.ThrowsAsync<InvalidOperationException>(RecallAsync)).Message, StringComparison.Ordinal);
        Assert.Equal(["delivery 2: 1 records", "none"], (await world.ActsAsync()).Where(act => act.What is "recall replica").Select(act => act.After.Split(',')[0]), StringComparer.Ordinal);

        async Task<(long?, int)> RecallAsync()
        {
            var standing = await world.Deliveries.RecallAsync(Asked.Tax, "税務係", "昨年度の表");
            return (standing.InUse?.Number, standing.Kept);
        }
    }

    [Theory]
    [InlineData("begun", "1")]
    [InlineData("staged", "1")]
    [InlineData("recorded", "1")]
    [InlineData("switched", "2")]
    public async Task An_import_that_ends_anywhere_leaves_one_delivery_whole(string step, string income)
    {
        await using var world = ReplicaWorld.Start();
        await world.ImportAsync(world.File(Line("S-1", 1), Line("S-2", 1)));
        world.Deliveries.Between = at => _ = string.Equals(at, step, StringComparison.Ordinal) ? throw new IOException("gone") : 0;
        await Assert.ThrowsAsync<IOException>(() => world.ImportAsync(world.File(Line("S-1", 2), Line("S-3", 2))));
        Assert.Equal(income, await world.IncomeAsync("S-1"));
        world.Reopen();
        Assert.Equal((income, income is "1" ? "1" : null, income is "2" ? "2" : null), (await world.IncomeAsync("S-1"), await world.IncomeAsync("S-2"), await world.IncomeAsync("S-3")));
        Assert.Equal(income is "1" ? 2 : 4, Rows(world));
        await world.ImportAsync(world.File(Line("S-1", 9), Line("S-4")));
        Assert.Equal("9", await world.IncomeAsync("S-1"));
    }

    [Fact]
    public async Task Who_stops_an_import_has_imported_nothing()
    {
        await using var world = ReplicaWorld.Start();
        using var stop = new CancellationTokenSource();
        var progress = new Told(step => _ = step.Records >= 20_000 ? Stop(stop) : 0);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => world.ImportAsync(world.File(Enumerable.Range(0, 60_000).Select(i => Line($"S-{i}"))), progress: progress, cancellation: stop.Token));
        world.Reopen();
        Assert.Equal((0, ReplicaState.Nothing), (Rows(world), world.Deliveries.Standing()[0].State));

        static int Stop(CancellationTokenSource source)
        {
            source.Cancel();
            return 0;
        }
    }

    [Fact]
    public async Task No_person_and_no_value_can_be_read_in_the_files_whatever_happened()
    {
        await using var world = ReplicaWorld.Start(replica => replica.Keep = 0);
        var marked = new Fixtures.Marked().AddText("person", "MARKEDPERSON-1").AddText("kept value", "9876543211").AddText("column not kept", "MARKEDMEMO");
        string[] lines = [Line("MARKEDPERSON-1", rest: "MARKEDMEMO").Replace(",1000001,", ",9876543211,", StringComparison.Ordinal), .. Enumerable.Range(0, 500).Select(i => Line($"S-{i}", rest: "MARKEDMEMO"))];
        await world.ImportAsync(world.File(lines));
        Assert.Equal("9876543211", await world.IncomeAsync("MARKEDPERSON-1"));
        marked.AssertNotBelow(world.Data);
        await Assert.ThrowsAsync<FormatException>(() => world.ImportAsync(world.File([.. lines, Line("")])));
        await world.ImportAsync(world.File(lines.SkipLast(1)));
        await world.Deliveries.RecallAsync(Asked.Tax, "係", "x");
        marked.AssertNotBelow(world.Data);
    }

    [Fact]
    public async Task Rows_do_not_tell_who_is_who_by_tag_order_or_size()
    {
        await using var world = ReplicaWorld.Start();
        var lines = Enumerable.Range(0, 300).Select(i => Line($"S-{i}", i)).ToList();
        await world.ImportAsync(world.File(lines));
        var first = Tags(world);
        await world.ImportAsync(world.File(lines));
        var second = Tags(world).Except(first, StringComparer.Ordinal).ToList();
        Assert.Equal((300, 300), (first.Count, second.Count));
        Assert.Single(Query<long>(world, "SELECT DISTINCT length(content) FROM sealed_row"));
    }

    [Fact]
    public async Task A_record_that_was_changed_or_put_under_another_person_or_key_is_not_answered()
    {
        await using var world = ReplicaWorld.Start();
        await world.ImportAsync(world.File(Line("S-1", 1), Line("S-2", 2)));
        Query<long>(world, "CREATE TABLE kept AS SELECT tag, content FROM sealed_row");
        Query<long>(world, "UPDATE sealed_row SET content = (SELECT content FROM kept WHERE kept.tag <> sealed_row.tag)");
        Assert.Contains("was changed", await world.AnswerAsync("S-1"), StringComparison.Ordinal);
        Query<long>(world, "UPDATE sealed_row SET content = zeroblob(20)");
        Assert.Contains("was changed", await world.AnswerAsync("S-1"), StringComparison.Ordinal);

        File.Delete(world.Options.Full(world.Options.ReplicaKey));
        ReplicaKey.MakeFirst(world.Options);
        Assert.False(File.Exists(world.Options.Full(world.Options.ReplicaKey)));
        Contracts.Identity.KeyFile.WriteNewKey(world.Options.Full(world.Options.ReplicaKey));
        Assert.Contains("another replica key", await world.AnswerAsync("S-1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_map_that_reads_a_column_that_was_not_kept_is_told_and_one_import_mends_it()
    {
        await using var world = ReplicaWorld.Start();
        var file = world.File(Line("S-1", rest: "9"));
        await world.ImportAsync(file);
        world.Source.Map!["salary-receipts"] = new ItemMapOptions { From = "memo", Number = true };
        Assert.Contains("before the map read 'memo'", await world.AnswerAsync("S-1"), StringComparison.Ordinal);
        await world.ImportAsync(file);
        Assert.Contains("salary-receipts=9", await world.AnswerAsync("S-1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_age_is_an_alarm_and_then_the_end_of_its_answers()
    {
        await using var world = ReplicaWorld.Start();
        await world.ImportAsync(world.File(Line("S-1")));
        Assert.Equal(ReplicaState.Good, State(36));
        Assert.Equal("1000001", await world.IncomeAsync("S-1"));
        Assert.Equal(ReplicaState.Late, State(37));
        Assert.Equal("1000001", await world.IncomeAsync("S-1"));
        Assert.Equal(ReplicaState.TooOld, State(73));
        Assert.Contains("more than refuseAfterHours (72) ago", await world.AnswerAsync("S-1"), StringComparison.Ordinal);
        await world.ImportAsync(world.File(Line("S-1", 2)));
        Assert.Equal("2", await world.IncomeAsync("S-1"));

        ReplicaState State(int hours)
        {
            world.Clock.Ahead = TimeSpan.FromHours(hours) - TimeSpan.FromMinutes(1);
            return ReplicaDeliveries.Look(world.Options, world.Clock)[0].State;
        }
    }

    [Fact]
    public async Task A_large_file_takes_no_memory_by_its_lines()
    {
        var count = int.Parse(Environment.GetEnvironmentVariable("INFOLINK_REPLICA_LINES") ?? "200000", System.Globalization.CultureInfo.InvariantCulture); // More by hand.
        await using var world = ReplicaWorld.Start();
        var file = world.File(Line("S-0", 0));
        await File.AppendAllLinesAsync(file, Enumerable.Range(1, count - 1).Select(i => Line($"S-{i}", i)));
        GC.Collect();
        var (before, most) = (GC.GetTotalMemory(forceFullCollection: true), 0L);
        var began = TimeProvider.System.GetTimestamp();
        var standing = await world.ImportAsync(file, progress: new Told(_ => most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before)));
        TestContext.Current.TestOutputHelper?.WriteLine($"{count / TimeProvider.System.GetElapsedTime(began).TotalSeconds:N0} records a second, {most / 1024:N0} KiB held, {new FileInfo(world.Options.DataFile("replica.db")).Length / count} bytes a record");
        Assert.Equal(count, standing.InUse!.Records);
        Assert.InRange(most, 1, 40L << 20); // A page of rows; the whole of them would be several times that.
        Assert.Equal($"{count - 1}", await world.IncomeAsync($"S-{count - 1}"));
    }

    private static long Rows(ReplicaWorld world) => Query<long>(world, "SELECT COUNT(*) FROM sealed_row")[0];

    private static List<string> Tags(ReplicaWorld world) => [.. Query<byte[]>(world, "SELECT tag FROM sealed_row").Select(Convert.ToHexString)];

    private static List<T> Query<T>(ReplicaWorld world, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={world.Options.DataFile("replica.db")};Pooling=false");
        return [.. Dapper.SqlMapper.Query<T>(connection, sql)];
    }

    private sealed class Told(Action<DeliveryProgress> told) : IProgress<DeliveryProgress>
    {
        public void Report(DeliveryProgress value) => told(value);
    }
}
