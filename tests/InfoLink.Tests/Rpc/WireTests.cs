using FsCheck;
using FsCheck.Fluent;
using InfoLink.Rpc.Wire;
using Xunit;

namespace InfoLink.Tests.Rpc;

/// <summary>The small encodings of the protocol, each against its rule.</summary>
public sealed class WireTests
{
    [Theory]
    [InlineData(1, "1u")] // ticks of 100 ns: rounded up
    [InlineData(10, "1u")]
    [InlineData(10_000, "1000u")]
    [InlineData(999_999_990, "99999999u")]
    [InlineData(999_999_991, "100000m")]
    [InlineData(TimeSpan.TicksPerDay, "86400000m")]
    [InlineData(2 * TimeSpan.TicksPerDay, "172800S")]
    [InlineData(2000 * TimeSpan.TicksPerDay, "2880000M")]
    [InlineData(long.MaxValue, "99999999H")]
    public void A_timeout_takes_the_finest_unit_that_fits_eight_digits(long ticks, string expected) =>
        Assert.Equal(expected, TimeoutEncoding.Encode(TimeSpan.FromTicks(ticks)));

    [Theory]
    [InlineData("1n", 1)]
    [InlineData("100n", 1)]
    [InlineData("101n", 2)]
    [InlineData("1u", 10)]
    [InlineData("1m", 10_000)]
    [InlineData("1S", TimeSpan.TicksPerSecond)]
    [InlineData("01M", TimeSpan.TicksPerMinute)]
    [InlineData("1H", TimeSpan.TicksPerHour)]
    [InlineData("0S", 0)]
    [InlineData("99999999H", 99_999_999 * TimeSpan.TicksPerHour)]
    public void A_timeout_is_read_in_every_unit(string text, long ticks)
    {
        Assert.True(TimeoutEncoding.TryDecode(text, out var timeout));
        Assert.Equal(ticks, timeout.Ticks);
    }

    [Fact]
    public void A_timeout_is_never_read_shorter_than_it_was_meant() =>
        Prop.ForAll<long>(ticks =>
        {
            var meant = TimeSpan.FromTicks(Math.Abs(ticks % (99_999_999 * TimeSpan.TicksPerHour)));
            return TimeoutEncoding.TryDecode(TimeoutEncoding.Encode(meant), out var read) && read >= meant;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_status_message_survives_the_way_and_is_printable_on_it() =>
        Prop.ForAll<string?>(text =>
        {
            var wellFormed = System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text ?? ""));
            var encoded = StatusMessageEncoding.Encode(wellFormed);
            return !encoded.AsSpan().ContainsAnyExceptInRange(' ', '~') && string.Equals(wellFormed, StatusMessageEncoding.Decode(encoded), StringComparison.Ordinal);
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n", "%09%0Atest with whitespace%0D%0Aand Unicode BMP %E2%98%BA and non-BMP %F0%9F%98%88%09%0A")]
    [InlineData("100%", "100%25")]
    [InlineData("\u007f", "%7F")]
    [InlineData("plain ~", "plain ~")]
    public void A_status_message_is_percent_encoded(string text, string wire) => Assert.Equal(wire, StatusMessageEncoding.Encode(text));

    [Theory]
    [InlineData("%", "%")]
    [InlineData("%4", "%4")]
    [InlineData("%4g", "%4g")]
    [InlineData("%%41", "%A")]
    [InlineData("%41%", "A%")]
    [InlineData("%e2%98%ba", "☺")]
    [InlineData("%ff!", "\ufffd!")]
    public void Escapes_that_are_none_are_kept(string wire, string text) => Assert.Equal(text, StatusMessageEncoding.Decode(wire));
}
