using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.Transparency;
using InfoLink.V1;

namespace InfoLink.Agent.AccessLog;

/// <summary>The record that a pending answer's deadline passed, at either agency: of the same persons, under the same codes, as the record that said <em>pending</em>.</summary>
internal static class Lapsed
{
    public static readonly Particulars ByItself = new() { Operator = "automatic", Terminal = "infolink-agent" };

    /// <param name="pending">ANSWERED or RECEIVED.</param>
    /// <param name="places">Those whose answer nobody has.</param>
    /// <param name="side">Whose codes they are.</param>
    public static IEnumerable<OwnSubject> Of(StoredEntry pending, IReadOnlySet<uint> places, CommitmentSide side) =>
        pending.Subjects.Where(subject => places.Contains(subject.Index)).Select(subject => new OwnSubject(
            subject.Index,
            side,
            LinkCode.TryFromBytes(subject.Record.OwnLinkCode.Span, out var code) ? code : null,
            SubjectOutcome.PendingOutcome));
}
