using InfoLink.Contracts.Identifiers;
using InfoLink.Tests.Fixtures;
using InfoLink.Transparency;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.AccessLog;

/// <summary>A member that is refused again and again fills no log, and nothing is left out.</summary>
public sealed class RefusalRecordsTests : IAsyncLifetime
{
    private LogOnDisk? _started;
    private RefusalRecords? _records;

    private LogOnDisk On => _started!;

    private RefusalRecords Records => _records!;

    public async ValueTask InitializeAsync()
    {
        _started = await LogOnDisk.StartAsync(StoreKind.Sqlite);
        _records = new RefusalRecords(On.Log, "broker", On.Time);
    }

    public ValueTask DisposeAsync() => On.DisposeAsync();

    [Fact]
    public async Task Sixty_of_each_name_a_minute_stand_alone_and_the_rest_is_counted()
    {
        var (yokohama, kawasaki) = (Member("141003"), Member("141305"));
        await RefuseAsync(yokohama, RefusalName.EntryUnknown, 65);
        await RefuseAsync(yokohama, RefusalName.TokenSpent, 3); // A flood of one name does not hide another.
        await RefuseAsync(yokohama, RefusalName.LinkCodeRefused, 63);
        await RefuseAsync(kawasaki, RefusalName.LinkCodeRefused, 60);
        Assert.Equal(60 + 3 + 60 + 60, (await On.AllAsync()).Count);

        await Records.FlushAsync(all: false);
        Assert.Equal(183, (await On.AllAsync()).Count); // The minute runs still.
        On.Time.Advance(TimeSpan.FromMinutes(1));
        await Records.FlushAsync(all: false);
        var counted = (await On.AllAsync()).Skip(183).Select(record => record.Open).OrderBy(open => open.Refusal).ToList();
        Assert.Equal(
            [("141003", RefusalName.EntryUnknown, 5u), ("141003", RefusalName.LinkCodeRefused, 3u)],
            counted.Select(open => (open.Caller, open.Refusal, open.RepeatedRefusals)));
        Assert.All(counted, open => Assert.Equal((AccessEvent.Refused, "broker"), (open.Event, open.Custodian)));

        await RefuseAsync(yokohama, RefusalName.EntryUnknown, 1); // A new minute begins with records of their own.
        Assert.Equal(186, (await On.AllAsync()).Count);
        await Records.FlushAsync(all: true);
        Assert.Equal(186, (await On.AllAsync()).Count);
    }

    [Fact]
    public async Task At_the_end_the_running_minutes_counts_are_written_too()
    {
        await RefuseAsync(Member("141003"), RefusalName.EntryUnknown, 61);
        await Records.FlushAsync(all: true);
        Assert.Equal(1u, (await On.AllAsync())[^1].Open.RepeatedRefusals);
    }

    [Fact]
    public async Task A_log_that_fails_in_between_loses_no_count()
    {
        On.Journal.Expect("a test's fault");
        string[] members = ["141003", "141305", "131121"];
        foreach (var member in members)
        {
            await RefuseAsync(Member(member), RefusalName.EntryUnknown, 62);
            await RefuseAsync(Member(member), RefusalName.KindNotInEntry, 63);
        }

        On.Time.Advance(TimeSpan.FromMinutes(1));
        On.Store.Fault = Fault.Lost;
        await Assert.ThrowsAsync<LogUnavailableException>(() => Records.FlushAsync(all: false));
        await RefuseCountedAsync(members[0]); // Meanwhile it goes on.
        On.Store.Fault = Fault.None;
        await Records.FlushAsync(all: true);
        await Records.FlushAsync(all: true);

        var counted = (await On.AllAsync()).Where(record => record.Open.RepeatedRefusals > 0)
            .Select(record => (record.Open.Caller, record.Open.Refusal, record.Open.RepeatedRefusals)).Order();
        Assert.Equal(
            members.SelectMany(member => ((string, RefusalName, uint)[])[(member, RefusalName.EntryUnknown, 2), (member, RefusalName.KindNotInEntry, 3)]).Order(),
            counted);
    }

    [Fact]
    public async Task The_record_names_who_called_and_how_many_persons_it_was_about()
    {
        await Records.RefuseAsync(Member("141305"), new OpenPart { Requester = "141003", Provider = "131121" }, RefusalName.TokenNotForCaller, subjects: 7);
        await Records.RecordAsync(Member("141003"), new OpenPart { Requester = "141003" }, RefusalName.LinkCodeRefused, [1, 3]);
        var records = await On.AllAsync();
        Assert.Equal(("141305", "141003", "131121", 7u), (records[0].Open.Caller, records[0].Open.Requester, records[0].Open.Provider, records[0].Open.Count));
        Assert.Empty(records[0].Subjects);
        Assert.Equal([1u, 3], records[1].Subjects.Select(subject => subject.Index));
    }

    [Fact]
    public async Task A_refusal_that_could_not_be_recorded_is_not_told_but_thrown()
    {
        On.Journal.Expect("a test's fault");
        On.Store.Fault = Fault.Lost;
        await Assert.ThrowsAsync<LogUnavailableException>(() => RefuseAsync(Member("141003"), RefusalName.EntryUnknown, 1));
    }

    private async Task RefuseCountedAsync(string member)
    {
        On.Store.Fault = Fault.None;
        await RefuseAsync(Member(member), RefusalName.TokenSpent, 1); // Stands alone: a new minute.
        On.Store.Fault = Fault.Lost;
    }

    private async Task RefuseAsync(AgencyId caller, RefusalName name, int times)
    {
        for (var i = 0; i < times; i++)
        {
            await Records.RefuseAsync(caller, new OpenPart { Requester = caller.Value }, name, subjects: 1);
        }
    }

    private static AgencyId Member(string id) => AgencyId.Parse(id);
}
