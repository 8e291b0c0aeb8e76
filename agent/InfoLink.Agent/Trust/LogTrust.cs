using System.Text;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting.Trust;
using InfoLink.Transparency;
using InfoLink.Transparency.Witnessing;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Trust;

/// <summary>
/// Whether the broker's log may be believed (SPEC §6.10–12): a receipt leads to a checkpoint that the log signed; every checkpoint grows out of
/// the largest one proved before; and, at a provider, witnesses have cosigned the same history within the last minute.
/// </summary>
internal sealed partial class LogTrust(TrustBase trust, LogPins pins, EvidenceFolder evidence, TimeProvider time, ILogger<LogTrust> logger)
{
    /// <summary>How old the newest checkpoint may be that a quorum has cosigned.</summary>
    public static readonly TimeSpan CosignedWithin = TimeSpan.FromSeconds(60);

    /// <summary>How far witnesses' clocks may be ahead of this one.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(10);

    private volatile Cosigned? _lastCosigned;

    /// <summary>What this agent has proved of the broker's logs, for a request to go on from.</summary>
    public IReadOnlyList<SignedCheckpoint> Known => pins.All();

    /// <summary>The pin of one log; null before the first.</summary>
    public SignedCheckpoint? PinOf(string origin) => pins.Of(origin);

    /// <summary>Does the record stand in one of the broker's logs, and is that log still believed?</summary>
    public Outcome<SignedCheckpoint> Included(Receipt receipt) => pins.IsStopped(receipt.Origin)
        ? new Refusal(RefusalName.LogForked)
        : ReceiptProof.Check(receipt, trust.Members.Broker.Logs);

    /// <summary>For a requester: the receipt's tree grows out of the pin that the request named. The new pin is that tree.</summary>
    public Refusal? WhyNotGrown(SignedCheckpoint tree, SignedCheckpoint? pin, ConsistencyProof? proof)
    {
        if (pin is not null && !(pin.Checkpoint.Size <= tree.Checkpoint.Size && ReceiptProof.Joins(pin.Checkpoint, tree.Checkpoint, proof)))
        {
            return Fork(pin, tree);
        }

        pins.Advance(tree);
        return null;
    }

    /// <summary>For a provider: pin, receipt's tree and the cosigned checkpoint are one history, and the quorum is of this minute.</summary>
    public Refusal? WhyNotOneHistory(SignedCheckpoint tree, SignedCheckpoint? pin, RedeemReply reply)
    {
        Cosigned? cosigned = null;
        if (!reply.Checkpoint.IsEmpty && (cosigned = Read(reply.Checkpoint.Memory, tree.LogKey)) is null)
        {
            return new Refusal(RefusalName.ReceiptInvalid, "cosigned checkpoint");
        }

        // Everything grows out of the empty tree: it needs no proof, and there is none.
        List<SignedCheckpoint> trees = [.. new[] { tree, pin, cosigned?.Checkpoint }.OfType<SignedCheckpoint>()
            .Where(known => known.Checkpoint.Size > 0).OrderBy(known => known.Checkpoint.Size)];
        var largest = trees[^1];
        foreach (var smaller in trees.SkipLast(1))
        {
            var proof = reply.Consistency.FirstOrDefault(given => given.From == smaller.Checkpoint.Size && given.To == largest.Checkpoint.Size);
            if (!ReceiptProof.Joins(smaller.Checkpoint, largest.Checkpoint, proof))
            {
                return Fork(smaller, largest);
            }
        }

        pins.Advance(largest);
        return trust.Members.Quorum > 0 && !IsOfThisMinute(cosigned) ? new Refusal(RefusalName.LogStale, RetryAfter: ClockSkew) : null;
    }

    private bool IsOfThisMinute(Cosigned? cosigned) =>
        cosigned is { Time: { } at } && time.GetUtcNow() - at is var age && age <= CosignedWithin && age >= -ClockSkew;

    /// <summary>Every exchange of ten seconds brings the same one: its signatures are verified once.</summary>
    private Cosigned? Read(ReadOnlyMemory<byte> bytes, NoteKey log)
    {
        if (_lastCosigned is { } last && last.Checkpoint.LogKey.Equals(log) && last.Bytes.Span.SequenceEqual(bytes.Span))
        {
            return last;
        }

        var witnesses = trust.Members.Witnesses;
        if (SignedCheckpoint.Open(bytes.Span, log) is not { } signed || CosignedCheckpoint.Read(signed, witnesses) is not { } cosigned)
        {
            return null;
        }

        return _lastCosigned = new Cosigned(bytes, signed, TimeOf(cosigned, trust.Members.Quorum, witnesses));
    }

    /// <summary>When enough witnesses had cosigned; null where they have not.</summary>
    private static DateTimeOffset? TimeOf(CosignedCheckpoint cosigned, int quorum, IReadOnlyCollection<NoteKey> witnesses) =>
        quorum >= 1 && quorum <= witnesses.Count && new Quorum(quorum, witnesses).Decide(cosigned.By) is QuorumDecision.Met met ? met.Time : null;

    /// <summary>What this agency's witness was brought does not fit what it had cosigned: the log is stopped here too.</summary>
    public void Stop(ForkEvidence fork)
    {
        Log.Forked(logger, fork.Origin, fork.SeenSize, fork.BroughtSize);
        pins.Stop(fork.Origin, $"{Encoding.UTF8.GetString(fork.Seen)}\n{Encoding.UTF8.GetString(fork.Brought)}");
        evidence.Keep("fork", fork.ToParts());
    }

    private Refusal Fork(SignedCheckpoint one, SignedCheckpoint other)
    {
        Stop(new ForkEvidence(one.Checkpoint.Origin, one.Checkpoint.Size, one.ToBytes(), other.Checkpoint.Size, other.ToBytes(), []));
        return new Refusal(RefusalName.LogForked);
    }

    private sealed record Cosigned(ReadOnlyMemory<byte> Bytes, SignedCheckpoint Checkpoint, DateTimeOffset? Time);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Critical, "ALARM: the log {Origin} has shown two histories, of {Size} and {OtherSize} entries, that do not fit together; nothing more is exchanged on its word. Both checkpoints are kept as evidence")]
        public static partial void Forked(ILogger logger, string origin, ulong size, ulong otherSize);
    }
}
