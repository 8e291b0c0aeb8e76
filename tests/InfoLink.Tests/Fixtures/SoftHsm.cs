using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using InfoLink.Contracts.Membership;
using Xunit;

namespace InfoLink.Tests.Fixtures;

/// <summary>
/// SoftHSM's tokens for this process, made once: OpenSSL's engine looks at a process's tokens when it first opens a key, and never again.
/// Where packages are missing the test is skipped and says what to install.
/// </summary>
internal sealed class SoftHsm
{
    /// <summary>Never in a message, so not a number that stands anywhere else.</summary>
    public const string Pin = "730915846201";

    /// <summary>The token that every test may use.</summary>
    public const string Token = "agency";

    /// <summary>The token that one test takes away.</summary>
    public const string LostToken = "lost";

    /// <summary>Tokens of one test each: once a process has shown a token the right PIN, it may come without.</summary>
    public const string TokenForWrongPin = "for-wrong-pin";
    public const string TokenForNoPin = "for-no-pin";

    /// <summary>Labels of keys: on P-256 in every token, on P-384 in <see cref="Token"/>.</summary>
    public const string Key = "identity";
    public const string KeyOnAnotherCurve = "other";

    private static readonly Lazy<SoftHsm> Made = new(() => new SoftHsm());
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("infolink-softhsm-");

    private SoftHsm()
    {
        AppDomain.CurrentDomain.ProcessExit += (_, _) => _folder.Delete(recursive: true);
        _folder.CreateSubdirectory("tokens");
        File.WriteAllText(Configuration, $"directories.tokendir = {Path.Combine(_folder.FullName, "tokens")}\nobjectstore.backend = file\nlog.level = ERROR\n");
        _ = setenv("SOFTHSM2_CONF", Configuration, 1); // The runtime's own copy of the environment is not what a library reads.
        PinFile = WritePin("pin", Pin);
        PublicKey = Make(Token, Key, "01", ECCurve.NamedCurves.nistP256);
        var kept = Directory.GetDirectories(Path.Combine(_folder.FullName, "tokens")).Single();
        Import(Token, KeyOnAnotherCurve, "02", ECCurve.NamedCurves.nistP384);
        Make(LostToken, Key, "01", ECCurve.NamedCurves.nistP256);
        LostTokenFolder = Directory.GetDirectories(Path.Combine(_folder.FullName, "tokens")).Single(folder => !string.Equals(folder, kept, StringComparison.Ordinal));
        Make(TokenForWrongPin, Key, "01", ECCurve.NamedCurves.nistP256);
        Make(TokenForNoPin, Key, "01", ECCurve.NamedCurves.nistP256);
    }

    /// <summary>Holds the PIN and nothing else.</summary>
    public string PinFile { get; }

    /// <summary>Of <see cref="Key"/> in <see cref="Token"/>.</summary>
    public P256PublicKey PublicKey { get; }

    public string LostTokenFolder { get; }

    private string Configuration => Path.Combine(_folder.FullName, "softhsm2.conf");

    public static SoftHsm OrSkip()
    {
        var missing = (string[])[
            .. File.Exists("/usr/bin/softhsm2-util") ? Array.Empty<string>() : ["softhsm2"],
            .. Directory.Exists("/usr/lib") && Directory.GetDirectories("/usr/lib", "*-linux-gnu").Any(folder => File.Exists(Path.Combine(folder, "engines-3", "pkcs11.so")))
                ? Array.Empty<string>()
                : ["libengine-pkcs11-openssl"],
        ];
        if (missing.Length > 0)
        {
            Assert.Skip($"A PKCS#11 token is not installed: apt-get install {string.Join(' ', missing)}");
        }

        return Made.Value;
    }

    /// <summary>A key as an operator writes it.</summary>
    public string Uri(string token = Token, string key = Key, string? pinFile = null) => $"pkcs11:token={token};object={key}?pin-source={pinFile ?? PinFile}";

    public string WritePin(string name, string pin)
    {
        var path = Path.Combine(_folder.FullName, name);
        Contracts.Identity.KeyFile.WriteNew(path, pin);
        return path;
    }

    private P256PublicKey Make(string token, string key, string id, ECCurve curve)
    {
        Run("--init-token", "--free", "--label", token, "--pin", Pin, "--so-pin", Pin);
        return Import(token, key, id, curve)!;
    }

    private P256PublicKey? Import(string token, string label, string id, ECCurve curve)
    {
        using var key = ECDsa.Create(curve);
        var file = Path.Combine(_folder.FullName, $"{token}-{label}.pem");
        File.WriteAllText(file, key.ExportPkcs8PrivateKeyPem());
        Run("--import", file, "--token", token, "--label", label, "--id", id, "--pin", Pin);
        File.Delete(file);
        return key.KeySize == 256 ? P256PublicKey.Of(key) : null;
    }

    private void Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("softhsm2-util", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["SOFTHSM2_CONF"] = Configuration;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output);
    }

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int setenv([MarshalAs(UnmanagedType.LPUTF8Str)] string name, [MarshalAs(UnmanagedType.LPUTF8Str)] string value, int overwrite);
}
