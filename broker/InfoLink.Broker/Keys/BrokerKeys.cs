using System.Globalization;
using System.Security.Cryptography;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;

namespace InfoLink.Broker.Keys;

/// <summary>
/// The broker's keys in a folder that only its owner reads:
/// <c>identity.pem</c> (its small CA; while it is being changed, <c>identity-next.pem</c> too), <c>token-&lt;kid&gt;.pem</c> (signs tokens), <c>grant.key</c> (seals grants), <c>index.key</c> (person index
/// tags), <c>register.key</c> (register tags), <c>log.key</c> (signs checkpoints), <c>witness.key</c> (cosigns agencies' logs), <c>masters/&lt;epoch&gt;.key</c> (link codes). PEM is PKCS#8; .key is 32 bytes in base64url.
/// </summary>
internal sealed class BrokerKeys : IDisposable
{
    private BrokerKeys(OwnIdentity identity, Dictionary<string, ECDsa> tokens, byte[] grant, byte[] index, byte[] register, byte[] log, byte[] witness, Dictionary<byte, byte[]> masters)
    {
        OwnIdentity = identity;
        Tokens = tokens;
        Grant = grant;
        Index = index;
        Register = register;
        Log = log;
        Witness = witness;
        Masters = masters;
    }

    /// <summary>The identity keys that the host holds: of today, and the next while it is being changed.</summary>
    public OwnIdentity OwnIdentity { get; }

    /// <summary>The identity key of today.</summary>
    public IdentityKey Identity => OwnIdentity.Key;

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

    /// <summary>The files of 32 bytes that every broker has, masters apart.</summary>
    public static IReadOnlyList<string> RawKeys { get; } = ["grant.key", "index.key", "register.key", "log.key", "witness.key"];

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

        foreach (var name in RawKeys.Append($"masters/{epoch}.key"))
        {
            KeyFile.WriteNewKey(Path.Combine(folder, name));
        }

        return Load(folder, platform);
    }

    /// <summary>Copies all keys for a broker that runs beside this one, but for the log's, which is made new.</summary>
    /// <returns>The new log's Ed25519 seed.</returns>
    /// <exception cref="IOException">A key is there already.</exception>
    public static byte[] CopyBeside(string from, string to)
    {
        KeyFile.CreateFolder(to);
        KeyFile.CreateFolder(Path.Combine(to, "masters"));
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(from, file)).Where(file => file is not "log.key"))
        {
            KeyFile.WriteNew(Path.Combine(to, file), KeyFile.Read(Path.Combine(from, file)));
        }

        KeyFile.WriteNewKey(Path.Combine(to, "log.key"));
        return KeyFile.ReadKey(Path.Combine(to, "log.key"));
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

    /// <summary>The epoch of the newest master, by its file's name; the key is not read.</summary>
    /// <exception cref="InvalidOperationException">There is none, or a file is misnamed.</exception>
    public static byte NewestEpoch(string folder)
    {
        var masters = MasterFiles(Path.Combine(folder, "masters"));
        return masters.Count > 0 ? masters.Keys.Max() : throw NoMaster(Path.Combine(folder, "masters"));
    }

    /// <exception cref="InvalidOperationException">A key is missing, unreadable, malformed, or open to others; the message names the file.</exception>
    /// <param name="folder">The keys' folder.</param>
    /// <param name="platform">The platform, for the broker's name.</param>
    /// <param name="identityKey">The identity key: a file of the folder, or a key in a PKCS#11 token.</param>
    /// <param name="nextIdentityKey">The next one, likewise, where there is one.</param>
    /// <param name="loggers">For what is said of them later.</param>
    public static BrokerKeys Load(
        string folder, string platform, string identityKey = "identity.pem", string nextIdentityKey = "identity-next.pem", ILoggerFactory? loggers = null)
    {
        var tokens = (Directory.Exists(folder) ? Directory.GetFiles(folder, "token-*.pem") : []).ToDictionary(
            file => Path.GetFileNameWithoutExtension(file)["token-".Length..], file => ReadPem(file, TokenKey), StringComparer.Ordinal);
        if (tokens.Count == 0)
        {
            throw new InvalidOperationException($"There is no token key (token-<kid>.pem) in the key folder '{folder}'.");
        }

        return new BrokerKeys(
            OwnIdentity.Open(SpiffeName.ForBroker(platform), folder, identityKey, nextIdentityKey, loggers?.CreateLogger<OwnIdentity>()),
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
        OwnIdentity.Dispose();
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
        var masters = MasterFiles(folder).ToDictionary(file => file.Key, file => KeyFile.ReadKey(file.Value));
        return masters.Count > 0 ? masters : throw NoMaster(folder);
    }

    private static Dictionary<byte, string> MasterFiles(string folder)
    {
        var masters = new Dictionary<byte, string>();
        foreach (var file in Directory.Exists(folder) ? Directory.GetFiles(folder, "*.key") : [])
        {
            var named = byte.TryParse(Path.GetFileNameWithoutExtension(file), NumberStyles.None, CultureInfo.InvariantCulture, out var epoch) && epoch > 0;
            if (!named || !masters.TryAdd(epoch, file))
            {
                throw new InvalidOperationException($"The key file '{file}' is not named by a code epoch, 1.key to 255.key.");
            }
        }

        return masters;
    }

    private static InvalidOperationException NoMaster(string folder) => new($"There is no link-code master (<epoch>.key) in '{folder}'.");
}
