using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using InfoLink.Contracts.Catalog;
using InfoLink.Transparency;
using InfoLink.V1;

namespace InfoLink.Agent.Sources.Replicas;

/// <summary>
/// What existing systems deliver to the agency's replicas (SPEC §18): imported as a whole or not at all, answered from at once, taken back where it was wrong. Each act is on record before it takes effect.
/// </summary>
public sealed class ReplicaDeliveries : IDisposable
{
    private readonly IReadOnlyList<ReplicaSource> _sources;
    private readonly ReplicaStore? _store;
    private readonly byte[] _key;
    private readonly Func<CatalogSet> _catalogs;
    private readonly ActRecords _acts;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, bool> _changing = new(StringComparer.Ordinal);

    private ReplicaDeliveries(IReadOnlyList<ReplicaSource> sources, ReplicaStore? store, byte[] key, Func<CatalogSet> catalogs, ActRecords acts, TimeProvider time) =>
        (_sources, _store, _key, _catalogs, _acts, _time) = (sources, store, key, catalogs, acts, time);

    /// <summary>For tests: what happens between two steps of an import.</summary>
    internal Action<string> Between { get; set; } = _ => { };

    /// <exception cref="InvalidOperationException">The store is of a later version, or the key is missing.</exception>
    internal static ReplicaDeliveries Open(AgentOptions options, Func<CatalogSet> catalogs, ActRecords acts, TimeProvider time)
    {
        var sources = ReplicaSource.Of(options);
        return sources.Count == 0
            ? new ReplicaDeliveries([], store: null, [], catalogs, acts, time)
            : new ReplicaDeliveries(sources, ReplicaStore.Open(ReplicaStore.PathOf(options)), ReplicaKey.Read(options), catalogs, acts, time);
    }

    /// <summary>Imports a file as the newest delivery of a source, in place of the one in use.</summary>
    /// <param name="wish">Which file, of what, and what the source says of it.</param>
    /// <param name="progress">How far it is.</param>
    /// <param name="cancellation">Stops it; then nothing was imported.</param>
    /// <returns>The source as it stands then.</returns>
    /// <exception cref="FormatException">The file cannot be used: all that is wrong, by line and column, at most a hundred, and how many more. No value is repeated. Nothing was imported.</exception>
    /// <exception cref="InvalidOperationException">It may not be imported: there is no such replica, it is half as long as the one in use, or older; or another import is under way.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="LogUnavailableException">The act is not on record, and nothing was imported.</exception>
    public Task<ReplicaStanding> ImportAsync(DeliveryWish wish, IProgress<DeliveryProgress>? progress = null, CancellationToken cancellation = default)
    {
        var replica = Find(wish.Source);
        return AloneAsync(replica, async store =>
        {
            var layout = replica.LayoutOf(_catalogs(), _time.GetUtcNow())
                ?? throw new InvalidOperationException($"No catalog that this agent holds has the layout of '{replica.Id}' in the days that the source is for. Nothing was imported.");
            Between("begun");
            var staged = new ReplicaImport(replica, layout, store, _key, _time).Stage(wish, progress, cancellation);
            try
            {
                Between("staged");
                cancellation.ThrowIfCancellationRequested();
                await _acts.RecordAsync(new OperatorAct
                {
                    Operator = wish.Operator,
                    What = "import replica",
                    About = replica.Id,
                    Before = Text(staged.Before),
                    After = string.Create(CultureInfo.InvariantCulture, $"delivery {staged.Number}: {staged.Rows} records, exported {staged.AsOf.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}, SHA-256 {Convert.ToHexStringLower(staged.Digest)}"),
                    Reason = wish.ConfirmShrink ? $"{wish.Reason} (shrink confirmed)".TrimStart() : wish.Reason,
                });
                Between("recorded");
                store.Switch(staged.Number, staged.Before, staged.Rows, staged.Digest, replica.Options.Keep, _time.GetUtcNow());
            }
            catch
            {
                store.BreakOff(staged.Number);
                throw;
            }

            Between("switched");
            store.Sweep();
            return StandingOf(replica, store);
        });
    }

    /// <summary>Takes the delivery in use back for good: from now on the one before it is answered from, or, where none is kept, nothing.</summary>
    /// <returns>The source as it stands then.</returns>
    /// <exception cref="InvalidOperationException">There is no such replica, or nothing to recall.</exception>
    /// <exception cref="LogUnavailableException">The act is not on record, and nothing was recalled.</exception>
    public Task<ReplicaStanding> RecallAsync(string source, string who, string reason)
    {
        var replica = Find(source);
        return AloneAsync(replica, async store =>
        {
            var inUse = store.InUse(replica.Id) ?? throw new InvalidOperationException($"'{replica.Id}' has no delivery in use: there is nothing to recall.");
            var before = store.Of(replica.Id, int.MaxValue).FirstOrDefault(delivery => delivery.State == DeliveryState.Kept);
            await _acts.RecordAsync(new OperatorAct { Operator = who, What = "recall replica", About = replica.Id, Before = Text(inUse), After = Text(before), Reason = reason });
            Between("recorded");
            store.Recall(inUse);
            Between("recalled");
            store.Sweep();
            return StandingOf(replica, store);
        });
    }

    /// <summary>How the agency's replicas stand now.</summary>
    public IReadOnlyList<ReplicaStanding> Standing() => _store is { } store ? [.. _sources.Select(replica => StandingOf(replica, store))] : [];

    /// <summary>What was delivered to a source, the newest first; a hundred are remembered.</summary>
    /// <exception cref="InvalidOperationException">There is no such replica.</exception>
    public IReadOnlyList<Delivery> Deliveries(string source)
    {
        var replica = Find(source);
        return [.. _store!.Of(replica.Id, 100).Where(delivery => delivery.State != DeliveryState.BrokenOff).Select(Delivery.Of)];
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(_key);

    /// <summary>As the agent's own folder has it, running or not.</summary>
    internal static IReadOnlyList<ReplicaStanding> Look(AgentOptions options, TimeProvider time)
    {
        var store = ReplicaStore.Of(ReplicaStore.PathOf(options));
        return [.. ReplicaSource.Of(options).Select(replica => ReplicaStanding.Of(replica, store.InUse(replica.Id), kept: 0, time))];
    }

    /// <summary>Rows of deliveries that an earlier process did not come to remove.</summary>
    internal void Sweep() => _store?.Sweep();

    private ReplicaStanding StandingOf(ReplicaSource replica, ReplicaStore store) =>
        ReplicaStanding.Of(replica, store.InUse(replica.Id), store.Of(replica.Id, int.MaxValue).Count(delivery => delivery.State == DeliveryState.Kept), _time);

    private static string Text(DeliveryRow? delivery) => delivery is null ? "none"
        : string.Create(CultureInfo.InvariantCulture, $"delivery {delivery.Number}: {delivery.Rows} records, exported {delivery.AsOf.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}");

    private ReplicaSource Find(string source) => _sources.FirstOrDefault(replica => string.Equals(replica.Id, source, StringComparison.Ordinal))
        ?? throw new InvalidOperationException($"agent.json has no replica of this name. It has: {(_sources.Count == 0 ? "none" : string.Join(", ", _sources.Select(replica => replica.Id)))}.");

    /// <summary>One change of a source at a time, off the caller's thread: a large file takes minutes.</summary>
    private async Task<ReplicaStanding> AloneAsync(ReplicaSource replica, Func<ReplicaStore, Task<ReplicaStanding>> change)
    {
        if (!_changing.TryAdd(replica.Id, value: true))
        {
            throw new InvalidOperationException($"A delivery of '{replica.Id}' is being imported or recalled. Wait for its end.");
        }

        try
        {
            return await Task.Run(() => change(_store!));
        }
        finally
        {
            _changing.TryRemove(replica.Id, out _);
        }
    }
}

/// <summary>A file to import.</summary>
/// <param name="Source">The replica: its kind, or <c>kind@yyyy-MM-dd</c> where several sources of a kind stand side by side.</param>
/// <param name="File">A whole path.</param>
/// <param name="Operator">Who imports it.</param>
public sealed record DeliveryWish(string Source, string File, string Operator)
{
    /// <summary>For the record.</summary>
    public string Reason { get; init; } = "";

    /// <summary>How many records the source says that it exported; null: it does not say.</summary>
    public long? Rows { get; init; }

    /// <summary>The file's SHA-256 as the source has it, in hexadecimal; null: it does not say.</summary>
    public string? Sha256 { get; init; }

    /// <summary>When it was exported; null: the file's own time.</summary>
    public DateTimeOffset? AsOf { get; init; }

    /// <summary>It may have half the records of the one in use, or fewer.</summary>
    public bool ConfirmShrink { get; init; }
}

/// <summary>How far an import is.</summary>
public sealed record DeliveryProgress(long Records, long Bytes, long AllBytes);

/// <summary>One delivery, and what became of it: in-use, kept, recalled, replaced.</summary>
public sealed record Delivery(long Number, string State, long Records, DateTimeOffset AsOf, DateTimeOffset? Imported, string Sha256, string Operator)
{
    internal static Delivery Of(DeliveryRow row) => new(
        row.Number,
        row.State switch
        {
            DeliveryState.InUse => "in-use",
            DeliveryState.Kept => "kept",
            DeliveryState.Recalled => "recalled",
            _ => "replaced",
        },
        row.Rows,
        row.AsOf,
        row.ImportedMs is { } imported ? DateTimeOffset.FromUnixTimeMilliseconds(imported) : null,
        Convert.ToHexStringLower(row.Sha256 ?? []),
        row.Operator);
}

/// <summary>How a replica stands.</summary>
/// <param name="Source">Its name.</param>
/// <param name="State">Whether it is answered from.</param>
/// <param name="InUse">The delivery that it is answered from; null: none.</param>
/// <param name="AgeSeconds">Since that was exported; null: none.</param>
/// <param name="Kept">Deliveries to go back to.</param>
/// <param name="MaxAgeHours">Older is an alarm; 0: never.</param>
/// <param name="RefuseAfterHours">Older is not answered from; 0: never.</param>
public sealed record ReplicaStanding(string Source, ReplicaState State, Delivery? InUse, long? AgeSeconds, int Kept, int MaxAgeHours, int RefuseAfterHours)
{
    internal static ReplicaStanding Of(ReplicaSource replica, DeliveryRow? inUse, int kept, TimeProvider time)
    {
        var age = inUse is null ? (TimeSpan?)null : ReplicaRecords.AgeOf(inUse, time);
        var state = age is not { } old ? ReplicaState.Nothing
            : ReplicaRecords.IsTooOld(replica.Options, old) ? ReplicaState.TooOld
            : replica.Options.MaxAgeHours > 0 && old > TimeSpan.FromHours(replica.Options.MaxAgeHours) ? ReplicaState.Late
            : ReplicaState.Good;
        return new ReplicaStanding(
            replica.Id, state, inUse is null ? null : Delivery.Of(inUse), age is { } then ? Math.Max(0, (long)then.TotalSeconds) : null, kept, replica.Options.MaxAgeHours, replica.Options.RefuseAfterHours);
    }
}

/// <summary>Whether a replica is answered from.</summary>
public enum ReplicaState
{
    Good,

    /// <summary>It is, and should have been renewed by now.</summary>
    Late,

    /// <summary>It is not: rather unavailable than out of date.</summary>
    TooOld,

    /// <summary>It is not: nothing was delivered, or it was recalled.</summary>
    Nothing,
}
