using System.Security.Cryptography;
using Google.Protobuf;
using InfoLink.Codes;
using InfoLink.Contracts.Identifiers;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Numbering;

/// <summary>The numbering authority on the wire: who may do what, and what leaves to whom.</summary>
public sealed class NumberingServiceTests
{
    [Fact]
    public async Task A_registry_has_people_numbered_and_sees_no_number_and_who_tells_people_sees_it()
    {
        await using var network = await NumberingNetwork.StartAsync();
        var reply = await network.As(NumberingNetwork.Registry).AssignAsync(Ask(Code(1), Code(2)));
        Assert.Equal([NumberingOutcome.NumberingGiven, NumberingOutcome.NumberingGiven], reply.Outcomes);
        Assert.Empty(reply.Numbers);

        var notices = (await network.As(NumberingNetwork.Notifier).NotificationsAsync(new() { State = NoticeState.NoticeToSend, AtMost = 10 })).Notices;
        Assert.Equal(["letter-0", "letter-1"], notices.Select(notice => notice.Addressee), StringComparer.Ordinal);
        Assert.All(notices, notice => Assert.True(IndividualNumber.TryParse(notice.Number, out _)));
        var held = await network.As(NumberingNetwork.Both).AssignAsync(Ask(Code(2), Code(1)));
        Assert.Equal([NumberingOutcome.NumberingHeld, NumberingOutcome.NumberingHeld], held.Outcomes);
        Assert.Equal([notices[1].Number, notices[0].Number], held.Numbers, StringComparer.Ordinal);
    }

    [Fact]
    public async Task Each_part_is_for_those_whom_the_member_list_gives_it_to()
    {
        await using var network = await NumberingNetwork.StartAsync();
        foreach (var other in (string[])[NumberingNetwork.Notifier, NumberingNetwork.Neither])
        {
            await Refused.ByAsync(RefusalName.MemberNotEntitled, async () => await network.As(other).AssignAsync(Ask(Code(1))), "registry");
            await Refused.ByAsync(RefusalName.MemberNotEntitled, async () => await network.As(other).FollowAsync(new()), "registry");
            await Refused.ByAsync(RefusalName.MemberNotEntitled, async () => await network.As(other).ChangeAsync(new()), "registry");
        }

        foreach (var other in (string[])[NumberingNetwork.Registry, NumberingNetwork.Neither])
        {
            await Refused.ByAsync(RefusalName.MemberNotEntitled, async () => await network.As(other).NotificationsAsync(new()), "number-notifier");
            await Refused.ByAsync(RefusalName.MemberNotEntitled, async () => await network.As(other).MarkNotificationAsync(new()), "number-notifier");
        }
    }

    [Fact]
    public async Task A_stranger_is_told_so()
    {
        await using var network = await NumberingNetwork.StartAsync();
        using var without = new BareClient(network.Host.Endpoint, certificate: null);
        var (status, refusal) = await without.PostAsync("../infolink.v1.NumberingService/Assign", [0, 0, 0, 0, 0]);
        Assert.True(refusal, status);
    }

    [Fact]
    public async Task Bad_input_is_named_in_its_place_and_the_others_go_on()
    {
        await using var network = await NumberingNetwork.StartAsync();
        var registry = network.As(NumberingNetwork.Both);
        var number = (await registry.AssignAsync(Ask(Code(9)))).Numbers[0];
        var ask = Ask(Code(1), Wrong, "", Code(2), Code(3), Code(4), Code(5));
        ask.Persons[3].Addressee = "横浜市中区"; // An address has no place here.
        ask.Persons[4].Addressee = number; // Nor has a number.
        ask.Persons[5].Addressee = Code(6); // Nor a record code.
        var reply = await registry.AssignAsync(ask);
        Assert.Equal(
            [
                NumberingOutcome.NumberingGiven, NumberingOutcome.NumberingCodeMalformed, NumberingOutcome.NumberingCodeMalformed, NumberingOutcome.NumberingAddresseeMalformed,
                NumberingOutcome.NumberingAddresseeMalformed, NumberingOutcome.NumberingAddresseeMalformed, NumberingOutcome.NumberingGiven,
            ],
            reply.Outcomes);
        Assert.Equal([true, false, false, false, false, false, true], reply.Numbers.Select(text => text.Length > 0));
        await Refused.ByAsync(RefusalName.SubjectCount, async () => await registry.AssignAsync(new()), "persons");
        await Refused.ByAsync(RefusalName.SubjectCount, async () => await registry.AssignAsync(Ask(Enumerable.Repeat(Code(1), 1_001))), "persons");
        await Refused.ByAsync(RefusalName.SubjectCount, async () => await registry.NotificationsAsync(new() { AtMost = uint.MaxValue }), "at_most");
        await Refused.ByAsync(RefusalName.RequestMalformed, async () => await registry.ChangeAsync(Change(9, 15)), "change_id, ground or case_reference");
        Assert.Equal(NumberingOutcome.NumberingCodeMalformed, (await registry.FollowAsync(new() { OldRecordCode = Code(1), NewRecordCode = "1" })).Outcome);
    }

    [Fact]
    public async Task Codes_and_numbers_change_and_what_had_not_arrived_is_withdrawn()
    {
        await using var network = await NumberingNetwork.StartAsync();
        var both = network.As(NumberingNetwork.Both);
        var first = (await both.AssignAsync(Ask(Code(1)))).Numbers[0];
        Assert.Equal(NumberingOutcome.NumberingGiven, (await both.FollowAsync(new() { OldRecordCode = Code(1), NewRecordCode = Code(2) })).Outcome);
        var change = Change(2, 16);
        var changed = await both.ChangeAsync(change);
        Assert.Equal(NumberingOutcome.NumberingGiven, changed.Outcome);
        Assert.NotEqual(first, changed.Number, StringComparer.Ordinal);
        Assert.Equal(new ChangeReply { Outcome = NumberingOutcome.NumberingHeld, Number = changed.Number }, await both.ChangeAsync(change));
        Assert.Equal("", (await network.As(NumberingNetwork.Registry).ChangeAsync(change)).Number);
        Assert.Equal(changed.Number, (await both.AssignAsync(Ask(Code(2)))).Numbers[0]);
        Assert.Equal(first, Assert.Single((await both.NotificationsAsync(new() { State = NoticeState.NoticeWithdrawn, AtMost = 10 })).Notices).Number);
    }

    [Fact]
    public async Task Every_act_is_on_record_without_a_number_or_a_code()
    {
        await using var network = await NumberingNetwork.StartAsync();
        var both = network.As(NumberingNetwork.Both);
        var number = (await both.AssignAsync(Ask(Code(1)))).Numbers[0];
        await both.ChangeAsync(Change(1, 16));
        await both.MarkNotificationAsync(new() { Marks = { new NoticeMark { Id = 1, State = NoticeState.NoticeSent } } });
        await both.NotificationsAsync(new() { State = NoticeState.NoticeToSend, AtMost = 5 });
        var acts = (await network.Host.Log.Store.ReadAsync(0, 100, CancellationToken.None)).Select(entry => entry.Open.Act).ToList();
        Assert.Equal(["assign", "change after a leak", "mark notices", "read notices"], acts.Select(act => act.What), StringComparer.Ordinal);
        Assert.Equal("incident-4", acts[1].Reason);
        Assert.All(acts, act =>
        {
            Assert.Equal($"member {NumberingNetwork.Both}", act.Operator);
            Assert.DoesNotContain(number, act.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain(Code(1)[..10], act.ToString(), StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task Where_too_many_notices_wait_nobody_is_numbered()
    {
        await using var network = await NumberingNetwork.StartAsync(options => options.MostWaitingNotices = 2);
        var registry = network.As(NumberingNetwork.Both);
        await registry.AssignAsync(Ask(Code(1), Code(2)));
        await Refused.ByAsync(RefusalName.Overloaded, async () => await registry.AssignAsync(Ask(Code(3))), "notices that wait to be sent");
    }

    [Fact]
    public async Task On_PostgreSQL_everything_lies_in_one_database_and_outlives_a_restart()
    {
        var database = await SharedPostgres.CreateDatabaseAsync();
        await using var network = await NumberingNetwork.StartAsync(options => options.Postgres = database);
        var both = network.As(NumberingNetwork.Both);
        var first = await both.AssignAsync(Ask(Code(1), Code(2)));
        await network.StopHostAsync();
        await network.StartHostAsync();
        var again = await network.As(NumberingNetwork.Both).AssignAsync(Ask(Code(2), Code(1)));
        Assert.Equal(first.Numbers.Reverse(), again.Numbers, StringComparer.Ordinal);
        Assert.Equal(2, (await network.Host.Log.Store.ReadAsync(0, 100, CancellationToken.None)).Count);
        Assert.Empty((await network.CorporationsAs(NumberingNetwork.Neither).SearchAsync(new() { Text = "無い", AtMost = 1 })).Corporations);
        Assert.DoesNotContain(Directory.GetFiles(network.Options.Member.Full(network.Options.Member.Data)), file => file.EndsWith(".db", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_configuration_says_everything_that_is_wrong_at_once()
    {
        await using var network = NumberingNetwork.Prepare();
        network.Options.Member.Listen = "nowhere";
        network.Options.MostWaitingNotices = 0;
        network.Options.Member.Id = "Numbering!";
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(network.StartHostAsync);
        Assert.All(["member.listen", "mostWaitingNotices", "member.id"], name => Assert.Contains(name, fault.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_is_not_the_numbering_authority_by_the_member_list_does_not_start()
    {
        await using var network = NumberingNetwork.Prepare();
        var members = await File.ReadAllTextAsync(network.Folder.MembersPath);
        await File.WriteAllTextAsync(network.Folder.MembersPath, members.Replace("flags: [numbering-authority]", "flags: [registry]", StringComparison.Ordinal));
        network.Folder.Publish();
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(network.StartHostAsync);
        Assert.Contains("'numbering-authority'", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_authority_goes_on_where_it_stopped_and_a_second_one_beside_it_is_refused()
    {
        await using var network = NumberingNetwork.Prepare();
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        await using (var first = await PartyProcess.StartNumberingAsync(network.Config))
        {
            var (code, output) = await PartyProcess.RefuseNumberingAsync(network.Config);
            Assert.Equal(1, code);
            Assert.Contains("Another process", output, StringComparison.Ordinal);

            var registry = network.As(NumberingNetwork.Both);
            await AssignAsync(registry, 0, seen);
            var running = Enumerable.Range(0, 4).Select(worker => Task.Run(async () =>
            {
                var mine = new Dictionary<string, string>(StringComparer.Ordinal);
                try
                {
                    for (var batch = 0; batch < 100; batch++)
                    {
                        await AssignAsync(registry, (worker * 50) + (batch * 100), mine); // Each meets others' people too.
                    }
                }
                catch (Grpc.Core.RpcException)
                {
                    // Killed.
                }

                return mine;
            })).ToList();
            await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System);
            await first.KillAsync();
            foreach (var (person, number) in (await Task.WhenAll(running)).SelectMany(one => one))
            {
                Assert.Equal(number, seen.GetValueOrDefault(person) ?? (seen[person] = number));
            }
        }

        await using var second = await PartyProcess.StartNumberingAsync(network.Config);
        var again = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var batch = 0; batch < 30; batch++)
        {
            await AssignAsync(network.As(NumberingNetwork.Both), batch * 100, again);
        }

        Assert.NotEmpty(seen);
        Assert.All(seen.Where(person => again.ContainsKey(person.Key)), person => Assert.Equal(person.Value, again[person.Key]));
        Assert.Equal(again.Count, again.Values.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(0, await second.StopAsync());
    }

    private static async Task AssignAsync(NumberingService.NumberingServiceClient registry, int from, Dictionary<string, string> seen)
    {
        string[] codes = [.. Enumerable.Range(from, 100).Select(Code)];
        var reply = await registry.AssignAsync(Ask(codes));
        foreach (var (code, number) in codes.Zip(reply.Numbers))
        {
            seen[code] = number;
        }
    }

    /// <summary>A code whose check digit is another.</summary>
    private static string Wrong { get; } = $"{Code(1)[..10]}{(Code(1)[10] - '0' + 1) % 10}";

    private static string Code(int person) => ResidentRecordCode.FromBase((ulong)person).Reveal();

    private static AssignRequest Ask(params IEnumerable<string> codes) =>
        new() { Persons = { codes.Select((code, place) => new PersonToNumber { RecordCode = code, Addressee = $"letter-{place}" }) } };

    private static ChangeRequest Change(int person, int idLength) => new()
    {
        ChangeId = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(idLength)),
        Person = new PersonToNumber { RecordCode = Code(person), Addressee = "letter-changed" },
        Ground = NumberGround.NumberAfterLeak,
        CaseReference = "incident-4",
    };
}
