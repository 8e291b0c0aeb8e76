using System.Security.Cryptography;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.Transparency;
using InfoLink.V1;

namespace InfoLink.Agent.AccessLog;

/// <summary>
/// What an agency writes of its own side of an exchange: items ①–⑥ in the open part, one subject record for each person with its own link
/// code committed to, and the particulars (⑦–⑩, ⑫) that it alone keeps.
/// </summary>
internal sealed class AgencyRecords(Transparency.AccessLog log, AgencyId self, TimeProvider time)
{
    public IEntryReader Store => log.Store;

    /// <summary>Appends an event that follows from <paramref name="before"/>.</summary>
    /// <param name="before">The open part of the event before it, or what is known.</param>
    /// <param name="what">The event.</param>
    /// <param name="subjects">The persons, in order.</param>
    /// <param name="particulars">Who, where and what for.</param>
    /// <param name="why">For refusals and failures.</param>
    /// <exception cref="LogUnavailableException">Not known to be durable: what follows must not happen.</exception>
    public Task<Appended> AppendAsync(
        OpenPart before, AccessEvent what, IEnumerable<OwnSubject> subjects, Particulars? particulars = null, RefusalName why = RefusalName.Unspecified)
    {
        var records = subjects.Select(Record).ToList();
        var open = before.Clone();
        open.Event = what;
        open.Custodian = self.Value;
        open.TimeMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        open.Count = (uint)records.Count;
        open.Refusal = why;
        return log.AppendAsync(new NewEntry(open, records, particulars));
    }

    private NewSubject Record(OwnSubject subject)
    {
        var seed = RandomNumberGenerator.GetBytes(Commitment.SaltSize);
        var commitment = subject.Code is { } code
            ? Commitment.OfLinkCode(Commitment.Salt(seed, subject.Side), self, code)
            : Sha256Digest.Zero;
        var leaf = new SubjectLeaf(subject.Index, subject.Outcome) { Digest = subject.Digest ?? Sha256Digest.Zero };
        return new NewSubject(subject.Side == CommitmentSide.RequesterCode
            ? leaf with { RequesterCode = commitment }
            : leaf with { ProviderCode = commitment })
        {
            Seed = seed,
            Evidence = subject.Evidence,
            SealedContent = subject.SealedContent,
            OwnLinkCode = subject.Code is { } own ? Bytes(own) : null,
        };
    }

    private static byte[] Bytes(LinkCode code)
    {
        var bytes = new byte[LinkCode.ByteLength];
        code.CopyTo(bytes);
        return bytes;
    }
}

/// <summary>One person in an agency's record, under the agency's own link code.</summary>
internal sealed record OwnSubject(
    uint Index, CommitmentSide Side, LinkCode? Code = null, SubjectOutcome Outcome = SubjectOutcome.Unspecified, Sha256Digest? Digest = null)
{
    /// <summary>What the provider signed, at the requester.</summary>
    public AnswerProof? Evidence { get; init; }

    /// <summary>Item ⑪, sealed by <see cref="ContentSeal"/>.</summary>
    public byte[]? SealedContent { get; init; }

    public override string ToString() => $"OwnSubject({Index}, redacted)";
}
