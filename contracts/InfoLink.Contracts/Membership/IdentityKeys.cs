namespace InfoLink.Contracts.Membership;

/// <summary>
/// The identity keys that the member list names for one party: certificates are accepted under either. There are two while a party
/// changes its key, so that neither the party nor its peers need change at one moment; otherwise one.
/// </summary>
/// <param name="Current">The key that the party shall issue under.</param>
/// <param name="Retiring">The key that it issued under before and that is still accepted; null: none.</param>
public sealed record IdentityKeys(P256PublicKey Current, P256PublicKey? Retiring = null)
{
    public bool Contains(P256PublicKey key) => Current.Equals(key) || key.Equals(Retiring);

    /// <summary>A party that changes nothing has one key.</summary>
    public static implicit operator IdentityKeys(P256PublicKey key) => new(key);
}
