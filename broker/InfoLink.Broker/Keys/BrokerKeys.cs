using System.Globalization;
using System.Security.Cryptography;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;

namespace InfoLink.Broker.Keys;

/// <summary>
/// The broker's keys in a folder that only its owner reads:
/// <c>identity.pem</c> (its small CA), <c>token-&lt;kid&gt;.pem</c> (signs tokens), <c>grant.key</c> (seals grants), <c>index.key</c> (person index
/// tags), <c>register.key</c> (register tags), <c>log.key</c> (signs checkpoints), <c>witness.key</c> (cosigns agencies' logs), <c>masters/&lt;epoch&gt;.key</c> (link codes). PEM is PKCS#8; .key is 32 bytes in base64url.
/// </summary>
internal sealed class BrokerKeys : IDisposable
{
    private BrokerKeys(IdentityKey identity, Dictionary<string, ECDsa> tokens, byte[] grant, byte[] index, byte[] register, byte[] log, byte[] witness, Dictionary<byte, byte[]> masters)
    {
        Identity = identity;
        Tokens = tokens;
        Grant = grant;
        Index = index;
        Register = register;
        Log = log;
        Witness = witness;
        Masters = masters;
    }

    public IdentityKey Identity { get; }

    /// <summary>Keys that sign tokens, by <c>kid</c>; which of them does is the member list's to say.</summary>
    public IReadOnlyDictionary<string, ECDsa> Tokens { get; }

    public byte[] Grant { get; }

    public byte[] Index { get; }

    public byte[] Register { get; }

    /// <summary>Ed25519 seed.</summary>
    public byte[] Log { get; }

    /// <summary>Ed25519 seed.</summary>
    public byte[] Witness { get; }

    public IReadOnlyDictionary<byte, byte[]> Masters { get; }

    /// <summary>Makes all keys, with one master. Nothing is ever overwritten.</summary>
    /// <exception cref="IOException">A key is there already.</exception>
    public static BrokerKeys Create(string folder, string platform, byte epoch)
    {
        KeyFile.CreateFolder(folder);
        KeyFile.CreateFolder(Path.Combine(folder, "masters"));
        using (var identity = IdentityKey.Create(SpiffeName.ForBroker(platform)))
        using (var token = ECDsa.Create(ECCurve.NamedCurves.nistP256))
        {
            KeyFile.WriteNew(Path.Combine(folder, "identity.pem"), identity.RevealPem());
            KeyFile.WriteNew(Path.Combine(folder, "token-t1.pem"), token.ExportPkcs8PrivateKeyPem());
        }

        foreach (var name in (string[])["grant.key", "index.key", "register.key", "log.key", "witness.key", $"masters/{epoch}.key"])
        {
            KeyFile.WriteNewKey(Path.Combine(folder, name));
        }

        return Load(folder, platform);
    }

    /// <summary>Makes one more token key, named after the newest: <c>token-t2.pem</c> after <c>token-t1.pem</c>.</summary>
    /// <returns>Its <c>kid</c> and public half, for the next member list.</returns>
    public static (string KeyId, P256PublicKey Key) AddTokenKey(string folder)
    {
        var numbers = Directory.GetFiles(folder, "token-t*.pem")
            .Select(file => int.TryParse(Path.GetFileNameWithoutExtension(file)["token-t".Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0);
        var kid = string.Create(CultureInfo.InvariantCulture, $"t{numbers.Append(0).Max() + 1}");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        KeyFile.WriteNew(Path.Combine(folder, $"token-{kid}.pem"), key.ExportPkcs8PrivateKeyPem());
        return (kid, P256PublicKey.Of(key));
    }

    /// <exception cref="InvalidOperationException">A key is missing, unreadable, malformed, or open to others; the message names the file.</exception>
    public static BrokerKeys Load(string folder, string platform)
    {
        var tokens = (Directory.Exists(folder) ? Directory.GetFiles(folder, "token-*.pem") : []).ToDictionary(
            file => Path.GetFileNameWithoutExtension(file)["token-".Length..], file => ReadPem(file, TokenKey), StringComparer.Ordinal);
        if (tokens.Count == 0)
        {
            throw new InvalidOperationException($"There is no token key (token-<kid>.pem) in the key folder '{folder}'.");
        }

        return new BrokerKeys(
            ReadPem(Path.Combine(folder, "identity.pem"), pem => IdentityKey.FromPem(SpiffeName.ForBroker(platform), pem)),
            tokens,
            KeyFile.ReadKey(Path.Combine(folder, "grant.key")),
            KeyFile.ReadKey(Path.Combine(folder, "index.key")),
            KeyFile.ReadKey(Path.Combine(folder, "register.key")),
            KeyFile.ReadKey(Path.Combine(folder, "log.key")),
            KeyFile.ReadKey(Path.Combine(folder, "witness.key")),
            ReadMasters(Path.Combine(folder, "masters")));
    }

    public void Dispose()
    {
        Identity.Dispose();
        foreach (var token in Tokens.Values)
        {
            token.Dispose();
        }

        foreach (var key in (byte[][])[Grant, Index, Register, Log, Witness, .. Masters.Values])
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private static T ReadPem<T>(string path, Func<string, T> read)
    {
        try
        {
            return read(KeyFile.Read(path));
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            throw new InvalidOperationException($"The key file '{path}' does not hold a P-256 key as PKCS#8 PEM.", exception);
        }
    }

    private static ECDsa TokenKey(string pem)
    {
        var key = ECDsa.Create();
        key.ImportFromPem(pem);
        _ = P256PublicKey.Of(key); // Another curve is refused here.
        return key;
    }

    private static Dictionary<byte, byte[]> ReadMasters(string folder)
    {
        var masters = new Dictionary<byte, byte[]>();
        foreach (var file in Directory.Exists(folder) ? Directory.GetFiles(folder, "*.key") : [])
        {
            var named = byte.TryParse(Path.GetFileNameWithoutExtension(file), NumberStyles.None, CultureInfo.InvariantCulture, out var epoch) && epoch > 0;
            if (!named || !masters.TryAdd(epoch, KeyFile.ReadKey(file)))
            {
                throw new InvalidOperationException($"The key file '{file}' is not named by a code epoch, 1.key to 255.key.");
            }
        }

        return masters.Count > 0 ? masters : throw new InvalidOperationException($"There is no link-code master (<epoch>.key) in '{folder}'.");
    }
}
