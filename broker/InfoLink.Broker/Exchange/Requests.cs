using System.Collections.Immutable;
using InfoLink.Broker.AccessLog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Tokens;
using InfoLink.Transparency;
using InfoLink.V1;
using InquiryConditions = InfoLink.Contracts.Catalog.InquiryConditions;

namespace InfoLink.Broker.Exchange;

/// <summary>What a requester asks approval for.</summary>
internal sealed record AuthorizationRequest
{
    public required EntryId Entry { get; init; }

    public required SubjectRole Role { get; init; }

    public required AgencyId Provider { get; init; }

    public required ImmutableArray<KindId> Kinds { get; init; }

    public required InquiryConditions Conditions { get; init; }

    /// <summary>1 to 1,000, each once; the position is the subject's index.</summary>
    public required IReadOnlyList<LinkCode> LinkCodes { get; init; }

    public required Sha256Digest RequestCommitment { get; init; }

    public required Sha256Digest RecipientKey { get; init; }

    public ExchangeId? Continues { get; init; }

    /// <summary>Trees of the broker's logs that the requester has proved: the reply goes on from them.</summary>
    public IReadOnlyList<LogPin> Pins { get; init; } = [];
}

/// <summary>An approval that is on record.</summary>
internal sealed record Approval(
    ExchangeId ExchangeId, ExchangeToken Token, ApprovalProof Record, IReadOnlyList<GrantedCode> Subjects, IReadOnlyList<uint> Refused);

/// <summary>A token to be redeemed, with the id that it claims, by one attempt of the provider's.</summary>
/// <param name="Token">The whole token.</param>
/// <param name="TokenId">What it says that it is.</param>
/// <param name="Attempt">The provider's attempt.</param>
/// <param name="Pin">The tree of the receipt's log that the provider has proved.</param>
/// <param name="ReceiptSize">The tree that the receipt leads to.</param>
internal sealed record RedeemCall(ExchangeToken Token, TokenId TokenId, AttemptId Attempt, LogPin Pin, ulong ReceiptSize);

/// <summary>A token turned into the provider's link codes.</summary>
internal sealed record Redeemed(ExchangeId ExchangeId, Sha256Digest OpenPart, IReadOnlyList<GrantedCode> Subjects, LogHistory History);

/// <summary>What a provider says came of an exchange.</summary>
internal sealed record Settlement(ExchangeId ExchangeId, Sha256Digest Token, IReadOnlyList<SettledSubject> Subjects);

/// <summary>What came of one subject.</summary>
internal sealed record SettledSubject(uint Index, SubjectOutcome Outcome, Sha256Digest Digest, bool DisplayHold)
{
    /// <summary>The record of what came of a person, who is known from the redeemed record.</summary>
    public NewSubject ToRecord(StoredSubject person) => new(person.Leaf with { Outcome = Outcome, Digest = Digest })
    {
        Seed = person.Seed,
        Tag = person.Tag,
        DisplayHold = DisplayHold,
    };
}
