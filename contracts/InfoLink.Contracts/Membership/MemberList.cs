using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Notes;

namespace InfoLink.Contracts.Membership;

/// <summary>
/// Who takes part: the platform's broker and its members, each with the identity key under which alone its certificates are accepted.
/// An immutable snapshot, only replaced by a newer version.
/// </summary>
public sealed class MemberList
{
    private readonly FrozenDictionary<AgencyId, Member> _byId;

    /// <exception cref="ArgumentException">An agency stands twice, or the hash is not 32 bytes.</exception>
    /// <exception cref="FormatException">The platform is not a trust domain name.</exception>
    public MemberList(int version, ReadOnlySpan<byte> sha256, string platform, BrokerIdentity broker, IEnumerable<Member> members, int quorum = 0)
    {
        Version = version;
        Sha256 = sha256.Length == 32 ? sha256.ToArray() : throw new ArgumentException("A SHA-256 is 32 bytes.", nameof(sha256));
        BrokerName = SpiffeName.ForBroker(platform);
        Broker = broker;
        Members = [.. members];
        Quorum = quorum;
        _byId = Members.ToFrozenDictionary(member => member.Id);
    }

    /// <summary>Counts up by one with each list; from 1.</summary>
    public int Version { get; }

    /// <summary>SHA-256 of the payload that the authority signed.</summary>
    public ReadOnlyMemory<byte> Sha256 { get; }

    /// <summary>Its last civil day in Japan; after it nobody is anybody's member.</summary>
    public DateOnly Expires { get; init; } = DateOnly.MaxValue;

    /// <summary>The SPIFFE trust domain of every name on this platform.</summary>
    public string Platform => BrokerName.Platform;

    public SpiffeName BrokerName { get; }

    public BrokerIdentity Broker { get; }

    public ImmutableArray<Member> Members { get; }

    /// <summary>
    /// How many witnesses must have cosigned a checkpoint of the broker's logs, not longer than a minute ago, before anything is exchanged on
    /// its word; 0: the platform has no witnesses, and nobody would see a fork.
    /// </summary>
    public int Quorum { get; }

    /// <summary>
    /// How many bent witnesses cannot help a broker to show two histories unseen: any two quorums share more than so many. 2 of 3 withstands none, 3 of 4 one,
    /// 4 of 5 two.
    /// </summary>
    public int BentWitnessesWithstood => Math.Max(0, (2 * Quorum) - Members.Count(member => member.WitnessKey is not null) - 1);

    /// <summary>The keys that count towards the quorum.</summary>
    public ImmutableArray<NoteKey> Witnesses => [.. Members.Where(member => !member.Suspended).Select(member => member.WitnessKey).OfType<NoteKey>()];

    public bool TryFind(AgencyId id, [NotNullWhen(true)] out Member? member) => _byId.TryGetValue(id, out member);

    /// <summary>By the URI SAN of a certificate: false for the broker's name, another platform's, and whatever is not a name.</summary>
    public bool TryFind(string? spiffeUri, [NotNullWhen(true)] out Member? member)
    {
        member = null;
        return SpiffeName.TryParse(spiffeUri, out var name)
            && string.Equals(name.Platform, Platform, StringComparison.Ordinal)
            && name.Agency is { } id
            && TryFind(id, out member);
    }

    /// <summary>
    /// The same list as a directory leaves it: with endpoints, with suspended members, and with when members are closed. A directory can narrow what the signed list says and
    /// never widen it; agencies that are not in the list are nobody's and change nothing.
    /// </summary>
    public MemberList With(BrokerDirectory directory, Uri? brokerEndpoint = null) => new(
        Version,
        Sha256.Span,
        Platform,
        Broker with { Endpoint = directory.Broker ?? brokerEndpoint ?? Broker.Endpoint },
        Members.Select(member => member with
        {
            Endpoint = directory.Endpoints.GetValueOrDefault(member.Id),
            Suspended = directory.Suspended.Contains(member.Id),
            Closed = directory.ClosedOf(member.Id),
        }),
        Quorum)
    { Expires = Expires };

    /// <summary>The name that a member's certificates bear on this platform.</summary>
    public SpiffeName NameOf(Member member) => SpiffeName.ForAgency(Platform, member.Id);
}

/// <summary>The broker: where it is, and the keys by which its certificates, tokens and log are recognised.</summary>
public sealed record BrokerIdentity
{
    /// <summary>https, without path, query or user; from the directory or the party's own configuration, never from the list.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>The key that the broker issues its certificates under.</summary>
    public required P256PublicKey IdentityKey { get; init; }

    /// <summary>While the identity key is being changed: the one before it, under which certificates are accepted too.</summary>
    public P256PublicKey? RetiringIdentityKey { get; init; }

    /// <summary>The keys under which alone the broker's certificates are accepted.</summary>
    public IdentityKeys IdentityKeys => new(IdentityKey, RetiringIdentityKey);

    /// <summary>Keys that sign tokens (ES256), by <c>kid</c>; at least one, more while one is being replaced.</summary>
    public required FrozenDictionary<string, P256PublicKey> TokenKeys { get; init; }

    /// <summary>The broker's access logs, one for each process that writes one, by the keys of their checkpoints. A receipt counts under these alone.</summary>
    public ImmutableArray<NoteKey> Logs { get; init; } = [];

    /// <summary>What the broker cosigns the agencies' logs with; null: it does not.</summary>
    public NoteKey? WitnessKey { get; init; }
}

/// <summary>A member: an agency that runs an agent.</summary>
public sealed record Member
{
    public required AgencyId Id { get; init; }

    public required Bilingual Name { get; init; }

    /// <summary>The categories it holds, with their dates.</summary>
    public required ImmutableArray<CategoryTerm> Categories { get; init; }

    /// <summary>The agency's own small CA, which it issues its certificates under.</summary>
    public required P256PublicKey IdentityKey { get; init; }

    /// <summary>While the identity key is being changed: the one before it, under which certificates are accepted too.</summary>
    public P256PublicKey? RetiringIdentityKey { get; init; }

    /// <summary>The keys under which alone peers accept the agency's certificates.</summary>
    public IdentityKeys IdentityKeys => new(IdentityKey, RetiringIdentityKey);

    /// <summary>https, without path, query or user; from the directory, never from the list. Null: nobody knows where it is, and it is not called.</summary>
    public Uri? Endpoint { get; init; }

    public required CodeEpochs CodeEpochs { get; init; }

    /// <summary>Agencies that have been merged into this one, each a member still: it may have their link codes converted to its own.</summary>
    public ImmutableArray<AgencyId> Absorbs { get; init; } = [];

    /// <summary>The agency's own access logs, one for each of its agent's processes.</summary>
    public ImmutableArray<NoteKey> Logs { get; init; } = [];

    /// <summary>What the agency cosigns the broker's logs with; null: it is no witness.</summary>
    public NoteKey? WitnessKey { get; init; }

    /// <summary>Takes part in nothing while this is set. From the directory: it narrows.</summary>
    public bool Suspended { get; init; }

    /// <summary>When it answers nothing, by its own word. From the directory: it narrows.</summary>
    public ImmutableArray<Closure> Closed { get; init; } = [];

    /// <summary>Marks of the member list, by name; what is not known to a program is nothing to it.</summary>
    public ImmutableArray<string> Flags { get; init; } = [];

    /// <summary>The member as the catalog sees it.</summary>
    public CatalogParty AsParty() => new(Id, Categories) { IsNumberless = Has(MemberFlags.Numberless) };

    /// <summary>Does the member list mark the member so?</summary>
    public bool Has(string flag) => Flags.Contains(flag, StringComparer.Ordinal);
}

/// <summary>
/// The epochs of link codes that the agency uses (1 to 255, counting up): the broker gives and delivers codes of <see cref="Current"/>, and takes those of
/// <see cref="Previous"/> and <see cref="Next"/> too, so that an agency changes its codes while exchanges go on (SPEC §7).
/// </summary>
/// <param name="Current">Of new and of delivered codes.</param>
/// <param name="Previous">Before it; its codes are still read. Null: none.</param>
/// <param name="Next">After it; announced, so that the agency converts its codes. Null: none.</param>
public readonly record struct CodeEpochs(byte Current, byte? Previous, byte? Next = null)
{
    /// <summary>What the agency's codes are converted to.</summary>
    public byte Target => Next ?? Current;

    /// <summary>All that are accepted, the current one first.</summary>
    public byte[] All() => (Previous, Next) switch
    {
        (null, null) => [Current],
        ({ } previous, null) => [Current, previous],
        (null, { } next) => [Current, next],
        ({ } previous, { } next) => [Current, previous, next],
    };

    public bool Accepts(byte epoch) => epoch == Current || epoch == Previous || epoch == Next;
}
