namespace InfoLink.Broker.Codes;

/// <summary>
/// The register with its rows on disk and all of them in memory, so that looking up a thousand persons costs nothing that can be measured.
/// </summary>
/// <remarks>
/// Beside other brokers each reads what is new every half second, and believes what it read for as long as the store's lease says; a writer returns when
/// the lease has run out once, so every broker that still answers has seen what it wrote. A broker that cannot read refuses.
/// </remarks>
internal sealed class KeptIdCodeRegister : IIdCodeRegister, IAsyncDisposable
{
    private const int Page = 10_000;
    private const int Attempts = 3;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);
    private readonly IRegisterRows _rows;
    private readonly MemoryIdCodeRegister _memory;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private Task _look = Task.CompletedTask;
    private readonly CancellationTokenSource _ended = new();
    private Task _watching = Task.CompletedTask;
    private long _seen;
    private long _lookedAt;

    private KeptIdCodeRegister(IRegisterRows rows, int capacity, TimeProvider time) =>
        (_rows, _memory, _time) = (rows, new MemoryIdCodeRegister(capacity), time);

    /// <summary>Reads everything that is kept.</summary>
    /// <param name="rows">Where; from now on the register's own.</param>
    /// <param name="time">For leases.</param>
    /// <param name="capacity">How many persons it takes, some 200 bytes each.</param>
    public static async Task<KeptIdCodeRegister> OpenAsync(IRegisterRows rows, TimeProvider time, int capacity = MemoryIdCodeRegister.DefaultCapacity)
    {
        var register = new KeptIdCodeRegister(rows, capacity, time);
        try
        {
            await register.LookAsync();
            if (rows.Lease is not null)
            {
                register._watching = register.WatchAsync();
            }

            return register;
        }
        catch
        {
            await register.DisposeAsync();
            throw;
        }
    }

    public async ValueTask<RegisterEntry?[]> FindAsync(ReadOnlyMemory<RegisterTag> tags, CancellationToken cancellation)
    {
        // The watch did not get through: perhaps this does, else the call fails. What began too long ago may have missed a write that has returned since.
        for (var attempt = 0; _rows.Lease is { } lease && _time.GetElapsedTime(Volatile.Read(ref _lookedAt)) >= lease; attempt++)
        {
            if (attempt == Attempts)
            {
                throw new TimeoutException("The register of codes cannot be read quickly enough to be believed.");
            }

            await LookAsync().WaitAsync(cancellation);
        }

        return await _memory.FindAsync(tags, cancellation);
    }

    public async ValueTask<IReadOnlyList<(RegisterTag Tag, SealedPerson Predecessor)>> BeforeAsync(RegisterTag successor, CancellationToken cancellation) =>
        [.. (await _rows.BeforeAsync(successor, IIdCodeRegister.MostBefore, cancellation)).Select(row => (row.Tag, row.Entry.Successor!.Value.Predecessor))];

    public async ValueTask<RegisterWrite> PutAsync(RegisterTag tag, RegisterEntry? expected, RegisterEntry entry, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(entry);
        await LookAsync().WaitAsync(cancellation);
        var present = (await _memory.FindAsync(new[] { tag }, cancellation))[0];
        if (present != expected)
        {
            return RegisterWrite.Conflict;
        }

        if (!entry.MayFollow(present))
        {
            return RegisterWrite.Forbidden;
        }

        if (present is null && !_memory.HasRoom)
        {
            return RegisterWrite.Full;
        }

        if (await _rows.PutAsync(tag, expected, entry, CancellationToken.None) is null)
        {
            return RegisterWrite.Conflict;
        }

        await LookAsync(); // One that began before the row was there may be under way.
        await LookAsync();
        if (_rows.Lease is { } lease)
        {
            await Task.Delay(lease, _time, CancellationToken.None);
        }

        return RegisterWrite.Written;
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _watching;
        await _rows.DisposeAsync();
        _ended.Dispose();
    }

    /// <summary>Reads what is new. Whoever comes while that goes on waits for the same: a database that hangs is waited for once, not once by each caller.</summary>
    private Task LookAsync()
    {
        lock (_gate)
        {
            return _look.IsCompleted ? _look = ReadAsync() : _look;
        }
    }

    private async Task ReadAsync()
    {
        var began = _time.GetTimestamp();
        IReadOnlyList<RegisterRow> page;
        do
        {
            page = await _rows.ReadAsync(_seen, Page, CancellationToken.None); // Each row store keeps a deadline of its own.
            foreach (var row in page)
            {
                _memory.Take(row.Tag, row.Entry);
                _seen = row.Serial;
            }
        }
        while (page.Count == Page);
        Volatile.Write(ref _lookedAt, began);
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(LookEvery, _time);
        while (!_ended.IsCancellationRequested)
        {
            try
            {
                await timer.WaitForNextTickAsync(_ended.Token);
                await LookAsync();
            }
            catch (OperationCanceledException) when (_ended.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault) when (fault is System.Data.Common.DbException or TimeoutException)
            {
                // Whoever looks a person up meets the same fault, and says so to its caller.
            }
        }
    }
}
