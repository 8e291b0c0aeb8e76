using System.Collections.Concurrent;
using InfoLink.Contracts.Notes;
using InfoLink.Tests.AccessLog;
using InfoLink.Transparency;
using InfoLink.Transparency.Witnessing;
using InfoLink.V1;
using Microsoft.Extensions.Logging;
using Xunit;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Tests.Witnessing;

/// <summary>A log's owner collects cosignatures from three witnesses, of which two must agree; one of them is what the test makes of it.</summary>
public sealed class CosigningTests : IAsyncLifetime
{
    private LogOnDisk _on = null!;
    private readonly WitnessOnDisk[] _witnesses = [new("witness-1", int.MaxValue), new("witness-2", int.MaxValue), new("witness-3", int.MaxValue)];
    private readonly ConcurrentQueue<ulong> _oldSizes = new();
    private readonly List<Func<WitnessRequest, CancellationToken, Task<WitnessResult>>> _asked = [];
    private readonly List<Cosigning> _made = [];

    public async ValueTask InitializeAsync()
    {
        _on = await LogOnDisk.StartAsync(StoreKind.Sqlite);
        foreach (var witness in _witnesses)
        {
            witness.Logs[LogOnDisk.Origin] = new WitnessedLog(_on.Signer.Key, WitnessOnDisk.Broker);
            _asked.Add((request, _) => Task.FromResult(witness.Add(request)));
        }
    }

    private Transparency.AccessLog Log => _on.Log;

    private IReadOnlyList<NoteKey> Keys => [.. _witnesses.Select(witness => witness.Key)];

    private string EvidencePath => Path.Combine(_on.Folder, "evidence");

    public async ValueTask DisposeAsync()
    {
        foreach (var cosigning in _made)
        {
            await cosigning.DisposeAsync();
        }

        await _on.DisposeAsync();
        foreach (var witness in _witnesses)
        {
            witness.Dispose();
        }
    }

    [Fact]
    public async Task A_checkpoint_that_all_cosign_is_published_with_all_cosignatures()
    {
        await AppendAsync(3);
        Assert.True(await Cosigning().RoundAsync(CancellationToken.None));
        var published = await PublishedAsync();
        Assert.Equal((3ul, 3), (published!.Signed.Checkpoint.Size, published.By.Count));
        Assert.Equal(published.Signed.ToBytes(), (await Log.Store.PublishedAsync(CancellationToken.None))!.Note);
    }

    [Fact]
    public async Task An_empty_log_is_published_and_what_grows_out_of_it()
    {
        var cosigning = Cosigning();
        Assert.True(await cosigning.RoundAsync(CancellationToken.None));
        Assert.Equal(0ul, (await PublishedAsync())!.Signed.Checkpoint.Size);
        await AppendAsync(2);
        Assert.True(await cosigning.RoundAsync(CancellationToken.None));
        Assert.Equal(2ul, (await PublishedAsync())!.Signed.Checkpoint.Size);
    }

    [Fact]
    public async Task An_idle_log_is_cosigned_anew()
    {
        var cosigning = Cosigning();
        await AppendAsync(1);
        await cosigning.RoundAsync(CancellationToken.None);
        var before = (await PublishedAsync())!.By.Min(by => by.Time);
        Array.ForEach(_witnesses, witness => witness.Clock.Leap(TimeSpan.FromSeconds(10)));
        await cosigning.RoundAsync(CancellationToken.None);
        Assert.Equal(before.AddSeconds(10), (await PublishedAsync())!.By.Min(by => by.Time));
    }

    [Fact]
    public async Task Below_the_quorum_nothing_is_published_and_the_last_one_stays()
    {
        var cosigning = Cosigning();
        await AppendAsync(1);
        await cosigning.RoundAsync(CancellationToken.None);
        _asked[0] = _asked[1] = (_, _) => throw new IOException("Not there (a test's fault).");
        await AppendAsync(1);
        for (var round = 0; round < 5; round++)
        {
            Assert.False(await cosigning.RoundAsync(CancellationToken.None));
        }

        // The operator hears of it once, and which witnesses are missing.
        Assert.Equal(1ul, (await PublishedAsync())!.Signed.Checkpoint.Size);
        string[] told = [.. _on.Journal.Lines.Where(line => line.Level == LogLevel.Warning).Select(line => line.Text).Order(StringComparer.Ordinal)];
        Assert.Equal(3, told.Length);
        Assert.Contains("1 witnesses, where 2 must", told[0], StringComparison.Ordinal);
        Assert.Contains("witness-1", told[1], StringComparison.Ordinal);
        Assert.Contains("witness-2", told[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_witness_that_hangs_delays_nobody_and_is_given_up_at_the_deadline()
    {
        await AppendAsync(1);
        _asked[0] = (_, _) => new TaskCompletionSource<WitnessResult>().Task; // It does not even look at the deadline.
        var round = Cosigning().RoundAsync(CancellationToken.None);
        await LogOnDisk.UntilAsync(() => Log.Tree.PublishedAsync(CancellationToken.None).GetAwaiter().GetResult() is not null);
        Assert.False(round.IsCompleted);
        _on.Time.Advance(Transparency.Witnessing.Cosigning.Deadline);
        Assert.True(await round.WaitAsync(LogOnDisk.Soon));
        Assert.Equal(2, (await PublishedAsync())!.By.Count);
    }

    [Fact]
    public async Task A_cosignature_that_comes_after_the_quorum_is_published_too()
    {
        await AppendAsync(1);
        var late = new TaskCompletionSource();
        var honest = _asked[0];
        _asked[0] = async (request, cancellation) =>
        {
            await late.Task;
            return await honest(request, cancellation);
        };
        var round = Cosigning().RoundAsync(CancellationToken.None);
        await LogOnDisk.UntilAsync(() => Log.Tree.PublishedAsync(CancellationToken.None).GetAwaiter().GetResult() is not null);
        Assert.Equal(2, (await PublishedAsync())!.By.Count);
        late.SetResult();
        Assert.True(await round.WaitAsync(LogOnDisk.Soon));
        Assert.Equal(3, (await PublishedAsync())!.By.Count);
    }

    [Theory]
    [InlineData("another key's cosignature")]
    [InlineData("a cosignature of another checkpoint")]
    [InlineData("a refusal")]
    [InlineData("another old size each time")]
    [InlineData("a conflict without a checkpoint")]
    [InlineData("a conflict with what fits")]
    [InlineData("an exception")]
    public async Task A_witness_that_lies_is_one_witness_less(string lie)
    {
        await AppendAsync(3);
        using var others = new WitnessOnDisk("another", int.MaxValue);
        others.Logs[LogOnDisk.Origin] = new WitnessedLog(_on.Signer.Key, WitnessOnDisk.Broker);
        var older = Log.Checkpoint.Note;
        await AppendAsync(2);
        _asked[0] = (request, _) => lie switch
        {
            "another key's cosignature" => Task.FromResult(others.Add(request)),
            "a cosignature of another checkpoint" => Task.FromResult(_witnesses[0].Add(request with { Checkpoint = older })),
            "a refusal" => Task.FromResult<WitnessResult>(new WitnessResult.Refused(new Refusal(RefusalName.Overloaded))),
            "another old size each time" => Task.FromResult<WitnessResult>(new WitnessResult.Saw(request.OldSize + 1)),
            "a conflict without a checkpoint" => Task.FromResult<WitnessResult>(new WitnessResult.Conflict("nothing"u8.ToArray())),
            "a conflict with what fits" => Task.FromResult<WitnessResult>(new WitnessResult.Conflict(older)),
            _ => throw new FormatException("Out of its mind (a test's fault)."),
        };
        Assert.True(await Cosigning().RoundAsync(CancellationToken.None));
        Assert.Equal([Keys[1], Keys[2]], (await PublishedAsync())!.By.Select(by => by.Witness).OrderBy(key => key.Name, StringComparer.Ordinal));
        Assert.False(Directory.Exists(EvidencePath));
    }

    [Fact]
    public async Task Another_history_under_the_logs_own_key_is_an_alarm_and_both_checkpoints_are_kept()
    {
        _on.Journal.Expect("ALARM");
        Array.ForEach(_witnesses, witness => witness.Journal.Expect("ALARM"));
        await AppendAsync(3);
        foreach (var witness in _witnesses.Take(2))
        {
            // Somebody with the log's key was here first.
            var other = SignedCheckpoint.Sign(new Checkpoint(LogOnDisk.Origin, 2, Contracts.Identifiers.Sha256Digest.Zero), _on.Signer);
            Assert.IsType<WitnessResult.Cosigned>(witness.Add(new WitnessRequest(0, [], other)));
        }

        var cosigning = Cosigning();
        Assert.False(await cosigning.RoundAsync(CancellationToken.None));
        Assert.False(await cosigning.RoundAsync(CancellationToken.None));
        Assert.Null(await PublishedAsync());
        var alarm = Assert.Single(_on.Journal.Lines, line => line.Level == LogLevel.Critical);
        Assert.Contains("of 2 entries", alarm.Text, StringComparison.Ordinal);
        Assert.Contains("of 3 entries", alarm.Text, StringComparison.Ordinal);
        var kept = await File.ReadAllTextAsync(Assert.Single(Directory.GetFiles(EvidencePath)), CancellationToken.None);
        Assert.Contains(Convert.ToBase64String(Log.Checkpoint.Note), System.Text.RegularExpressions.Regex.Unescape(kept), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_witness_that_saw_more_than_there_is_is_told_to_the_operator()
    {
        _on.Journal.Expect("restore the newest");
        await AppendAsync(2);
        _asked[0] = (_, _) => Task.FromResult<WitnessResult>(new WitnessResult.Saw(7));
        var cosigning = Cosigning();
        Assert.True(await cosigning.RoundAsync(CancellationToken.None));
        Assert.True(await cosigning.RoundAsync(CancellationToken.None));
        Assert.Single(_on.Journal.Lines, line => line.Level == LogLevel.Error && line.Text.Contains("saw 7 entries", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Each_round_proves_from_where_the_witness_stood_and_a_new_process_learns_it_by_asking()
    {
        var honest = _asked[0];
        _asked[0] = (request, cancellation) =>
        {
            _oldSizes.Enqueue(request.OldSize);
            return honest(request, cancellation);
        };
        var first = Cosigning();
        foreach (var entries in (int[])[2, 3, 300])
        {
            await AppendAsync(entries);
            Assert.True(await first.RoundAsync(CancellationToken.None));
        }

        Assert.Equal([0ul, 2, 5], _oldSizes.ToArray());
        await AppendAsync(1);
        Assert.True(await Cosigning().RoundAsync(CancellationToken.None));
        Assert.Equal([0ul, 2, 5, 0, 305], _oldSizes.ToArray());
        Assert.Equal(3, (await PublishedAsync())!.By.Count);
    }

    [Fact]
    public async Task Where_no_witness_is_needed_the_log_publishes_alone()
    {
        await AppendAsync(2);
        Assert.True(await Cosigning(new WitnessPanel(0, [])).RoundAsync(CancellationToken.None));
        Assert.Equal(Log.Checkpoint.Note, (await PublishedAsync())!.Signed.ToBytes());
    }

    [Fact]
    public async Task Running_it_asks_at_once_then_every_ten_seconds_and_every_second_below_the_quorum()
    {
        var rounds = 0;
        _asked[0] = (_, _) =>
        {
            Interlocked.Increment(ref rounds);
            throw new IOException("Not there (a test's fault).");
        };
        var honest = _asked[1];
        Cosigning().Start();
        await RoundsAsync(1);
        await LogOnDisk.UntilAsync(() => Log.Tree.PublishedAsync(CancellationToken.None).GetAwaiter().GetResult() is not null);
        _asked[1] = (_, _) => throw new IOException("Not there (a test's fault).");
        await AfterAsync(Transparency.Witnessing.Cosigning.Every, 2);
        await AfterAsync(Transparency.Witnessing.Cosigning.Again, 3);
        await AfterAsync(Transparency.Witnessing.Cosigning.Again, 4);
        _asked[1] = honest;
        await AppendAsync(1);
        await AfterAsync(Transparency.Witnessing.Cosigning.Again, 5);
        await LogOnDisk.UntilAsync(() => Log.Tree.PublishedAsync(CancellationToken.None).GetAwaiter().GetResult()!.Size == 1);

        Task RoundsAsync(int count) => LogOnDisk.UntilAsync(() => Volatile.Read(ref rounds) == count);

        // The pause may begin a moment after the round was seen: the clock moves by small steps until it is over.
        async Task AfterAsync(TimeSpan pause, int count)
        {
            var moved = TimeSpan.Zero;
            await LogOnDisk.UntilAsync(() =>
            {
                if (Volatile.Read(ref rounds) < count)
                {
                    _on.Time.Advance(TimeSpan.FromMilliseconds(100));
                    moved += TimeSpan.FromMilliseconds(100);
                }

                return Volatile.Read(ref rounds) == count;
            });
            Assert.True(moved * 2 >= pause, $"The round came after {moved}, not {pause}.");
        }
    }

    [Fact]
    public async Task At_its_end_it_publishes_what_came_last()
    {
        var cosigning = Cosigning();
        await cosigning.RoundAsync(CancellationToken.None);
        await AppendAsync(4);
        await cosigning.DisposeAsync();
        _made.Clear();
        Assert.Equal(4ul, (await PublishedAsync())!.Signed.Checkpoint.Size);
    }

    private Cosigning Cosigning(WitnessPanel? panel = null)
    {
        var asking = Keys.Select((key, i) => new WitnessToAsk(key, (request, cancellation) => _asked[i](request, cancellation))).ToList();
        var cosigning = new Cosigning(
            Log,
            () => panel ?? new WitnessPanel(2, asking),
            new EvidenceFolder(EvidencePath, _on.Time, _on.Journal.Loggers.CreateLogger<EvidenceFolder>()),
            _on.Time,
            _on.Journal.Loggers.CreateLogger<Cosigning>());
        _made.Add(cosigning);
        return cosigning;
    }

    private Task AppendAsync(int entries) => Task.WhenAll(Enumerable.Range(0, entries).Select(_ => Log.AppendAsync(LogOnDisk.Entry())));

    private async Task<CosignedCheckpoint?> PublishedAsync() =>
        await Log.Tree.PublishedAsync(CancellationToken.None) is { } published
            ? CosignedCheckpoint.Read(SignedCheckpoint.Open(published.Note, _on.Signer.Key)!, Keys)
            : null;
}
