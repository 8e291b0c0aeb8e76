using System.Data.Common;
using Dapper;
using InfoLink.V1;

namespace InfoLink.Numbering.Individuals;

/// <summary>The rows within one transaction, where the stores' SQL agrees; many at once are each store's own.</summary>
internal abstract class NumberRows(DbConnection connection, DbTransaction transaction, CancellationToken cancellation) : INumberRows
{
    public bool IsGivenUp { get; private set; }

    protected CancellationToken Cancellation { get; } = cancellation;

    public void GiveUp() => IsGivenUp = true;

    public abstract Task<IReadOnlyList<KnownCode>> FindAsync(IReadOnlyCollection<RecordTag> tags);

    public abstract Task<IReadOnlySet<ulong>> EnterNumbersAsync(IReadOnlyCollection<NewNumber> numbers);

    public abstract Task<IReadOnlySet<RecordTag>> EnterCodesAsync(IReadOnlyCollection<NewCode> codes);

    public abstract Task QueueAsync(IReadOnlyCollection<NewNotice> notices);

    public async Task RemoveNumbersAsync(IReadOnlyCollection<ulong> numbers)
    {
        foreach (var number in numbers)
        {
            await ExecuteAsync(NumberSql.RemoveNumber, new { number = (long)number });
        }
    }

    public async Task<bool> EndNumberAsync(ulong number, DateTimeOffset at) =>
        await ExecuteAsync(NumberSql.EndNumber, new { number = (long)number, at = at.ToUnixTimeMilliseconds() }) == 1;

    public async Task<bool> EndCodeAsync(RecordTag tag, DateTimeOffset at) =>
        await ExecuteAsync(NumberSql.EndCode, new { tag = tag.ToBytes(), at = at.ToUnixTimeMilliseconds() }) == 1;

    public async Task<ulong?> ChangedByAsync(byte[] changeId) =>
        (ulong?)await connection.ExecuteScalarAsync<long?>(Command(NumberSql.ChangedBy, new { changeId }));

    public async Task<IReadOnlyList<GivenNumber>> NumbersOfAsync(ulong person)
    {
        var rows = await connection.QueryAsync<NumberRow>(Command(NumberSql.NumbersOf, new { person = (long)person }));
        return [.. rows.Select(row => new GivenNumber((ulong)row.Number, (NumberGround)row.Ground, row.CaseReference, Time(row.GivenMs), row.EndedMs is { } ended ? Time(ended) : null))];
    }

    public async Task<NumberOwner?> OwnerOfAsync(ulong number) =>
        await connection.QuerySingleOrDefaultAsync<OwnerRow>(Command(NumberSql.OwnerOf, new { number = (long)number })) is { } row
            ? new NumberOwner(RecordTag.FromBytes(row.Tag), row.Sealed, row.EndedMs is null)
            : null;

    public Task<long> WaitingAsync() => connection.ExecuteScalarAsync<long>(Command(NumberSql.Waiting, parameters: null));

    public async Task<IReadOnlyList<StoredNotice>> NoticesAsync(NoticeState state, ulong after, int atMost)
    {
        var rows = await connection.QueryAsync<NoticeRow>(Command(NumberSql.Notices, new { state = (long)state, after = (long)Math.Min(after, long.MaxValue), atMost }));
        return [.. rows.Select(row => new StoredNotice((ulong)row.Id, (ulong)row.Number, row.Addressee, (NoticeState)row.State, (int)row.Sendings, Time(row.SinceMs)))];
    }

    public async Task<bool> MarkAsync(ulong notice, NoticeState to, IReadOnlyCollection<NoticeState> from, bool isSending, DateTimeOffset at)
    {
        foreach (var state in from)
        {
            var values = new { notice = (long)Math.Min(notice, long.MaxValue), to = (long)to, from = (long)state, sending = isSending ? 1L : 0L, at = at.ToUnixTimeMilliseconds() };
            if (await ExecuteAsync(NumberSql.Mark, values) == 1)
            {
                return true;
            }
        }

        return false;
    }

    public Task WithdrawAsync(ulong number, DateTimeOffset at) => ExecuteAsync(NumberSql.Withdraw, new { number = (long)number, at = at.ToUnixTimeMilliseconds() });

    public async Task PruneAsync(DateTimeOffset endedBefore, int atMost)
    {
        foreach (var state in (NoticeState[])[NoticeState.NoticeDelivered, NoticeState.NoticeReturned, NoticeState.NoticeWithdrawn])
        {
            await ExecuteAsync(NumberSql.Prune, new { state = (long)state, before = endedBefore.ToUnixTimeMilliseconds(), atMost });
        }
    }

    protected CommandDefinition Command(string sql, object? parameters) => new(sql, parameters, transaction, cancellationToken: Cancellation);

    protected Task<int> ExecuteAsync(string sql, object parameters) => connection.ExecuteAsync(Command(sql, parameters));

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    private sealed class NumberRow
    {
        public long Number { get; set; }

        public long Ground { get; set; }

        public string? CaseReference { get; set; }

        public long GivenMs { get; set; }

        public long? EndedMs { get; set; }
    }

    private sealed class OwnerRow
    {
        public byte[] Tag { get; set; } = [];

        public byte[] Sealed { get; set; } = [];

        public long? EndedMs { get; set; }
    }

    private sealed class NoticeRow
    {
        public long Id { get; set; }

        public long Number { get; set; }

        public string Addressee { get; set; } = "";

        public long State { get; set; }

        public long Sendings { get; set; }

        public long SinceMs { get; set; }
    }
}
