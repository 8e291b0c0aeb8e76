using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using InfoLink.Contracts.Notes;
using Xunit;

namespace InfoLink.Tests.Notes;

public sealed class CosignatureTests
{
    private static readonly SignedCheckpoint Signed = SignedCheckpoint.Open(CosignedVectors.Checkpoint, CosignedVectors.Log)!;

    [Fact]
    public void Another_implementations_cosignatures_are_verified_with_their_times()
    {
        var cosigned = CosignedCheckpoint.Read(Signed, [.. CosignedVectors.Witnesses])!;
        Assert.Equal(CosignedVectors.Witnesses.Zip(CosignedVectors.Times, (witness, time) => new CosignedBy(witness, time)), cosigned.By);
    }

    [Fact]
    public void The_same_keys_make_the_same_checkpoint()
    {
        using var logSeed = CosignedVectors.LogSeed();
        var made = SignedCheckpoint.Open(
            SignedCheckpoint.Sign(Signed.Checkpoint, new NoteSigner(CosignedVectors.Log.Name, NoteKeyKind.Log, logSeed)), CosignedVectors.Log)!;
        for (var i = 0; i < CosignedVectors.Witnesses.Count; i++)
        {
            using var seed = CosignedVectors.WitnessSeed(i);
            var witness = new NoteSigner(CosignedVectors.Witnesses[i].Name, NoteKeyKind.Cosigner, seed);
            made = made.With(Cosignature.Sign(made.Note.Text, witness, CosignedVectors.Times[i].AddMilliseconds(999)));
        }

        Assert.Equal(CosignedVectors.Checkpoint, made.ToBytes());
    }

    [Fact]
    public void A_cosignature_with_any_bit_turned_over_is_refused()
    {
        var witness = CosignedVectors.Witnesses[0];
        var good = Signed.Note.Signatures[1].Signature.ToArray();
        Assert.Equal(72, good.Length);
        for (var bit = 0; bit < good.Length * 8; bit++)
        {
            var bent = (byte[])good.Clone();
            bent[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Null(Cosignature.Verify(Signed.Note.Text, new NoteSignature(witness.Name, witness.Id, bent), witness));
        }

        Assert.Null(Cosignature.Verify(Signed.Note.Text, new NoteSignature(witness.Name, witness.Id, good.AsSpan(1)), witness));
        Assert.Null(Cosignature.Verify(Signed.Note.Text, new NoteSignature(witness.Name, witness.Id, [.. good, 0]), witness));
        Assert.Null(Cosignature.Verify(Signed.Note.Text + "extension\n", Signed.Note.Signatures[1], witness));
        Assert.Null(Cosignature.Verify("no checkpoint\n", Signed.Note.Signatures[1], witness));
        Assert.Null(Cosignature.Verify(Signed.Note.Text, Signed.Note.Signatures[1], CosignedVectors.Witnesses[1]));
        Assert.Null(Cosignature.Verify(Signed.Note.Text, Signed.Note.Signatures[0], CosignedVectors.Log));
        Assert.NotNull(Cosignature.Verify(Signed.Note.Text, Signed.Note.Signatures[1], witness));
    }

    [Fact]
    public void A_logs_signature_is_no_cosignature_though_the_private_key_be_one()
    {
        using var privateKey = Ed25519PrivateKey.Create();
        var log = new NoteSigner("one", NoteKeyKind.Log, privateKey);
        var cosigner = NoteKey.Of("one", NoteKeyKind.Cosigner, privateKey.PublicKey.Span);
        var signature = log.Sign(Signed.Note.Text).Signature.Span;
        Assert.Null(Cosignature.Verify(Signed.Note.Text, new NoteSignature("one", cosigner.Id, [.. new byte[8], .. signature]), cosigner));
        Assert.Throws<InvalidOperationException>(() => Cosignature.Sign(Signed.Note.Text, log, DateTimeOffset.UnixEpoch));
    }

    [Fact]
    public void A_time_beyond_every_calendar_is_refused_though_signed()
    {
        using var privateKey = Ed25519PrivateKey.Create();
        var key = NoteKey.Of("w", NoteKeyKind.Cosigner, privateKey.PublicKey.Span);
        const ulong EndOfCalendar = 253402300799;
        foreach (var seconds in new[] { 0UL, EndOfCalendar, EndOfCalendar + 1, ulong.MaxValue / 2, ulong.MaxValue })
        {
            var before = new byte[8];
            BinaryPrimitives.WriteUInt64BigEndian(before, seconds);
            var signature = privateKey.Sign(SignedNote.Encode($"cosignature/v1\ntime {seconds}\n{Signed.Note.Text}"));
            var time = Cosignature.Verify(Signed.Note.Text, new NoteSignature("w", key.Id, [.. before, .. signature]), key);
            Assert.Equal(seconds <= EndOfCalendar, time is not null);
        }
    }

    [Fact]
    public void Only_checkpoints_are_cosigned_and_at_a_time_since_1970()
    {
        using var privateKey = Ed25519PrivateKey.Create();
        var witness = new NoteSigner("w", NoteKeyKind.Cosigner, privateKey);
        Assert.Throws<ArgumentException>(() => Cosignature.Sign("any text\n", witness, DateTimeOffset.UnixEpoch));
        Assert.ThrowsAny<ArgumentException>(() => Cosignature.Sign(Signed.Note.Text, witness, DateTimeOffset.UnixEpoch.AddSeconds(-1)));
    }

    [Fact]
    public void A_witness_that_cosigned_twice_counts_once_with_its_newest_time()
    {
        using var seed = CosignedVectors.WitnessSeed(0);
        var witness = new NoteSigner(CosignedVectors.Witnesses[0].Name, NoteKeyKind.Cosigner, seed);
        var (earlier, later) = (CosignedVectors.Times[0].AddSeconds(-5), CosignedVectors.Times[0].AddSeconds(5));
        var again = Signed.With(Cosignature.Sign(Signed.Note.Text, witness, later)).With(Cosignature.Sign(Signed.Note.Text, witness, earlier));
        Assert.Equal([new CosignedBy(witness.Key, later)], CosignedCheckpoint.Read(again, [witness.Key])!.By);
    }

    [Fact]
    public void A_known_witness_with_a_bad_signature_refuses_the_checkpoint_and_an_unknown_one_does_not()
    {
        var first = CosignedVectors.Witnesses[0];
        var bent = Signed.With(new NoteSignature(first.Name, first.Id, new byte[72]));
        Assert.Null(CosignedCheckpoint.Read(bent, [.. CosignedVectors.Witnesses]));
        Assert.Equal(2, CosignedCheckpoint.Read(bent, [.. CosignedVectors.Witnesses.Skip(1)])!.By.Count);
        Assert.Empty(CosignedCheckpoint.Read(bent, [])!.By);
        Assert.Throws<ArgumentException>(() => CosignedCheckpoint.Read(bent, [CosignedVectors.Log]));
    }

    [Theory]
    [InlineData(1, 10)]
    [InlineData(2, 5)]
    [InlineData(3, 0)]
    public void The_time_that_counts_is_the_needed_th_newest(int needed, int secondsAfterFirst)
    {
        var quorum = new Quorum(needed, [.. CosignedVectors.Witnesses]);
        var decision = quorum.Decide(CosignedCheckpoint.Read(Signed, [.. quorum.Witnesses])!.By);
        Assert.Equal(new QuorumDecision.Met(CosignedVectors.Times[0].AddSeconds(secondsAfterFirst)), decision);
    }

    [Fact]
    public void Too_few_strangers_and_repetitions_make_no_quorum()
    {
        var (one, two, three) = (CosignedVectors.Witnesses[0], CosignedVectors.Witnesses[1], CosignedVectors.Witnesses[2]);
        var quorum = new Quorum(2, [one, two]);
        var now = CosignedVectors.Times[0];
        Assert.Equal(new QuorumDecision.Missing(0, 2), quorum.Decide([]));
        Assert.Equal(new QuorumDecision.Missing(1, 2), quorum.Decide([new(one, now), new(three, now)]));
        Assert.Equal(new QuorumDecision.Missing(1, 2), quorum.Decide([new(one, now), new(one, now.AddSeconds(1))]));
        Assert.Equal(new QuorumDecision.Met(now), quorum.Decide([new(one, now), new(one, now.AddSeconds(1)), new(two, now)]));
    }

    [Fact]
    public void A_quorum_that_cannot_be_is_refused()
    {
        var (one, two) = (CosignedVectors.Witnesses[0], CosignedVectors.Witnesses[1]);
        Assert.ThrowsAny<ArgumentException>(() => new Quorum(0, [one, two]));
        Assert.ThrowsAny<ArgumentException>(() => new Quorum(3, [one, two]));
        Assert.ThrowsAny<ArgumentException>(() => new Quorum(1, [one, one]));
        Assert.ThrowsAny<ArgumentException>(() => new Quorum(1, [one, NoteKey.Of("another name", NoteKeyKind.Cosigner, one.PublicKey.Span)]));
        Assert.ThrowsAny<ArgumentException>(() => new Quorum(1, [CosignedVectors.Log]));
    }

    [Fact]
    public void Any_quorum_is_met_since_the_last_moment_at_which_enough_had_signed() => Prop.ForAll(
        Gen.Choose(1, 3).ToArbitrary(),
        Gen.ListOf(from witness in Gen.Choose(0, 2) from second in Gen.Choose(0, 20) select (witness, second)).ToArbitrary(),
        (needed, signed) =>
        {
            var decision = new Quorum(needed, [.. CosignedVectors.Witnesses]).Decide(
                signed.Select(by => new CosignedBy(CosignedVectors.Witnesses[by.witness], DateTimeOffset.UnixEpoch.AddSeconds(by.second))));
            int WitnessesSince(int second) => signed.Where(by => by.second >= second).Select(by => by.witness).Distinct().Count();
            var last = Enumerable.Range(0, 21).LastOrDefault(second => WitnessesSince(second) >= needed, -1);
            return decision.Equals(last < 0
                ? new QuorumDecision.Missing(WitnessesSince(0), needed)
                : new QuorumDecision.Met(DateTimeOffset.UnixEpoch.AddSeconds(last)));
        }).QuickCheckThrowOnFailure();
}
