using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.Transparency.Postgres;
using InfoLink.Transparency.Sqlite;
using InfoLink.Transparency.Witnessing;
using Xunit;

namespace InfoLink.Tests.Witnessing;

/// <summary>Brokers side by side cosign with one key: what one has seen, the other may not contradict.</summary>
public sealed class SharedWitnessTests : IAsyncLifetime
{
    private string _database = "";
    private PostgresWitnessStore? _here;
    private PostgresWitnessStore? _there;
    private readonly WitnessOnDisk _on = new();
    private readonly HandMadeLog _log;

    public SharedWitnessTests() => _log = _on.Log();

    private PostgresWitnessStore Here => _here!;

    private PostgresWitnessStore There => _there!;

    public async ValueTask InitializeAsync()
    {
        _database = await SharedPostgres.CreateDatabaseAsync();
        (_here, _there) = (PostgresWitnessStore.Open(_database), PostgresWitnessStore.Open(_database));
    }

    public ValueTask DisposeAsync()
    {
        _here?.Dispose();
        _there?.Dispose();
        _log.Dispose();
        _on.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void A_second_history_is_not_cosigned_by_another_broker_either()
    {
        _on.Journal.Expect("ALARM");
        var (here, there) = (_on.With(Here), _on.With(There));
        _on.AssertCosigned(_log, 10, here.Add(WitnessOnDisk.Broker, _log.Request(0, 10)));
        Assert.Equal(new WitnessResult.Saw(10), there.Add(WitnessOnDisk.Broker, _log.Fork(5).Request(0, 12)));
        Assert.IsType<WitnessResult.Conflict>(there.Add(WitnessOnDisk.Broker, _log.Fork(5).Request(10, 12)));
        _on.AssertCosigned(_log, 12, there.Add(WitnessOnDisk.Broker, _log.Request(10, 12)));
        Assert.Equal(new WitnessResult.Saw(12), here.Add(WitnessOnDisk.Broker, _log.Request(10, 12)));
    }

    [Fact]
    public async Task Of_many_advances_at_once_from_one_checkpoint_one_is_taken()
    {
        Assert.True(Here.TryAdvance(null, At(_log, 10)));
        var taken = await Task.WhenAll(Enumerable.Range(11, 20).Select(size => Task.Run(() => (size % 2 == 0 ? Here : There).TryAdvance(At(_log, 10), At(_log, size)))));
        Assert.Single(taken, true);
        Assert.Equal((Here.Seen("log-1")!.Size, Here.Seen("log-1")!.Root), (There.Seen("log-1")!.Size, There.Seen("log-1")!.Root));
    }

    [Fact]
    public void A_broker_that_was_alone_brings_what_it_saw_and_takes_nothing_back()
    {
        using var folder = new TemporaryFolder();
        using var alone = SqliteWitnessStore.Open(folder.Path("witness.db"));
        Assert.True(alone.TryAdvance(null, At(_log, 20)));
        Assert.True(alone.TryAdvance(null, new SeenCheckpoint("log-2", 5, _log.Root(5), [1])));
        Assert.True(Here.TryAdvance(null, At(_log, 10)));
        Assert.True(Here.TryAdvance(null, new SeenCheckpoint("log-2", 7, _log.Root(7), [2])));
        Here.TakeOver(alone);
        Assert.Equal((20ul, 7ul), (There.Seen("log-1")!.Size, There.Seen("log-2")!.Size));
    }

    private static SeenCheckpoint At(HandMadeLog log, int size) => new("log-1", (ulong)size, log.Root(size), log.Checkpoint(size));
}
