using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;

namespace InfoLink.Hosting.Checkup;

/// <summary>Every member of the list, called as an exchange would call it.</summary>
public static class PeerChecks
{
    private const int AtOnce = 16;

    /// <summary>Of more than so many, those that are well are one line.</summary>
    private const int EachShown = 20;

    /// <param name="own">This party's leaves.</param>
    /// <param name="members">The list as the directory leaves it.</param>
    /// <param name="except">This party itself, where it is a member.</param>
    /// <param name="time">Now.</param>
    public static async Task<ReachedPeers> OfAsync(LeafGeneration own, MemberList members, AgencyId? except, TimeProvider time)
    {
        var others = members.Members.Where(member => member.Id != except).ToList();
        var reaches = new PeerReach?[others.Count];
        await Parallel.ForAsync(0, others.Count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, _) =>
        {
            if (others[i] is { Suspended: false, Endpoint: { } endpoint } member)
            {
                reaches[i] = await PeerProbe.ReachAsync(own, members.NameOf(member), member.IdentityKeys, endpoint, time);
            }
        });
        var clocks = reaches.Select(reach => reach?.ClockAhead).OfType<TimeSpan>().Order().ToList();
        var checks = others.Zip(reaches, (member, reach) => Of(member, reach)).ToList();
        if (checks.Count > EachShown)
        {
            var well = checks.Count(check => check.State == CheckState.Ok);
            checks = [new Check("members", CheckState.Ok, $"{well} of {checks.Count} are reached"), .. checks.Where(check => check.State != CheckState.Ok)];
        }

        return new ReachedPeers(checks, clocks.Count == 0 ? null : clocks[clocks.Count / 2]);
    }

    private static Check Of(Member member, PeerReach? reach)
    {
        var name = $"member {member.Id}";
        if (reach is null)
        {
            return member.Suspended
                ? new Check(name, CheckState.Attention, "It is suspended.", "If it should not be: infolink member resume.")
                : new Check(name, CheckState.Attention, "The directory has no address of it.", "The broker's operator sets it: infolink member endpoint.");
        }

        // One member that is away is its own affair, and no fault of this host.
        var check = PeerProbe.Judge(name, reach);
        return check.State == CheckState.Wrong ? check with { State = CheckState.Attention }
            : PeerProbe.JudgeClock(name, reach.ClockAhead, "its") is { State: not CheckState.Ok } clock ? clock with { State = CheckState.Attention }
            : check;
    }
}

/// <param name="Checks">A line for each, or for each that is not well.</param>
/// <param name="ClockAhead">How far this clock is ahead of theirs: their median, since one of them may be wrong itself; null: none was reached.</param>
public sealed record ReachedPeers(IReadOnlyList<Check> Checks, TimeSpan? ClockAhead);
