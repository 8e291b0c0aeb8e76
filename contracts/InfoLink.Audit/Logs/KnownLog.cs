using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Records;

namespace InfoLink.Audit.Logs;

/// <summary>A log as the checker knows it beforehand: its key, and where a member list says so whose it is and who witnesses it.</summary>
/// <param name="Key">Of a log; its name is the origin.</param>
public sealed record KnownLog(NoteKey Key)
{
    public string Origin => Key.Name;

    /// <summary>"broker" or an agency's id; null: not known.</summary>
    public string? Custodian { get; init; }

    /// <summary>Witnesses whose cosignatures are verified where they stand.</summary>
    public IReadOnlyList<NoteKey> Witnesses { get; init; } = [];

    /// <summary>For what a record names: the provider that signed, the broker's logs that pins are of.</summary>
    public MemberList? Members { get; init; }

    /// <summary>Every log that the list names.</summary>
    public static IReadOnlyList<KnownLog> Of(MemberList members)
    {
        NoteKey[] witnesses = [.. members.Members.Select(member => member.WitnessKey).Append(members.Broker.WitnessKey).OfType<NoteKey>().Distinct()];
        var broker = members.Broker.Logs.Select(key => (key, ApprovedRecord.BrokerCustodian));
        var agencies = members.Members.SelectMany(member => member.Logs.Select(key => (key, member.Id.Value)));
        return
        [
            .. broker.Concat(agencies).Select(log => new KnownLog(log.key) { Custodian = log.Item2, Witnesses = witnesses, Members = members }),
        ];
    }
}

/// <summary>A checkpoint that somebody kept: a pin, a saved file, another bundle's. Whether it is the log's is found out.</summary>
/// <param name="Label">Where it is from, e.g. its file.</param>
/// <param name="Note">As it was kept.</param>
public sealed record KeptCheckpoint(string Label, ReadOnlyMemory<byte> Note);
