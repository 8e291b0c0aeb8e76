using System.Security.Cryptography;
using InfoLink.Codes;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.Transparency;
using InfoLink.V1;

namespace InfoLink.Broker.AccessLog;

/// <summary>What the broker writes when an agency comes by its link codes: which agency, when, and for each person the index tag and a commitment to the code.</summary>
internal sealed class LinkRecords(Transparency.AccessLog log, IndexTags tags, TimeProvider time)
{
    /// <summary>On record; only then may the codes leave.</summary>
    /// <param name="giving">Names it.</param>
    /// <param name="agency">Who gets them.</param>
    /// <param name="certificate">By which certificate it came.</param>
    /// <param name="persons">Place in the ticket, person and code.</param>
    /// <exception cref="LogUnavailableException">Not on record.</exception>
    public Task LinkedAsync(ExchangeId giving, AgencyId agency, Sha256Digest certificate, IReadOnlyList<(uint Index, IdCode Id, LinkCode Code)> persons)
    {
        var now = time.GetUtcNow();
        var year = IndexTags.YearOf(now);
        var open = new OpenPart
        {
            Event = AccessEvent.Linked,
            Custodian = ApprovedRecord.BrokerCustodian,
            TimeMs = now.ToUnixTimeMilliseconds(),
            ExchangeId = giving.ToArray().ToByteString(),
            Requester = agency.Value,
            Cnf = certificate.ToByteString(),
            Count = (uint)persons.Count,
        };
        return log.AppendAsync(new NewEntry(open, [.. persons.Select(person => Subject(person.Index, tags.Of(person.Id, year), agency, person.Code))]));
    }

    /// <summary>That an agency had codes converted, and how many; which ones is nobody's business, the agency's neither. On record; only then may the codes leave.</summary>
    /// <param name="agency">Who gets them.</param>
    /// <param name="from">Whose codes they were, after a merger; null: its own.</param>
    /// <param name="certificate">By which certificate it came.</param>
    /// <param name="count">How many it gets.</param>
    /// <exception cref="LogUnavailableException">Not on record.</exception>
    public Task RenewedAsync(AgencyId agency, AgencyId? from, Sha256Digest certificate, int count) => log.AppendAsync(new NewEntry(
        new OpenPart
        {
            Event = AccessEvent.Renewed,
            Custodian = ApprovedRecord.BrokerCustodian,
            TimeMs = time.GetUtcNow().ToUnixTimeMilliseconds(),
            Requester = agency.Value,
            Provider = from?.Value ?? "",
            Cnf = certificate.ToByteString(),
            Count = (uint)count,
        },
        []));

    /// <summary>Whether a giving is on record.</summary>
    public async Task<bool> IsOnRecordAsync(ExchangeId giving, CancellationToken cancellation) =>
        (await log.Store.FindAsync(giving, cancellation)).Any(entry => entry.Open.Event == AccessEvent.Linked);

    private static NewSubject Subject(uint index, byte[] tag, AgencyId agency, LinkCode code)
    {
        var seed = RandomNumberGenerator.GetBytes(Commitment.SaltSize);
        var leaf = new SubjectLeaf(index, SubjectOutcome.Unspecified)
        {
            Tag = Commitment.OfTag(Commitment.Salt(seed, CommitmentSide.IndexTag), tag),
            RequesterCode = Commitment.OfLinkCode(Commitment.Salt(seed, CommitmentSide.RequesterCode), agency, code),
        };
        return new NewSubject(leaf) { Seed = seed, Tag = tag };
    }
}
