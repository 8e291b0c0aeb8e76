using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Merkle;
using InfoLink.Contracts.Notes;
using InfoLink.Transparency.Witnessing;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Witnessing;

/// <summary>The rules of C2SP tlog-witness one by one, on a witness with a real store.</summary>
public sealed class WitnessTests : IDisposable
{
    private readonly WitnessOnDisk _on = new();
    private readonly HandMadeLog _log;

    public WitnessTests() => _log = _on.Log();

    public void Dispose()
    {
        _log.Dispose();
        _on.Dispose();
    }

    [Fact]
    public void The_first_checkpoint_of_a_log_is_cosigned_and_remembered()
    {
        _on.AssertCosigned(_log, 10, _on.Add(_log.Request(0, 10)));
        Assert.Equal((10ul, _log.Root(10)), (Seen()!.Size, Seen()!.Root));
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(8, 9)]
    [InlineData(10, 300)]
    [InlineData(256, 300)]
    public void What_grows_out_of_the_last_one_is_cosigned(int from, int to)
    {
        _on.Add(_log.Request(0, from));
        _on.AssertCosigned(_log, to, _on.Add(_log.Request(from, to)));
        Assert.Equal((ulong)to, Seen()!.Size);
    }

    [Fact]
    public void The_same_checkpoint_is_cosigned_again_with_a_new_time()
    {
        _on.Add(_log.Request(0, 10));
        _on.Clock.Leap(TimeSpan.FromSeconds(10));
        _on.AssertCosigned(_log, 10, _on.Add(_log.Request(10, 10)));
    }

    [Fact]
    public void An_empty_log_is_cosigned_and_everything_grows_out_of_it()
    {
        _on.AssertCosigned(_log, 0, _on.Add(_log.Request(0, 0)));
        Assert.Null(Seen());
        _on.AssertCosigned(_log, 7, _on.Add(_log.Request(0, 7)));
        Assert.Equal(new WitnessResult.Saw(7), _on.Add(_log.Request(0, 0)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(11)]
    public void With_another_old_size_the_log_is_told_what_was_seen(int old)
    {
        _on.Add(_log.Request(0, 10));
        Assert.Equal(new WitnessResult.Saw(10), _on.Add(_log.Request(old, 20)));
        Assert.Equal(10ul, Seen()!.Size);
    }

    [Fact]
    public void Before_the_first_checkpoint_nothing_was_seen() => Assert.Equal(new WitnessResult.Saw(0), _on.Add(_log.Request(5, 10)));

    [Fact]
    public void A_smaller_tree_than_the_one_seen_is_never_cosigned()
    {
        _on.Add(_log.Request(0, 10));
        Assert.Equal(new WitnessResult.Saw(10), _on.Add(_log.Request(5, 5)));
        Assert.Equal(new WitnessResult.Saw(10), _on.Add(_log.Request(0, 5)));
        WitnessOnDisk.AssertRefused(RefusalName.RequestMalformed, "old_size", _on.Add(new WitnessRequest(10, [], _log.Checkpoint(5))));
        Assert.Equal(10ul, Seen()!.Size);
    }

    [Fact]
    public void Another_root_at_the_same_size_is_a_conflict_and_both_checkpoints_are_told()
    {
        _on.Journal.Expect("ALARM");
        var fork = _log.Fork(5);
        _on.Add(_log.Request(0, 10));
        var conflict = Assert.IsType<WitnessResult.Conflict>(_on.Add(fork.Request(10, 10)));
        Assert.Equal(_log.Checkpoint(10), conflict.Seen.ToArray());
        Assert.Equal(_log.Root(10), Seen()!.Root);
        var told = Assert.Single(_on.Forks);
        Assert.Equal((10ul, 10ul), (told.SeenSize, told.BroughtSize));
        Assert.Equal([_log.Checkpoint(10), fork.Checkpoint(10)], (byte[][])[told.Seen, told.Brought]);
    }

    [Fact]
    public void A_larger_tree_that_does_not_begin_with_the_one_seen_is_a_conflict_and_both_checkpoints_are_told()
    {
        _on.Journal.Expect("ALARM");
        var fork = _log.Fork(5);
        _on.Add(_log.Request(0, 10));
        foreach (var proof in (IReadOnlyList<Sha256Digest>[])[fork.Proof(10, 20), _log.Proof(10, 20), []])
        {
            var conflict = Assert.IsType<WitnessResult.Conflict>(_on.Add(new WitnessRequest(10, proof, fork.Checkpoint(20))));
            Assert.Equal(_log.Checkpoint(10), conflict.Seen.ToArray());
        }

        // One pair is told once, however often it is brought; the log itself may go on from what was seen.
        Assert.Equal(20ul, Assert.Single(_on.Forks).BroughtSize);
        _on.AssertCosigned(_log, 20, _on.Add(_log.Request(10, 20)));
    }

    [Fact]
    public void A_log_that_is_not_looked_after_is_unknown()
    {
        using var other = new HandMadeLog("log-2", WitnessOnDisk.Broker);
        WitnessOnDisk.AssertRefused(RefusalName.RequestMalformed, "origin", _on.Add(other.Request(0, 1)));
    }

    [Fact]
    public void A_log_is_brought_by_its_owner_alone()
    {
        WitnessOnDisk.AssertRefused(RefusalName.RequestMalformed, "origin", _on.Add(_log.Request(0, 1), WitnessOnDisk.Agency));
        using var agencys = _on.Log("log-2", WitnessOnDisk.Agency);
        WitnessOnDisk.AssertRefused(RefusalName.RequestMalformed, "origin", _on.Add(agencys.Request(0, 1), WitnessOnDisk.Broker));
        _on.AssertCosigned(agencys, 1, _on.Add(agencys.Request(0, 1), WitnessOnDisk.Agency));
    }

    [Fact]
    public void What_another_key_signed_under_the_logs_name_is_refused()
    {
        using var impostor = new HandMadeLog("log-1", WitnessOnDisk.Broker);
        WitnessOnDisk.AssertRefused(RefusalName.RequestMalformed, "signature", _on.Add(impostor.Request(0, 1)));
        Assert.Null(Seen());
    }

    [Fact]
    public void What_has_not_its_form_is_refused_and_changes_nothing()
    {
        _on.Add(_log.Request(0, 10));
        _on.Clock.Leap(TimeSpan.FromSeconds(1));
        var hash = Sha256Digest.Zero;
        (string Detail, WitnessRequest Request)[] bad =
        [
            ("checkpoint", new(10, [], ReadOnlyMemory<byte>.Empty)),
            ("checkpoint", new(10, [], "no note"u8.ToArray())),
            ("checkpoint", new(10, [], new byte[SignedNote.MaxBytes + 1])),
            ("checkpoint", new(10, [], SignedNote.Of("no checkpoint\n", _log.Signer.Sign("no checkpoint\n")).ToBytes())),
            ("checkpoint", new(10, [], _log.Checkpoint(ulong.MaxValue, hash))),
            ("proof", new(10, [.. Enumerable.Repeat(hash, WitnessRequest.MaxProof + 1)], _log.Checkpoint(20))),
            ("proof", new(0, [hash], _log.Checkpoint(20))),
            ("proof", new(10, [hash], _log.Checkpoint(10))),
            ("old_size", new(21, [], _log.Checkpoint(20))),
        ];
        Assert.All(bad, item => WitnessOnDisk.AssertRefused(RefusalName.RequestMalformed, item.Detail, _on.Add(item.Request)));
        Assert.Equal(10ul, Seen()!.Size);
        Assert.Empty(_on.Forks);
    }

    [Fact]
    public void There_is_one_empty_tree() => WitnessOnDisk.AssertRefused(
        RefusalName.RequestMalformed, "root", _on.Add(new WitnessRequest(0, [], _log.Checkpoint(0, MerkleTree.LeafHash([])))));

    [Fact]
    public void Only_the_logs_own_signature_is_kept_of_a_note()
    {
        using var key = Ed25519PrivateKey.Create();
        var other = new NoteSigner("someone", NoteKeyKind.Cosigner, key);
        var note = SignedNote.TryParse(_log.Checkpoint(10))!;
        note = note.With(Cosignature.Sign(note.Text, other, _on.Clock.GetUtcNow()));
        _on.AssertCosigned(_log, 10, _on.Add(new WitnessRequest(0, [], note.ToBytes())));
        Assert.Equal(_log.Checkpoint(10), Seen()!.Note);
    }

    [Fact]
    public void A_log_may_ask_so_often_in_a_second_and_its_owner_alone_uses_that_up()
    {
        using var other = _on.Log("log-2", WitnessOnDisk.Agency);
        for (var i = 0; i < Witness.MostPerSecond; i++)
        {
            Assert.IsType<WitnessResult.Refused>(_on.Add(_log.Request(0, 10), WitnessOnDisk.Agency));
            _on.AssertCosigned(_log, 10, _on.Add(_log.Request(i == 0 ? 0 : 10, 10)));
        }

        WitnessOnDisk.AssertRefused(RefusalName.Overloaded, "", _on.Add(_log.Request(10, 10)));
        _on.AssertCosigned(other, 1, _on.Add(other.Request(0, 1), WitnessOnDisk.Agency));
        _on.Clock.Leap(TimeSpan.FromSeconds(1));
        _on.AssertCosigned(_log, 10, _on.Add(_log.Request(10, 10)));
    }

    private SeenCheckpoint? Seen() => _on.Store.Seen("log-1");
}
