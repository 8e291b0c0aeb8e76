using InfoLink.Contracts.Identity;
using InfoLink.Tests.EndToEnd;
using Xunit;

namespace InfoLink.Tests.Identity;

public sealed class Pkcs11UriTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public Pkcs11UriTests() => KeyFile.WriteNew(_folder.Path("pin"), "47110815");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("pin")]
    [InlineData("file:pin")]
    [InlineData("{folder}/pin")]
    [InlineData("file:{folder}/pin")]
    [InlineData("file://{folder}/pin")]
    public void The_PINs_file_is_a_path_or_a_file_URI_from_the_configurations_folder_on(string source)
    {
        var uri = Pkcs11Uri.Parse($"pkcs11:token=a;object=b?pin-source={source.Replace("{folder}", _folder.Path(), StringComparison.Ordinal)}", _folder.Path());
        Assert.Equal($"pkcs11:token=a;object=b;type=private?pin-source={_folder.Path("pin")}", uri.Text);
        Assert.Equal("pkcs11:token=a;object=b;type=private", uri.ToString());
    }

    [Theory]
    [InlineData("pkcs11:object=b?pin-source=pin")]
    [InlineData("pkcs11:id=%01?pin-source=pin")]
    [InlineData("pkcs11:token=Agency%20HSM;serial=abc;model=m;manufacturer=x;object=b;type=private?pin-source=pin")]
    public void A_key_is_named_by_label_or_id(string text) => Assert.Null(Pkcs11Uri.ErrorIn(text));

    [Theory]
    [InlineData("pkcs11:object=b", "names the file with the PIN")]
    [InlineData("pkcs11:", "names one key")]
    [InlineData("pkcs11:token=a", "names one key")]
    [InlineData("pkcs11:object=b;type=public", "type=private")]
    [InlineData("pkcs11:object=b;object=c", "each name once")]
    [InlineData("pkcs11:object", "name=value")]
    [InlineData("pkcs11:object=b;slot-id=0", "nothing else is read")]
    [InlineData("pkcs11:object=b?module-path=/usr/lib/module.so", "PKCS11_MODULE_PATH")]
    [InlineData("pkcs11:object=b?pin-source=a?pin-source=b", "nothing else is read")]
    [InlineData("pkcs11:object=b?pin-value=47110815", "pin-source=file")]
    public void What_the_engine_would_misread_or_pass_over_is_refused_with_the_way_out(string text, string says)
    {
        Assert.Contains(says, Pkcs11Uri.ErrorIn(text), StringComparison.Ordinal);
        var refused = Assert.Throws<InvalidOperationException>(() => Pkcs11Uri.Parse(text, _folder.Path()));
        Assert.DoesNotContain("47110815", refused.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("47110815\n")]
    [InlineData("47110815\r\n")]
    public void A_PIN_file_holds_the_PIN_alone(string content)
    {
        KeyFile.WriteNew(_folder.Path("bad"), content);
        var refused = Assert.Throws<InvalidOperationException>(() => Pkcs11Uri.Parse("pkcs11:object=b?pin-source=bad", _folder.Path()));
        Assert.Contains("no line break", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("47110815", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_PIN_file_that_others_read_or_that_is_not_there_is_refused()
    {
        Assert.Throws<InvalidOperationException>(() => Pkcs11Uri.Parse("pkcs11:object=b?pin-source=missing", _folder.Path()));
        if (OperatingSystem.IsWindows())
        {
            return; // Windows has access lists.
        }

        File.SetUnixFileMode(_folder.Path("pin"), UnixFileMode.UserRead | UnixFileMode.OtherRead);
        var refused = Assert.Throws<InvalidOperationException>(() => Pkcs11Uri.Parse("pkcs11:object=b?pin-source=pin", _folder.Path()));
        Assert.Contains("chmod 600", refused.Message, StringComparison.Ordinal);
    }
}
