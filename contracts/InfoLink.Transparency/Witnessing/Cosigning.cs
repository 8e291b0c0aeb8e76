using System.Collections.Concurrent;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Notes;
using Microsoft.Extensions.Logging;

namespace InfoLink.Transparency.Witnessing;

/// <summary>
/// Has a log's newest checkpoint cosigned and publishes it, about every ten seconds, and every second while too few cosign. An idle log is
/// cosigned anew too: its readers ask how old the cosignatures are.
/// </summary>
/// <remarks>
/// One round: the checkpoint as it stands → every witness at the same time, each with a proof from the size it saw last → each cosignature
/// verified with its pinned key → at the needed number published at once → those that come later, up to the deadline, published with them.
/// So a witness that hangs delays nothing, and one that lies is as good as none.
/// </remarks>
/// <param name="log">The log; it ends after this.</param>
/// <param name="panel">Whom to ask, by the member list in force.</param>
/// <param name="evidence">Keeps what a witness refuses, with what it saw.</param>
/// <param name="time">The clock of rounds and deadlines.</param>
/// <param name="logger">For operators.</param>
public sealed partial class Cosigning(
    AccessLog log, Func<WitnessPanel> panel, EvidenceFolder evidence, TimeProvider time, ILogger<Cosigning> logger) : IAsyncDisposable
{
    /// <summary>From one round to the next.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(10);

    /// <summary>As long as too few have cosigned.</summary>
    public static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    /// <summary>For a witness's answer.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    /// <summary>Rounds in a row without an answer, or without a quorum, before the operator hears of it: a restart is no news.</summary>
    private const int Patience = 3;

    private readonly ConcurrentDictionary<NoteKey, ulong> _seen = new();
    private readonly ConcurrentDictionary<NoteKey, int> _silent = new();
    private readonly ConcurrentDictionary<NoteKey, string> _complaints = new();
    private readonly ConcurrentDictionary<Sha256Digest, bool> _told = new();
    private readonly SemaphoreSlim _oneRound = new(1);
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;
    private long _publishedSize = -1;
    private int _below;

    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>Asks now, and again, until enough witnesses have cosigned the log as it is.</summary>
    /// <exception cref="OperationCanceledException">Given up.</exception>
    public async Task UntilPublishedAsync(CancellationToken cancellation)
    {
        while (!await RoundAsync(cancellation))
        {
            await Task.Delay(Again, time, cancellation);
        }
    }

    /// <summary>One round, beside the regular ones.</summary>
    /// <returns>Whether a checkpoint was published.</returns>
    public async Task<bool> RoundAsync(CancellationToken cancellation)
    {
        await _oneRound.WaitAsync(cancellation);
        try
        {
            return await AskAllAsync(cancellation);
        }
        finally
        {
            _oneRound.Release();
        }
    }

    /// <summary>Publishes what came since the last round, where that is possible at once.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        if (log.Checkpoint.Size > _publishedSize)
        {
            using var limit = new CancellationTokenSource(Deadline, time);
            await TryRoundAsync(limit.Token);
        }

        _oneRound.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var began = time.GetTimestamp();
            var published = await TryRoundAsync(_stop.Token);
            var pause = published ? Every - time.GetElapsedTime(began) : Again;
            await Task.Delay(pause > TimeSpan.Zero ? pause : TimeSpan.Zero, time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> TryRoundAsync(CancellationToken cancellation)
    {
        try
        {
            return await RoundAsync(cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception fault) // The store is down, however it says so; the next round tries again.
        {
            Log.NotPublished(logger, log.Origin, fault.Message);
            return false;
        }
    }

    private async Task<bool> AskAllAsync(CancellationToken cancellation)
    {
        var (needed, witnesses) = panel();
        var signed = SignedCheckpoint.Open(log.Checkpoint.Note, log.Key)
            ?? throw new InvalidOperationException($"The log '{log.Origin}' does not sign with its own key.");
        using var limit = new CancellationTokenSource(Deadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        var (have, publishedWith) = (0, -1);
        if (needed == 0 && _publishedSize != (long)signed.Checkpoint.Size)
        {
            await PublishAsync();
        }

        await foreach (var asked in Task.WhenEach(witnesses.Select(witness => AskAsync(witness, signed, either.Token))))
        {
            if (await asked is not { } cosignature)
            {
                continue;
            }

            signed = signed.With(cosignature);
            if (++have == needed)
            {
                await PublishAsync();
            }
        }

        cancellation.ThrowIfCancellationRequested();
        if (have > publishedWith && have >= needed && have > 0)
        {
            await PublishAsync();
        }

        var enough = have >= needed;
        if (enough && _below >= Patience)
        {
            Log.Again(logger, log.Origin, have, needed);
        }

        _below = enough ? 0 : _below + 1;
        if (_below == Patience)
        {
            Log.TooFew(logger, log.Origin, have, needed);
        }

        return enough;

        async Task PublishAsync()
        {
            await log.PublishAsync(new SizedCheckpoint((long)signed.Checkpoint.Size, signed.ToBytes()), cancellation);
            (publishedWith, _publishedSize) = (have, (long)signed.Checkpoint.Size);
        }
    }

    /// <summary>A good cosignature, or null: whatever this witness does, it is one witness less.</summary>
    private async Task<NoteSignature?> AskAsync(WitnessToAsk witness, SignedCheckpoint signed, CancellationToken cancellation)
    {
        try
        {
            var result = await AddAsync(witness, _seen.GetValueOrDefault(witness.Key), signed, cancellation);
            if (result is WitnessResult.Saw saw && saw.Size <= signed.Checkpoint.Size)
            {
                result = await AddAsync(witness, saw.Size, signed, cancellation);
            }

            return await JudgeAsync(witness, result, signed, cancellation);
        }
        catch (Exception fault) // Unreachable, too slow, or out of its mind.
        {
            if (_silent.AddOrUpdate(witness.Key, 1, (_, rounds) => rounds + 1) >= Patience && IsNew(witness, "no answer"))
            {
                Log.NoAnswer(logger, witness.Key.Name, log.Origin, fault.Message);
            }

            return null;
        }
    }

    /// <summary>Once for each change: rounds come every second while something is wrong.</summary>
    private bool IsNew(WitnessToAsk witness, string complaint)
    {
        var before = _complaints.GetValueOrDefault(witness.Key);
        _complaints[witness.Key] = complaint;
        return !string.Equals(before, complaint, StringComparison.Ordinal);
    }

    private async Task<WitnessResult> AddAsync(WitnessToAsk witness, ulong from, SignedCheckpoint signed, CancellationToken cancellation)
    {
        var to = signed.Checkpoint.Size;
        var proof = await log.Tree.ConsistencyAsync(from, to, cancellation)
            ?? throw new InvalidOperationException($"There is no proof from {from} to {to}.");
        var hashes = proof.Hashes.Select(hash => Sha256Digest.FromBytes(hash.Span)).ToList();

        // The deadline holds for those, too, who do not look at it.
        return await witness.AskAsync(new WitnessRequest(from, hashes, signed.ToBytes()), cancellation).WaitAsync(cancellation);
    }

    private async Task<NoteSignature?> JudgeAsync(WitnessToAsk witness, WitnessResult result, SignedCheckpoint signed, CancellationToken cancellation)
    {
        var name = witness.Key.Name;
        switch (result)
        {
            case WitnessResult.Cosigned cosigned when Cosignature.Verify(signed.Note.Text, cosigned.Signature, witness.Key) is not null:
                _seen[witness.Key] = signed.Checkpoint.Size;
                _complaints.TryRemove(witness.Key, out _);
                _silent.TryRemove(witness.Key, out _);
                return cosigned.Signature;
            case WitnessResult.Cosigned when IsNew(witness, "cosignature"):
                Log.BadCosignature(logger, name, log.Origin);
                break;
            case WitnessResult.Saw saw when saw.Size > signed.Checkpoint.Size && IsNew(witness, "saw more"):
                Log.SawMore(logger, name, saw.Size, log.Origin, signed.Checkpoint.Size);
                break;
            case WitnessResult.Saw saw when saw.Size <= signed.Checkpoint.Size:
                _seen[witness.Key] = saw.Size;
                break;
            case WitnessResult.Conflict conflict:
                await AlarmAsync(witness, conflict, signed, cancellation);
                break;
            case WitnessResult.Refused refused when IsNew(witness, refused.Refusal.Text):
                Log.Refused(logger, name, log.Origin, refused.Refusal.ToString());
                break;
        }

        return null;
    }

    /// <summary>A witness shows another history, signed with this log's own key: there are two logs of this name.</summary>
    private async Task AlarmAsync(WitnessToAsk witness, WitnessResult.Conflict conflict, SignedCheckpoint ours, CancellationToken cancellation)
    {
        var seen = SignedCheckpoint.Open(conflict.Seen.Span, log.Key);
        if (seen is null || await log.Tree.RootAsync(seen.Checkpoint.Size, cancellation) == seen.Checkpoint.Root)
        {
            if (IsNew(witness, "conflict"))
            {
                Log.NoConflict(logger, witness.Key.Name, log.Origin);
            }

            return;
        }

        if (_told.TryAdd(Sha256Digest.Of(conflict.Seen.Span), true))
        {
            Log.Conflict(logger, witness.Key.Name, seen.Checkpoint.Size, log.Origin, ours.Checkpoint.Size);
            evidence.Keep("conflict", new ForkEvidence(
                log.Origin, seen.Checkpoint.Size, seen.ToBytes(), ours.Checkpoint.Size, ours.ToBytes(), []).ToParts());
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The log {Origin} is not cosigned: {Have} witnesses, where {Needed} must. A minute after the last quorum nothing more is answered on its word")]
        public static partial void TooFew(ILogger logger, string origin, int have, int needed);

        [LoggerMessage(9, LogLevel.Information, "The log {Origin} is cosigned again: {Have} witnesses, where {Needed} must")]
        public static partial void Again(ILogger logger, string origin, int have, int needed);

        [LoggerMessage(2, LogLevel.Warning, "No checkpoint of the log {Origin} could be published: {Reason}")]
        public static partial void NotPublished(ILogger logger, string origin, string reason);

        [LoggerMessage(3, LogLevel.Warning, "The witness {Witness} did not answer for the log {Origin}: {Reason}")]
        public static partial void NoAnswer(ILogger logger, string witness, string origin, string reason);

        [LoggerMessage(4, LogLevel.Warning, "The witness {Witness} gave the log {Origin} a cosignature that its key did not make; it does not count")]
        public static partial void BadCosignature(ILogger logger, string witness, string origin);

        [LoggerMessage(5, LogLevel.Error, "The witness {Witness} says that it saw {Seen} entries of the log {Origin}, which has {Size}. Where others say so too, the log's database is an old one: restore the newest, or begin a new log under a new origin")]
        public static partial void SawMore(ILogger logger, string witness, ulong seen, string origin, ulong size);

        [LoggerMessage(6, LogLevel.Warning, "The witness {Witness} refuses the log {Origin}: {Refusal}")]
        public static partial void Refused(ILogger logger, string witness, string origin, string refusal);

        [LoggerMessage(7, LogLevel.Warning, "The witness {Witness} speaks of a conflict in the log {Origin} and shows none; it does not count")]
        public static partial void NoConflict(ILogger logger, string witness, string origin);

        [LoggerMessage(8, LogLevel.Critical, "ALARM: the witness {Witness} holds a checkpoint of {Seen} entries, signed by the log {Origin}, that does not fit this log of {Size} entries: there are two histories under one name. Both are kept as evidence. Stop this log")]
        public static partial void Conflict(ILogger logger, string witness, ulong seen, string origin, ulong size);
    }
}
