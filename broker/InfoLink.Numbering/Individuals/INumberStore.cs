using InfoLink.V1;

namespace InfoLink.Numbering.Individuals;

/// <summary>
/// Where the conversion table lies. <see cref="ConversionTable"/> has the rules; a store has the constraints that hold whoever breaks them.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>A number MUST stand in the store once at most, current or not; a person MUST have one current number at most; a record code MUST stand in the store
/// once at most, current or former; a person MUST have one current code at most. For all processes together, by the store's own constraints.</item>
/// <item><see cref="ChangeAsync"/> MUST be atomic, and durable when it returns. When it throws, all of it has happened or nothing: whoever asks again finds out.</item>
/// <item>It MAY run the work again from its beginning where two processes stood in each other's way.</item>
/// <item>A store that is for one process MUST refuse another for as long as that one lives.</item>
/// </list>
/// </remarks>
internal interface INumberStore : IAsyncDisposable
{
    /// <exception cref="System.Data.Common.DbException">The store does not answer, or refuses.</exception>
    Task<T> ChangeAsync<T>(Func<INumberRows, Task<T>> work, CancellationToken cancellation);
}

/// <summary>The table's rows, within one change.</summary>
internal interface INumberRows
{
    /// <summary>Nothing of this change is to stay.</summary>
    void GiveUp();

    Task<IReadOnlyList<KnownCode>> FindAsync(IReadOnlyCollection<RecordTag> tags);

    /// <summary>Of these numbers, those that nobody had; they are this person's now.</summary>
    Task<IReadOnlySet<ulong>> EnterNumbersAsync(IReadOnlyCollection<NewNumber> numbers);

    /// <summary>Of these codes, those that nobody had.</summary>
    Task<IReadOnlySet<RecordTag>> EnterCodesAsync(IReadOnlyCollection<NewCode> codes);

    /// <summary>Takes back numbers of this change, which nobody has seen.</summary>
    Task RemoveNumbersAsync(IReadOnlyCollection<ulong> numbers);

    /// <returns>False: it was not current.</returns>
    Task<bool> EndNumberAsync(ulong number, DateTimeOffset at);

    /// <returns>False: it was not current.</returns>
    Task<bool> EndCodeAsync(RecordTag tag, DateTimeOffset at);

    /// <summary>The number that was given under a change's id.</summary>
    Task<ulong?> ChangedByAsync(byte[] changeId);

    /// <summary>All numbers of a person, oldest first.</summary>
    Task<IReadOnlyList<GivenNumber>> NumbersOfAsync(ulong person);

    /// <summary>Whose a number is; null: never given.</summary>
    Task<NumberOwner?> OwnerOfAsync(ulong number);

    Task QueueAsync(IReadOnlyCollection<NewNotice> notices);

    /// <summary>How many notices may wait, at most: ids between the oldest that is to be sent and the newest. Cheap, and never too small.</summary>
    Task<long> WaitingAsync();

    Task<IReadOnlyList<StoredNotice>> NoticesAsync(NoticeState state, ulong after, int atMost);

    /// <returns>False: no such notice, or its state is none of <paramref name="from"/>.</returns>
    Task<bool> MarkAsync(ulong notice, NoticeState to, IReadOnlyCollection<NoticeState> from, bool isSending, DateTimeOffset at);

    /// <summary>Withdraws what has not arrived of a number's notices.</summary>
    Task WithdrawAsync(ulong number, DateTimeOffset at);

    /// <summary>Removes notices that have ended.</summary>
    Task PruneAsync(DateTimeOffset endedBefore, int atMost);
}

/// <param name="Tag">Of the code.</param>
/// <param name="Person">The first number of the person, which names the person within the table.</param>
/// <param name="IsCurrent">False: the person has another code by now.</param>
/// <param name="Number">The person's current number.</param>
internal sealed record KnownCode(RecordTag Tag, ulong Person, bool IsCurrent, ulong Number)
{
    public override string ToString() => "KnownCode(redacted)";
}

internal sealed record NewNumber(ulong Number, ulong Person, NumberGround Ground, DateTimeOffset At, byte[]? ChangeId = null, string? CaseReference = null)
{
    public override string ToString() => "NewNumber(redacted)";
}

internal sealed record NewCode(RecordTag Tag, byte[] Sealed, ulong Person, DateTimeOffset At)
{
    public override string ToString() => "NewCode(redacted)";
}

internal sealed record GivenNumber(ulong Number, NumberGround Ground, string? CaseReference, DateTimeOffset Given, DateTimeOffset? Ended)
{
    public override string ToString() => "GivenNumber(redacted)";
}

internal sealed record NumberOwner(RecordTag Tag, byte[] Sealed, bool IsCurrent)
{
    public override string ToString() => "NumberOwner(redacted)";
}

internal sealed record NewNotice(ulong Number, string Addressee, DateTimeOffset At)
{
    public override string ToString() => "NewNotice(redacted)";
}

internal sealed record StoredNotice(ulong Id, ulong Number, string Addressee, NoticeState State, int Sendings, DateTimeOffset Since)
{
    public override string ToString() => "StoredNotice(redacted)";
}
