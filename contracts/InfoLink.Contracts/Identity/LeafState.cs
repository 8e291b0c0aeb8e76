using InfoLink.Contracts.Membership;

namespace InfoLink.Contracts.Identity;

/// <summary>How a party's own certificates stand, for those who look after its host.</summary>
/// <param name="IdentityKey">The key that the leaves in use stand under.</param>
/// <param name="NotAfter">Their end.</param>
/// <param name="RenewAt">From then on they are renewed.</param>
/// <param name="Failure">Why the renewal that is due has not come about; null: it is not due, or no try has failed yet.</param>
public sealed record LeafState(P256PublicKey IdentityKey, DateTimeOffset NotAfter, DateTimeOffset RenewAt, RenewalFailure? Failure);

/// <summary>A renewal that failed, or does not end.</summary>
/// <param name="When">When that was last seen.</param>
/// <param name="Cause">In words.</param>
public sealed record RenewalFailure(DateTimeOffset When, string Cause);
