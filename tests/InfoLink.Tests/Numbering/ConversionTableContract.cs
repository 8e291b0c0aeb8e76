using System.Security.Cryptography;
using InfoLink.Codes;
using InfoLink.Contracts.Identifiers;
using InfoLink.Numbering.Individuals;
using InfoLink.Tests.EndToEnd;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Numbering;

/// <summary>What holds for the conversion table wherever it lies.</summary>
public abstract class ConversionTableContract
{
    private protected const long Plenty = 1_000_000;
    private static readonly TimeSpan Kept = TimeSpan.FromDays(90);
    private static readonly byte[] Key = RandomNumberGenerator.GetBytes(32);

    private protected LeapingClock Clock { get; } = LeapingClock.Standing();

    private protected RecordCodeSeal Seal { get; } = new(Key);

    /// <summary>The one store of this test, opened again.</summary>
    private protected abstract INumberStore Open(byte[] keyCheck);

    /// <summary>All that is stored, as text, for searching.</summary>
    private protected abstract Task<string> DumpAsync();

    [Fact]
    public async Task Each_person_gets_a_number_of_its_own_in_the_order_of_the_call()
    {
        await using var store = Open();
        var codes = Codes(1_000);
        var numbered = await Table(store).AssignAsync(Persons(codes), Plenty, default);
        Assert.All(numbered, one => Assert.Equal(NumberingOutcome.NumberingGiven, one.Outcome));
        Assert.Equal(1_000, numbered.Select(one => one.Number!.Reveal()).Distinct(StringComparer.Ordinal).Count());
        for (var i = 0; i < codes.Length; i += 97)
        {
            Assert.Equal((codes[i], true), await Table(store).ResolveAsync(numbered[i].Number!, default));
        }
    }

    [Fact]
    public async Task Who_is_brought_again_keeps_the_number_over_restarts_too()
    {
        Numbered[] first;
        var codes = Codes(5);
        await using (var store = Open())
        {
            first = await Table(store).AssignAsync(Persons(codes), Plenty, default);
        }

        await using var reopened = Open();
        var again = await Table(reopened).AssignAsync(Persons([codes[3], Codes(1, from: 900)[0], codes[3], codes[0]]), Plenty, default);
        Assert.Equal(
            [NumberingOutcome.NumberingHeld, NumberingOutcome.NumberingGiven, NumberingOutcome.NumberingHeld, NumberingOutcome.NumberingHeld], again.Select(one => one.Outcome));
        Assert.Equal((first[3].Number, first[3].Number, first[0].Number), (again[0].Number, again[2].Number, again[3].Number));
    }

    [Fact]
    public async Task A_person_who_is_twice_in_a_call_is_numbered_once_and_told_once()
    {
        await using var store = Open();
        var code = Codes(1)[0];
        var numbered = await Table(store).AssignAsync([new(code, "a"), new(null, "b"), new(code, "c")], Plenty, default);
        Assert.Equal([NumberingOutcome.NumberingGiven, NumberingOutcome.NumberingCodeMalformed, NumberingOutcome.NumberingHeld], numbered.Select(one => one.Outcome));
        Assert.Equal(numbered[0].Number, numbered[2].Number);
        Assert.Equal("a", Assert.Single(await Table(store).NoticesAsync(NoticeState.NoticeToSend, 0, 10, default)).Addressee);
    }

    [Fact]
    public async Task A_number_that_was_given_is_drawn_again_until_it_is_free()
    {
        await using var store = Open();
        ulong[] drawn = [7, 7, 7, 8, 7, 9]; // Two persons draw the same; the next draw is taken; and so on.
        var next = 0;
        var table = new ConversionTable(store, Seal, Clock, () => drawn[next++]);
        var codes = Codes(3);
        var first = await table.AssignAsync(Persons(codes[..2]), Plenty, default);
        var second = await table.AssignAsync(Persons(codes[2..]), Plenty, default);
        Assert.Equal([7UL, 8UL, 9UL], first.Concat(second).Select(one => one.Number!.ToBase()).Order());
    }

    [Fact]
    public async Task Where_chance_is_broken_nothing_is_given()
    {
        await using var store = Open();
        var table = new ConversionTable(store, Seal, Clock, () => 7);
        await table.AssignAsync(Persons(Codes(1)), Plenty, default);
        await Assert.ThrowsAsync<InvalidOperationException>(() => table.AssignAsync(Persons(Codes(2, from: 50)), Plenty, default));
        Assert.Empty(await table.HistoryAsync(Codes(1, from: 50)[0], default));
        Assert.Single(await table.NoticesAsync(NoticeState.NoticeToSend, 0, 10, default));
    }

    [Fact]
    public async Task Of_many_that_number_the_same_people_at_once_all_see_the_same_numbers()
    {
        await using var store = Open();
        await AllSeeTheSameAsync([store]);
    }

    [Fact]
    public async Task A_number_follows_a_change_of_the_record_code()
    {
        await using var store = Open();
        var table = Table(store);
        var codes = Codes(3);
        var number = (await table.AssignAsync(Persons(codes[..1]), Plenty, default))[0].Number!;
        Assert.Equal(NumberingOutcome.NumberingGiven, await table.FollowAsync(codes[0], codes[1], default));
        Assert.Equal(NumberingOutcome.NumberingHeld, await table.FollowAsync(codes[0], codes[1], default)); // Said again.
        Assert.Equal((codes[1], true), await table.ResolveAsync(number, default));
        var again = await table.AssignAsync(Persons([codes[1], codes[0]]), Plenty, default);
        Assert.Equal(number, again[0].Number);
        Assert.Equal(new Numbered(NumberingOutcome.NumberingCodeFormer, null), again[1]);
        Assert.Equal(NumberingOutcome.NumberingCodeFormer, await table.FollowAsync(codes[0], codes[2], default));
        Assert.Equal(NumberingOutcome.NumberingCodeFormer, await table.FollowAsync(codes[1], codes[0], default)); // Codes do not come back.
        Assert.Equal(NumberingOutcome.NumberingCodeUnknown, await table.FollowAsync(codes[2], codes[1], default));
        Assert.Equal(NumberingOutcome.NumberingHeld, await table.FollowAsync(codes[1], codes[1], default));
    }

    [Fact]
    public async Task A_record_code_that_is_somebody_elses_is_not_followed()
    {
        await using var store = Open();
        var table = Table(store);
        var codes = Codes(2);
        var numbers = await table.AssignAsync(Persons(codes), Plenty, default);
        Assert.Equal(NumberingOutcome.NumberingCodeTaken, await table.FollowAsync(codes[0], codes[1], default));
        Assert.Equal((codes[0], true), await table.ResolveAsync(numbers[0].Number!, default));
        Assert.Equal((codes[1], true), await table.ResolveAsync(numbers[1].Number!, default));
    }

    [Fact]
    public async Task A_changed_number_stays_on_record_and_is_never_given_again()
    {
        await using var store = Open();
        ulong[] drawn = [5, 5, 6, 5, 6, 7];
        var next = 0;
        var table = new ConversionTable(store, Seal, Clock, () => drawn[next++]);
        var codes = Codes(2);
        await table.AssignAsync(Persons(codes[..1]), Plenty, default);
        Clock.Leap(TimeSpan.FromDays(1));
        var wish = Wish(codes[0], NumberGround.NumberAfterLeak, "incident-4");
        var changed = await table.ChangeAsync(wish, Plenty, default);
        Assert.Equal((NumberingOutcome.NumberingGiven, 6UL), (changed.Outcome, changed.Number!.ToBase()));
        var again = await table.ChangeAsync(wish, Plenty, default);
        Assert.Equal((NumberingOutcome.NumberingHeld, 6UL), (again.Outcome, again.Number!.ToBase()));
        Assert.Equal(7UL, (await table.AssignAsync(Persons(codes[1..]), Plenty, default))[0].Number!.ToBase());

        var now = Clock.GetUtcNow();
        Assert.Equal(
            [(5UL, NumberGround.NumberFirst, false), (6UL, NumberGround.NumberAfterLeak, true)],
            (await table.HistoryAsync(codes[0], default)).Select(one => (one.Number, one.Ground, one.Ended is null)));
        Assert.Equal("incident-4", (await table.HistoryAsync(codes[0], default))[1].CaseReference);
        Assert.True((await table.HistoryAsync(codes[0], default))[0].Ended <= now);
        Assert.Equal((codes[0], false), await table.ResolveAsync(IndividualNumber.FromBase(5), default));
        Assert.Equal((codes[0], true), await table.ResolveAsync(IndividualNumber.FromBase(6), default));
        Assert.Null(await table.ResolveAsync(IndividualNumber.FromBase(99), default));
    }

    [Fact]
    public async Task A_number_can_change_after_the_code_has_and_the_code_after_the_number()
    {
        await using var store = Open();
        var table = Table(store);
        var codes = Codes(3);
        await table.AssignAsync(Persons(codes[..1]), Plenty, default);
        await table.ChangeAsync(Wish(codes[0], NumberGround.NumberOnRequest), Plenty, default);
        await table.FollowAsync(codes[0], codes[1], default);
        Assert.Equal(NumberingOutcome.NumberingCodeFormer, (await table.ChangeAsync(Wish(codes[0], NumberGround.NumberOnRequest), Plenty, default)).Outcome);
        var last = await table.ChangeAsync(Wish(codes[1], NumberGround.NumberOnRequest), Plenty, default);
        Assert.Equal(3, (await table.HistoryAsync(codes[1], default)).Count);
        Assert.Equal((codes[1], true), await table.ResolveAsync(last.Number!, default));
        Assert.Equal(NumberingOutcome.NumberingCodeUnknown, (await table.ChangeAsync(Wish(codes[2], NumberGround.NumberOnRequest), Plenty, default)).Outcome);
    }

    [Fact]
    public async Task Of_many_changes_under_one_id_one_happens()
    {
        await using var store = Open();
        var table = Table(store);
        var code = Codes(1)[0];
        await table.AssignAsync(Persons([code]), Plenty, default);
        var wish = Wish(code, NumberGround.NumberOnRequest);
        var all = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => table.ChangeAsync(wish, Plenty, default))));
        Assert.Single(all, one => one.Outcome == NumberingOutcome.NumberingGiven);
        Assert.Single(all.Select(one => one.Number).Distinct());
        Assert.Equal(2, (await table.HistoryAsync(code, default)).Count);
    }

    [Fact]
    public async Task A_notice_goes_its_way_and_no_other()
    {
        await using var store = Open();
        var table = Table(store);
        await table.AssignAsync(Persons(Codes(2)), Plenty, default);
        var notice = (await table.NoticesAsync(NoticeState.NoticeToSend, 0, 10, default))[0];
        Assert.False(await MarkAsync(NoticeState.NoticeDelivered));
        Assert.True(await MarkAsync(NoticeState.NoticeSent));
        Assert.True(await MarkAsync(NoticeState.NoticeSent)); // Said again: not sent again.
        Assert.True(await MarkAsync(NoticeState.NoticeUndelivered));
        Assert.False(await MarkAsync(NoticeState.NoticeSent));
        Assert.True(await MarkAsync(NoticeState.NoticeSentAgain));
        Assert.False(await MarkAsync(NoticeState.NoticeWithdrawn));
        Assert.True(await MarkAsync(NoticeState.NoticeDelivered));
        Assert.False(await MarkAsync(NoticeState.NoticeUndelivered));
        var end = Assert.Single(await table.NoticesAsync(NoticeState.NoticeDelivered, 0, 10, default));
        Assert.Equal((notice.Id, notice.Number, 2), (end.Id, end.Number, end.Sendings));
        Assert.False(Assert.Single(await table.MarkAsync([(ulong.MaxValue, NoticeState.NoticeSent)], Kept, default)));

        Clock.Leap(Kept + TimeSpan.FromDays(1));
        Assert.False(Assert.Single(await table.MarkAsync([(ulong.MaxValue, NoticeState.NoticeSent)], Kept, default)));
        Assert.Empty(await table.NoticesAsync(NoticeState.NoticeDelivered, 0, 10, default));
        Assert.Single(await table.NoticesAsync(NoticeState.NoticeToSend, 0, 10, default));

        async Task<bool> MarkAsync(NoticeState state) => Assert.Single(await table.MarkAsync([(notice.Id, state)], Kept, default));
    }

    [Fact]
    public async Task Notices_come_in_pages_and_a_changed_number_is_not_sent_any_more()
    {
        await using var store = Open();
        var table = Table(store);
        var codes = Codes(5);
        await table.AssignAsync(Persons(codes), Plenty, default);
        var pages = new List<StoredNotice>();
        while (await table.NoticesAsync(NoticeState.NoticeToSend, pages.LastOrDefault()?.Id ?? 0, 2, default) is { Count: > 0 } page)
        {
            pages.AddRange(page);
        }

        Assert.Equal(codes.Select((_, place) => $"letter-{place}"), pages.Select(notice => notice.Addressee), StringComparer.Ordinal);
        var changed = await table.ChangeAsync(Wish(codes[2], NumberGround.NumberOnRequest), Plenty, default);
        Assert.Equal(pages[2].Number, Assert.Single(await table.NoticesAsync(NoticeState.NoticeWithdrawn, 0, 10, default)).Number);
        Assert.Equal(changed.Number!.ToBase(), (await table.NoticesAsync(NoticeState.NoticeToSend, 0, 10, default))[^1].Number);
    }

    [Fact]
    public async Task Nobody_is_numbered_who_would_not_be_told()
    {
        await using var store = Open();
        var table = Table(store);
        await table.AssignAsync(Persons(Codes(3)), mostWaiting: 4, default);
        await Assert.ThrowsAsync<NoticesFullException>(() => table.AssignAsync(Persons(Codes(2, from: 10)), mostWaiting: 4, default));
        Assert.Empty(await table.HistoryAsync(Codes(1, from: 10)[0], default));
        Assert.Equal(NumberingOutcome.NumberingHeld, (await table.AssignAsync(Persons(Codes(3)), mostWaiting: 1, default))[0].Outcome); // Who has one is answered all the same.
        var first = (await table.NoticesAsync(NoticeState.NoticeToSend, 0, 1, default))[0];
        await table.MarkAsync([(first.Id, NoticeState.NoticeSent)], Kept, default);
        await table.AssignAsync(Persons(Codes(2, from: 10)), mostWaiting: 4, default);
    }

    [Fact]
    public async Task No_record_code_lies_in_the_table()
    {
        var codes = Codes(20, from: 8_271_936_450);
        await using (var store = Open())
        {
            await Table(store).AssignAsync(Persons(codes), Plenty, default);
            await Table(store).FollowAsync(codes[0], Codes(1, from: 8_271_936_490)[0], default);
        }

        var dump = await DumpAsync();
        Assert.Contains("letter-7", dump, StringComparison.Ordinal); // It is the table that is searched.
        foreach (var code in codes)
        {
            Assert.DoesNotContain(code.Reveal()[..10], dump, StringComparison.Ordinal);
            Assert.DoesNotContain($"{ulong.Parse(code.Reveal()[..10]):x10}", dump, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task Under_another_key_the_table_is_not_gone_on_with()
    {
        await using (var store = Open())
        {
            await Table(store).AssignAsync(Persons(Codes(1)), Plenty, default);
        }

        using var other = new RecordCodeSeal(RandomNumberGenerator.GetBytes(32));
        var fault = Assert.Throws<InvalidOperationException>(() => Open(other.KeyCheck()));
        Assert.Contains("another key", fault.Message, StringComparison.Ordinal);
        await using var again = Open();
        Assert.Equal(NumberingOutcome.NumberingHeld, (await Table(again).AssignAsync(Persons(Codes(1)), Plenty, default))[0].Outcome);
    }

    /// <summary>Twenty at once on overlapping thousands, each through one of the stores.</summary>
    private protected async Task AllSeeTheSameAsync(INumberStore[] stores)
    {
        var codes = Codes(400);
        var all = await Task.WhenAll(Enumerable.Range(0, 20).Select(worker => Task.Run(async () =>
        {
            ResidentRecordCode[] mine = [.. codes.Skip(worker * 10).Take(200).OrderBy(code => code.Reveal()[worker % 10])];
            return mine.Zip(await Table(stores[worker % stores.Length]).AssignAsync(Persons(mine), Plenty, default));
        })));
        var seen = all.SelectMany(one => one).GroupBy(one => one.First.Reveal(), StringComparer.Ordinal).ToList();
        Assert.All(seen, person => Assert.Single(person.Select(one => one.Second.Number!.Reveal()).Distinct(StringComparer.Ordinal)));
        Assert.All(seen, person => Assert.Single(person, one => one.Second.Outcome == NumberingOutcome.NumberingGiven));
        Assert.Equal(seen.Count, seen.Select(person => person.First().Second.Number!.Reveal()).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(seen.Count, (await Table(stores[0]).NoticesAsync(NoticeState.NoticeToSend, 0, 1_000, default)).Count);
    }

    private protected INumberStore Open() => Open(Seal.KeyCheck());

    private protected ConversionTable Table(INumberStore store) => new(store, Seal, Clock, NumberDraw.Next);

    private protected static ResidentRecordCode[] Codes(int count, ulong from = 0) => [.. Enumerable.Range(0, count).Select(i => ResidentRecordCode.FromBase(from + (ulong)i))];

    private protected static List<Registration> Persons(IEnumerable<ResidentRecordCode> codes) => [.. codes.Select((code, place) => new Registration(code, $"letter-{place}"))];

    private static WishedChange Wish(ResidentRecordCode code, NumberGround ground, string reference = "") =>
        new(code, RandomNumberGenerator.GetBytes(16), ground, reference, "letter-changed");
}
