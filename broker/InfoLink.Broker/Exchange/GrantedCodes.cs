using InfoLink.Broker.AccessLog;
using InfoLink.Broker.Codes;
using InfoLink.Broker.Tokens;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.Transparency;
using InfoLink.V1;

namespace InfoLink.Broker.Exchange;

/// <summary>
/// A grant's subjects with everything that follows from it: both agencies' link codes, the index tag, and the record's commitments to them.
/// Computed at approval and again at redeem, always the same, and kept nowhere.
/// </summary>
internal sealed class GrantedCodes(LinkCodeCipher cipher, IndexTags tags)
{
    public IReadOnlyList<GrantedCode> Of(Grant grant, OpenPart open)
    {
        var requester = AgencyId.Parse(open.Requester);
        var provider = AgencyId.Parse(open.Provider);
        var year = IndexTags.YearOf(DateTimeOffset.FromUnixTimeMilliseconds(open.TimeMs));
        var providerCodes = Encode(grant.Subjects, provider, grant.ProviderEpoch);
        var requesterCodes = RequesterCodes(grant.Subjects, requester);
        var codes = new GrantedCode[providerCodes.Length];
        for (var i = 0; i < codes.Length; i++)
        {
            var subject = grant.Subjects[i];
            var seed = grant.SeedOf(subject.Index);
            var tag = tags.Of(subject.Id, year);
            var (requesterSalt, providerSalt) = (Commitment.Salt(seed, CommitmentSide.RequesterCode), Commitment.Salt(seed, CommitmentSide.ProviderCode));
            var leaf = new SubjectLeaf(subject.Index, SubjectOutcome.Unspecified)
            {
                Tag = Commitment.OfTag(Commitment.Salt(seed, CommitmentSide.IndexTag), tag),
                RequesterCode = Commitment.OfLinkCode(requesterSalt, requester, requesterCodes[i]),
                ProviderCode = Commitment.OfLinkCode(providerSalt, provider, providerCodes[i]),
            };
            codes[i] = new GrantedCode(leaf, providerCodes[i], seed, tag, requesterSalt, providerSalt);
        }

        return codes;
    }

    /// <summary>All under one epoch, as nearly always, in one pass; each alone where an agency is between two.</summary>
    private LinkCode[] RequesterCodes(GrantedSubject[] subjects, AgencyId requester) =>
        subjects is [var first, ..] && Array.TrueForAll(subjects, subject => subject.RequesterEpoch == first.RequesterEpoch)
            ? Encode(subjects, requester, first.RequesterEpoch)
            : [.. subjects.Select(subject => cipher.Encode(subject.Id, requester, subject.RequesterEpoch))];

    private LinkCode[] Encode(GrantedSubject[] subjects, AgencyId agency, byte epoch)
    {
        var ids = Array.ConvertAll(subjects, subject => subject.Id);
        var codes = new LinkCode[ids.Length];
        cipher.EncodeAll(ids, agency, epoch, codes);
        Array.Clear(ids);
        return codes;
    }
}

/// <summary>One subject of a grant.</summary>
internal sealed record GrantedCode(SubjectLeaf Leaf, LinkCode ProviderCode, byte[] Seed, byte[] Tag, byte[] RequesterSalt, byte[] ProviderSalt)
{
    /// <summary>The person's record, in every event of the exchange.</summary>
    public NewSubject ToRecord() => new(Leaf) { Seed = Seed, Tag = Tag };

    /// <summary>What lets the requester check its own code, and no other, against the record.</summary>
    public SubjectCommitment ForRequester() => new()
    {
        Index = Leaf.Index,
        Salt = RequesterSalt.ToByteString(),
        OtherCommitment = Leaf.ProviderCode.ToByteString(),
        TagCommitment = Leaf.Tag.ToByteString(),
    };

    /// <summary>What lets the provider check its own code, and no other, against the record.</summary>
    public SubjectCommitment ForProvider() => new()
    {
        Index = Leaf.Index,
        Salt = ProviderSalt.ToByteString(),
        OtherCommitment = Leaf.RequesterCode.ToByteString(),
        TagCommitment = Leaf.Tag.ToByteString(),
    };
}
