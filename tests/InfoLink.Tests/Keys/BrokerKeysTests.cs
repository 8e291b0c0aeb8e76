using System.Security.Cryptography;
using InfoLink.Broker;
using InfoLink.Broker.Keys;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using Xunit;

namespace InfoLink.Tests.Keys;

/// <summary>A broker starts with all its keys in order, or says which is not.</summary>
public sealed class BrokerKeysTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("infolink-keys-");

    private string Folder => Path.Combine(_root.FullName, "keys");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void What_was_created_is_loaded_again_and_never_overwritten()
    {
        using var made = Create();
        using var loaded = BrokerKeys.Load(Folder, NetworkFolder.Platform);
        Assert.Equal(made.Identity.PublicKey, loaded.Identity.PublicKey);
        Assert.Equal([made.Grant, made.Index, made.Register, made.Masters[7]], (byte[][])[loaded.Grant, loaded.Index, loaded.Register, loaded.Masters[7]]);
        Assert.Equal("t1", Assert.Single(loaded.Tokens).Key);
        Assert.Throws<IOException>(Create);
    }

    [Fact]
    public void Only_the_owner_reads_the_files()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no file modes.");
            return;
        }

        using var made = Create();
        foreach (var file in Directory.GetFiles(Folder, "*", SearchOption.AllDirectories))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }

        foreach (var folder in (string[])[Folder, Path.Combine(Folder, "masters")])
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
        }
    }

    [Theory]
    [InlineData("identity.pem")]
    [InlineData("token-t1.pem")]
    [InlineData("grant.key")]
    [InlineData("index.key")]
    [InlineData("register.key")]
    [InlineData("masters/7.key")]
    public void A_key_that_is_missing_open_to_others_or_not_a_key_is_named_and_not_shown(string name)
    {
        Create().Dispose();
        var path = Path.Combine(Folder, name);
        var good = File.ReadAllText(path);

        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
            AssertNamed(name);
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        foreach (var bad in (string[])["", "not a key", good[..^10], "!" + good, new string('é', 43)])
        {
            File.WriteAllText(path, bad);
            AssertNamed(name);
        }

        File.Delete(path);
        AssertNamed(name switch { "token-t1.pem" => "token-", "masters/7.key" => "masters", _ => name });
    }

    [Theory]
    [InlineData("identity.pem")]
    [InlineData("token-t1.pem")]
    public void A_key_on_another_curve_is_named(string name)
    {
        Create().Dispose();
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        File.WriteAllText(Path.Combine(Folder, name), other.ExportPkcs8PrivateKeyPem());
        AssertNamed(name);
    }

    [Theory]
    [InlineData("seven.key")]
    [InlineData("256.key")]
    [InlineData("0.key")]
    public void A_masters_file_is_named_by_its_epoch(string name)
    {
        using (var keys = Create())
        {
            File.Copy(Path.Combine(Folder, "masters", "7.key"), Path.Combine(Folder, "masters", name));
        }

        AssertNamed(name);
    }

    [Fact]
    public void A_folder_without_masters_is_named()
    {
        Create().Dispose();
        Directory.Delete(Path.Combine(Folder, "masters"), recursive: true);
        AssertNamed("masters");
    }

    [Theory]
    [InlineData("another identity")]
    [InlineData("another token key")]
    [InlineData("an epoch without a master")]
    public async Task A_broker_whose_keys_do_not_fit_the_member_list_does_not_start(string how)
    {
        await using var network = TestNetwork.PrepareOnly();
        switch (how)
        {
            case "an epoch without a master":
                File.WriteAllText(network.Folder.MembersPath, File.ReadAllText(network.Folder.MembersPath).Replace("{ current: 7 }", "{ current: 9, previous: 7 }", StringComparison.Ordinal));
                network.Folder.Publish();
                break;
            default:
                using (var key = ECDsa.Create(ECCurve.NamedCurves.nistP256))
                {
                    File.WriteAllText(network.Folder.Path("broker", "keys", how is "another identity" ? "identity.pem" : "token-t1.pem"), key.ExportPkcs8PrivateKeyPem());
                }

                break;
        }

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(network.StartBrokerAsync);
        Assert.Contains(
            how switch { "another identity" => "identity.pem", "another token key" => "(t1)", _ => "masters/9.key" }, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_error_of_the_configuration_is_said_at_once()
    {
        var options = new BrokerOptions
        {
            Folder = _root.FullName,
            Listen = "nowhere",
            Address = "http://broker.example",
            Keys = "no-keys",
            LogOrigin = "a log+shard",
            SettleWithinSeconds = 59,
            IdentityKey = "pkcs11:object=identity?pin-value=123456",
            NextIdentityKey = "pkcs11:",
            LeafLifetimeSeconds = 259_201,
        };
        var errors = options.Errors();
        Assert.Equal(8, errors.Count);
        Assert.DoesNotContain(errors, error => error.Contains("123456", StringComparison.Ordinal));
        Assert.All(
            (string[])["listen", "address", "keys", "logOrigin", "settleWithinSeconds", "identityKey", "nextIdentityKey", "leafLifetimeSeconds"],
            name => Assert.Single(errors, error => error.StartsWith(name + ":", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("""{"listen":"127.0.0.1:1","nobodyKnows":1}""")]
    [InlineData("""{"listen":""")]
    [InlineData("null")]
    public void A_configuration_that_cannot_be_read_is_named(string json)
    {
        var path = Path.Combine(_root.FullName, "broker.json");
        File.WriteAllText(path, json);
        Assert.Contains(path, Assert.Throws<InvalidOperationException>(() => BrokerOptions.Read(path)).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => BrokerOptions.Read(path + ".not"));
    }

    private BrokerKeys Create() => BrokerKeys.Create(Folder, NetworkFolder.Platform, epoch: 7);

    private void AssertNamed(string name)
    {
        var refused = Assert.Throws<InvalidOperationException>(() => BrokerKeys.Load(Folder, NetworkFolder.Platform));
        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE", refused.ToString(), StringComparison.Ordinal);
    }
}
