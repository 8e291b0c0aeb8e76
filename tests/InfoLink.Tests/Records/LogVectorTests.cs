using System.Text;
using System.Text.Json;
using InfoLink.Agent.AccessLog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Merkle;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Refusals;
using InfoLink.Tests.Codes;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Records;

/// <summary>Log, receipts, checkpoints and content against a second implementation in another language (contracts/vectors/make_log_vectors.py).</summary>
public sealed class LogVectorTests
{
    private static readonly JsonElement Vectors = VectorFile.Read("logs.json");
    private static readonly JsonElement[] Entries = [.. VectorFile.Read("records.json").GetProperty("entries").EnumerateArray()];

    public static TheoryData<int> Contents => VectorFile.Rows("logs.json", "contents");

    [Fact]
    public void Each_size_of_the_log_has_the_same_checkpoint_signed_and_cosigned_to_the_byte()
    {
        using var key = Ed25519PrivateKey.FromSeed(Vectors.GetProperty("log").Hex("seed"));
        var signer = new NoteSigner(Vectors.Text("origin"), NoteKeyKind.Log, key);
        Assert.Equal(Vectors.GetProperty("log").Text("vkey"), signer.Key.ToString());
        var range = new CompactRange();
        foreach (var vector in Vectors.GetProperty("checkpoints").EnumerateArray())
        {
            if (range.Size < (ulong)vector.Int("size"))
            {
                range.Append(Leaf((int)range.Size));
            }

            Assert.Equal(vector.Hex("root"), range.Root().ToArray());
            var note = SignedCheckpoint.Sign(new Checkpoint(signer.Key.Name, range.Size, range.Root()), signer);
            Assert.Equal(vector.Text("note"), Encoding.UTF8.GetString(note));
            var cosigned = SignedCheckpoint.Open(note, signer.Key)!;
            foreach (var witness in Vectors.GetProperty("witnesses").EnumerateArray())
            {
                using var own = Ed25519PrivateKey.FromSeed(witness.Hex("seed"));
                var name = NoteKey.Parse(witness.Text("vkey")).Name;
                cosigned = cosigned.With(Cosignature.Sign(
                    cosigned.Note.Text, new NoteSigner(name, NoteKeyKind.Cosigner, own), DateTimeOffset.FromUnixTimeSeconds(witness.Int("time"))));
            }

            Assert.Equal(vector.Text("cosigned"), Encoding.UTF8.GetString(cosigned.ToBytes()));
        }
    }

    [Fact]
    public void Every_receipt_holds_and_none_holds_for_another_entry_or_place()
    {
        var logs = new[] { NoteKey.Parse(Vectors.GetProperty("log").Text("vkey")) };
        foreach (var vector in Vectors.GetProperty("receipts").EnumerateArray())
        {
            var receipt = Receipt(vector);
            Assert.IsType<Outcome<SignedCheckpoint>.Done>(ReceiptProof.Check(receipt, logs));

            var other = Receipt(vector, entry: (vector.Int("entry") + 1) % Entries.Length);
            Assert.Equal("RECEIPT-INVALID (inclusion)", Refused(other, logs));
            receipt.Index++;
            Assert.Equal("RECEIPT-INVALID (inclusion)", Refused(receipt, logs));
        }
    }

    [Fact]
    public void Every_consistency_proof_joins_its_two_checkpoints_and_no_others()
    {
        var key = NoteKey.Parse(Vectors.GetProperty("log").Text("vkey"));
        Checkpoint[] checkpoints = [.. Vectors.GetProperty("checkpoints").EnumerateArray().Select(vector => Open(vector).Checkpoint)];
        foreach (var vector in Vectors.GetProperty("consistency").EnumerateArray())
        {
            var proof = new ConsistencyProof { From = (ulong)vector.Int("from"), To = (ulong)vector.Int("to") };
            proof.Hashes.Add(vector.GetProperty("hashes").EnumerateArray().Select(hash => Convert.FromHexString(hash.GetString()!).ToByteString()));
            var (smaller, larger) = (checkpoints[vector.Int("from")], checkpoints[vector.Int("to")]);
            Assert.True(ReceiptProof.Joins(smaller, larger, proof));
            Assert.False(ReceiptProof.Joins(smaller with { Root = Sha256Digest.Zero }, larger, proof));
            Assert.False(ReceiptProof.Joins(smaller, larger with { Root = Sha256Digest.Zero }, proof));
        }

        SignedCheckpoint Open(JsonElement vector) => SignedCheckpoint.Open(Encoding.UTF8.GetBytes(vector.Text("cosigned")), key)!;
    }

    [Theory]
    [MemberData(nameof(Contents))]
    public void Content_at_rest_opens_with_its_key_for_its_place_and_nothing_else(int row)
    {
        var vector = Vectors.GetProperty("contents")[row];
        var seal = new ContentSeal(vector.Hex("contentKey"));
        var exchange = ExchangeId.FromBytes(vector.Hex("exchangeId"));
        var (what, index, content) = ((AccessEvent)vector.Int("event"), (uint)vector.Int("index"), vector.Hex("sealed"));
        var opened = seal.TryOpen(exchange, what, index, content);
        Assert.Equal((vector.Text("answerSalt"), vector.Text("payload")), (Convert.ToHexStringLower(opened!.Value.AnswerSalt), Convert.ToHexStringLower(opened.Value.Payload)));
        Assert.Equal(vector.Hex("digest"), Sha256Digest.Of([.. opened.Value.AnswerSalt, .. opened.Value.Payload]).ToArray());

        Assert.Null(seal.TryOpen(ExchangeId.New(), what, index, content));
        Assert.Null(seal.TryOpen(exchange, AccessEvent.Settled, index, content));
        Assert.Null(seal.TryOpen(exchange, what, index + 1, content));
        Assert.Null(new ContentSeal(new byte[32]).TryOpen(exchange, what, index, content));
        Assert.Null(seal.TryOpen(exchange, what, index, content.AsSpan(0, 80)));
        for (var at = 0; at < content.Length; at++)
        {
            byte[] changed = [.. content];
            changed[at] ^= 0x10;
            Assert.Null(seal.TryOpen(exchange, what, index, changed));
        }

        var own = seal.Seal(exchange, what, index, opened.Value.AnswerSalt, opened.Value.Payload);
        Assert.Equal(content.Length, own.Length);
        Assert.NotEqual(content, own); // A salt of its own each time.
        Assert.Equal(opened.Value.Payload, seal.TryOpen(exchange, what, index, own)!.Value.Payload);
    }

    private static Sha256Digest Leaf(int entry) => Sha256Digest.FromBytes(Entries[entry].Hex("leafHash"));

    private static Receipt Receipt(JsonElement vector, int? entry = null)
    {
        var record = Entries[entry ?? vector.Int("entry")];
        var receipt = new Receipt
        {
            OpenPart = record.Hex("openPart").ToByteString(),
            Salt = record.Hex("salt").ToByteString(),
            PrivateRoot = record.Hex("privateRoot").ToByteString(),
            Origin = Vectors.Text("origin"),
            Index = (ulong)vector.Int("entry"),
            Checkpoint = Encoding.UTF8.GetBytes(Vectors.GetProperty("checkpoints")[vector.Int("size")].Text("note")).ToByteString(),
        };
        receipt.InclusionProof.Add(vector.GetProperty("inclusion").EnumerateArray().Select(hash => Convert.FromHexString(hash.GetString()!).ToByteString()));
        return receipt;
    }

    private static string Refused(Receipt receipt, NoteKey[] logs)
    {
        var refused = Assert.IsType<Outcome<SignedCheckpoint>.Refused>(ReceiptProof.Check(receipt, logs)).Refusal;
        return $"{refused.Text} ({refused.Detail})";
    }
}
