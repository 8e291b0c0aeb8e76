using System.Collections.Concurrent;
using System.Data.Common;
using System.Threading.Channels;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Merkle;
using InfoLink.Contracts.Notes;
using Microsoft.Extensions.Logging;

namespace InfoLink.Transparency;

/// <summary>
/// The access log with group commit: whoever appends waits until the entry is durable; all that wait at the same time share one
/// transaction, one change of the tree and one signature. No timer delays a lone entry. Write before act: the effect of an event may leave
/// only after <see cref="AppendAsync"/>.
/// </summary>
/// <remarks>
/// The order of effects for a batch (SPEC §6.9): the tree is grown in memory → entries, full tiles, size and root are durable in one
/// commit → the grown tree is the tree → its checkpoint is signed. Nothing is ever signed that is not durable, so no crash can leave two
/// signed histories. A commit whose outcome was lost is settled by looking: it is in the store, or it is not.
/// </remarks>
public sealed partial class AccessLog : IAsyncDisposable
{
    /// <summary>Entries that may wait; beyond it an append fails at once.</summary>
    public const int MaxWaiting = 4096;

    /// <summary>Entries that share one transaction, at most.</summary>
    private const int MaxBatch = 512;

    /// <summary>How long an entry may wait for its batch to begin, and a batch for its end.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    /// <summary>How long after a failed batch the store is tried by itself.</summary>
    private static readonly TimeSpan ProbeAfter = TimeSpan.FromSeconds(2);

    private readonly IEntryStore _store;
    private readonly TreeEdge _tree;
    private readonly NoteSigner _signer;
    private readonly Func<NewEntry, NewEntry?> _correct;
    private readonly LogHead? _head;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<Waiting> _queue = Channel.CreateBounded<Waiting>(
        new BoundedChannelOptions(MaxWaiting) { SingleReader = true });

    private readonly ConcurrentDictionary<string, LogTree> _others = new(StringComparer.Ordinal);
    private readonly Task _writer;
    private Action<bool>? _tell;
    private Unsure? _unsure;

    /// <summary>Corrections that the log does not hold yet. They go before everything else, and stay here until they are durable.</summary>
    private readonly List<NewEntry> _owed = [];

    private bool _fenced;
    private volatile Signed _signed;

    private AccessLog(
        IEntryStore store, TreeEdge tree, NoteSigner signer, Func<NewEntry, NewEntry?>? correct, LogHead? head, TimeProvider time, ILogger logger)
    {
        _store = store;
        _tree = tree;
        _signer = signer;
        _correct = correct ?? (_ => null);
        _head = head;
        _time = time;
        _logger = logger;
        _signed = new Signed(tree.State, signer);
        Tree = LogTree.Of(store.Reader, tree);
        _writer = Task.Run(WriteAsync);
    }

    /// <summary>Reading goes to the store directly.</summary>
    public IEntryReader Store => _store.Reader;

    /// <summary>Finds persons by their tags.</summary>
    public PersonIndex Persons => _store.Persons;

    /// <summary>The log's name.</summary>
    public string Origin => _store.Reader.Origin;

    /// <summary>What its checkpoints are verified with.</summary>
    public NoteKey Key => _signer.Key;

    /// <summary>False after a batch has failed, until a write succeeds. The log tries by itself: a server out of rotation gets no appends.</summary>
    public bool Healthy { get; private set; } = true;

    /// <summary>The newest tree, signed: a C2SP checkpoint without cosignatures.</summary>
    public SizedCheckpoint Checkpoint => _signed.ToCheckpoint();

    /// <summary>Claims the store and reads the edge of its tree.</summary>
    /// <param name="store">The log's; it ends with the log, and where the log does not open.</param>
    /// <param name="signer">Signs its checkpoints, under the log's name.</param>
    /// <param name="time">The clock of deadlines.</param>
    /// <param name="logger">For operators; never a word of an entry.</param>
    /// <param name="correct">What to append where an entry turns out to be in the log after its caller was told that it is not; null: nothing.</param>
    /// <param name="head">Outside the database, what this log has published: the database must hold it. Null: nothing is compared.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="LogFencedException">Another process writes this log.</exception>
    /// <exception cref="InvalidOperationException">The log is damaged, an older or another one than its head says, cannot be reached, or the key is another log's. The store is closed.</exception>
    public static async Task<AccessLog> OpenAsync(
        IEntryStore store,
        NoteSigner signer,
        TimeProvider time,
        ILogger<AccessLog> logger,
        Func<NewEntry, NewEntry?>? correct = null,
        LogHead? head = null,
        CancellationToken cancellation = default)
    {
        try
        {
            if (signer.Key.Kind != NoteKeyKind.Log || !string.Equals(signer.Key.Name, store.Reader.Origin, StringComparison.Ordinal))
            {
                throw new InvalidOperationException($"The key of '{signer.Key.Name}' does not sign the log '{store.Reader.Origin}'.");
            }

            var tree = await TreeEdge.LoadAsync(store.Reader, await store.TakeAsync(cancellation), cancellation);
            if (head is not null)
            {
                await head.RequireAsync(LogTree.Of(store.Reader, tree), cancellation);
            }

            return new AccessLog(store, tree, signer, correct, head, time, logger);
        }
        catch (DbException fault)
        {
            await store.DisposeAsync();
            throw new InvalidOperationException($"The log '{store.Reader.Origin}' cannot be opened: {fault.Message}", fault);
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes an entry durable.</summary>
    /// <returns>The entry's place, from which its receipt is made.</returns>
    /// <exception cref="LogUnavailableException">
    /// The entry is not in the log as far as can be known: queue full, no batch in time, or the store refused the batch. The effect must not happen.
    /// </exception>
    public async Task<Appended> AppendAsync(NewEntry entry)
    {
        var waiting = new Waiting(entry);
        if (!_queue.Writer.TryWrite(waiting))
        {
            throw new LogUnavailableException("The access log's queue is full or closed.");
        }

        try
        {
            return await waiting.Done.Task.WaitAsync(Deadline, _time);
        }
        catch (TimeoutException) when (waiting.TryAbandon())
        {
            throw new LogUnavailableException("The access log did not take the entry in time.");
        }
        catch (TimeoutException)
        {
            return await waiting.Done.Task; // Its batch is being written: what comes of it, and nothing else, is the answer.
        }
    }

    /// <summary>This log's tree, for proofs.</summary>
    public LogTree Tree { get; }

    /// <summary>The tree of this log, or of another in the same database; null where there is none of this name.</summary>
    public async Task<LogTree?> TreeOfAsync(string origin, CancellationToken cancellation)
    {
        if (string.Equals(origin, Origin, StringComparison.Ordinal))
        {
            return Tree;
        }

        return _others.TryGetValue(origin, out var known) || await Store.OtherAsync(origin, cancellation) is not { } other
            ? known
            : _others.GetOrAdd(origin, LogTree.Of(other));
    }

    /// <summary>Keeps a checkpoint that witnesses have cosigned, for whoever reads the log; in the head first. One call at a time.</summary>
    public async Task PublishAsync(SizedCheckpoint checkpoint, CancellationToken cancellation)
    {
        _head?.Write(checkpoint);
        await _store.PublishAsync(checkpoint.Size, checkpoint.Note, _time.GetUtcNow(), cancellation);
        Tree.Published = checkpoint;
    }

    /// <summary>Tells now, and whenever the log stops or begins again to be writable; on the writer's thread.</summary>
    public void TellHealthTo(Action<bool> tell)
    {
        _tell = tell;
        tell(Healthy);
    }

    /// <summary>Writes what is queued, then stops.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_queue.Writer.TryComplete())
        {
            return; // A second time.
        }

        await _stop.CancelAsync();
        await _writer;
        await _store.DisposeAsync();
        _stop.Dispose();
    }

    internal ValueTask<IReadOnlyList<Sha256Digest>> InclusionAsync(long serial, long size, CancellationToken cancellation) =>
        MerkleProof.InclusionAsync(_tree, (ulong)serial, (ulong)size, cancellation);
}

/// <summary>An entry is not in the log, so its effect must not happen.</summary>
public sealed class LogUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
