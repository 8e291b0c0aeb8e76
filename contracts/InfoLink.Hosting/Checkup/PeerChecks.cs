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
    public static async Task<IReadOnlyList<Check>> OfAsync(LeafGeneration own, MemberList members, AgencyId? except, TimeProvider time)
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
        var checks = others.Zip(reaches, (member, reach) => Of(member, reach)).ToList();
        if (checks.Count <= EachShown)
        {
            return checks;
        }

        var well = checks.Count(check => check.State == CheckState.Ok);
        return [new Check("members", CheckState.Ok, $"{well} of {checks.Count} are reached"), .. checks.Where(check => check.State != CheckState.Ok)];
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
            : PeerProbe.JudgeClock(name, reach) is { State: not CheckState.Ok } clock ? clock with { State = CheckState.Attention }
            : check;
    }
}
