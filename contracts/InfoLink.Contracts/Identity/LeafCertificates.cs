using System.Security.Cryptography;
using InfoLink.Contracts.Membership;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace InfoLink.Contracts.Identity;

/// <summary>
/// A party's leaf certificates in generations: renewed from half-life, in use or not, each party a little earlier or later (jitter), with no
/// network. An exchange keeps the generation it began with, since its token is bound to that certificate.
/// </summary>
/// <remarks>
/// A renewal that fails, or does not end (an HSM that does not answer), breaks nothing while the leaf in use is valid: it is tried again,
/// and below a quarter of the leaf's life each failure is an alarm.
/// </remarks>
public sealed partial class LeafCertificates : IDisposable
{
    /// <summary>Shortest life of a leaf: still long enough for a connection and one exchange.</summary>
    public static readonly TimeSpan ShortestLifetime = TimeSpan.FromSeconds(20);

    /// <summary>Generations that are always kept, the current one included, however much time the clock says has passed.</summary>
    private const int AlwaysKept = 3;

    /// <summary>How long a generation is kept after the next one has begun: longer than any exchange takes.</summary>
    internal static readonly TimeSpan KeptForExchanges = TimeSpan.FromMinutes(10);

    /// <summary>A key in a file has issued long before; a key that is slower is not waited for while the leaf in use is valid.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly TimeSpan _lifetime;
    private readonly TimeSpan _retry;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private readonly Queue<(LeafGeneration Generation, long Ended)> _ended = new();
    private volatile IdentityKey _identity;
    private volatile Issued _current;
    private RenewalFailure? _failure;
    private Task? _renewal;
    private long _renewalBegan;
    private bool _disposed;

    /// <param name="identity">The key to issue under. It is the caller's, and outlives this.</param>
    /// <param name="time">The party's clock.</param>
    /// <param name="lifetime">How long a leaf lives, <see cref="ShortestLifetime"/> to <see cref="IdentityKey.LeafLifetime"/>, which is the default.</param>
    /// <param name="logger">Where failures and alarms go.</param>
    /// <exception cref="InvalidOperationException">The key does not sign, so there is nothing to begin with; the message names the cause.</exception>
    public LeafCertificates(IdentityKey identity, TimeProvider time, TimeSpan? lifetime = null, ILogger<LeafCertificates>? logger = null)
    {
        _identity = identity;
        _time = time;
        _logger = logger ?? (ILogger)NullLogger.Instance;
        _lifetime = lifetime ?? IdentityKey.LeafLifetime;
        ArgumentOutOfRangeException.ThrowIfLessThan(_lifetime, ShortestLifetime, nameof(lifetime));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_lifetime, IdentityKey.LeafLifetime, nameof(lifetime));
        _retry = LongestRetry < _lifetime / 20 ? LongestRetry : _lifetime / 20;
        try
        {
            _current = Issue(identity);
        }
        catch (CryptographicException fault)
        {
            throw new InvalidOperationException($"The identity key of {identity.Name} does not sign: {fault.Message}", fault);
        }

        _timer = time.CreateTimer(_ => Look(), state: null, _retry, _retry);
    }

    public SpiffeName Name => _identity.Name;

    /// <summary>The generation to begin with now.</summary>
    public LeafGeneration Current
    {
        get
        {
            _ = BeginIfDue(again: false).Wait(Patience);
            return _current.Generation;
        }
    }

    public LeafState State
    {
        get
        {
            lock (_gate)
            {
                return new LeafState(_current.Identity.PublicKey, _current.Generation.NotAfter, _current.Generation.RenewAt, _failure);
            }
        }
    }

    /// <summary>
    /// Issues under another identity key from now on, at once. What runs goes on under the generation that it began with. Where the new key
    /// does not issue, the leaves in use serve on, and it is tried again.
    /// </summary>
    /// <param name="identity">The same party's. It is the caller's, and outlives this; the key before it may be disposed of afterwards.</param>
    /// <exception cref="ArgumentException">Another party's key.</exception>
    public void SwitchTo(IdentityKey identity)
    {
        if (identity.Name != Name)
        {
            throw new ArgumentException($"This is the identity key of {identity.Name}, and the certificates are those of {Name}.", nameof(identity));
        }

        lock (_gate)
        {
            _identity = identity;
            _failure = null;
            _renewal = null; // One that is under way is under the key before; a token that does not answer must not hold up its own replacement.
        }

        _ = Current;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
        }

        _timer.Dispose();
        _ = _renewal?.Wait(Patience);
        foreach (var (generation, _) in _ended)
        {
            generation.Dispose();
        }

        _current.Generation.Dispose();
    }

    private bool IsDue(Issued current) =>
        !current.Generation.Serves(_time.GetUtcNow()) || !current.Identity.PublicKey.Equals(_identity.PublicKey);

    /// <param name="again">After a failure only the timer tries again: callers do not wait for what failed a moment ago.</param>
    /// <returns>The renewal to wait for; an ended one where there is none, or where waiting has not helped.</returns>
    private Task BeginIfDue(bool again)
    {
        if (!IsDue(_current))
        {
            return Task.CompletedTask;
        }

        lock (_gate)
        {
            if (_disposed || !IsDue(_current))
            {
                return Task.CompletedTask;
            }

            if (_renewal is { IsCompleted: false })
            {
                return _time.GetElapsedTime(_renewalBegan) < Patience ? _renewal : Task.CompletedTask;
            }

            if (_failure is not null && !again)
            {
                return Task.CompletedTask;
            }

            // On a thread of its own: it may be as slow as a network is, and those who wait for it sit in the pool.
            _renewalBegan = _time.GetTimestamp();
            var identity = _identity;
            return _renewal = Task.Factory.StartNew(() => Renew(identity), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
    }

    /// <summary>The timer's look: an idle party renews too, and learns that it cannot.</summary>
    private void Look()
    {
        _ = BeginIfDue(again: true);
        TimeSpan silence;
        lock (_gate)
        {
            silence = _renewal is { IsCompleted: false } ? _time.GetElapsedTime(_renewalBegan) : TimeSpan.Zero;
        }

        if (silence >= _retry)
        {
            Fail(_identity, $"the identity key has not answered for {(long)silence.TotalSeconds} s");
        }
    }

    private void Renew(IdentityKey identity)
    {
        try
        {
            Begin(Issue(identity));
        }
        catch (Exception fault)
        {
            Fail(identity, fault.Message); // Whatever it was, the leaf in use serves on.
        }
    }

    private Issued Issue(IdentityKey identity)
    {
        var now = _time.GetUtcNow();
        var half = _lifetime / 2;
        var jitter = TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32((int)(half / 4).TotalMilliseconds));
        var tls = identity.IssueLeaf(LeafPurpose.Tls, now, _lifetime);
        try
        {
            return new Issued(identity, new LeafGeneration(tls, identity.IssueLeaf(LeafPurpose.Signing, now, _lifetime), now + half + jitter));
        }
        catch
        {
            tls.Dispose();
            throw;
        }
    }

    private void Begin(Issued issued)
    {
        lock (_gate)
        {
            if (IsOver(issued.Identity))
            {
                issued.Generation.Dispose();
                return;
            }

            _ended.Enqueue((_current.Generation, _time.GetTimestamp()));
            _current = issued;
            _failure = null;
            while (_ended.Count >= AlwaysKept && _time.GetElapsedTime(_ended.Peek().Ended) >= KeptForExchanges)
            {
                _ended.Dequeue().Generation.Dispose();
            }
        }

        Log.Renewed(_logger, issued.Generation.NotAfter);
    }

    private void Fail(IdentityKey identity, string cause)
    {
        DateTimeOffset until;
        var now = _time.GetUtcNow();
        lock (_gate)
        {
            if (IsOver(identity))
            {
                return;
            }

            _failure = new RenewalFailure(now, cause);
            until = _current.Generation.NotAfter;
            _timer.Change(_retry, _retry);
        }

        if (until - now < _lifetime / 4)
        {
            Log.RunningOut(_logger, until, cause);
        }
        else
        {
            Log.NotRenewed(_logger, until, cause);
        }
    }

    /// <summary>A renewal that ended after this did, or under a key that has been replaced meanwhile, is nothing any more.</summary>
    private bool IsOver(IdentityKey identity) => _disposed || !ReferenceEquals(identity, _identity);

    private sealed record Issued(IdentityKey Identity, LeafGeneration Generation);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "The certificates are renewed; they hold until {NotAfter:u}")]
        public static partial void Renewed(ILogger logger, DateTimeOffset notAfter);

        [LoggerMessage(2, LogLevel.Warning, "The certificates are due for renewal and could not be renewed: {Cause}. Those in use hold until {NotAfter:u}; it is tried again")]
        public static partial void NotRenewed(ILogger logger, DateTimeOffset notAfter, string cause);

        [LoggerMessage(3, LogLevel.Critical, "ALARM: the certificates end at {NotAfter:u}, and with them every exchange: they could not be renewed, {Cause}. Bring the identity key back (a token's reader or network, its PIN file, its session), and restart this host if that alone does not help")]
        public static partial void RunningOut(ILogger logger, DateTimeOffset notAfter, string cause);
    }
}
