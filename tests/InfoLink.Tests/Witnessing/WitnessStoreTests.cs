using System.Collections.Concurrent;
using InfoLink.Contracts.Notes;
using InfoLink.Transparency.Witnessing;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Witnessing;

/// <summary>What a witness saw is durable before it cosigns, and never less than it was.</summary>
public sealed class WitnessStoreTests : IDisposable
{
    private const int Callers = 50;
    private readonly WitnessOnDisk _on = new(perSecond: int.MaxValue);
    private readonly HandMadeLog _log;

    public WitnessStoreTests() => _log = _on.Log();

    public void Dispose()
    {
        _log.Dispose();
        _on.Dispose();
    }

    [Fact]
    public void After_a_restart_the_witness_remembers_what_it_cosigned()
    {
        _on.Journal.Expect("ALARM");
        _on.Add(_log.Request(0, 10));
        _on.Restart();
        Assert.Equal(new WitnessResult.Saw(10), _on.Add(_log.Request(0, 5)));
        Assert.IsType<WitnessResult.Conflict>(_on.Add(_log.Fork(3).Request(10, 12)));
        _on.AssertCosigned(_log, 12, _on.Add(_log.Request(10, 12)));
    }

    [Fact]
    public void Without_its_store_a_witness_cosigns_nothing()
    {
        _on.Journal.Expect("store does not work");
        _on.Break();
        WitnessOnDisk.AssertRefused(RefusalName.LogUnavailable, "witness", _on.Add(_log.Request(0, 10)));
        _on.Mend();
        _on.AssertCosigned(_log, 10, _on.Add(_log.Request(0, 10)));
        _on.Break();
        WitnessOnDisk.AssertRefused(RefusalName.LogUnavailable, "witness", _on.Add(_log.Request(10, 20)));
        Assert.Equal(10ul, _on.Store.Seen("log-1")!.Size);
    }

    [Fact]
    public void The_store_replaces_exactly_what_was_compared()
    {
        SeenCheckpoint At(HandMadeLog log, int size) => new("log-1", (ulong)size, log.Root(size), log.Checkpoint(size));
        Assert.True(_on.Store.TryAdvance(null, At(_log, 10)));
        Assert.False(_on.Store.TryAdvance(null, At(_log, 20)));
        Assert.False(_on.Store.TryAdvance(At(_log, 9), At(_log, 20)));
        Assert.False(_on.Store.TryAdvance(At(_log.Fork(5), 10), At(_log, 20)));
        Assert.Throws<ArgumentOutOfRangeException>(() => _on.Store.TryAdvance(At(_log, 10), At(_log, 10)));
        Assert.Equal(10ul, _on.Store.Seen("log-1")!.Size);
        Assert.True(_on.Store.TryAdvance(At(_log, 10), At(_log, 20)));
    }

    /// <summary>Two histories race, each from many callers with sizes of all kinds: one of them wins, and what was seen only grows.</summary>
    [Fact]
    public async Task Of_two_histories_that_race_one_is_cosigned_and_no_size_ever_falls()
    {
        _on.Journal.Expect("ALARM");
        _on.Add(_log.Request(0, 10));
        var fork = _log.Fork(10);
        var cosigned = new ConcurrentBag<(HandMadeLog Log, int Size, ulong SeenAfter)>();
        using var over = new CancellationTokenSource();
        var watching = Task.Run(() =>
        {
            for (var last = 0ul; !over.IsCancellationRequested;)
            {
                var now = _on.Store.Seen("log-1")!.Size;
                Assert.True(now >= last, $"What was seen fell from {last} to {now}.");
                last = now;
            }
        });
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(() => Bring(caller % 2 == 0 ? _log : fork, caller))));
        await over.CancelAsync();
        await watching;

        var winner = Assert.Single(cosigned.Select(one => one.Log).Distinct());
        var seen = _on.Store.Seen("log-1")!;
        Assert.Equal((ulong)cosigned.Max(one => one.Size), seen.Size);
        Assert.Equal(winner.Root((int)seen.Size), seen.Root);
        Assert.All(cosigned, one => Assert.True(one.SeenAfter >= (ulong)one.Size, "It was cosigned and is not durable."));

        void Bring(HandMadeLog log, int caller)
        {
            for (var step = 1; step <= 5; step++)
            {
                var (from, to) = (10, 10 + (step * 50) + caller % 7);
                for (var result = _on.Add(log.Request(from, to)); ; result = _on.Add(log.Request(from, to)))
                {
                    if (result is WitnessResult.Cosigned good)
                    {
                        Assert.NotNull(Cosignature.Verify(SignedNote.TryParse(log.Checkpoint(to))!.Text, good.Signature, _on.Key));
                        cosigned.Add((log, to, _on.Store.Seen("log-1")!.Size));
                    }

                    if (result is not WitnessResult.Saw saw || saw.Size > (ulong)to)
                    {
                        break;
                    }

                    from = (int)saw.Size;
                }
            }
        }
    }
}
