using System.Text;
using FsCheck;
using FsCheck.Fluent;
using InfoLink.Contracts.Notes;
using Xunit;

namespace InfoLink.Tests.Notes;

/// <summary>The published notes, good and bad (vectors/SOURCE.md), and what must hold of any note.</summary>
public sealed class SignedNoteTests
{
    private const string Text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    private const string PeterLine = "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    private const string EnochLine = "\u2014 EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";

    private static readonly NoteKey Peter = NoteKey.Parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
    private static readonly NoteKey Enoch = NoteKey.Parse("EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop");

    [Fact]
    public void The_specifications_note_is_verified()
    {
        var key = NoteKey.Parse("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k");
        var note = Read("This is an example message.\n\n"
            + "\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n");

        Assert.Equal(new VerifiedSignature(key, null), Assert.Single(note!.Verify([key])!));
        Assert.Equal("This is an example message.\n", note.Text);
    }

    [Fact]
    public void A_note_of_two_is_verified_with_the_key_of_either_and_of_both()
    {
        var note = Read(Text + "\n" + PeterLine + EnochLine)!;
        Assert.Equal([Peter], Keys(note.Verify([Peter])));
        Assert.Equal([Enoch], Keys(note.Verify([Enoch])));
        Assert.Equal([Peter, Enoch], Keys(note.Verify([Enoch, Peter])));
        Assert.Null(note.Verify([]));
    }

    [Fact]
    public void The_published_private_key_makes_the_published_signature()
    {
        var seed = Convert.FromBase64String("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz").AsSpan(1);
        using var privateKey = Ed25519PrivateKey.FromSeed(seed);
        var signer = new NoteSigner("PeterNeumann", NoteKeyKind.Log, privateKey);

        Assert.Equal(Peter, signer.Key);
        Assert.Equal(Text + "\n" + PeterLine, SignedNote.Of(Text, signer.Sign(Text)).ToString());
    }

    public static TheoryData<string, string> Malformed => new()
    {
        { Text, "text alone" },
        { Text + "\n", "no signature" },
        { Text + "\n" + PeterLine[..^1], "no newline behind the signature" },
        { "\u0001" + Text + "\n" + PeterLine, "control character" },
        { Text.Replace('\n', '\r') + "\n\n" + PeterLine, "carriage return" },
        { "\t" + Text + "\n" + PeterLine, "tab" },
        { Text + "\n" + PeterLine.Replace("PeterNeumann", "Bad Name", StringComparison.Ordinal), "space in a name" },
        { Text + "\n" + PeterLine.Replace("PeterNeumann", "Bad+Name", StringComparison.Ordinal), "plus in a name" },
        { Text + "\n" + PeterLine.Replace("PeterNeumann", "Bad\u3000Name", StringComparison.Ordinal), "ideographic space in a name" },
        { Text + "\n" + PeterLine.Replace("PeterNeumann ", "", StringComparison.Ordinal), "no name" },
        { Text + "\n" + PeterLine.Replace("PeterNeumann", "", StringComparison.Ordinal), "empty name" },
        { Text + "\n" + PeterLine + "Unexpected line.\n", "unexpected line" },
        { Text + "\n" + PeterLine + "\n", "empty line at the end" },
        { Text + "\n" + PeterLine.Replace('\u2014', '-'), "hyphen for the dash" },
        { Text + "\n" + PeterLine.Replace("AM=", "AN=", StringComparison.Ordinal), "fill bits in the base64" },
        { Text + "\n" + PeterLine.Replace("AM=", "AM", StringComparison.Ordinal), "no padding" },
        { Text + "\n" + PeterLine.Replace("x08go", "x08 go", StringComparison.Ordinal), "blank in the base64" },
        { Text + "\n\u2014 PeterNeumann x08gow==\n", "key id without a signature" },
        { Text + "\n\u2014 PeterNeumann \n", "no signature behind the name" },
        { Text[..^1] + "\n" + PeterLine, "no empty line" },
        { "\n" + PeterLine, "no text" },
        { "", "nothing" },
        { Text + "\n" + string.Concat(Enumerable.Repeat(PeterLine, 101)), "a hundred and one signatures" },
        { new string('x', 64 * 1024) + "\n\n" + PeterLine, "too long" },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Malformed_notes_are_refused(string note, string reason) => Assert.True(Read(note) is null, reason);

    [Theory]
    [InlineData(0xff)]
    [InlineData(0xc0)]
    [InlineData(0x80)]
    public void What_is_not_UTF8_is_refused(byte first) =>
        Assert.Null(SignedNote.TryParse([first, .. Encoding.UTF8.GetBytes(Text + "\n" + PeterLine)]));

    [Fact]
    public void A_hundred_signatures_are_read_and_no_more_added()
    {
        var note = Read(Text + "\n" + string.Concat(Enumerable.Repeat(PeterLine, 100)))!;
        Assert.Equal(100, note.Signatures.Count);
        Assert.Single(note.Verify([Peter])!);
        Assert.Throws<ArgumentException>(() => note.With(note.Signatures[0]));
    }

    [Fact]
    public void A_note_does_not_grow_beyond_its_limit()
    {
        var note = SignedNote.Of(Text, new NoteSignature("long", 1, new byte[40_000]));
        Assert.Throws<ArgumentException>(() => note.With(new NoteSignature("long", 2, new byte[10_000])));
        Assert.NotNull(SignedNote.TryParse(note.ToBytes()));
    }

    [Fact]
    public void A_known_keys_bad_signature_refuses_the_whole_note()
    {
        // Byte 60 of the line; the dash takes three.
        var bent = PeterLine.Insert(58, "ABCD");
        var note = Read(Text + "\n" + bent + EnochLine)!;
        Assert.Equal(new NoteVerification.BadSignature(Peter), NoteVerification.Of(note, [Peter, Enoch]));
        Assert.Null(note.Verify([Peter, Enoch]));
        Assert.Null(note.Verify([Peter]));
        Assert.Equal([Enoch], Keys(note.Verify([Enoch])));
    }

    [Fact]
    public void A_second_signature_of_a_known_key_counts_once_if_good_and_refuses_the_note_if_bad()
    {
        var otherEnoch = EnochLine.Replace("rwz+eBzmZa0", "rwz+eBzmZa1", StringComparison.Ordinal);
        var note = Read(Text + "\n" + PeterLine + PeterLine + EnochLine + EnochLine + otherEnoch)!;
        Assert.Equal([Peter], Keys(note.Verify([Peter])));
        Assert.Equal(5, note.Signatures.Count);
        Assert.Equal(new NoteVerification.BadSignature(Enoch), NoteVerification.Of(note, [Peter, Enoch]));
    }

    [Theory]
    [InlineData("PeterNeumann", "CarmenSandiego")]
    [InlineData("x08g", "xxxx")]
    public void A_signature_of_another_name_or_id_is_not_looked_at(string part, string other)
    {
        var note = Read(Text + "\n" + PeterLine.Replace(part, other, StringComparison.Ordinal))!;
        Assert.Null(note.Verify([Peter]));
        Assert.Equal([Enoch], Keys(note.With(Read(Text + "\n" + EnochLine)!.Signatures[0]).Verify([Peter, Enoch])));
    }

    [Fact]
    public void Two_known_keys_of_one_name_and_id_verify_nothing()
    {
        var (one, other) = OfOneId();
        var note = SignedNote.Of(Text, new NoteSignature(one.Name, one.Id, new byte[64]));
        Assert.IsType<NoteVerification.AmbiguousKeys>(NoteVerification.Of(note, [Peter, one, other]));
        Assert.Null(note.With(Read(Text + "\n" + PeterLine)!.Signatures[0]).Verify([Peter, one, other]));
        Assert.IsType<NoteVerification.BadSignature>(NoteVerification.Of(note, [one, one]));
    }

    [Fact]
    public void A_bit_turned_over_anywhere_in_the_text_or_signature_is_noticed()
    {
        var good = Encoding.UTF8.GetBytes(Text + "\n" + PeterLine);
        Assert.NotNull(SignedNote.TryParse(good)!.Verify([Peter]));
        for (var bit = 0; bit < good.Length * 8; bit++)
        {
            var bent = (byte[])good.Clone();
            bent[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Null(SignedNote.TryParse(bent)?.Verify([Peter]));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("no newline")]
    [InlineData("tab\t\n")]
    [InlineData("return\r\n")]
    public void A_text_that_no_note_has_is_not_made_one(string text) =>
        Assert.Throws<ArgumentException>(() => SignedNote.Of(text, new NoteSignature("name", 1, new byte[64])));

    [Fact]
    public void A_text_is_whole_Unicode() =>
        Assert.Throws<ArgumentException>(() => SignedNote.Of("half a pair \ud83d\n", new NoteSignature("name", 1, new byte[64])));

    [Fact]
    public void A_cosigner_does_not_sign_as_a_log()
    {
        using var privateKey = Ed25519PrivateKey.Create();
        Assert.Throws<InvalidOperationException>(() => new NoteSigner("w", NoteKeyKind.Cosigner, privateKey).Sign(Text));
    }

    [Fact]
    public void Any_note_prints_to_what_reads_as_the_same_note() => Prop.ForAll(SomeNotes.Notes.ToArbitrary(), note =>
    {
        var bytes = note.ToBytes();
        return SignedNote.TryParse(bytes) is { } again
            && string.Equals(again.Text, note.Text, StringComparison.Ordinal)
            && again.Signatures.Select(line => line.ToString()).SequenceEqual(note.Signatures.Select(line => line.ToString()), StringComparer.Ordinal)
            && again.ToBytes().AsSpan().SequenceEqual(bytes);
    }).QuickCheckThrowOnFailure();

    private static SignedNote? Read(string note) => SignedNote.TryParse(Encoding.UTF8.GetBytes(note));

    private static IEnumerable<NoteKey>? Keys(IReadOnlyList<VerifiedSignature>? verified) => verified?.Select(signature => signature.Key);

    /// <summary>Ids have 32 bits, so some tens of thousands of keys have a pair.</summary>
    private static (NoteKey One, NoteKey Other) OfOneId()
    {
        var seen = new Dictionary<uint, NoteKey>();
        for (var number = 0; ; number++)
        {
            var publicKey = new byte[32];
            BitConverter.TryWriteBytes(publicKey, number);
            var key = NoteKey.Of("twin", NoteKeyKind.Log, publicKey);
            if (!seen.TryAdd(key.Id, key))
            {
                return (seen[key.Id], key);
            }
        }
    }
}
