using InfoLink.Contracts.Identifiers;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Remedy;

/// <summary>Who may correct an exchange: the other party of it, and nobody else; with one answer for all who may not.</summary>
public sealed class NoticeReceivingTests : IAsyncLifetime
{
    private AgentNetwork _network = null!;
    private CorrectionNotice _notice = null!;

    public async ValueTask InitializeAsync()
    {
        _network = await WrongLinks.AtRequesterAsync();
        _notice = await WrongLinks.NoticeOfAsync(_network);
    }

    public ValueTask DisposeAsync() => _network.DisposeAsync();

    [Fact]
    public async Task The_same_notice_many_times_at_once_is_one_record_and_one_line()
    {
        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _network.Network.Requester.NotifyAsync(NetworkFolder.Provider, _notice)));
        Assert.Single(replies.Distinct());
        Assert.Equal(1, await WrongLinks.CountAsync(_network.Provider, AccessEvent.Corrected));
        Assert.Single(await _network.Provider.Agent.Remedies.ReceivedAsync());

        // The same reference with something else is no correction of it.
        await Refused.ByAsync(RefusalName.CorrectionRefused, () => Notify(_network.Network.Requester, notice => notice.Reason = CorrectionReason.CorrectedRecord));
    }

    [Fact]
    public async Task A_foreign_agency_an_unknown_exchange_and_a_wrong_place_are_refused_in_one_way()
    {
        var requester = _network.Network.Requester;
        var foreign = await Refused.ByAsync(RefusalName.CorrectionRefused, () => Notify(_network.Network.Bystander));
        foreach (var bend in (Action<CorrectionNotice>[])
            [
                notice => notice.ExchangeId = ExchangeId.New().ToArray().ToByteString(),
                notice => notice.Side = ExchangeSide.ProviderSide,
                notice => notice.Indices.Add(2),
            ])
        {
            var other = await Refused.ByAsync(RefusalName.CorrectionRefused, () => Notify(requester, bend));
            Assert.Equal(foreign.Status, other.Status);
            Assert.Equal(foreign.Trailers.Select(entry => entry.Key), other.Trailers.Select(entry => entry.Key), StringComparer.Ordinal);
        }

        Assert.Equal(0, await WrongLinks.CountAsync(_network.Provider, AccessEvent.Corrected));
        Assert.Empty(await _network.Provider.Agent.Remedies.ReceivedAsync());
        var refusals = (await AgentNetwork.AllOfAsync(_network.Provider)).Where(entry => entry.Open.Event == AccessEvent.Refused).ToList();
        Assert.Equal(4, refusals.Count);
        Assert.All(refusals, refusal => Assert.True(refusal.Open.ExchangeId.IsEmpty)); // What a stranger names is not put on record as an exchange.
    }

    [Fact]
    public async Task What_is_no_notice_is_malformed()
    {
        foreach (var bend in (Action<CorrectionNotice>[])
            [
                notice => notice.Reference = Google.Protobuf.ByteString.Empty,
                notice => notice.ExchangeId = ((byte[])[1]).ToByteString(),
                notice => notice.Indices.Clear(),
                notice => notice.Indices.Add(1),
                notice => notice.Indices.Add(Enumerable.Range(2, 1000).Select(i => (uint)i)),
                notice => notice.Reason = CorrectionReason.Unspecified,
                notice => notice.Reason = (CorrectionReason)9,
                notice => notice.Side = ExchangeSide.Unspecified,
                notice => notice.TimeMs = long.MaxValue,
                notice => notice.TimeMs = -1,
            ])
        {
            await Refused.ByAsync(RefusalName.RequestMalformed, () => Notify(_network.Network.Requester, bend), "notice");
        }

        Assert.Empty(await _network.Provider.Agent.Remedies.ReceivedAsync());
    }

    [Fact]
    public async Task A_notice_that_went_on_record_just_before_the_agent_died_is_not_put_on_record_twice()
    {
        await _network.Network.Requester.NotifyAsync(NetworkFolder.Provider, _notice);
        await _network.StopProviderAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        await using (var list = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={_network.Folder.AgencyPath(NetworkFolder.Provider, "data/remedy.db")};Pooling=false"))
        {
            await list.OpenAsync();
            await using var command = list.CreateCommand();
            command.CommandText = "DELETE FROM received_notice"; // As if the machine had stopped between record and list.
            Assert.Equal(1, await command.ExecuteNonQueryAsync());
        }

        await _network.StartProviderAsync();
        await _network.Network.Requester.NotifyAsync(NetworkFolder.Provider, _notice);
        Assert.Equal(WrongLinks.ExchangeOf(_notice), Assert.Single(await _network.Provider.Agent.Remedies.ReceivedAsync()).Exchange);
        Assert.Equal(1, await WrongLinks.CountAsync(_network.Provider, AccessEvent.Corrected));
    }

    private Task<CorrectionAcknowledgement> Notify(HandMadeClient by, Action<CorrectionNotice>? bend = null)
    {
        var notice = _notice.Clone();
        bend?.Invoke(notice);
        return by.NotifyAsync(NetworkFolder.Provider, notice);
    }
}
