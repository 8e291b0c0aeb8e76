using System.Collections.Frozen;
using System.Globalization;
using System.Security.Cryptography;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;

namespace InfoLink.Broker.Keys;

/// <summary>
/// The broker's keys in a folder that only its owner reads:
/// <c>identity.pem</c> (its small CA; while it is being changed, <c>identity-next.pem</c> too), <c>token-&lt;kid&gt;.pem</c> (signs tokens), <c>grant.key</c> (seals grants), <c>index.key</c> (person index
/// tags), <c>register.key</c> (register tags), <c>log.key</c> (signs checkpoints), <c>witness.key</c> (cosigns agencies' logs), <c>masters/&lt;epoch&gt;.key</c> (link codes; <c>masters/destroyed</c> lists the numbers that are gone). PEM is PKCS#8; .key is 32 bytes in base64url.
/// </summary>
internal sealed class BrokerKeys : IDisposable
{
    private readonly Lock _gate = new();
    private readonly string _folder;
    private volatile FrozenDictionary<byte, byte[]> _masters;

    private BrokerKeys(string folder, OwnIdentity identity, Dictionary<string, ECDsa> tokens, byte[] grant, byte[] index, byte[] register, byte[] log, byte[] witness, Dictionary<byte, byte[]> masters)
    {
        OwnIdentity = identity;
        Tokens = tokens;
        Grant = grant;
        Index = index;
        Register = register;
        Log = log;
        Witness = witness;
        _masters = masters.ToFrozenDictionary();
        _folder = folder;
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

    /// <summary>Masters of link codes by epoch; a snapshot.</summary>
    public IReadOnlyDictionary<byte, byte[]> Masters => _masters;

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

    /// <summary>Makes one more master, of the next number: no number is ever used twice, that of a destroyed master neither.</summary>
    /// <exception cref="InvalidOperationException">All 255 numbers are used up.</exception>
    public static byte AddMaster(string folder)
    {
        var masters = Path.Combine(folder, "masters");
        var next = MasterFiles(masters).Keys.Concat(Destroyed(masters)).Append((byte)0).Max() + 1;
        if (next > byte.MaxValue)
        {
            throw new InvalidOperationException("All code epochs, 1 to 255, have been used.");
        }

        KeyFile.WriteNewKey(Path.Combine(masters, string.Create(CultureInfo.InvariantCulture, $"{next}.key")));
        return (byte)next;
    }

    /// <summary>Reads masters that were put into the folder since.</summary>
    /// <returns>Their epochs.</returns>
    /// <exception cref="InvalidOperationException">As for the first reading.</exception>
    public IReadOnlyList<byte> ReadNewMasters()
    {
        lock (_gate)
        {
            var fresh = MasterFiles(Path.Combine(_folder, "masters")).Where(file => !_masters.ContainsKey(file.Key)).ToDictionary(file => file.Key, file => KeyFile.ReadKey(file.Value));
            if (fresh.Count > 0)
            {
                _masters = _masters.Concat(fresh).ToFrozenDictionary();
            }

            return [.. fresh.Keys.Order()];
        }
    }

    /// <summary>Lets go of a master and of its file, for ever: its number is remembered first, then the file is overwritten and taken away.</summary>
    /// <exception cref="IOException">The number could not be remembered, or the file is still there.</exception>
    public void DestroyMaster(byte epoch)
    {
        lock (_gate)
        {
            var masters = Path.Combine(_folder, "masters");
            var numbers = Destroyed(masters).Append(epoch).Distinct().Order().Select(number => number.ToString(CultureInfo.InvariantCulture));
            var temporary = Path.Combine(masters, "destroyed.new");
            File.Delete(temporary);
            KeyFile.WriteNew(temporary, string.Join('\n', numbers) + '\n');
            File.Move(temporary, Path.Combine(masters, "destroyed"), overwrite: true);
            if (_masters.TryGetValue(epoch, out var key))
            {
                _masters = _masters.Where(master => master.Key != epoch).ToFrozenDictionary();
                CryptographicOperations.ZeroMemory(key);
            }

            // What a disk keeps of overwritten blocks is the disk's affair; the operator's procedure says so.
            var path = Path.Combine(masters, string.Create(CultureInfo.InvariantCulture, $"{epoch}.key"));
            if (File.Exists(path))
            {
                using (var file = new FileStream(path, FileMode.Open, FileAccess.Write))
                {
                    file.Write(RandomNumberGenerator.GetBytes((int)file.Length));
                    file.Flush(flushToDisk: true);
                }

                File.Delete(path);
            }
        }
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
            folder,
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

        return Destroyed(folder).FirstOrDefault(masters.ContainsKey) is var gone and > 0
            ? throw new InvalidOperationException($"The master of epoch {gone} was destroyed, and '{masters[gone]}' has come back, from a copy perhaps. Destroy the file and the copy.")
            : masters;
    }

    /// <summary>Numbers of masters that were destroyed here, in <c>masters/destroyed</c>.</summary>
    private static IReadOnlyList<byte> Destroyed(string masters)
    {
        var path = Path.Combine(masters, "destroyed");
        return File.Exists(path)
            ? [.. File.ReadAllLines(path).Select(line => byte.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var epoch) && epoch > 0
                ? epoch
                : throw new InvalidOperationException($"'{path}' holds something else than code epochs, 1 to 255."))]
            : [];
    }

    private static InvalidOperationException NoMaster(string folder) => new($"There is no link-code master (<epoch>.key) in '{folder}'.");
}
