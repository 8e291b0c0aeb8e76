using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Notes;
using InfoLink.Transparency;

namespace InfoLink.Hosting.Checkup;

/// <summary>Witnesses: are there enough, and do they cosign?</summary>
public static class LogChecks
{
    /// <summary>Cosigned every ten seconds; agents believe a minute.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);

    /// <summary>Who could cosign the broker's log, by list and directory.</summary>
    public static Check OfQuorum(MemberList members)
    {
        var witnesses = members.Members.Where(member => member.WitnessKey is not null).ToList();
        var able = witnesses.Count(member => member is { Suspended: false, Endpoint: not null });
        return members.Quorum == 0 ? new Check("witnesses", CheckState.Attention, "The member list asks for no witnesses (quorum 0): nobody would see a forked log.", "Make members witnesses (infolink member add --witness, or change --witness-key), then: infolink member quorum")
            : able < members.Quorum ? new Check("witnesses", CheckState.Wrong, $"{able} of {witnesses.Count} witnesses can be asked, and {members.Quorum} must cosign: nothing is answered (LOG-STALE).", "Give the missing ones an address (infolink member endpoint) or resume them; or have a lower quorum signed (infolink member quorum).")
            : able == members.Quorum ? new Check("witnesses", CheckState.Attention, $"{able} witnesses can be asked, and all of them must cosign: one that is away stops everything.", "Make more members witnesses, or lower the quorum.")
            : new Check("witnesses", CheckState.Ok, $"{able} can be asked, {members.Quorum} must cosign");
    }

    /// <summary>How a running broker's log was cosigned last.</summary>
    public static async Task<Check> OfPublishedAsync(IEntryReader log, NoteKey key, MemberList members, TimeProvider time, CancellationToken cancellation)
    {
        if (await log.PublishedAsync(cancellation) is not { } published || SignedCheckpoint.Open(published.Note, key) is not { } signed)
        {
            return new Check("cosigned log", CheckState.Attention, "No checkpoint of this log has been published yet.", "Start the broker and the witnesses' agents; look again in half a minute.");
        }

        if (members.Quorum == 0)
        {
            return new Check("cosigned log", CheckState.Ok, $"{published.Size} entries are published; no witnesses are asked for");
        }

        var witnesses = members.Witnesses;
        var decision = CosignedCheckpoint.Read(signed, witnesses) is { } cosigned && members.Quorum <= witnesses.Length
            ? new Quorum(members.Quorum, witnesses).Decide(cosigned.By)
            : new QuorumDecision.Missing(0, members.Quorum);
        const string WayOut = "See below which witnesses are not reached, and the broker's log; each witness's agent must run and be up to date with the member list.";
        return decision switch
        {
            QuorumDecision.Met met when time.GetUtcNow() - met.Time <= Fresh => new Check("cosigned log", CheckState.Ok, $"{published.Size} entries, cosigned by {members.Quorum} or more at {met.Time:HH:mm:ss} UTC"),
            QuorumDecision.Met met => new Check("cosigned log", CheckState.Wrong, $"The log was last cosigned by {members.Quorum} witnesses at {met.Time:yyyy-MM-dd HH:mm:ss} UTC; after a minute nothing is answered (LOG-STALE).", WayOut),
            QuorumDecision.Missing missing => new Check("cosigned log", CheckState.Wrong, $"{missing.Have} witnesses of this member list have cosigned the published log, and {missing.Needed} must: nothing is answered (LOG-STALE).", WayOut),
            _ => throw new InvalidOperationException("A quorum is met or missing."),
        };
    }
}
