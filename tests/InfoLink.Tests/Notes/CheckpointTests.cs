using System.Text;
using FsCheck;
using FsCheck.Fluent;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Merkle;
using InfoLink.Contracts.Notes;
using Xunit;

namespace InfoLink.Tests.Notes;

public sealed class CheckpointTests
{
    private const string Root = "TszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=";
    private static readonly NoteKey TestLog = NoteKey.Parse("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx");

    [Fact]
    public void All_sixteen_checkpoints_of_the_test_log_are_signed_by_it()
    {
        for (var size = 0; size < 16; size++)
        {
            var bytes = Published(size);
            var signed = SignedCheckpoint.Open(bytes, TestLog);
            Assert.Equal(((ulong)size, TestLog.Name), (signed!.Checkpoint.Size, signed.Checkpoint.Origin));
            Assert.Equal(bytes, signed.ToBytes());
            Assert.Equal(signed.Note.Text, signed.Checkpoint.ToText());
        }

        Assert.Equal("rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=", Convert.ToBase64String(SignedCheckpoint.Open(Published(15), TestLog)!.Checkpoint.Root.Span));
        Assert.Equal(MerkleTree.EmptyRoot, SignedCheckpoint.Open(Published(0), TestLog)!.Checkpoint.Root);
    }

    [Fact]
    public void A_checkpoint_with_any_byte_changed_is_refused()
    {
        var good = Published(7);
        for (var place = 0; place < good.Length; place++)
        {
            var bent = (byte[])good.Clone();
            for (var other = 0; other < 256; other++)
            {
                bent[place] = (byte)other;
                Assert.True(other == good[place] || SignedCheckpoint.Open(bent, TestLog) is null, $"byte {place} as {other}");
            }
        }
    }

    [Fact]
    public void A_checkpoint_cut_anywhere_or_longer_is_refused()
    {
        for (var size = 0; size < 16; size++)
        {
            var good = Published(size);
            Assert.All(Enumerable.Range(0, good.Length), length => Assert.Null(SignedCheckpoint.Open(good.AsSpan(0, length), TestLog)));
            Assert.Null(SignedCheckpoint.Open([.. good, (byte)'\n'], TestLog));
            Assert.Null(SignedCheckpoint.Open([(byte)'\n', .. good], TestLog));
        }
    }

    [Theory]
    [InlineData("go.sum database tree\n123456789012\n" + Root + "\n", 123456789012)]
    [InlineData("go.sum database tree\n123456789012\n" + Root + "\nfurther line\nand another\n", 123456789012)]
    [InlineData("log\n0\n" + Root + "\n", 0)]
    [InlineData("log\n18446744073709551615\n" + Root + "\n", ulong.MaxValue)]
    public void Three_lines_are_read_and_further_ones_passed_over(string text, ulong size)
    {
        var checkpoint = Checkpoint.TryParse(text)!;
        Assert.Equal((size, Root), (checkpoint.Size, Convert.ToBase64String(checkpoint.Root.Span)));
        Assert.StartsWith(checkpoint.ToText(), text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\n7\n" + Root + "\n", "no origin")]
    [InlineData("log\n\n" + Root + "\n", "no size")]
    [InlineData("log\n7\n\n", "no root")]
    [InlineData("log\n7\n", "two lines")]
    [InlineData("log\n7\n" + Root, "no last newline")]
    [InlineData("log\n7\n" + Root + "\n\n", "empty extension line")]
    [InlineData("log\n7\n" + Root + "\n\nextension\n", "empty line before an extension")]
    [InlineData("log\n07\n" + Root + "\n", "leading zero")]
    [InlineData("log\n00\n" + Root + "\n", "two zeros")]
    [InlineData("log\n+7\n" + Root + "\n", "sign")]
    [InlineData("log\n-7\n" + Root + "\n", "negative")]
    [InlineData("log\n 7\n" + Root + "\n", "blank before")]
    [InlineData("log\n7 \n" + Root + "\n", "blank behind")]
    [InlineData("log\n7\0\n" + Root + "\n", "zero byte behind")]
    [InlineData("log\n٧\n" + Root + "\n", "digit of another script")]
    [InlineData("log\n0xabcdef\n" + Root + "\n", "hexadecimal")]
    [InlineData("log\n18446744073709551616\n" + Root + "\n", "beyond 64 bits")]
    [InlineData("log\n7\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0\n", "no padding")]
    [InlineData("log\n7\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBQ==\n", "root of 31 bytes")]
    [InlineData("log\n7\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb1=\n", "fill bits")]
    [InlineData("log\n7\nTszzRgjTG6xce-z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n", "base64url")]
    [InlineData("log\t1\n7\n" + Root + "\n", "tab in the origin")]
    [InlineData("", "nothing")]
    public void Other_texts_are_no_checkpoint(string text, string reason) => Assert.True(Checkpoint.TryParse(text) is null, reason);

    [Fact]
    public void A_log_signs_and_opens_what_it_signed()
    {
        using var privateKey = Ed25519PrivateKey.Create();
        var log = new NoteSigner("log.example", NoteKeyKind.Log, privateKey);
        var checkpoint = new Checkpoint("log.example", 5, Sha256Digest.Of("root"u8));
        var bytes = SignedCheckpoint.Sign(checkpoint, log);
        Assert.Equal(checkpoint, SignedCheckpoint.Open(bytes, log.Key)!.Checkpoint);

        Assert.Null(SignedCheckpoint.Open(bytes, NoteKey.Of("other.example", NoteKeyKind.Log, privateKey.PublicKey.Span)));
        Assert.Null(SignedCheckpoint.Open(bytes, TestLog));
        Assert.Throws<ArgumentException>(() => SignedCheckpoint.Sign(checkpoint with { Origin = "other.example" }, log));
        Assert.Throws<ArgumentException>(() => SignedCheckpoint.Open(bytes, NoteKey.Of("log.example", NoteKeyKind.Cosigner, privateKey.PublicKey.Span)));
        Assert.Throws<InvalidOperationException>(
            () => SignedCheckpoint.Sign(checkpoint, new NoteSigner("log.example", NoteKeyKind.Cosigner, privateKey)));
    }

    [Fact]
    public void A_log_does_not_open_what_it_signed_for_another_origin()
    {
        using var privateKey = Ed25519PrivateKey.Create();
        var log = new NoteSigner("log.example", NoteKeyKind.Log, privateKey);
        var text = new Checkpoint("other.example", 5, Sha256Digest.Of("root"u8)).ToText();
        var note = SignedNote.Of(text, log.Sign(text));
        Assert.NotNull(note.Verify([log.Key]));
        Assert.Null(SignedCheckpoint.Open(note.ToBytes(), log.Key));
    }

    [Fact]
    public void Extension_lines_stay_in_the_text_and_are_signed()
    {
        using var privateKey = Ed25519PrivateKey.Create();
        var log = new NoteSigner("log.example", NoteKeyKind.Log, privateKey);
        var text = new Checkpoint("log.example", 5, Sha256Digest.Of("root"u8)).ToText() + "extension\n";
        var bytes = SignedNote.Of(text, log.Sign(text)).ToBytes();
        Assert.Equal(text, SignedCheckpoint.Open(bytes, log.Key)!.Note.Text);
        Assert.Null(SignedCheckpoint.Open(
            Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes).Replace("extension\n", "", StringComparison.Ordinal)), log.Key));
    }

    [Theory]
    [InlineData("")]
    [InlineData("two\nlines")]
    public void An_origin_is_one_line(string origin) =>
        Assert.Throws<InvalidOperationException>(() => new Checkpoint(origin, 0, MerkleTree.EmptyRoot).ToText());

    [Fact]
    public void Any_checkpoint_prints_to_what_reads_as_the_same() => Prop.ForAll(
        SomeNotes.Names.ToArbitrary(), ArbMap.Default.ArbFor<ulong>(), ArbMap.Default.ArbFor<int>(), (origin, size, seed) =>
        {
            var checkpoint = new Checkpoint(origin, size, Sha256Digest.Of(BitConverter.GetBytes(seed)));
            return checkpoint.Equals(Checkpoint.TryParse(checkpoint.ToText()));
        }).QuickCheckThrowOnFailure();

    private static byte[] Published(int size) =>
        File.ReadAllBytes(RepositoryRoot.Path("tests", "InfoLink.Tests", "Tiles", "vectors", "tlog_testlog", $"checkpoint.{size}"));
}
