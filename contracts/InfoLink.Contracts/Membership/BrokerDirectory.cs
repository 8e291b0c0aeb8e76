using System.Collections.Frozen;
using System.Collections.Immutable;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Trust;

namespace InfoLink.Contracts.Membership;

/// <summary>
/// The broker's own word beside the documents of the authority: where parties are reached, who is suspended, which entries are switched off,
/// when agencies are closed by their own word. Always
/// the whole state: what is absent is removed. It has no place for keys, members, categories or entries, so that it can narrow and never widen.
/// </summary>
public sealed record BrokerDirectory
{
    /// <summary>How long a directory is good for when the broker cannot be reached: longer, and a suspension would come too late.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromHours(24);

    /// <summary>Nothing is known yet.</summary>
    public static BrokerDirectory Empty { get; } = new() { Platform = "", Serial = 0, Issued = DateTimeOffset.UnixEpoch };

    public required string Platform { get; init; }

    /// <summary>Counts up with every directory of the platform, so that an older one is known as such.</summary>
    public required long Serial { get; init; }

    public required DateTimeOffset Issued { get; init; }

    /// <summary>Where the broker is reached; null: where each agent's configuration says.</summary>
    public Uri? Broker { get; init; }

    /// <summary>Where agencies are reached: https, without path, query or user.</summary>
    public FrozenDictionary<AgencyId, Uri> Endpoints { get; init; } = FrozenDictionary<AgencyId, Uri>.Empty;

    public FrozenSet<AgencyId> Suspended { get; init; } = [];

    public FrozenSet<EntryId> SwitchedOff { get; init; } = [];

    /// <summary>When agencies answer nothing, as each has announced it: in order, without overlap, at most <see cref="Closure.Most"/> of one.</summary>
    public FrozenDictionary<AgencyId, ImmutableArray<Closure>> Closed { get; init; } = FrozenDictionary<AgencyId, ImmutableArray<Closure>>.Empty;

    /// <summary>When this agency is closed; empty where it has announced nothing.</summary>
    public ImmutableArray<Closure> ClosedOf(AgencyId agency) => Closed.TryGetValue(agency, out var closed) ? closed : [];

    /// <summary>The same without closures that are over.</summary>
    public BrokerDirectory At(DateTimeOffset now) => Closed.Values.All(closed => closed.All(closure => closure.Until > now)) ? this : this with
    {
        Closed = Closed.Select(pair => KeyValuePair.Create(pair.Key, pair.Value.RemoveAll(closure => closure.Until <= now))).Where(pair => pair.Value.Length > 0).ToFrozenDictionary(),
    };

    /// <summary>May it be used without hearing from the broker?</summary>
    public bool IsFresh(DateTimeOffset now) => now - Issued <= Grace && Issued - now <= DocumentHeader.AheadAllowed;

    /// <summary>The same as to what it says; its serial and time apart.</summary>
    public bool SaysTheSameAs(BrokerDirectory other) =>
        string.Equals(Platform, other.Platform, StringComparison.Ordinal)
        && Equals(Broker, other.Broker)
        && Endpoints.Count == other.Endpoints.Count
        && Endpoints.All(pair => other.Endpoints.TryGetValue(pair.Key, out var endpoint) && endpoint.Equals(pair.Value))
        && Suspended.SetEquals(other.Suspended)
        && SwitchedOff.SetEquals(other.SwitchedOff)
        && Closed.Count == other.Closed.Count
        && Closed.All(pair => pair.Value.SequenceEqual(other.ClosedOf(pair.Key)));
}
