using InfoLink.Agent.Sources;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Microsoft.Extensions.Logging;
using Xunit;

namespace InfoLink.Tests.Sources;

/// <summary>A system that hangs takes up its own places and no other's, and who is here cannot be told from who is not by what a full source says.</summary>
public sealed class BulkheadTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly KindId Stuck = KindId.Parse(Asked.Tax);
    private static readonly KindId Well = KindId.Parse("resident-record-relationship");
    private readonly LeapingClock _clock = LeapingClock.Standing();
    private readonly Journal _journal = new();
    private readonly TaskCompletionSource<Items?> _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _asked;

    [Fact]
    public async Task A_system_that_hangs_fills_its_own_places_and_others_are_answered()
    {
        _journal.Expect("did not answer");
        var table = Table();
        var usual = PlaceLimits.Usual;
        var all = Enumerable.Range(0, usual.AtOnce + usual.Waiting).Select(_ => ReadAsync(table, Stuck)).ToList();
        await Until.TrueAsync(() => _asked == usual.AtOnce);

        // One more than may wait is told so at once; those who are not here too.
        Assert.Equal(RefusalName.SourceUnavailable, await ReadAsync(table, Stuck).WaitAsync(Patience));
        Assert.Equal(RefusalName.SourceUnavailable, (await table.WaitAsIfReadAsync(Asked.Catalog, [Stuck], CancellationToken.None).WaitAsync(Patience))?.Name);
        for (var i = 0; i < 2 * usual.AtOnce; i++)
        {
            Assert.Null(await ReadAsync(table, Well).WaitAsync(Patience));
        }

        // Who waits is not kept waiting, and a read that is given up holds its place all the same.
        await LeapUntilAsync(Task.WhenAll(all));
        Assert.All(all, read => Assert.Equal(RefusalName.SourceUnavailable, read.Result));
        Assert.Equal(usual.AtOnce, _asked);
        _release.SetResult(AgentNetwork.TaxOf(1));
        Assert.Null(await ReadAsync(table, Stuck).WaitAsync(Patience));
    }

    [Fact]
    public async Task Who_is_not_here_waits_for_a_place_and_holds_it_as_the_others_do()
    {
        _journal.Expect("did not answer");
        var table = Table();
        var nobody = Enumerable.Range(0, 3).Select(_ => table.WaitAsIfReadAsync(Asked.Catalog, [Stuck], CancellationToken.None)).ToList();
        Assert.All(await Task.WhenAll(nobody).WaitAsync(Patience), Assert.Null);

        // The system does not answer: neither does it for those of whom it was never asked, nor sooner.
        var read = ReadAsync(table, Stuck);
        await LeapUntilAsync(read);
        var absent = table.WaitAsIfReadAsync(Asked.Catalog, [Stuck], CancellationToken.None);
        Assert.False(absent.IsCompleted);
        await LeapUntilAsync(absent);
        Assert.Equal(new Contracts.Refusals.Refusal(RefusalName.SourceUnavailable, Stuck.Value), await absent);
        Assert.Equal(1, _asked);

        // Half a minute later one failure says nothing of the system any more.
        _clock.Leap(TimeSpan.FromSeconds(31));
        Assert.Null(await table.WaitAsIfReadAsync(Asked.Catalog, [Stuck], CancellationToken.None).WaitAsync(Patience));
        _release.SetResult(null);
    }

    [Fact]
    public async Task Who_goes_away_while_waiting_leaves_nothing_behind()
    {
        _journal.Expect("did not answer");
        var places = new SourcePlaces(new PlaceLimits(1, 1, TimeSpan.FromSeconds(3)), _clock);
        Assert.True(await places.TryEnterAsync(CancellationToken.None));
        using var gone = new CancellationTokenSource();
        var waiting = places.TryEnterAsync(gone.Token);
        Assert.False(await places.TryEnterAsync(CancellationToken.None));
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Patience));
        var next = places.TryEnterAsync(CancellationToken.None);
        places.Leave();
        Assert.True(await next.WaitAsync(Patience));
    }

    private SourceTable Table() => new(
        new Dictionary<KindId, IInformationSource>
        {
            [Stuck] = new DelegateSource((_, _) =>
            {
                Interlocked.Increment(ref _asked);
                return _release.Task;
            }),
            [Well] = new DelegateSource((_, _) => Task.FromResult<Items?>(AgentNetwork.RelationshipOf(1))),
        },
        TimeSpan.FromSeconds(10),
        _clock,
        _journal.Loggers.CreateLogger<SourceTable>());

    private static async Task<RefusalName?> ReadAsync(SourceTable table, KindId kind) =>
        await table.ReadAsync(Asked.Catalog, [Asked.For("S-1", kind: kind.Value)], CancellationToken.None) is Outcome<IReadOnlyDictionary<KindId, Items>>.Refused refused ? refused.Refusal.Name : null;

    private async Task LeapUntilAsync(Task ended)
    {
        for (var tries = 0; tries < 300 && !ended.IsCompleted; tries++)
        {
            await Task.WhenAny(ended, Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System));
            _clock.Leap(TimeSpan.FromSeconds(1));
        }

        Assert.True(ended.IsCompleted, "It is still waited for, long after its time.");
    }
}
