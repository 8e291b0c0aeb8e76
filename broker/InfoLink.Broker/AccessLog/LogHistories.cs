using InfoLink.Transparency;
using InfoLink.V1;

namespace InfoLink.Broker.AccessLog;

/// <summary>
/// What ties a log's trees together for those who knew an earlier one: a party that is shown one history today and another tomorrow could not
/// be given these proofs.
/// </summary>
internal sealed class LogHistories(Transparency.AccessLog log)
{
    /// <summary>The receipt of an approval, and the way to it from what the requester knew of this log.</summary>
    public async Task<ApprovalProof> OfAsync(Appended approved, IReadOnlyList<LogPin> pins, CancellationToken cancellation)
    {
        var receipt = await approved.ToReceiptAsync(cancellation);
        var pin = pins.FirstOrDefault(known => string.Equals(known.Origin, receipt.Origin, StringComparison.Ordinal));
        return new ApprovalProof(
            receipt,
            pin is { Size: > 0 } ? await log.Tree.ConsistencyAsync(pin.Size, (ulong)approved.TreeSize, cancellation) : null);
    }

    /// <summary>
    /// For a redeem: the newest checkpoint that witnesses have cosigned, and proofs from each smaller to the largest of pin, receipt's tree
    /// and that checkpoint. What the log cannot prove is left out, and the provider draws its conclusion.
    /// </summary>
    public async Task<LogHistory> ForRedeemAsync(LogPin pin, ulong receiptSize, CancellationToken cancellation)
    {
        if (await log.TreeOfAsync(pin.Origin, cancellation) is not { } tree)
        {
            return new LogHistory(null, []);
        }

        var published = await tree.PublishedAsync(cancellation);
        ulong[] sizes = [.. new[] { pin.Size, receiptSize, (ulong)(published?.Size ?? 0) }.Where(size => size > 0).Distinct().Order()];
        var proofs = new List<ConsistencyProof>();
        foreach (var size in sizes.SkipLast(1))
        {
            if (await tree.ConsistencyAsync(size, sizes[^1], cancellation) is { } proof)
            {
                proofs.Add(proof);
            }
        }

        return new LogHistory(published, proofs);
    }
}

/// <summary>An approval's receipt with the proof from the requester's pin to it; none where it has no pin, or the log cannot prove it.</summary>
internal sealed record ApprovalProof(Receipt Receipt, ConsistencyProof? FromPin);

/// <summary>What a provider holds a receipt against.</summary>
internal sealed record LogHistory(SizedCheckpoint? Cosigned, IReadOnlyList<ConsistencyProof> Proofs);
