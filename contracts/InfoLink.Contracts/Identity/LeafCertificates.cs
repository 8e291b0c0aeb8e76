using System.Security.Cryptography.X509Certificates;
using InfoLink.Contracts.Membership;

namespace InfoLink.Contracts.Identity;

/// <summary>
/// A party's leaf certificates in generations: renewed from half-life on the first use after it, each party a little earlier or later
/// (jitter), with no network. An exchange keeps the generation it began with, since its token is bound to that certificate.
/// </summary>
public sealed class LeafCertificates : IDisposable
{
    /// <summary>Old generations kept for what still runs under them: two, so far longer than any token lives.</summary>
    private const int Kept = 3;

    private readonly IdentityKey _identity;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Queue<LeafGeneration> _generations = new();
    private volatile LeafGeneration _current;

    public LeafCertificates(IdentityKey identity, TimeProvider time)
    {
        _identity = identity;
        _time = time;
        _current = Issue();
    }

    public SpiffeName Name => _identity.Name;

    /// <summary>The generation to begin with now.</summary>
    public LeafGeneration Current
    {
        get
        {
            var now = _time.GetUtcNow();
            if (_current.Serves(now))
            {
                return _current;
            }

            lock (_gate)
            {
                return _current.Serves(now) ? _current : _current = Issue();
            }
        }
    }

    public void Dispose()
    {
        foreach (var generation in _generations)
        {
            generation.Dispose();
        }
    }

    private LeafGeneration Issue()
    {
        var now = _time.GetUtcNow();
        var half = IdentityKey.LeafLifetime / 2;
        var jitter = TimeSpan.FromSeconds(System.Security.Cryptography.RandomNumberGenerator.GetInt32((int)(half / 4).TotalSeconds));
        var generation = new LeafGeneration(
            _identity.IssueLeaf(LeafPurpose.Tls, now),
            _identity.IssueLeaf(LeafPurpose.Signing, now),
            now + half + jitter);
        _generations.Enqueue(generation);
        while (_generations.Count > Kept)
        {
            _generations.Dequeue().Dispose();
        }

        return generation;
    }
}

/// <summary>The certificates of one generation, with their keys.</summary>
public sealed class LeafGeneration(X509Certificate2 tls, X509Certificate2 signing, DateTimeOffset renewAt) : IDisposable
{
    public X509Certificate2 Tls { get; } = tls;

    public X509Certificate2 Signing { get; } = signing;

    public DateTimeOffset RenewAt { get; } = renewAt;

    /// <summary>False, too, before its beginning: a clock that was ahead and has been set right leaves nothing behind that nobody accepts.</summary>
    public bool Serves(DateTimeOffset now) => now < RenewAt && now >= new DateTimeOffset(Tls.NotBefore.ToUniversalTime(), TimeSpan.Zero);

    public void Dispose()
    {
        Tls.Dispose();
        Signing.Dispose();
    }
}
