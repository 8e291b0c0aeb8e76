using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Notes;

namespace InfoLink.Transparency.Witnessing;

/// <summary>A log that a witness looks after, and who alone may bring its checkpoints.</summary>
public sealed record WitnessedLog(NoteKey Key, SpiffeName Owner);

/// <summary>Who witnesses whom: agencies the broker's logs, the broker the agencies'. So nobody witnesses himself.</summary>
public static class WitnessedLogs
{
    /// <summary>For a witness at an agency; null: no log of the broker's.</summary>
    public static WitnessedLog? OfBroker(MemberList members, string origin) =>
        KeyOf(members.Broker.Logs, origin) is { } key ? new WitnessedLog(key, members.BrokerName) : null;

    /// <summary>For the broker's witness; null: no agency's log.</summary>
    public static WitnessedLog? OfAgencies(MemberList members, string origin)
    {
        foreach (var member in members.Members)
        {
            if (KeyOf(member.Logs, origin) is { } key)
            {
                return new WitnessedLog(key, members.NameOf(member));
            }
        }

        return null;
    }

    private static NoteKey? KeyOf(IEnumerable<NoteKey> logs, string origin) =>
        logs.FirstOrDefault(log => string.Equals(log.Name, origin, StringComparison.Ordinal));
}
