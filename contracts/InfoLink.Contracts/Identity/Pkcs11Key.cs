using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;

namespace InfoLink.Contracts.Identity;

/// <summary>
/// Opens a private key in a PKCS#11 token through OpenSSL's engine <c>pkcs11</c> (libp11). The key signs in the token and never enters
/// this process.
/// </summary>
/// <remarks>
/// The engine is called here and not through the runtime, which keeps only the last of OpenSSL's errors ("failed loading private key") and
/// lets the engine ask for a PIN at the terminal. The first error tells a wrong PIN from a missing token.
/// </remarks>
internal static partial class Pkcs11Key
{
    private const string Engine = "pkcs11";

    /// <exception cref="InvalidOperationException">No engine, token, key or access; the message names the cause and the way out.</exception>
    public static ECDsa Open(Pkcs11Uri uri)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new InvalidOperationException("A key in a PKCS#11 token needs OpenSSL, which Windows does not have: use a key file.");
        }

        using var handle = Load(uri);
        ECDsaOpenSsl key;
        try
        {
            key = new ECDsaOpenSsl(handle);
        }
        catch (CryptographicException exception)
        {
            throw new InvalidOperationException($"The key '{uri}' is not on the curve P-256.", exception);
        }

        if (!string.Equals(key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value, ECCurve.NamedCurves.nistP256.Oid.Value, StringComparison.Ordinal))
        {
            key.Dispose();
            throw new InvalidOperationException($"The key '{uri}' is not on the curve P-256.");
        }

        return key;
    }

    [UnsupportedOSPlatform("windows")]
    private static SafeEvpPKeyHandle Load(Pkcs11Uri uri)
    {
        try
        {
            ERR_clear_error();
            var engine = ENGINE_by_id(Engine);
            if (engine == 0)
            {
                ERR_clear_error();
                throw NoEngine();
            }

            try
            {
                return Load(engine, uri);
            }
            finally
            {
                _ = ENGINE_free(engine);
            }
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            throw NoEngine(exception);
        }
    }

    [UnsupportedOSPlatform("windows")]
    private static SafeEvpPKeyHandle Load(nint engine, Pkcs11Uri uri)
    {
        if (ENGINE_init(engine) != 1)
        {
            throw new InvalidOperationException($"OpenSSL's engine for PKCS#11 does not start: {Errors()}.");
        }

        try
        {
            var key = ENGINE_load_private_key(engine, uri.Text, UI_null(), 0); // The key holds the engine for itself.
            return key == 0 ? throw NotOpened(uri, Errors()) : new SafeEvpPKeyHandle(key, ownsHandle: true);
        }
        finally
        {
            _ = ENGINE_finish(engine);
        }
    }

    private static InvalidOperationException NoEngine(Exception? cause = null) => new(
        "OpenSSL has no engine for PKCS#11 here. Install it (Debian: apt-get install libengine-pkcs11-openssl), and the token's module with it (for SoftHSM: softhsm2).", cause);

    private static InvalidOperationException NotOpened(Pkcs11Uri uri, string errors) => new(errors switch
    {
        _ when errors.Contains("PIN", StringComparison.Ordinal) =>
            $"The token does not accept the PIN for '{uri}' ({errors}). Correct the file that pin-source names; a token locks itself after a few wrong ones.",
        _ when errors.Contains("Unable to load PKCS#11 module", StringComparison.Ordinal) =>
            $"The PKCS#11 module for '{uri}' cannot be loaded. Correct PKCS11_MODULE_PATH, or configure the module in p11-kit.",
        _ when errors.Contains("object not found", StringComparison.Ordinal) =>
            $"There is no token with the key '{uri}', or it shows its keys only with a PIN. See that the token is there (p11-kit list-modules), that names are right, and that pin-source names the PIN's file.",
        _ => $"The key '{uri}' cannot be opened: {errors}.",
    });

    /// <summary>Everything that OpenSSL, the engine and the token's module said, the first first. They repeat no PIN.</summary>
    private static string Errors()
    {
        var all = new StringBuilder();
        while (ERR_get_error() is var code && code != 0)
        {
            all.Append(all.Length == 0 ? "" : ", ").Append(Marshal.PtrToStringUTF8(ERR_reason_error_string(code)) ?? $"error {code:x}");
        }

        return all.Length == 0 ? "no reason given" : all.ToString();
    }

    private const string LibCrypto = "libcrypto.so.3"; // The one that the runtime's own cryptography has loaded.

    [LibraryImport(LibCrypto, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint ENGINE_by_id(string id);

    [LibraryImport(LibCrypto)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ENGINE_init(nint engine);

    [LibraryImport(LibCrypto, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint ENGINE_load_private_key(nint engine, string id, nint userInterface, nint userData);

    [LibraryImport(LibCrypto)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ENGINE_finish(nint engine);

    [LibraryImport(LibCrypto)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ENGINE_free(nint engine);

    /// <summary>A user who says nothing: nobody is asked for a PIN at a terminal.</summary>
    [LibraryImport(LibCrypto)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint UI_null();

    // An unsigned long: 64 bits wherever this runs, Windows excepted.
    [LibraryImport(LibCrypto)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nuint ERR_get_error();

    [LibraryImport(LibCrypto)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void ERR_clear_error();

    [LibraryImport(LibCrypto)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint ERR_reason_error_string(nuint code);
}
