using InfoLink.Agent.AccessLog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.Transparency;
using InfoLink.V1;

namespace InfoLink.Agent.Remedy;

/// <summary>CORRECTED in the agency's own log, once for each notice: at the one who found it before it is told, at the other before the reply.</summary>
internal sealed class CorrectionRecords(AgencyRecords records, AgencyId self)
{
    /// <summary>
    /// This agency's own record of an exchange with another, with all these persons in it; null: there is none, or the other was not in it what it says.
    /// </summary>
    /// <param name="entries">All that is on record here of the exchange.</param>
    /// <param name="side">What this agency was in it.</param>
    /// <param name="counterpart">The other one.</param>
    /// <param name="indices">The persons' places.</param>
    public StoredEntry? Own(IReadOnlyList<StoredEntry> entries, ExchangeSide side, AgencyId counterpart, IReadOnlyList<uint> indices) => entries
        .Where(entry => string.Equals(entry.Open.Custodian, self.Value, StringComparison.Ordinal) && ExchangeSearch.SideOf(entry.Open) == side
            && string.Equals(side == ExchangeSide.RequesterSide ? entry.Open.Provider : entry.Open.Requester, counterpart.Value, StringComparison.Ordinal)
            && indices.All(index => entry.Subjects.Any(subject => subject.Index == index)))
        .OrderBy(entry => entry.Open.Event == AccessEvent.Failed) // What was received says more.
        .FirstOrDefault();

    public Task<IReadOnlyList<StoredEntry>> FindAsync(ExchangeId exchange, CancellationToken cancellation) => records.Store.FindAsync(exchange, cancellation);

    /// <summary>Puts a correction on record, unless it is.</summary>
    /// <param name="entries">All that is on record here of the exchange.</param>
    /// <param name="own">The record that is corrected.</param>
    /// <param name="correction">Why, and who found it.</param>
    /// <param name="indices">The persons' places.</param>
    /// <param name="who">Whose act it is here.</param>
    /// <exception cref="LogUnavailableException">It is not on record, and nothing may follow.</exception>
    public async Task RecordAsync(IReadOnlyList<StoredEntry> entries, StoredEntry own, Correction correction, IReadOnlyList<uint> indices, Particulars who)
    {
        if (entries.Any(entry => string.Equals(entry.Open.Custodian, self.Value, StringComparison.Ordinal) && correction.Equals(entry.Open.Correction)))
        {
            return;
        }

        var side = ExchangeSearch.SideOf(own.Open) == ExchangeSide.RequesterSide ? CommitmentSide.RequesterCode : CommitmentSide.ProviderCode;
        var before = own.Open.Clone();
        before.Correction = correction;
        await records.AppendAsync(
            before,
            AccessEvent.Corrected,
            own.Subjects.Where(subject => indices.Contains(subject.Index))
                .Select(subject => new OwnSubject(subject.Index, side, subject.OwnLinkCode is { } code ? LinkCode.FromBytes(code) : null, subject.Outcome)),
            who);
    }

    /// <summary>What the other agency was where this one was the other.</summary>
    public static ExchangeSide Other(ExchangeSide side) => side == ExchangeSide.RequesterSide ? ExchangeSide.ProviderSide : ExchangeSide.RequesterSide;
}
