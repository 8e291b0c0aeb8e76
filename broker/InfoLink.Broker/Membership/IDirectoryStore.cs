namespace InfoLink.Broker.Membership;

/// <summary>
/// Where the newest signed directory lies, shared by brokers side by side. Implementations MUST replace atomically and durably, and only what is of the
/// expected serial, so that of two brokers that change it at the same moment one changes what the other made.
/// </summary>
internal interface IDirectoryStore
{
    /// <summary>The newest; null before the first.</summary>
    Task<StoredDirectory?> ReadAsync(CancellationToken cancellation);

    /// <summary>Puts <paramref name="next"/> in the place of the one with serial <paramref name="expected"/> (0: there is none).</summary>
    /// <returns>False: another was there; nothing is changed.</returns>
    Task<bool> ReplaceAsync(long expected, StoredDirectory next, CancellationToken cancellation);
}

/// <param name="Serial">Of the directory.</param>
/// <param name="Document">The signed document's bytes.</param>
internal sealed record StoredDirectory(long Serial, byte[] Document);
