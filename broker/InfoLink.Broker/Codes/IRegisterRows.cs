namespace InfoLink.Broker.Codes;

/// <summary>Where the register outlives the process. Two implementations: SQLite for one broker, PostgreSQL for several side by side.</summary>
/// <remarks>
/// <para><see cref="PutAsync"/> MUST be atomic and durable: of several writers that expect the same entry, exactly one is told true.</para>
/// <para>Serials MUST become visible in ascending order: a reader who has seen a serial never finds a smaller one afterwards.</para>
/// </remarks>
internal interface IRegisterRows : IAsyncDisposable
{
    /// <summary>For how long a reader may believe what it read; null: nobody else writes, and it always may.</summary>
    TimeSpan? Lease { get; }

    /// <summary>At most <paramref name="limit"/> rows written after a serial, ascending.</summary>
    Task<IReadOnlyList<RegisterRow>> ReadAsync(long after, int limit, CancellationToken cancellation);

    /// <summary>At most <paramref name="limit"/> rows of persons whom this one succeeds.</summary>
    Task<IReadOnlyList<RegisterRow>> BeforeAsync(RegisterTag successor, int limit, CancellationToken cancellation);

    /// <summary>Replaces the expected entry (null: absent).</summary>
    /// <returns>The row's serial; null: the entry was no longer the expected one.</returns>
    Task<long?> PutAsync(RegisterTag tag, RegisterEntry? expected, RegisterEntry entry, CancellationToken cancellation);
}

/// <summary>A row: an entry and when it was written, in the order of writes.</summary>
internal sealed record RegisterRow(long Serial, RegisterTag Tag, RegisterEntry Entry);
