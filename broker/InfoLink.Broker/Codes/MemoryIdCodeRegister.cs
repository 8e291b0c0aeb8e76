using System.Collections.Concurrent;

namespace InfoLink.Broker.Codes;

/// <summary>The register in one process's memory: what a kept one reads from.</summary>
/// <param name="capacity">How many persons it takes, some 200 bytes each.</param>
internal sealed class MemoryIdCodeRegister(int capacity = MemoryIdCodeRegister.DefaultCapacity) : IIdCodeRegister
{
    public const int DefaultCapacity = 1_000_000;

    private readonly Lock _writing = new();
    private readonly ConcurrentDictionary<RegisterTag, RegisterEntry> _entries = new();

    /// <summary>Whether one more person fits.</summary>
    public bool HasRoom => _entries.Count < capacity;

    public ValueTask<RegisterEntry?[]> FindAsync(ReadOnlyMemory<RegisterTag> tags, CancellationToken cancellation)
    {
        var found = new RegisterEntry?[tags.Length];
        for (var i = 0; i < found.Length; i++)
            found[i] = _entries.GetValueOrDefault(tags.Span[i]);
        return ValueTask.FromResult(found);
    }

    public ValueTask<IReadOnlyList<(RegisterTag Tag, SealedPerson Predecessor)>> BeforeAsync(RegisterTag successor, CancellationToken cancellation) =>
        ValueTask.FromResult<IReadOnlyList<(RegisterTag Tag, SealedPerson Predecessor)>>(
            [.. from pair in _entries let next = pair.Value.Successor where next?.By == successor select (pair.Key, next.Value.Predecessor)]);

    public ValueTask<RegisterWrite> PutAsync(
        RegisterTag tag, RegisterEntry? expected, RegisterEntry entry, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(entry);
        lock (_writing)
        {
            var present = _entries.GetValueOrDefault(tag);
            if (present != expected)
                return ValueTask.FromResult(RegisterWrite.Conflict);
            if (!entry.MayFollow(present))
                return ValueTask.FromResult(RegisterWrite.Forbidden);
            if (present is null && _entries.Count >= capacity)
                return ValueTask.FromResult(RegisterWrite.Full);
            _entries[tag] = entry;
            return ValueTask.FromResult(RegisterWrite.Written);
        }
    }

    /// <summary>Takes what a store says, which decides.</summary>
    public void Take(RegisterTag tag, RegisterEntry entry)
    {
        lock (_writing)
            _entries[tag] = entry;
    }
}
