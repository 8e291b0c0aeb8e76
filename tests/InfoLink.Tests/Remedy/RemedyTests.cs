using System.Text;
using InfoLink.Agent.Links;
using InfoLink.Agent.Remedy;
using InfoLink.Audit;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Threats;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Remedy;

/// <summary>A wrong link on its whole way: used, found, taken away; listed, told, on record at both, reported.</summary>
public sealed class RemedyTests
{
    [Fact]
    public async Task Every_exchange_through_a_wrong_link_is_listed_and_nobody_is_told_before_a_person_decides()
    {
        await using var network = await WrongLinks.AtRequesterAsync(exchanges: 3);
        var remedies = network.Requester.Agent.Remedies;
        var ended = await network.Requester.Agent.Links.UnlinkAsync(LocalId.Of("Y-1"), WrongLinks.Clerk);
        Assert.True(ended.Done);
        Assert.Equal(3, ended.Remedy!.Exchanges);

        var opened = Assert.Single(await remedies.ListAsync());
        Assert.Equal((ended.Remedy.Case, RemedyState.ToDecide, CorrectionReason.WrongLink, 3), (opened.Number, opened.State, opened.Reason, opened.Exchanges));
        var received = (await AgentNetwork.AllOfAsync(network.Requester)).Where(entry => entry.Open.Event == AccessEvent.Received).Take(3);
        var listed = await remedies.NoticesAsync(opened.Number);
        Assert.Equal(received.Select(entry => ExchangeId.FromBytes(entry.Open.ExchangeId.Span)), listed.Select(notice => notice.About.Exchange));
        Assert.All(listed, notice =>
        {
            Assert.Equal((ExchangeSide.RequesterSide, NetworkFolder.Provider, AgentNetwork.TaxEntry), (notice.About.Side, notice.About.Counterpart.Value, notice.About.Entry));
            Assert.Equal([(1u, SubjectOutcome.AnsweredOutcome)], notice.About.Subjects); // Not the person beside her.
            Assert.Equal(NoticeProgress.Listed, notice.Progress);
        });
        Assert.Empty(await network.Provider.Agent.Remedies.ReceivedAsync());
        Assert.Equal(0, await WrongLinks.CountAsync(network.Requester, AccessEvent.Corrected));
    }

    [Fact]
    public async Task The_provider_hears_of_a_wrong_link_of_the_requesters_and_both_logs_have_the_correction()
    {
        await using var network = await WrongLinks.AtRequesterAsync();
        var number = await WrongLinks.TellAsync(network.Requester, "Y-1");
        var told = Assert.Single(await WrongLinks.UntilAsync(network.Requester, number, notice => notice.Progress == NoticeProgress.Acknowledged));
        Assert.Equal(CorrectionState.CorrectionOpen, told.AtCounterpart);

        var heard = Assert.Single(await network.Provider.Agent.Remedies.ReceivedAsync());
        Assert.Equal((NetworkFolder.Requester, told.About.Exchange, ExchangeSide.RequesterSide), (heard.From.Value, heard.Exchange, heard.Side));
        Assert.Equal([1u], heard.Indices);
        Assert.Equal([LocalId.Of("S-2")], await network.Provider.Agent.Remedies.PersonsOfAsync(heard.Number));
        foreach (var (agency, answered) in ((Agent.AgentHost, AccessEvent)[])[(network.Requester, AccessEvent.Received), (network.Provider, AccessEvent.Answered)])
        {
            var corrected = await AgentNetwork.OneAsync(agency.Log.Store, AccessEvent.Corrected);
            Assert.Equal(told.About.Exchange, ExchangeId.FromBytes(corrected.Open.ExchangeId.Span));
            Assert.Equal(
                new Correction { Reference = told.Reference.ToArray().ToByteString(), Reason = CorrectionReason.WrongLink, FoundBy = NetworkFolder.Requester },
                corrected.Open.Correction);
            var before = (await AgentNetwork.AllOfAsync(agency)).First(entry => entry.Open.Event == answered);
            Assert.Equal(before.Subjects[1].OwnLinkCode, Assert.Single(corrected.Subjects).OwnLinkCode); // The agency's own view of her finds it.
        }

        // The decision was on record before anybody was told.
        var events = (await AgentNetwork.AllOfAsync(network.Requester)).Select(entry => entry.Open).Where(open => open.Event is AccessEvent.Act or AccessEvent.Corrected).ToList();
        Assert.Equal([AccessEvent.Act, AccessEvent.Corrected], events.Select(open => open.Event));
        Assert.Equal(("decide remedy", WrongLinks.Clerk.Operator, WrongLinks.Clerk.Reason), (events[0].Act.What, events[0].Act.Operator, events[0].Act.Reason));

        // The link of the provider is used on, and due for verification.
        Assert.Equal(LinkChange.CorrectionNoticed, (await network.Provider.Agent.Links.HistoryAsync(LocalId.Of("S-2")))[^1].What);
        Assert.NotNull(await network.Provider.Agent.Links.CodeOfAsync("S-2", CancellationToken.None));
        Assert.DoesNotContain(
            await NetworkAudit.ReconcileAsync(network, network.Requester, network.Provider), difference => difference.Severity != Severity.Notice);
    }

    [Fact]
    public async Task The_requester_hears_of_a_wrong_link_of_the_providers()
    {
        await using var network = await WrongLinks.AtProviderAsync();
        var number = await WrongLinks.TellAsync(network.Provider, "S-1");
        await WrongLinks.UntilAsync(network.Provider, number, notice => notice.Progress == NoticeProgress.Acknowledged);
        var heard = Assert.Single(await network.Requester.Agent.Remedies.ReceivedAsync());
        Assert.Equal((NetworkFolder.Provider, ExchangeSide.ProviderSide, CorrectionReason.WrongLink), (heard.From.Value, heard.Side, heard.Reason));
        Assert.Equal([LocalId.Of("Y-2")], await network.Requester.Agent.Remedies.PersonsOfAsync(heard.Number));
        await AgentNetwork.OneAsync(network.Requester.Log.Store, AccessEvent.Corrected);
        await AgentNetwork.OneAsync(network.Provider.Log.Store, AccessEvent.Corrected);
        Assert.DoesNotContain(
            await NetworkAudit.ReconcileAsync(network, network.Requester, network.Provider), difference => difference.Severity != Severity.Notice);
    }

    [Fact]
    public async Task What_the_receivers_people_make_of_it_comes_back_when_it_is_asked_after()
    {
        await using var network = await WrongLinks.AtRequesterAsync();
        var number = await WrongLinks.TellAsync(network.Requester, "Y-1");
        await WrongLinks.UntilAsync(network.Requester, number, notice => notice.Progress == NoticeProgress.Acknowledged);
        var heard = Assert.Single(await network.Provider.Agent.Remedies.ReceivedAsync());
        await network.Provider.Agent.Remedies.NoteAsync(heard.Number, CorrectionState.CorrectionActed, WrongLinks.Clerk);
        Assert.Empty(await network.Provider.Agent.Remedies.ReceivedAsync());
        Assert.Equal(WrongLinks.Clerk, Assert.Single(await network.Provider.Agent.Remedies.ReceivedAsync(all: true)).Note);
        Assert.Equal(("note correction", "open", "acted"), Of((await AgentNetwork.OneAsync(network.Provider.Log.Store, AccessEvent.Act)).Open.Act));

        network.RequesterClock.Leap(TimeSpan.FromHours(25));
        await WrongLinks.UntilAsync(network.Requester, number, notice => notice.AtCounterpart == CorrectionState.CorrectionActed, network.RequesterClock);
        Assert.Equal(1, await WrongLinks.CountAsync(network.Provider, AccessEvent.Corrected)); // The same notice again is no second record.
        Assert.Equal(1, await WrongLinks.CountAsync(network.Requester, AccessEvent.Corrected));

        static (string, string, string) Of(OperatorAct act) => (act.What, act.Before, act.After);
    }

    [Fact]
    public async Task A_counterpart_that_is_down_is_told_when_it_is_back_and_a_restart_in_between_loses_nothing()
    {
        await using var network = await WrongLinks.AtRequesterAsync(exchanges: 2);
        await network.StopProviderAsync();
        var number = await WrongLinks.TellAsync(network.Requester, "Y-1");
        await WrongLinks.UntilAsync(network.Requester, number, notice => notice.Progress == NoticeProgress.Due);
        await AgentNetwork.UntilAsync(network.Requester.Log.Store, AccessEvent.Corrected);
        await network.StopRequesterAsync();
        await network.StartProviderAsync();
        await network.StartRequesterAsync();
        await WrongLinks.UntilAsync(network.Requester, number, notice => notice.Progress == NoticeProgress.Acknowledged, network.RequesterClock);
        Assert.Equal(2, (await network.Provider.Agent.Remedies.ReceivedAsync()).Count);
        Assert.Equal((2, 2), (await WrongLinks.CountAsync(network.Requester, AccessEvent.Corrected), await WrongLinks.CountAsync(network.Provider, AccessEvent.Corrected)));
    }

    [Fact]
    public async Task Whoever_cannot_be_reached_for_two_weeks_is_left_to_a_person()
    {
        await using var network = await WrongLinks.AtRequesterAsync();
        network.Network.Journal.Expect("ALARM");
        await network.StopProviderAsync();
        var number = await WrongLinks.TellAsync(network.Requester, "Y-1");
        await AgentNetwork.UntilAsync(network.Requester.Log.Store, AccessEvent.Corrected);
        await WrongLinks.UntilAsync(network.Requester, number, notice => notice.Attempts > 0);
        network.RequesterClock.Leap(NoticeOutbox.GiveUpAfter + TimeSpan.FromHours(1));
        var left = Assert.Single(await WrongLinks.UntilAsync(network.Requester, number, notice => notice.Progress == NoticeProgress.Undelivered, network.RequesterClock));
        Assert.NotNull(left.LastRefusal);
        Assert.Contains(network.Network.Journal.Lines, line => line.Text.Contains("A person tells it by other means", StringComparison.Ordinal)
            && line.Text.Contains(NetworkFolder.Provider, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_left_out_or_dropped_is_not_told()
    {
        await using var network = await WrongLinks.AtRequesterAsync(exchanges: 2);
        var remedies = network.Requester.Agent.Remedies;
        var ended = await network.Requester.Agent.Links.UnlinkAsync(LocalId.Of("Y-1"), WrongLinks.Clerk);
        var listed = await remedies.NoticesAsync(ended.Remedy!.Case);
        await Assert.ThrowsAsync<InvalidOperationException>(() => remedies.DecideAsync(ended.Remedy.Case, WrongLinks.Clerk, [ExchangeId.New()]));
        await remedies.DecideAsync(ended.Remedy.Case, WrongLinks.Clerk, [listed[0].About.Exchange]);
        var notices = await WrongLinks.UntilAsync(network.Requester, ended.Remedy.Case, notice => notice.Progress != NoticeProgress.Due);
        Assert.Equal([NoticeProgress.Excluded, NoticeProgress.Acknowledged], notices.Select(notice => notice.Progress));
        await Assert.ThrowsAsync<InvalidOperationException>(() => remedies.DropAsync(ended.Remedy.Case, WrongLinks.Clerk)); // It was told.

        var second = await remedies.OpenAsync(LocalId.Of("Y-5"), CorrectionReason.WrongLink, WrongLinks.Clerk);
        Assert.Equal(3, second.Exchanges);
        Assert.Equal("Y-5", Assert.Single(await network.Requester.Agent.Links.QuarantinedAsync()).Id.Value); // A wrong link that stands is not used on.
        await remedies.DropAsync(second.Number, WrongLinks.Clerk);
        Assert.All(await remedies.NoticesAsync(second.Number), notice => Assert.Equal(NoticeProgress.Excluded, notice.Progress));
        Assert.Single(await network.Provider.Agent.Remedies.ReceivedAsync());
    }

    [Fact]
    public async Task A_corrected_record_is_told_to_those_who_got_it()
    {
        await using var network = await WrongLinks.AtRequesterAsync();
        var remedies = network.Provider.Agent.Remedies;
        var none = await remedies.OpenAsync(LocalId.Of("S-5"), CorrectionReason.CorrectedRecord, WrongLinks.Clerk, new RemedyScope(Kinds: [AgentNetwork.Relationship]));
        Assert.Equal(0, none.Exchanges);
        var opened = await remedies.OpenAsync(LocalId.Of("S-5"), CorrectionReason.CorrectedRecord, WrongLinks.Clerk, new RemedyScope(Kinds: [AgentNetwork.Tax]));
        Assert.Equal(2, opened.Exchanges);
        await remedies.DecideAsync(opened.Number, WrongLinks.Clerk);
        await WrongLinks.UntilAsync(network.Provider, opened.Number, notice => notice.Progress == NoticeProgress.Acknowledged);
        var heard = await network.Requester.Agent.Remedies.ReceivedAsync();
        Assert.All(heard, notice => Assert.Equal((CorrectionReason.CorrectedRecord, 0u), (notice.Reason, Assert.Single(notice.Indices))));
        Assert.Equal(2, heard.Count);
        Assert.Empty(await network.Provider.Agent.Links.QuarantinedAsync());
        Assert.DoesNotContain(await network.Requester.Agent.Links.HistoryAsync(LocalId.Of("Y-5")), row => row.What == LinkChange.CorrectionNoticed); // The link was right.
    }

    [Fact]
    public async Task The_report_verifies_with_the_member_list_alone_and_no_byte_of_it_can_be_changed()
    {
        await using var network = await WrongLinks.AtRequesterAsync();
        var number = await WrongLinks.TellAsync(network.Requester, "Y-1");
        var told = Assert.Single(await WrongLinks.UntilAsync(network.Requester, number, notice => notice.Progress == NoticeProgress.Acknowledged));
        var file = await network.Requester.Agent.Remedies.ReportAsync(number, WrongLinks.Clerk);
        var members = network.Requester.Trust.Members;
        Assert.Null(RemedyReportFile.WhyNot(file, members));

        using var json = System.Text.Json.JsonDocument.Parse(file);
        var report = json.RootElement.GetProperty("report");
        var exchange = Assert.Single(report.GetProperty("exchanges").EnumerateArray());
        Assert.Equal(
            (told.About.Exchange.ToString(), NetworkFolder.Provider, "requester", "acknowledged", "open", "1 answered"),
            (Of("exchange"), Of("counterpart"), Of("side"), Of("notice"), Of("atCounterpart"), exchange.GetProperty("subjects")[0].GetString()));
        Assert.Equal(["linked", "unlinked"], report.GetProperty("history").EnumerateArray().Select(row => row.GetProperty("what").GetString()), StringComparer.Ordinal);
        Assert.Equal(("wrong-link", "2", WrongLinks.Clerk.Reason), (report.GetProperty("reason").GetString(), report.GetProperty("persons").GetString(), report.GetProperty("grounds").GetString()));

        var text = Encoding.UTF8.GetString(file);
        foreach (var (one, other) in ((string, string)[])[("acknowledged\"", "undelivered\""), ("wrong-link", "corrected-record"), (NetworkFolder.Provider, NetworkFolder.Bystander), ("\"report\":", "\"report\": ")])
        {
            Assert.Contains(one, text, StringComparison.Ordinal);
            Assert.NotNull(RemedyReportFile.WhyNot(Encoding.UTF8.GetBytes(text.Replace(one, other, StringComparison.Ordinal)), members));
        }

        // Another report's receipt is not this one's, and another agency's log key signed neither.
        var again = await network.Requester.Agent.Remedies.ReportAsync(number, WrongLinks.Clerk);
        Assert.Null(RemedyReportFile.WhyNot(again, members));
        var other2 = Encoding.UTF8.GetString(again);
        var mixed = text[..text.IndexOf("\"report\":", StringComparison.Ordinal)] + other2[other2.IndexOf("\"report\":", StringComparison.Ordinal)..];
        Assert.Contains("put on record", RemedyReportFile.WhyNot(Encoding.UTF8.GetBytes(mixed), members), StringComparison.Ordinal);
        Assert.NotNull(RemedyReportFile.WhyNot(Encoding.UTF8.GetBytes(text.Replace($"\"agency\":\"{NetworkFolder.Requester}\"", $"\"agency\":\"{NetworkFolder.Bystander}\"", StringComparison.Ordinal)), members));
        Assert.NotNull(RemedyReportFile.WhyNot("{}"u8.ToArray(), members));
        Assert.NotNull(RemedyReportFile.WhyNot(""u8.ToArray(), members));

        string? Of(string name) => exchange.GetProperty(name).GetString();
    }

    [Fact]
    public async Task No_code_person_or_value_is_in_notice_report_or_operating_log()
    {
        await using var network = await WrongLinks.AtRequesterAsync();
        var number = await WrongLinks.TellAsync(network.Requester, "Y-1");
        var told = Assert.Single(await WrongLinks.UntilAsync(network.Requester, number, notice => notice.Progress == NoticeProgress.Acknowledged));
        var corrected = await AgentNetwork.OneAsync(network.Provider.Log.Store, AccessEvent.Corrected);
        var report = await network.Requester.Agent.Remedies.ReportAsync(number, WrongLinks.Clerk);
        var (here, there) = (network.Network.CodeOf(2), network.Network.CodeOf(2, NetworkFolder.Provider));
        string[] secrets = [here.Reveal(), there.Reveal(), Hex(here), Hex(there), Base64(here), Base64(there), "Y-1\"", "S-2", $"{1_000_002}"];
        foreach (var text in (string[])[Encoding.UTF8.GetString(report), corrected.Open.ToString(), told.ToString(), .. network.Network.Journal.Lines.Where(line => line.Category.Contains("Remedy", StringComparison.Ordinal)).Select(line => line.Text)])
        {
            Assert.All(secrets, secret => Assert.DoesNotContain(secret, text, StringComparison.OrdinalIgnoreCase));
        }

        // Nor does an operator bring one in by the reasons.
        var remedies = network.Requester.Agent.Remedies;
        foreach (var reason in (string[])["本人 Y-1 の件", $"符号 {here.Reveal()}", "個人番号 123456789018", "two\nlines", " "])
        {
            await Assert.ThrowsAsync<InvalidOperationException>(() => remedies.ReportAsync(number, WrongLinks.Clerk with { Reason = reason }));
        }

        static string Hex(LinkCode code) => Convert.ToHexString(LinkTable.Bytes(code));

        static string Base64(LinkCode code) => Convert.ToBase64String(LinkTable.Bytes(code));
    }
}
