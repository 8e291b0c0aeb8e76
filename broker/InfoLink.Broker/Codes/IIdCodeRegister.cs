namespace InfoLink.Broker.Codes;

/// <summary>What came of a write to the register.</summary>
internal enum RegisterWrite
{
    /// <summary>Done.</summary>
    Written,

    /// <summary>The entry was no longer the expected one; read again and decide again.</summary>
    Conflict,

    /// <summary>The new entry may not follow the present one (<see cref="RegisterEntry.MayFollow"/>).</summary>
    Forbidden,

    /// <summary>No room for a further person. Nothing is ever pushed out to make some.</summary>
    Full,
}

/// <summary>
/// The small register of persons whose codes are not simply "generation 0, active", by keyed tag.
/// </summary>
/// <remarks>
/// <para>An implementation MUST return null for a person never written, and MUST NOT return null for one that was: losing an entry would
/// thaw a frozen code and bring a replaced one back to life. So it MUST NOT evict, and MUST fail a read it cannot answer.</para>
/// <para><see cref="PutAsync"/> MUST be atomic for each tag: of several writers that expect the same entry, exactly one gets
/// <see cref="RegisterWrite.Written"/>. Once it has returned, every later read MUST see the entry, on every broker of the platform, and,
/// for a store on disk, after a crash. All members MUST be safe for several threads.</para>
/// </remarks>
internal interface IIdCodeRegister
{
    /// <summary>More former identities than anybody has.</summary>
    const int MostBefore = 100;

    /// <summary>The entries of these persons in the same order, null where absent.</summary>
    ValueTask<RegisterEntry?[]> FindAsync(ReadOnlyMemory<RegisterTag> tags, CancellationToken cancellation);

    /// <summary>Persons whose codes go on as this one's, with the seal that this one's ID code opens; at most <see cref="MostBefore"/>, the earliest written first.</summary>
    ValueTask<IReadOnlyList<(RegisterTag Tag, SealedPerson Predecessor)>> BeforeAsync(RegisterTag successor, CancellationToken cancellation);

    /// <summary>Replaces <paramref name="expected"/> (null: absent) by <paramref name="entry"/>.</summary>
    ValueTask<RegisterWrite> PutAsync(RegisterTag tag, RegisterEntry? expected, RegisterEntry entry, CancellationToken cancellation);
}
