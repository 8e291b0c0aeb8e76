using System.Text;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Samples.Registry;
using InfoLink.Samples.Registry.Keeping;
using InfoLink.Samples.Registry.Matching;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Microsoft.Data.Sqlite;
using Xunit;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Tests.Registry;

/// <summary>Match on the wire: who may, what it says, what it keeps, and what a ticket is asked for.</summary>
public sealed class RegistryEdgeTests
{
    [Fact]
    public async Task A_link_is_a_verdict_for_each_person_and_one_ticket_for_those_who_match()
    {
        await using var served = await ServedRegistry.StartAsync();
        var (one, other) = (Plain(served)[0], Plain(served)[1]);
        var reply = await served.MatchAsync(MatchPurpose.LinkPurpose, SampleRegister.Asking(one.Current), new BasicAttributes { Name = "渡邊　花子" }, SampleRegister.Asking(other.Current));

        Assert.Equal([MatchVerdict.Matched, MatchVerdict.NotFound, MatchVerdict.Matched], reply.Persons.Select(person => person.Verdict));
        Assert.Equal(PersonStanding.Resident, reply.Persons[0].Standing);
        Assert.All(reply.Persons, person => Assert.True(person.Current is null && person.Municipality.Length == 0)); // Who asks for links learns nothing new of anybody.
        var asked = Assert.Single(served.Asked);
        Assert.Equal((ServedRegistry.Flagged, one.Code.Reveal(), other.Code.Reveal()), (asked.Agency, asked.ResidentRecordCodes[0], asked.ResidentRecordCodes[1]));
        Assert.Equal(2u, LinkTicketBody.Parser.ParseFrom(reply.Ticket.Body).Count);
        Assert.DoesNotContain(one.Code.Reveal(), reply.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refresh_tells_the_newest_attributes_and_makes_no_ticket()
    {
        await using var served = await ServedRegistry.StartAsync();
        var person = Plain(served)[0];
        served.Sample.Register.Apply(person.Code, new Change.Move("東京都世田谷区中央一丁目２番３号", "131121", new DateOnly(2026, 6, 1), "転居"));
        var match = Assert.Single((await served.MatchAsync(MatchPurpose.RefreshPurpose, SampleRegister.Asking(person.Current))).Persons);

        Assert.Equal((MatchVerdict.Matched, PersonStanding.MovedOn, "131121"), (match.Verdict, match.Standing, match.Municipality));
        Assert.Equal((person.Current.Name, "東京都世田谷区中央一丁目２番３号"), (match.Current.Name, match.Current.Address));
        Assert.Empty(served.Asked);
        var link = await served.MatchAsync(MatchPurpose.LinkPurpose, SampleRegister.Asking(person.Current));
        Assert.Equal((MatchVerdict.NotFound, "former-attributes"), (link.Persons[0].Verdict, link.Persons[0].Reasons.Single()));
        Assert.Null(link.Ticket);
        Assert.Empty(served.Asked);
    }

    [Fact]
    public async Task Several_are_counted_and_never_named()
    {
        await using var served = await ServedRegistry.StartAsync();
        var codes = Enumerable.Range(0, 3).Select(_ => served.Sample.Register.Enter(SampleRegister.Somebody(), ChangeKind.Entered, new DateOnly(2026, 6, 1)).Reveal()).ToList();
        var reply = await served.MatchAsync(MatchPurpose.RefreshPurpose, SampleRegister.Asking(SampleRegister.Somebody()));

        Assert.Equal((MatchVerdict.Ambiguous, 3u, null), (reply.Persons[0].Verdict, reply.Persons[0].Candidates, reply.Persons[0].Current));
        Assert.DoesNotContain(codes, code => reply.ToString().Contains(code, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Only_flagged_members_match()
    {
        await using var served = await ServedRegistry.StartAsync();
        var request = new MatchRequest { Purpose = MatchPurpose.LinkPurpose, Persons = { SampleRegister.Asking(Plain(served)[0].Current) } };

        await Refused.ByAsync(RefusalName.MemberNotEntitled, () => served.MatchAsync(ServedRegistry.Unflagged, request), MemberFlags.DirectMatching);
        await Refused.ByAsync(RefusalName.MemberSuspended, () => served.MatchAsync(ServedRegistry.Suspended, request));
        using var stranger = new BareClient(served.Address, certificate: null);
        await Refused.ByAsync(RefusalName.CertificateRequired, async () => await stranger.Registry.MatchAsync(request));
        Assert.Equal(MatchVerdict.Matched, (await served.MatchAsync(ServedRegistry.OtherFlagged, request)).Persons[0].Verdict);
        Assert.Equal(ServedRegistry.OtherFlagged, Assert.Single(served.Asked).Agency);
        Assert.Contains(served.Journal.Lines, line => line.Text.Contains(ServedRegistry.Unflagged, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_call_that_asks_nothing_is_refused_by_what_is_wrong()
    {
        await using var served = await ServedRegistry.StartAsync();
        var person = SampleRegister.Asking(Plain(served)[0].Current);

        await Refused.ByAsync(RefusalName.RequestMalformed, () => served.MatchAsync(MatchPurpose.Unspecified, person), "purpose");
        await Refused.ByAsync(RefusalName.RequestMalformed, () => served.MatchAsync((MatchPurpose)9, person), "purpose");
        await Refused.ByAsync(RefusalName.SubjectCount, () => served.MatchAsync(MatchPurpose.LinkPurpose));
        await Refused.ByAsync(RefusalName.SubjectCount, () => served.MatchAsync(MatchPurpose.LinkPurpose, Enumerable.Repeat(person, 1001)));
        Assert.Equal(1000, (await served.MatchAsync(MatchPurpose.RefreshPurpose, Enumerable.Repeat(person, 1000))).Persons.Count);
    }

    [Fact]
    public async Task Odd_text_is_that_person_s_answer_and_not_the_others()
    {
        await using var served = await ServedRegistry.StartAsync();
        var person = Plain(served)[0];
        var odd = new[] { "\0", "\u202E", "🏯", "\uFFFF", "\uE000", "ｱﾞﾟ", "<script>", "' OR 1=1 --", new string('あ', 5000), "" }
            .Select(text => new BasicAttributes { Name = text, Kana = text, Address = text, BirthDate = text, Sex = text });
        var reply = await served.MatchAsync(MatchPurpose.LinkPurpose, odd.Append(SampleRegister.Asking(person.Current)));

        Assert.All(reply.Persons.SkipLast(1), each => Assert.True(each.Verdict == MatchVerdict.NotFound && each.Reasons.Count > 0));
        Assert.Equal(MatchVerdict.Matched, reply.Persons[^1].Verdict);
    }

    [Fact]
    public async Task Persons_a_minute_are_limited_for_each_agency_by_itself()
    {
        await using var served = await ServedRegistry.StartAsync(new RegistryLimitOptions { PersonsPerMinute = 60, Burst = 1000 });
        var request = new MatchRequest { Purpose = MatchPurpose.RefreshPurpose, Persons = { Enumerable.Repeat(new BasicAttributes(), 600) } };

        await served.MatchAsync(ServedRegistry.Flagged, request);
        await Refused.ByAsync(RefusalName.Overloaded, () => served.MatchAsync(ServedRegistry.Flagged, request), "persons a minute");
        await served.MatchAsync(ServedRegistry.OtherFlagged, request);
        served.Clock.Ahead += TimeSpan.FromMinutes(4); // 240 came back, where 200 were missing.
        await served.MatchAsync(ServedRegistry.Flagged, request);
        Assert.Equal(1200, served.Audit.Newest(10).Where(row => row.Agency is ServedRegistry.Flagged).Sum(row => row.Counts.NotFound));
    }

    [Fact]
    public async Task Without_a_code_authority_there_are_verdicts_for_nobody_who_asks_for_links()
    {
        await using var served = await ServedRegistry.StartAsync();
        var person = SampleRegister.Asking(Plain(served)[0].Current);
        foreach (var bend in new Func<LinkTicketBody, LinkTicketBody>[]
        {
            body => Bent(body, ticket => ticket.Agency = ServedRegistry.Unflagged),
            body => Bent(body, ticket => ticket.Count = 2),
        })
        {
            served.Making = bend;
            await Refused.ByAsync(RefusalName.InternalFault, () => served.MatchAsync(MatchPurpose.LinkPurpose, person), "ticket");
        }

        served.Making = _ => throw new Refusal(RefusalName.BrokerUnreachable).ToRpcException();
        await Refused.ByAsync(RefusalName.CodeAuthorityUnreachable, () => served.MatchAsync(MatchPurpose.LinkPurpose, person), "BROKER-UNREACHABLE");
        served.Making = _ => throw new Refusal(RefusalName.Overloaded, "calls at once", TimeSpan.FromSeconds(2)).ToRpcException();
        await Refused.ByAsync(RefusalName.Overloaded, () => served.MatchAsync(MatchPurpose.LinkPurpose, person), "calls at once");
        await served.StopAuthorityAsync();
        await Refused.ByAsync(RefusalName.CodeAuthorityUnreachable, () => served.MatchAsync(MatchPurpose.LinkPurpose, person));
        served.ForgetAuthority();
        await Refused.ByAsync(
            RefusalName.CodeAuthorityUnreachable, () => served.MatchAsync(MatchPurpose.LinkPurpose, person), "the member list or the directory does not lead to one code authority");
        Assert.Equal(MatchVerdict.Matched, (await served.MatchAsync(MatchPurpose.RefreshPurpose, person)).Persons[0].Verdict);
    }

    [Fact]
    public async Task The_audit_says_who_asked_for_how_many_and_nothing_of_anybody()
    {
        await using var served = await ServedRegistry.StartAsync();
        var people = Plain(served);
        await served.MatchAsync(MatchPurpose.LinkPurpose, people.Select(person => SampleRegister.Asking(person.Current)).Append(new BasicAttributes { Name = "渡邊　花子" }));
        await served.MatchAsync(ServedRegistry.OtherFlagged, new MatchRequest { Purpose = MatchPurpose.RefreshPurpose, Persons = { SampleRegister.Asking(people[0].Current) } });

        var rows = served.Audit.Newest(10);
        Assert.Equal([(ServedRegistry.Flagged, MatchPurpose.LinkPurpose), (ServedRegistry.OtherFlagged, MatchPurpose.RefreshPurpose)], rows.Select(row => (row.Agency, row.Purpose)));
        Assert.Equal([new VerdictCounts(people.Count, 0, 1), new VerdictCounts(1, 0, 0)], rows.Select(row => row.Counts));
        Assert.Equal(rows.Skip(1), served.Audit.Newest(1));

        var written = Encoding.UTF8.GetString([.. FilesInUse.ReadAll(() => Directory.GetFiles(served.Sample.Path(""), "registry-audit.db*")).Values.SelectMany(bytes => bytes)]);
        var logged = string.Join('\n', served.Journal.Lines.Select(line => line.Text));
        foreach (var person in people)
        {
            foreach (var value in new[] { person.Current.Name, person.Current.Kana, person.Current.Address, person.Current.BirthDate, person.Code.Reveal(), person.Code.Reveal()[..10] })
            {
                Assert.DoesNotContain(value, written, StringComparison.Ordinal);
                Assert.DoesNotContain(value, logged, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task The_audit_is_append_only_and_without_it_nobody_is_answered()
    {
        await using var served = await ServedRegistry.StartAsync();
        var person = SampleRegister.Asking(Plain(served)[0].Current);
        await served.MatchAsync(MatchPurpose.LinkPurpose, person);
        using var other = new SqliteConnection($"Data Source={served.Sample.Path("registry-audit.db")};Pooling=False");
        other.Open();
        foreach (var sql in new[] { "UPDATE matching SET matched = 0", "DELETE FROM matching" })
        {
            using var tamper = other.CreateCommand();
            tamper.CommandText = sql;
            Assert.Contains("append-only", Assert.Throws<SqliteException>(() => tamper.ExecuteNonQuery()).Message, StringComparison.Ordinal);
        }

        using var broken = other.CreateCommand();
        broken.CommandText = "ALTER TABLE matching RENAME TO elsewhere";
        broken.ExecuteNonQuery();
        served.Journal.Expect("The audit cannot be written");
        await Refused.ByAsync(RefusalName.LogUnavailable, () => served.MatchAsync(MatchPurpose.LinkPurpose, person));
        Assert.Single(served.Asked); // No ticket was made for a call that is on no record.
    }

    /// <summary>Residents of whom nothing is unusual.</summary>
    private static List<Resident> Plain(ServedRegistry served) =>
        [.. served.Sample.People.Where(person => person is { Standing: Standing.Resident, Current.Municipality.Length: > 0 } && !person.Current.BirthDate.EndsWith("-00", StringComparison.Ordinal)).Take(20)];

    private static LinkTicketBody Bent(LinkTicketBody body, Action<LinkTicketBody> bend)
    {
        bend(body);
        return body;
    }
}
