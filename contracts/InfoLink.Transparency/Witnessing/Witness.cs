using System.Data.Common;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Merkle;
using InfoLink.Contracts.Notes;
using InfoLink.V1;
using Microsoft.Extensions.Logging;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Transparency.Witnessing;

/// <summary>
/// Cosigns checkpoints that grow out of the last one it saw of their log, and no others (C2SP tlog-witness). Whoever trusts so many witnesses
/// cannot be shown another history than the rest of the world, unless that many lie together.
/// </summary>
/// <remarks>
/// In this order, and the first that does not hold ends it: the bytes are a checkpoint → the log is one that this witness looks after, and
/// the caller its owner → not too often → the log signed it → sizes and proof have their form → the old size is the one seen → same size,
/// same root; or the proof holds → the new one is durable in place of exactly the one it was compared with → only then a cosignature. Of two
/// requests at the same time the second finds the first one's tree; no cosigned size ever falls.
/// </remarks>
/// <param name="signer">The witness's key.</param>
/// <param name="logs">The log of an origin, by the member list in force; null: not looked after.</param>
/// <param name="store">What was seen.</param>
/// <param name="forked">Is told of each pair of checkpoints that do not fit together, once until it has kept them.</param>
/// <param name="time">The times of cosignatures.</param>
/// <param name="logger">For operators.</param>
/// <param name="perSecond">Most requests for one log in a second.</param>
public sealed partial class Witness(
    NoteSigner signer,
    Func<string, WitnessedLog?> logs,
    WitnessStore store,
    Action<ForkEvidence> forked,
    TimeProvider time,
    ILogger<Witness> logger,
    int perSecond = Witness.MostPerSecond)
{
    /// <summary>A log needs one or two requests in ten seconds, and two each second while its quorum is not reached.</summary>
    public const int MostPerSecond = 20;

    /// <summary>Pairs told of by one process: a log that brings a thousand forks has said enough.</summary>
    private const int MostForks = 100;

    private readonly RequestRate _rate = new(perSecond, time);
    private readonly HashSet<Sha256Digest> _told = [];

    /// <param name="caller">Whose certificate the request came under.</param>
    /// <param name="request">What is brought.</param>
    public WitnessResult Add(SpiffeName caller, WitnessRequest request)
    {
        if (SignedNote.TryParse(request.Checkpoint.Span) is not { } note || Checkpoint.TryParse(note.Text) is not { Size: <= long.MaxValue } brought)
        {
            return Malformed("checkpoint");
        }

        // To anyone but its owner a log is unknown here.
        if (logs(brought.Origin) is not { } log || log.Owner != caller)
        {
            return Malformed("origin");
        }

        if (!_rate.Admits(brought.Origin))
        {
            return new WitnessResult.Refused(new Refusal(RefusalName.Overloaded, RetryAfter: RequestRate.Window));
        }

        if (SignedCheckpoint.Open(note, log.Key) is null)
        {
            return Malformed("signature");
        }

        if (request.OldSize > brought.Size)
        {
            return Malformed("old_size");
        }

        // Where there is nothing to prove, a proof is a mistake of the caller's, and not a sign of a fork.
        if (request.Proof.Count > WitnessRequest.MaxProof || (request.Proof.Count > 0 && (request.OldSize == 0 || request.OldSize == brought.Size)))
        {
            return Malformed("proof");
        }

        try
        {
            // The log's own signature is kept of the note; cosignatures of others say nothing here.
            var own = SignedNote.Of(note.Text, note.Signatures.First(signature => signature.Claims(log.Key))).ToBytes();
            return Decide(request, new SeenCheckpoint(brought.Origin, brought.Size, brought.Root, own));
        }
        catch (DbException fault)
        {
            Log.StoreDown(logger, brought.Origin, fault.Message);
            return new WitnessResult.Refused(new Refusal(RefusalName.LogUnavailable, "witness", RequestRate.Window));
        }

        static WitnessResult Malformed(string what) => new WitnessResult.Refused(new Refusal(RefusalName.RequestMalformed, what));
    }

    private WitnessResult Decide(WitnessRequest request, SeenCheckpoint brought)
    {
        var seen = store.Seen(brought.Origin);
        if (request.OldSize != (seen?.Size ?? 0))
        {
            return new WitnessResult.Saw(seen?.Size ?? 0);
        }

        if (seen is null)
        {
            // There is one empty tree, and everything grows out of it.
            if (brought.Size == 0)
            {
                return brought.Root == MerkleTree.EmptyRoot
                    ? Cosign(brought)
                    : new WitnessResult.Refused(new Refusal(RefusalName.RequestMalformed, "root"));
            }
        }
        else if (!MerkleVerifier.IsConsistent(seen.Size, seen.Root, brought.Size, brought.Root, request.Proof))
        {
            Tell(new ForkEvidence(brought.Origin, seen.Size, seen.Note, brought.Size, brought.Note, request.Proof));
            return new WitnessResult.Conflict(seen.Note);
        }

        if (brought.Size == seen?.Size || store.TryAdvance(seen, brought))
        {
            return Cosign(brought);
        }

        return new WitnessResult.Saw(store.Seen(brought.Origin)?.Size ?? 0); // Another request was faster.
    }

    private WitnessResult.Cosigned Cosign(SeenCheckpoint kept) =>
        new(Cosignature.Sign(SignedNote.TryParse(kept.Note)!.Text, signer, time.GetUtcNow()));

    private void Tell(ForkEvidence fork)
    {
        var pair = Sha256Digest.Of([.. fork.Seen, .. fork.Brought]);
        lock (_told)
        {
            if (_told.Count >= MostForks || !_told.Add(pair))
            {
                return;
            }
        }

        Log.Forked(logger, fork.Origin, fork.SeenSize, fork.BroughtSize);
        try
        {
            forked(fork);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            Log.NotKept(logger, fork.Origin, fault.Message); // What matters now is that nothing is cosigned; the next time it is tried again.
            lock (_told)
            {
                _told.Remove(pair);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Critical, "ALARM: the log {Origin} brought a checkpoint of {Size} entries that does not grow out of the one of {SeenSize} that was cosigned here; it is not cosigned")]
        public static partial void Forked(ILogger logger, string origin, ulong seenSize, ulong size);

        [LoggerMessage(2, LogLevel.Error, "The two checkpoints of the log {Origin} that do not fit together could not be kept as evidence: {Reason}")]
        public static partial void NotKept(ILogger logger, string origin, string reason);

        [LoggerMessage(3, LogLevel.Error, "The witness's store does not work, so nothing of the log {Origin} is cosigned: {Reason}")]
        public static partial void StoreDown(ILogger logger, string origin, string reason);
    }
}
