using System.Collections.Immutable;
using System.Text.Json;
using InfoLink.Contracts.Identifiers;
using InfoLink.Hosting.Trust;

namespace InfoLink.Agent.Trust;

/// <summary>What this agency has cut off by itself, whatever the catalog allows: peers and entries, each with the reason, across restarts.</summary>
internal sealed class LocalSwitches
{
    private const int Most = 10_000;
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true, RespectNullableAnnotations = true };
    private readonly string _path;
    private readonly ImmutableArray<Cut> _configured;
    private readonly Lock _gate = new();
    private volatile Snapshot _current;

    private LocalSwitches(string path, ImmutableArray<Cut> configured, ImmutableArray<Cut> set)
    {
        (_path, _configured) = (path, configured);
        _current = new Snapshot(set, [.. configured, .. set]);
    }

    /// <summary>All cuts in effect: those of the configuration, and those set since.</summary>
    public ImmutableArray<Cut> All => _current.All;

    /// <param name="path">Where cuts that are set at run time are kept.</param>
    /// <param name="agencies">Cut by the configuration.</param>
    /// <param name="entries">The same.</param>
    /// <exception cref="InvalidOperationException">The file is damaged: it is named.</exception>
    public static LocalSwitches Open(string path, IEnumerable<AgencyId> agencies, IEnumerable<EntryId> entries)
    {
        ImmutableArray<Cut> configured =
        [
            .. agencies.Select(agency => new Cut(agency.Value, null, "agent.json", default)),
            .. entries.Select(entry => new Cut(null, entry.Value, "agent.json", default)),
        ];
        try
        {
            var set = File.Exists(path) ? JsonSerializer.Deserialize<ImmutableArray<Cut>>(File.ReadAllBytes(path), Format) : [];
            return set.IsDefault || set.Any(cut => cut is null) ? throw new JsonException("A switch is an object, and all of them are a list.") : new LocalSwitches(path, configured, set);
        }
        catch (JsonException fault)
        {
            throw new InvalidOperationException($"The local switches '{path}' cannot be read. Restore the file; without it peers and entries that were cut off would be answered again.", fault);
        }
    }

    public bool Blocks(AgencyId peer) => _current.Peers.Contains(peer.Value);

    public bool Blocks(EntryId entry) => _current.Entries.Contains(entry.Value);

    /// <summary>Sets a cut, durably; one about the same is replaced.</summary>
    /// <exception cref="InvalidOperationException">Too many are set.</exception>
    public void Set(Cut cut)
    {
        lock (_gate)
        {
            Keep([.. _current.Set.Where(other => !other.IsAboutTheSameAs(cut)), cut]);
        }
    }

    /// <summary>Lifts a cut.</summary>
    /// <returns>False: there was none that can be lifted here.</returns>
    public bool Lift(Cut cut)
    {
        lock (_gate)
        {
            var left = _current.Set.RemoveAll(other => other.IsAboutTheSameAs(cut));
            var lifted = left.Length < _current.Set.Length;
            if (lifted)
            {
                Keep(left);
            }

            return lifted;
        }
    }

    private void Keep(ImmutableArray<Cut> set)
    {
        if (set.Length > Most)
        {
            throw new InvalidOperationException($"{Most} local switches are set; lift some first.");
        }

        DurableFile.Replace(_path, JsonSerializer.SerializeToUtf8Bytes(set, Format));
        _current = new Snapshot(set, [.. _configured, .. set]);
    }

    private sealed class Snapshot(ImmutableArray<Cut> set, ImmutableArray<Cut> all)
    {
        public ImmutableArray<Cut> Set { get; } = set;

        public ImmutableArray<Cut> All { get; } = all;

        public HashSet<string> Peers { get; } = all.Select(cut => cut.Peer).OfType<string>().ToHashSet(StringComparer.Ordinal);

        public HashSet<string> Entries { get; } = all.Select(cut => cut.Entry).OfType<string>().ToHashSet(StringComparer.Ordinal);
    }
}

/// <summary>A peer or an entry that is cut off.</summary>
/// <param name="Peer">An agency id, or null.</param>
/// <param name="Entry">An entry id, or null.</param>
/// <param name="Reason">Why; it stays here and in the log.</param>
/// <param name="Since">When it was set.</param>
public sealed record Cut(string? Peer, string? Entry, string Reason, DateTimeOffset Since)
{
    internal bool IsAboutTheSameAs(Cut other) =>
        string.Equals(Peer, other.Peer, StringComparison.Ordinal) && string.Equals(Entry, other.Entry, StringComparison.Ordinal);
}
