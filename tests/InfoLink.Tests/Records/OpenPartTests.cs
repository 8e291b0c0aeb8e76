using Google.Protobuf;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.Tests.Codes;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Records;

/// <summary>An open part has one form of bytes: hashed, stored and sent as it is, and read in no other.</summary>
public sealed class OpenPartTests
{
    private static readonly byte[] Good = VectorFile.Read("records.json").GetProperty("entries")[0].Hex("openPart");

    [Fact]
    public void The_one_form_is_read_and_written_again() => Assert.Equal(Good, AccessEntry.TryParse(Good)!.ToByteArray());

    [Theory]
    [InlineData("an unknown field at the end")]
    [InlineData("an unknown field in front")]
    [InlineData("fields out of order")]
    [InlineData("a field twice")]
    [InlineData("a default written out")]
    [InlineData("an empty string written out")]
    [InlineData("a number in more bytes than it needs")]
    [InlineData("text that is no UTF-8")]
    [InlineData("cut short")]
    [InlineData("one byte more")]
    [InlineData("longer than an open part may be")]
    public void Every_other_form_is_refused(string how)
    {
        byte[] bent = how switch
        {
            "an unknown field at the end" => [.. Good, 0xB8, 0x06, 0x01],
            "an unknown field in front" => [0xB8, 0x06, 0x01, .. Good],
            "fields out of order" => [.. Good[2..], .. Good[..2]], // The event, field 1, comes last.
            "a field twice" => [.. Good[..2], .. Good],
            "a default written out" => [.. Good, 0xA0, 0x01, 0x00],
            "an empty string written out" => [.. Good, 0xB2, 0x01, 0x00],
            "a number in more bytes than it needs" => [0x08, 0x82, 0x00, .. Good[2..]],
            "text that is no UTF-8" => new OpenPart().ToByteArray().Concat((byte[])[0x12, 0x01, 0xFF]).ToArray(),
            "cut short" => Good[..^1],
            "one byte more" => [.. Good, 0x00],
            _ => new OpenPart { Entry = new string('a', AccessEntry.MaxOpenPart - 2) }.ToByteArray(), // One byte longer.
        };
        Assert.Null(AccessEntry.TryParse(bent));
    }

    [Fact]
    public void The_longest_that_may_be_is_read()
    {
        var part = new OpenPart { Entry = new string('a', AccessEntry.MaxOpenPart - 3) };
        Assert.Equal(AccessEntry.MaxOpenPart, part.CalculateSize());
        Assert.NotNull(AccessEntry.TryParse(part.ToByteArray()));
    }

    [Fact]
    public void Salt_and_open_part_do_not_run_into_each_other()
    {
        // The salt has one length, so no byte can move from one to the other.
        Assert.ThrowsAny<ArgumentException>(() => AccessEntry.Make(new byte[31], Good, Sha256Digest.Zero));
        Assert.ThrowsAny<ArgumentException>(() => AccessEntry.Make(new byte[33], Good, Sha256Digest.Zero));
    }
}
