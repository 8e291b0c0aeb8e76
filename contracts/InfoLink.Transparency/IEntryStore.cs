using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.V1;

namespace InfoLink.Transparency;

/// <summary>
/// Where one log's entries lie. One writer at a time (<see cref="AccessLog"/>); any number of readers.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item><see cref="AppendAsync"/> MUST be atomic: after it returns every entry of the batch is durable (survives loss of power), after
/// it throws none is visible, unless the outcome could not be learned.</item>
/// <item>Serials MUST be contiguous from 0, in the order of the batch.</item>
/// <item>Nothing stored MAY change; only expiry removes, and it leaves the entry's 65 bytes.</item>
/// </list>
/// </remarks>
public interface IEntryStore : IAsyncDisposable
{
    /// <summary>The log shard's name, as receipts carry it.</summary>
    string Origin { get; }

    /// <returns>The first entry's serial; the others follow without a gap.</returns>
    Task<long> AppendAsync(IReadOnlyList<NewEntry> batch, CancellationToken cancellation);

    /// <summary>Writes something that changes nothing, durably: throws while the store cannot be written.</summary>
    Task ProbeAsync(CancellationToken cancellation);

    /// <summary>Entries from a serial on, ascending, at most <paramref name="count"/>.</summary>
    Task<IReadOnlyList<StoredEntry>> ReadAsync(long fromSerial, int count, CancellationToken cancellation);

    /// <summary>All entries of one exchange, ascending; at most 1,000.</summary>
    Task<IReadOnlyList<StoredEntry>> FindAsync(ExchangeId exchange, CancellationToken cancellation);

    /// <summary>
    /// Exchanges with an entry of <paramref name="opened"/> between two times and none of <paramref name="closed"/> at any time, oldest first.
    /// </summary>
    Task<IReadOnlyList<ExchangeId>> FindOpenAsync(
        AccessEvent opened,
        IReadOnlyList<AccessEvent> closed,
        DateTimeOffset from,
        DateTimeOffset until,
        int limit,
        CancellationToken cancellation);
}

/// <summary>An entry as it lies in the store.</summary>
public sealed record StoredEntry(
    long Serial, byte[] OpenPartBytes, byte[] Salt, Sha256Digest PrivateRoot, Particulars? Particulars, IReadOnlyList<StoredSubject> Subjects)
{
    public OpenPart Open { get; } = OpenPart.Parser.ParseFrom(OpenPartBytes);

    public override string ToString() => $"StoredEntry({Serial}, redacted)";
}

/// <summary>A subject's record as it lies in the store.</summary>
public sealed record StoredSubject(
    uint Index, SubjectOutcome Outcome, byte[] Leaf, byte[]? Seed, byte[]? Tag, bool DisplayHold, byte[]? OwnLinkCode, byte[]? Evidence)
{
    /// <summary>The salted digest of what was answered; zeros where nothing was.</summary>
    public Sha256Digest Digest => SubjectLeaf.FromBytes(Leaf).Digest;
}
