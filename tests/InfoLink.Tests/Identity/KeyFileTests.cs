using InfoLink.Contracts.Identity;
using InfoLink.Tests.EndToEnd;
using Xunit;

namespace InfoLink.Tests.Identity;

public sealed class KeyFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_key_is_written_for_its_owner_alone_and_read_back()
    {
        KeyFile.WriteNew(_folder.Path("key"), "secret");
        Assert.Equal("secret", KeyFile.Read(_folder.Path("key")));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder.Path("key")));
        }
    }

    [Fact]
    public void A_key_is_never_overwritten()
    {
        KeyFile.WriteNew(_folder.Path("key"), "first");
        Assert.Throws<IOException>(() => KeyFile.WriteNew(_folder.Path("key"), "second"));
        Assert.Equal("first", KeyFile.Read(_folder.Path("key")));
    }

    [Fact]
    public void A_key_that_others_may_read_is_refused_with_the_way_out()
    {
        KeyFile.WriteNew(_folder.Path("key"), "secret");
        if (OperatingSystem.IsWindows())
        {
            return; // Windows has access lists.
        }

        File.SetUnixFileMode(_folder.Path("key"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        var fault = Assert.Throws<InvalidOperationException>(() => KeyFile.Read(_folder.Path("key")));
        Assert.Contains("chmod 600", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_key_is_named()
    {
        var fault = Assert.Throws<InvalidOperationException>(() => KeyFile.Read(_folder.Path("missing.pem")));
        Assert.Contains("missing.pem", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("AAAA")]
    [InlineData("not base64url !!")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void A_raw_key_is_32_bytes(string content)
    {
        KeyFile.WriteNew(_folder.Path("raw.key"), content);
        Assert.Throws<InvalidOperationException>(() => KeyFile.ReadKey(_folder.Path("raw.key")));
    }
}
