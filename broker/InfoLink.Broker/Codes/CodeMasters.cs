using System.Security.Cryptography;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Broker.Codes;

/// <summary>
/// The broker's key custody for link codes: one 32-byte master for each epoch, and the keys derived from them for each agency.
/// </summary>
/// <remarks>
/// <para>Epochs number platform-wide masters. A number is used once: after <see cref="Destroy"/> it cannot come back, since codes of the
/// old master would then be read under a new one.</para>
/// <para>Derived keys are cached up to a bound, the least recently used leaving first; a bound below the number of agencies in use costs
/// a derivation for every call. Safe for several threads; disposing wipes masters and keys.</para>
/// </remarks>
internal sealed class CodeMasters : IDisposable
{
    /// <summary>Bytes of a master.</summary>
    public const int MasterLength = 32;

    /// <summary>Room for every local government and national agency at its current and previous epoch.</summary>
    public const int DefaultCachedKeys = 8_192;

    private readonly Lock _gate = new();
    private readonly Dictionary<byte, byte[]> _masters = [];
    private readonly HashSet<byte> _destroyed = [];
    private readonly Dictionary<(AgencyId Agency, byte Epoch), LinkedListNode<CachedKey>> _cache = [];
    private readonly LinkedList<CachedKey> _byUse = new();
    private readonly LinkCodeKey _decoy = LinkCodeKey.Decoy();
    private readonly int _maxCachedKeys;
    private bool _disposed;

    /// <param name="cachedKeys">How many derived keys to keep, at least one.</param>
    public CodeMasters(int cachedKeys = DefaultCachedKeys)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(cachedKeys, 1);
        _maxCachedKeys = cachedKeys;
    }

    /// <summary>How many derived keys are in memory.</summary>
    public int CachedKeys
    {
        get
        {
            lock (_gate)
                return _cache.Count;
        }
    }

    /// <summary>Takes an epoch's master into custody; copied, so the caller wipes its own.</summary>
    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    /// <exception cref="InvalidOperationException">The epoch has, or had, a master.</exception>
    public void Add(byte epoch, ReadOnlySpan<byte> master)
    {
        if (master.Length != MasterLength)
            throw new ArgumentException("A master is 32 bytes.", nameof(master));
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_masters.ContainsKey(epoch) || _destroyed.Contains(epoch))
                throw new InvalidOperationException($"Epoch {epoch} has had a master; numbers are not used twice.");
            _masters.Add(epoch, master.ToArray());
        }
    }

    /// <summary>Whether the epoch has a master. A broker checks this at start for every epoch an agency accepts.</summary>
    public bool Has(byte epoch)
    {
        lock (_gate)
            return _masters.ContainsKey(epoch);
    }

    /// <summary>Wipes an epoch's master and all keys derived from it: its codes are readable by nobody from here on.</summary>
    public void Destroy(byte epoch)
    {
        lock (_gate)
        {
            _destroyed.Add(epoch);
            if (_masters.Remove(epoch, out var master))
                CryptographicOperations.ZeroMemory(master);
            foreach (var at in _cache.Where(at => at.Key.Epoch == epoch).Select(at => at.Value).ToArray())
                Drop(at);
        }
    }

    /// <summary>Enciphers 16-byte blocks in place under K(agency, epoch).</summary>
    /// <exception cref="InvalidOperationException">The epoch has no master.</exception>
    public void Encrypt(AgencyId agency, byte epoch, ArraySegment<byte> blocks)
    {
        while (true)
        {
            var key = Key(agency, epoch) ?? throw new InvalidOperationException($"Epoch {epoch} has no master.");
            if (key.TryEncrypt(blocks))
                return;
        }
    }

    /// <summary>
    /// Deciphers 16-byte blocks in place under K(agency, epoch). Without a master for the epoch the same work is done under a decoy key,
    /// and the answer is false.
    /// </summary>
    public bool Decrypt(AgencyId agency, byte epoch, ArraySegment<byte> blocks)
    {
        while (Key(agency, epoch) is { } key)
        {
            if (key.TryDecrypt(blocks))
                return true;
        }
        DecryptToNoise(blocks);
        return false;
    }

    /// <summary>The work of <see cref="Decrypt"/> for blocks of no accepted epoch.</summary>
    public void DecryptToNoise(ArraySegment<byte> blocks) => ObjectDisposedException.ThrowIf(!_decoy.TryDecrypt(blocks), this);

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            foreach (var master in _masters.Values)
                CryptographicOperations.ZeroMemory(master);
            _masters.Clear();
            while (_byUse.First is { } first)
                Drop(first);
            _decoy.Dispose();
        }
    }

    public override string ToString() => "CodeMasters(redacted)";

    private LinkCodeKey? Key(AgencyId agency, byte epoch)
    {
        if (agency.Value.Length == 0)
            throw new ArgumentException("A link code belongs to an agency.", nameof(agency));
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_cache.TryGetValue((agency, epoch), out var at))
            {
                _byUse.Remove(at);
                _byUse.AddFirst(at);
                return at.Value.Key;
            }
            if (!_masters.TryGetValue(epoch, out var master))
                return null;
            if (_cache.Count == _maxCachedKeys)
                Drop(_byUse.Last!);
            var fresh = _byUse.AddFirst(new CachedKey(agency, epoch, LinkCodeKey.Derive(master, agency)));
            _cache.Add((agency, epoch), fresh);
            return fresh.Value.Key;
        }
    }

    private void Drop(LinkedListNode<CachedKey> at)
    {
        _byUse.Remove(at);
        _cache.Remove((at.Value.Agency, at.Value.Epoch));
        at.Value.Key.Dispose();
    }

    private sealed record CachedKey(AgencyId Agency, byte Epoch, LinkCodeKey Key);
}
