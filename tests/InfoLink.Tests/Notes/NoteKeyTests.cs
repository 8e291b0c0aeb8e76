using FsCheck;
using FsCheck.Fluent;
using InfoLink.Contracts.Notes;
using Xunit;

namespace InfoLink.Tests.Notes;

public sealed class NoteKeyTests
{
    private const string Peter = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

    [Theory]
    [InlineData(Peter, "PeterNeumann", 0xc74f20a3)]
    [InlineData("EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop", "EnochRoot", 0xaf0cfe78)]
    [InlineData("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "example.com/foo", 0x530d903a)]
    [InlineData("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx", "example.com/log/testdata", 0x33d7b496)]
    public void Published_keys_are_read_and_print_as_they_were(string text, string name, uint id)
    {
        var key = NoteKey.Parse(text);
        Assert.Equal((name, id, NoteKeyKind.Log), (key.Name, key.Id, key.Kind));
        Assert.Equal(text, key.ToString());
        Assert.Equal(key, NoteKey.Of(name, NoteKeyKind.Log, key.PublicKey.Span));
    }

    [Fact]
    public void A_key_cut_anywhere_is_refused()
    {
        for (var length = 0; length < Peter.Length; length++)
        {
            Assert.Null(NoteKey.TryParse(Peter[..length]));
        }
    }

    [Fact]
    public void A_key_with_any_character_changed_is_refused()
    {
        for (var place = 0; place < Peter.Length; place++)
        {
            for (var other = (char)0; other < 256; other++)
            {
                if (other != Peter[place])
                {
                    Assert.Null(NoteKey.TryParse(string.Concat(Peter.AsSpan(0, place), [other], Peter.AsSpan(place + 1))));
                }
            }
        }
    }

    [Theory]
    [InlineData("PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==", "key of another length")]
    [InlineData("PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "kind that nobody knows")]
    [InlineData("PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "upper case id")]
    [InlineData("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n", "newline behind")]
    [InlineData(" " + Peter, "blank before")]
    [InlineData("+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "no name")]
    [InlineData("PeterNeumann+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "no id")]
    [InlineData("", "nothing")]
    public void Other_texts_are_refused(string text, string reason)
    {
        Assert.True(NoteKey.TryParse(text) is null, reason);
        var refused = Assert.Throws<FormatException>(() => NoteKey.Parse(text));
        Assert.DoesNotContain("Peter", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a+b")]
    [InlineData("a\tb")]
    [InlineData("a\u00a0b")]
    [InlineData("a\u2003b")]
    [InlineData("a\u3000b")]
    [InlineData("a\u0085b")]
    [InlineData("a\nb")]
    [InlineData("a\u0001b")]
    public void Names_have_no_spaces_plus_or_control_characters(string name) =>
        Assert.Throws<ArgumentException>(() => NoteKey.Of(name, NoteKeyKind.Log, new byte[32]));

    [Fact]
    public void A_name_is_whole_Unicode() => Assert.Throws<ArgumentException>(() => NoteKey.Of("a\ud800b", NoteKeyKind.Log, new byte[32]));

    [Fact]
    public void Keys_are_of_two_kinds_and_32_bytes()
    {
        Assert.ThrowsAny<ArgumentException>(() => NoteKey.Of("name", (NoteKeyKind)2, new byte[32]));
        Assert.ThrowsAny<ArgumentException>(() => NoteKey.Of("name", NoteKeyKind.Log, new byte[31]));
        Assert.ThrowsAny<ArgumentException>(() => NoteKey.Of("name", NoteKeyKind.Log, new byte[33]));
    }

    [Fact]
    public void One_public_key_has_another_id_for_each_kind_and_name()
    {
        var log = NoteKey.Of("name", NoteKeyKind.Log, new byte[32]);
        Assert.NotEqual(log.Id, NoteKey.Of("name", NoteKeyKind.Cosigner, new byte[32]).Id);
        Assert.NotEqual(log.Id, NoteKey.Of("name2", NoteKeyKind.Log, new byte[32]).Id);
        Assert.NotEqual(log, NoteKey.Of("name", NoteKeyKind.Cosigner, new byte[32]));
    }

    [Fact]
    public void Any_key_prints_to_what_reads_as_the_same_key() => Prop.ForAll(
        SomeNotes.Names.ToArbitrary(),
        Gen.ArrayOf(Gen.Choose(0, 255).Select(number => (byte)number), 32).ToArbitrary(),
        Gen.Elements(NoteKeyKind.Log, NoteKeyKind.Cosigner).ToArbitrary(),
        (name, publicKey, kind) =>
        {
            var key = NoteKey.Of(name, kind, publicKey);
            return NoteKey.TryParse(key.ToString()) is { } again && again.Equals(key) && again.Id == key.Id && again.Kind == kind
                && string.Equals(again.Name, name, StringComparison.Ordinal) && again.PublicKey.Span.SequenceEqual(publicKey);
        }).QuickCheckThrowOnFailure();
}
