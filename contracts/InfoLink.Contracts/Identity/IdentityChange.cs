using InfoLink.Contracts.Membership;

namespace InfoLink.Contracts.Identity;

/// <summary>
/// Goes over to another identity key when a member list names it: not at once, but when the list has had a minute to reach everybody else, who accept
/// both keys from then on.
/// </summary>
public sealed class IdentityChange(OwnIdentity identity, LeafCertificates certificates, TimeProvider time) : IDisposable
{
    /// <summary>How long a list has to spread.</summary>
    public static readonly TimeSpan Spreading = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private ITimer? _waiting;

    /// <summary>What a list that comes into force says of this party's own keys.</summary>
    public void Follow(IdentityKeys listed)
    {
        lock (_gate)
        {
            _waiting?.Dispose();
            _waiting = null;
            if (identity.For(listed) is { } key && !key.PublicKey.Equals(certificates.State.IdentityKey))
            {
                _waiting = time.CreateTimer(_ => certificates.SwitchTo(key), null, Spreading, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _waiting?.Dispose();
        }
    }
}
