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
    private P256PublicKey? _waitingFor;

    /// <summary>What a list that comes into force says of this party's own keys.</summary>
    public void Follow(IdentityKeys listed)
    {
        lock (_gate)
        {
            var key = identity.For(listed);
            var next = key is null || key.PublicKey.Equals(certificates.State.IdentityKey) ? null : key.PublicKey;
            if (Equals(next, _waitingFor))
            {
                return; // Called for every new directory too: the minute runs from the list.
            }

            _waiting?.Dispose();
            _waiting = next is null ? null : time.CreateTimer(_ => certificates.SwitchTo(key!), null, Spreading, Timeout.InfiniteTimeSpan);
            _waitingFor = next;
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
