using System.Collections.Concurrent;
using InfoLink.Broker.Tokens;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Tokens;
using InfoLink.Transparency;
using InfoLink.V1;

namespace InfoLink.Tests.Fixtures;

/// <summary>How a store fails: before anything happened, or after it did.</summary>
public enum Fault
{
    None,

    /// <summary>It failed and did nothing.</summary>
    Lost,

    /// <summary>It failed and yet did it, and nobody can look before the fault is over.</summary>
    Kept,

    /// <summary>It failed and yet did it, and whoever looks sees it.</summary>
    AnswerLost,
}

/// <summary>A step of a log store.</summary>
public enum LogStep
{
    Take,
    Append,
    Probe,
}

/// <summary>The real log store, which fails when told to.</summary>
internal sealed class FaultyEntryStore(IEntryStore real) : IEntryStore
{
    private readonly ConcurrentQueue<int> _batches = new();

    /// <summary>What happens to a batch that holds <see cref="On"/>.</summary>
    public Fault Fault { get; set; }

    /// <summary>Unspecified: every event.</summary>
    public AccessEvent On { get; set; }

    /// <summary>Where it is given, it alone says how each step fails: <see cref="Fault.Kept"/> and <see cref="Fault.AnswerLost"/> are then the same.</summary>
    public Func<LogStep, Fault>? Plan { get; set; }

    public bool ReadsFail { get; set; }

    /// <summary>While this is not done, every append waits.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>How many entries each batch held.</summary>
    public IReadOnlyList<int> Batches => [.. _batches];

    /// <summary>How many batches came, written or not.</summary>
    public int Entered { get; private set; }

    public IEntryReader Reader => new FaultyReader(this, real.Reader);

    public PersonIndex Persons => real.Persons;

    public async Task<LogState> TakeAsync(CancellationToken cancellation)
    {
        var fault = Plan?.Invoke(LogStep.Take) ?? (Fault == Fault.Kept ? Fault.Lost : Fault.None);
        if (fault == Fault.Lost)
        {
            throw new IOException("The store is away (a test's fault).");
        }

        var state = await real.TakeAsync(cancellation);
        return fault == Fault.None ? state : throw new IOException("The answer was lost (a test's fault).");
    }

    public async Task AppendAsync(LogAppend append, CancellationToken cancellation)
    {
        Entered++;
        await Gate;
        var fault = Plan?.Invoke(LogStep.Append)
            ?? (On == AccessEvent.Unspecified || append.Entries.Any(entry => entry.Open.Event == On) ? Fault : Fault.None);
        if (fault == Fault.Lost)
        {
            throw new IOException("No space left on device (a test's fault).");
        }

        _batches.Enqueue(append.Entries.Count);
        await real.AppendAsync(append, cancellation);
        if (fault is Fault.Kept or Fault.AnswerLost)
        {
            throw new IOException("The answer was lost (a test's fault).");
        }
    }

    public Task PublishAsync(long size, byte[] checkpoint, DateTimeOffset time, CancellationToken cancellation) =>
        real.PublishAsync(size, checkpoint, time, cancellation);

    public async Task ProbeAsync(CancellationToken cancellation)
    {
        if ((Plan?.Invoke(LogStep.Probe) ?? (Fault == Fault.AnswerLost ? Fault.None : Fault)) != Fault.None)
        {
            throw new IOException("The store is down (a test's fault).");
        }

        await real.ProbeAsync(cancellation);
    }

    public ValueTask DisposeAsync() => real.DisposeAsync();
}

/// <summary>Reads, and fails at one question when told to.</summary>
internal sealed class FaultyReader(FaultyEntryStore store, IEntryReader real) : IEntryReader
{
    public string Origin => real.Origin;

    public ILogRows Rows => real.Rows;

    public Task<LogState> StateAsync(CancellationToken cancellation) => real.StateAsync(cancellation);

    public Task<IReadOnlyList<StoredEntry>> ReadAsync(long fromSerial, int count, CancellationToken cancellation) =>
        real.ReadAsync(fromSerial, count, cancellation);

    public Task<IReadOnlyList<byte[]>> EntryBytesAsync(long fromSerial, int count, CancellationToken cancellation) =>
        real.EntryBytesAsync(fromSerial, count, cancellation);

    public Task<byte[]?> TileAsync(int level, long number, CancellationToken cancellation) => real.TileAsync(level, number, cancellation);

    public Task<IReadOnlyList<Sha256Digest>> TileRootsAsync(int level, long fromNumber, int count, CancellationToken cancellation) =>
        real.TileRootsAsync(level, fromNumber, count, cancellation);

    public Task<SizedCheckpoint?> PublishedAsync(CancellationToken cancellation) => real.PublishedAsync(cancellation);

    public Task<IReadOnlyList<StoredEntry>> FindAsync(ExchangeId exchange, CancellationToken cancellation) => store.ReadsFail
        ? throw new Microsoft.Data.Sqlite.SqliteException("disk I/O error (a test's fault)", 10)
        : real.FindAsync(exchange, cancellation);

    public Task<IReadOnlyList<ExchangeId>> FindOpenAsync(
        AccessEvent opened, IReadOnlyList<AccessEvent> closed, DateTimeOffset from, DateTimeOffset until, int limit, CancellationToken cancellation) =>
        real.FindOpenAsync(opened, closed, from, until, limit, cancellation);

    public Task<byte[]?> ContentAsync(long serial, int position, CancellationToken cancellation) => real.ContentAsync(serial, position, cancellation);

    public Task<CodeFindings> FindByOwnCodeAsync(CodeSearch search, long fromSerial, CancellationToken cancellation) => real.FindByOwnCodeAsync(search, fromSerial, cancellation);

    public Task<IReadOnlyList<string>> OriginsAsync(CancellationToken cancellation) => real.OriginsAsync(cancellation);

    public Task<IEntryReader?> OtherAsync(string origin, CancellationToken cancellation) => real.OtherAsync(origin, cancellation);
}

/// <summary>A step of a token store.</summary>
public enum StoreStep
{
    Issue,
    Find,
    Redeem,
    Revoke,
}

/// <summary>The real token store, which fails when told to.</summary>
internal sealed class FaultyTokenStore(ITokenStore real) : ITokenStore
{
    public Dictionary<StoreStep, Fault> Faults { get; } = [];

    /// <summary>What was ever to be issued.</summary>
    public ConcurrentQueue<TokenKey> Issued { get; } = new();

    /// <summary>The store itself, for looking at what it holds.</summary>
    public ITokenStore Real => real;

    public async Task IssueAsync(TokenKey key, byte[] sealedGrant, TokenTimes times, CancellationToken cancellation)
    {
        Issued.Enqueue(key);
        await DoAsync(StoreStep.Issue, async () =>
        {
            await real.IssueAsync(key, sealedGrant, times, cancellation);
            return true;
        });
    }

    public Task<byte[]?> FindAsync(TokenKey key, CancellationToken cancellation) =>
        DoAsync(StoreStep.Find, () => real.FindAsync(key, cancellation));

    public Task<Redemption> RedeemAsync(TokenKey key, AttemptId attempt, CancellationToken cancellation) =>
        DoAsync(StoreStep.Redeem, () => real.RedeemAsync(key, attempt, cancellation));

    public Task RevokeAsync(TokenKey key, CancellationToken cancellation) => DoAsync(StoreStep.Revoke, async () =>
    {
        await real.RevokeAsync(key, cancellation);
        return true;
    });

    public ValueTask DisposeAsync() => real.DisposeAsync();

    private async Task<T> DoAsync<T>(StoreStep step, Func<Task<T>> act)
    {
        var fault = Faults.GetValueOrDefault(step);
        if (fault == Fault.Lost)
        {
            throw new TokenStoreException("Away (a test's fault).");
        }

        var result = await act();
        return fault == Fault.Kept ? throw new TokenStoreException("The answer was lost (a test's fault).") : result;
    }
}
