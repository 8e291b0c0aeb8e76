using System.Security.Cryptography;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Trust;
using InfoLink.Tests.Fixtures;
using Xunit;

namespace InfoLink.Tests.Trust;

/// <summary>What an operator types once: it comes back as it was, or not at all.</summary>
public sealed class JoinCodeTests
{
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private const int CheckSize = 4;
    private static readonly P256PublicKey Key = SomeKey();
    private static readonly byte[] Secret = RandomNumberGenerator.GetBytes(JoinCode.SecretSize);
    private static readonly Fingerprint Authority = Fingerprint.OfKey(SomeKey());
    private static readonly DateTimeOffset Expires = new(2026, 9, 15, 3, 30, 0, TimeSpan.Zero);
    private static readonly JoinCode Code = Of("https://broker.example:8443");

    [Theory]
    [InlineData("https://broker.example:8443")]
    [InlineData("https://127.0.0.1:1")]
    [InlineData("https://[2001:db8::1]:8443")]
    public void A_code_comes_back_as_it_was(string broker)
    {
        Assert.True(JoinCode.TryParse(Of(broker).Reveal(), out var read));
        Assert.Equal(
            (new Uri(broker), "infolink.example", "141003", Expires, Authority.ToString()),
            (read.Broker, read.Platform, read.Agency.Value, read.Expires, read.Authority.ToString()));
        Assert.Equal(Key, read.BrokerKey);
        Assert.Equal(Secret, read.RevealSecret().ToArray());
    }

    [Fact]
    public void Blanks_hyphens_lines_and_the_letters_that_look_like_digits_do_not_matter()
    {
        var text = Code.Reveal();
        var typed = string.Join("-\r\n ", text.Chunk(7).Select(part => new string(part))).ToLowerInvariant().Replace('1', 'l').Replace('0', 'O');
        Assert.NotEqual(text, typed, StringComparer.Ordinal);
        Assert.True(JoinCode.TryParse(typed, out var read));
        Assert.Equal(Secret, read.RevealSecret().ToArray());
    }

    [Fact]
    public void Every_mistyped_character_is_noticed()
    {
        var text = Code.Reveal();
        for (var at = 0; at < text.Length; at++)
        {
            foreach (var other in Alphabet.Where(character => character != text[at]))
            {
                Assert.False(JoinCode.TryParse(text[..at] + other + text[(at + 1)..], out _), $"{other} at {at}");
            }
        }
    }

    [Fact]
    public void A_code_cut_off_anywhere_or_with_something_behind_it_is_none()
    {
        var text = Code.Reveal();
        for (var length = 0; length < text.Length; length++)
        {
            Assert.False(JoinCode.TryParse(text[..length], out _), $"{length}");
        }

        Assert.False(JoinCode.TryParse(text + "0", out _));
        Assert.False(JoinCode.TryParse(text + text, out _));
        Assert.False(JoinCode.TryParse(new string('0', 1_000_000), out _));
        Assert.False(JoinCode.TryParse("Ｕ" + text, out _));
    }

    [Fact]
    public void Another_format_or_content_that_is_none_is_refused_though_its_check_is_right()
    {
        Assert.True(JoinCode.TryParse(Bent(_ => { }), out _)); // The check is made as it should be.
        Assert.False(JoinCode.TryParse(Bent(body => body[0] = 2), out _));
        Assert.False(JoinCode.TryParse(Bent(body => body[1] = 0xFF), out _)); // Before all time.
        Assert.False(JoinCode.TryParse(Bent(body => body[1] = 0x7F), out _)); // After all time.
        Assert.False(JoinCode.TryParse(Bent(body => body[60] ^= 1), out _)); // A key off the curve.
        Assert.False(JoinCode.TryParse(Bent(body => body[109] = 5), out _)); // Lengths that do not fit.
        Assert.False(JoinCode.TryParse(Bent(body => body[109] = 200), out _));
        Assert.False(JoinCode.TryParse(Bent(body => body[^"broker.example:8443".Length] = (byte)' '), out _));
        Assert.False(JoinCode.TryParse(Bent(body => "http:///"u8.CopyTo(body.AsSpan(body.Length - "https://broker.example:8443".Length))), out _));
    }

    [Fact]
    public void What_does_not_fit_a_code_is_refused_when_it_is_made()
    {
        Assert.Throws<ArgumentException>("secret", () => new JoinCode(Code.Broker, Key, Code.Platform, Authority, Code.Agency, Expires, Secret.AsSpan(1)));
        Assert.Throws<ArgumentException>("platform", () => new JoinCode(Code.Broker, Key, new string('p', 256), Authority, Code.Agency, Expires, Secret));
        Assert.Throws<ArgumentException>("platform", () => new JoinCode(Code.Broker, Key, "", Authority, Code.Agency, Expires, Secret));
        Assert.Throws<ArgumentException>("broker", () => Of("https://" + Name("bb")));
        Assert.Throws<ArgumentException>("broker", () => Of("https://基盤.example"));

        // The longest that fit.
        var longest = new JoinCode(new Uri("https://" + Name("b")), Key, new string('p', 255), Authority, AgencyId.Parse(new string('a', 32)), Expires, Secret);
        Assert.True(JoinCode.TryParse(longest.Reveal(), out var read));
        Assert.Equal((longest.Broker, longest.Platform, longest.Agency), (read.Broker, read.Platform, read.Agency));
    }

    [Fact]
    public void A_code_does_not_print_its_secret() => new Marked().Add("secret", Secret).AddText("code", Code.Reveal()).AssertNotIn($"{Code} {Code.Agency}");

    /// <summary>A host name of 246 characters and these.</summary>
    private static string Name(string last) => string.Concat(Enumerable.Repeat("a.", 123)) + last;

    private static string Bent(Action<byte[]> bend)
    {
        var bytes = new byte[Code.Reveal().Length * 5 / 8];
        Assert.True(Crockford.TryDecode(Code.Reveal(), bytes));
        var body = bytes[..^CheckSize];
        bend(body);
        return Crockford.Encode([.. body, .. SHA256.HashData(body).AsSpan(0, CheckSize)]);
    }

    private static JoinCode Of(string broker) => new(new Uri(broker), Key, "infolink.example", Authority, AgencyId.Parse("141003"), Expires, Secret);

    private static P256PublicKey SomeKey()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return P256PublicKey.Of(key);
    }
}
