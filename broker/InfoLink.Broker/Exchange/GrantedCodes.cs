using InfoLink.Broker.AccessLog;
using InfoLink.Broker.Codes;
using InfoLink.Broker.Tokens;
using InfoLink.Codes;
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
        IdCode[] ids = [.. grant.Subjects.Select(subject => subject.Id)];
        var providerCodes = new LinkCode[ids.Length];
        cipher.EncodeAll(ids, provider, grant.ProviderEpoch, providerCodes);
        Array.Clear(ids);

        var codes = new GrantedCode[ids.Length];
        for (var i = 0; i < ids.Length; i++)
        {
            var subject = grant.Subjects[i];
            var seed = grant.SeedOf(subject.Index);
            var tag = tags.Of(subject.Id, year);
            var requesterCode = cipher.Encode(subject.Id, requester, subject.RequesterEpoch);
            var leaf = new SubjectLeaf(subject.Index, SubjectOutcome.Unspecified)
            {
                Tag = Commitment.OfTag(Commitment.Salt(seed, CommitmentSide.IndexTag), tag),
                RequesterCode = Commitment.OfLinkCode(Commitment.Salt(seed, CommitmentSide.RequesterCode), requester, requesterCode),
                ProviderCode = Commitment.OfLinkCode(Commitment.Salt(seed, CommitmentSide.ProviderCode), provider, providerCodes[i]),
            };
            codes[i] = new GrantedCode(leaf, providerCodes[i], seed, tag);
        }

        return codes;
    }
}

/// <summary>One subject of a grant.</summary>
internal sealed record GrantedCode(SubjectLeaf Leaf, LinkCode ProviderCode, byte[] Seed, byte[] Tag)
{
    /// <summary>The person's record, in every event of the exchange.</summary>
    public NewSubject ToRecord() => new(Leaf) { Seed = Seed, Tag = Tag };

    /// <summary>What lets the requester check its own code, and no other, against the record.</summary>
    public SubjectCommitment ForRequester() => new()
    {
        Index = Leaf.Index,
        Salt = Commitment.Salt(Seed, CommitmentSide.RequesterCode).ToByteString(),
        OtherCommitment = Leaf.ProviderCode.ToByteString(),
        TagCommitment = Leaf.Tag.ToByteString(),
    };

    /// <summary>What lets the provider check its own code, and no other, against the record.</summary>
    public SubjectCommitment ForProvider() => new()
    {
        Index = Leaf.Index,
        Salt = Commitment.Salt(Seed, CommitmentSide.ProviderCode).ToByteString(),
        OtherCommitment = Leaf.RequesterCode.ToByteString(),
        TagCommitment = Leaf.Tag.ToByteString(),
    };
}
