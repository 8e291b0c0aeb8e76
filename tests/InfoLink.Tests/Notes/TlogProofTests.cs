using System.Text;
using FsCheck;
using FsCheck.Fluent;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Notes;
using Xunit;

namespace InfoLink.Tests.Notes;

public sealed class TlogProofTests
{
    private static readonly Quorum TwoOfThree = new(2, [.. CosignedVectors.Witnesses]);

    private static readonly string Good = Encoding.UTF8.GetString(CosignedVectors.Proof);

    [Fact]
    public void Another_implementations_proof_is_read_verified_and_printed_as_it_was()
    {
        var proof = Read(Good)!;
        Assert.Equal(((ulong)CosignedVectors.Index, 3), (proof.Index, proof.Hashes.Count));
        Assert.Equal("not authenticated"u8.ToArray(), proof.Extra.ToArray());
        Assert.Equal(CosignedVectors.Proof, proof.ToBytes());

        var proved = Assert.IsType<TlogProofDecision.Proved>(proof.Verify(CosignedVectors.Leaf(2), CosignedVectors.Log, TwoOfThree));
        Assert.Equal(CosignedVectors.Times[2], proved.Witnessed);
        Assert.Equal(6UL, proved.Checkpoint.Checkpoint.Size);
        Assert.Null(Assert.IsType<TlogProofDecision.Proved>(proof.Verify(CosignedVectors.Leaf(2), CosignedVectors.Log, null)).Witnessed);
    }

    [Fact]
    public void What_does_not_hold_is_named()
    {
        var proof = Read(Good)!;
        Assert.Equal(Refused(TlogProofFault.Inclusion), proof.Verify(CosignedVectors.Leaf(3), CosignedVectors.Log, TwoOfThree));
        Assert.Equal(
            Refused(TlogProofFault.Inclusion),
            new TlogProof(3, proof.Hashes, proof.Checkpoint).Verify(CosignedVectors.Leaf(2), CosignedVectors.Log, TwoOfThree));

        using var stranger = Ed25519PrivateKey.Create();
        var otherLog = NoteKey.Of(CosignedVectors.Log.Name, NoteKeyKind.Log, stranger.PublicKey.Span);
        Assert.Equal(Refused(TlogProofFault.Checkpoint), proof.Verify(CosignedVectors.Leaf(2), otherLog, TwoOfThree));

        var otherWitness = NoteKey.Of("witness.example/1", NoteKeyKind.Cosigner, stranger.PublicKey.Span);
        Assert.Equal(Refused(TlogProofFault.Cosignatures), proof.Verify(CosignedVectors.Leaf(2), CosignedVectors.Log, new Quorum(1, [otherWitness])));

        var first = CosignedVectors.Witnesses[0];
        var bent = new TlogProof(2, proof.Hashes, proof.Checkpoint.With(new NoteSignature(first.Name, first.Id, new byte[72])));
        Assert.Equal(Refused(TlogProofFault.Cosignatures), bent.Verify(CosignedVectors.Leaf(2), CosignedVectors.Log, TwoOfThree));
    }

    [Fact]
    public void A_proof_with_any_bit_turned_over_proves_nothing_but_for_what_is_not_authenticated()
    {
        var extra = Good.IndexOf("extra ", StringComparison.Ordinal);
        var afterExtra = Good.IndexOf("index ", StringComparison.Ordinal);
        var all = new Quorum(3, [.. CosignedVectors.Witnesses]);
        for (var bit = 0; bit < CosignedVectors.Proof.Length * 8; bit++)
        {
            var bent = CosignedVectors.Proof;
            bent[bit / 8] ^= (byte)(1 << (bit % 8));
            var decision = TlogProof.TryParse(bent)?.Verify(CosignedVectors.Leaf(2), CosignedVectors.Log, all);
            Assert.True(decision is not TlogProofDecision.Proved || (bit / 8 > extra && bit / 8 < afterExtra), $"bit {bit}");
        }
    }

    [Fact]
    public void A_proof_cut_anywhere_proves_nothing()
    {
        var all = new Quorum(3, [.. CosignedVectors.Witnesses]);
        Assert.All(Enumerable.Range(0, CosignedVectors.Proof.Length), length => Assert.IsNotType<TlogProofDecision.Proved>(
            TlogProof.TryParse(CosignedVectors.Proof.AsSpan(0, length))?.Verify(CosignedVectors.Leaf(2), CosignedVectors.Log, all)));
    }

    [Theory]
    [InlineData("c2sp.org/tlog-proof@v1\n", "c2sp.org/tlog-proof@v2\n", "another version")]
    [InlineData("c2sp.org/tlog-proof@v1\n", "", "no first line")]
    [InlineData("index 2\n", "", "no index")]
    [InlineData("index 2\n", "index 02\n", "leading zero")]
    [InlineData("index 2\n", "index 2 \n", "blank behind the index")]
    [InlineData("index 2\n", "index 2\0\n", "zero byte behind the index")]
    [InlineData("index 2\n", "index -2\n", "negative index")]
    [InlineData("index 2\n", "index 18446744073709551616\n", "index beyond 64 bits")]
    [InlineData("index 2\n", "index 2\n\n", "empty line before the path")]
    [InlineData("index 2\n", "index 2\nAAAA\n", "hash of three bytes")]
    [InlineData("index 2\n", "index 2\r\n", "carriage return")]
    [InlineData("extra bm90IGF1dGhlbnRpY2F0ZWQ=\n", "extra \n", "extra without bytes")]
    [InlineData("extra bm90IGF1dGhlbnRpY2F0ZWQ=\n", "extra bm90IGF1dGhlbnRpY2F0ZWR=\n", "fill bits in the extra")]
    [InlineData("extra bm90IGF1dGhlbnRpY2F0ZWQ=\n", "extra AAAA\nextra AAAA\n", "two extras")]
    [InlineData("extra bm90IGF1dGhlbnRpY2F0ZWQ=\nindex 2\n", "index 2\nextra bm90IGF1dGhlbnRpY2F0ZWQ=\n", "extra behind the index")]
    [InlineData("\n6\n", "\nsix\n", "no checkpoint")]
    public void Other_texts_are_no_proof(string part, string other, string reason)
    {
        Assert.Contains(part, Good, StringComparison.Ordinal);
        Assert.True(Read(Good.Replace(part, other, StringComparison.Ordinal)) is null, reason);
    }

    [Fact]
    public void A_proof_needs_a_checkpoint_and_has_a_limit()
    {
        var proof = Read(Good)!;
        Assert.Throws<ArgumentException>(() => new TlogProof(2, proof.Hashes, SignedNote.Of("text\n", proof.Checkpoint.Signatures[0])));
        Assert.Throws<ArgumentException>(() => new TlogProof(2, proof.Hashes, proof.Checkpoint, new byte[TlogProof.MaxBytes]));
        Assert.Null(TlogProof.TryParse([.. CosignedVectors.Proof, .. new byte[TlogProof.MaxBytes]]));
    }

    [Fact]
    public void Any_proof_prints_to_what_reads_as_the_same() => Prop.ForAll(
        ArbMap.Default.ArbFor<ulong>(), Gen.ListOf(ArbMap.Default.GeneratorFor<int>()).ToArbitrary(), ArbMap.Default.ArbFor<byte[]>(), (index, hashes, extra) =>
        {
            var proof = new TlogProof(
                index, hashes.Select(seed => Sha256Digest.Of(BitConverter.GetBytes(seed))), Read(Good)!.Checkpoint, extra ?? []);
            return TlogProof.TryParse(proof.ToBytes()) is { } again
                && again.Index == index && again.Hashes.SequenceEqual(proof.Hashes) && again.Extra.Span.SequenceEqual(extra ?? [])
                && again.ToBytes().AsSpan().SequenceEqual(proof.ToBytes());
        }).QuickCheckThrowOnFailure();

    private static TlogProof? Read(string text) => TlogProof.TryParse(Encoding.UTF8.GetBytes(text));

    private static TlogProofDecision Refused(TlogProofFault fault) => new TlogProofDecision.Refused(fault);
}
