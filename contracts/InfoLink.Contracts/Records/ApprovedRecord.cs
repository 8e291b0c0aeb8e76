using Google.Protobuf;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Tokens;
using InfoLink.V1;

namespace InfoLink.Contracts.Records;

/// <summary>
/// The record of an approval, made by the broker and checked by both agencies: every field of its open part follows from the token,
/// but for the time and the request commitment, which only the record holds.
/// </summary>
public static class ApprovedRecord
{
    /// <summary>The broker's name as a custodian.</summary>
    public const string BrokerCustodian = "broker";

    public static OpenPart OpenPart(TokenClaims claims, Sha256Digest token, DateTimeOffset time, Sha256Digest requestCommitment)
    {
        var part = new OpenPart
        {
            Event = AccessEvent.Approved,
            Custodian = BrokerCustodian,
            TimeMs = time.ToUnixTimeMilliseconds(),
            ExchangeId = claims.ExchangeId.ToArray().ToByteString(),
            TokenSha256 = token.ToByteString(),
            Entry = claims.Entry.Value,
            Role = claims.Role.Value,
            Requester = claims.Requester.Value,
            Provider = claims.Provider.Value,
            ConditionsSha256 = claims.Conditions.ToByteString(),
            CatalogVersion = (uint)claims.CatalogVersion,
            CatalogSha256 = claims.Catalog.ToByteString(),
            Cnf = claims.Confirmation.ToByteString(),
            Rek = claims.RecipientKey.ToByteString(),
            IssuedAt = claims.IssuedAt.ToUnixTimeSeconds(),
            ExpiresAt = claims.Expires.ToUnixTimeSeconds(),
            RequestCommitment = requestCommitment.ToByteString(),
            Count = (uint)claims.Count,
            Continues = (claims.Continues?.ToArray() ?? []).ToByteString(),
        };
        part.Kinds.Add(claims.Kinds.Select(kind => kind.Value));
        return part;
    }

    /// <summary>For a refusal before approval: no token came to be, so the record tells of none.</summary>
    public static OpenPart WithoutToken(this OpenPart part)
    {
        var open = part.Clone();
        open.ExchangeId = open.TokenSha256 = ByteString.Empty;
        open.IssuedAt = open.ExpiresAt = 0;
        return open;
    }

    /// <summary>
    /// Step 6 at the provider: every field of the receipt's open part equals the token's. Inclusion in the log and the checkpoint are
    /// checked by the stage that the log's Merkle form brings.
    /// </summary>
    /// <returns>Null where the receipt holds, else <see cref="RefusalName.ReceiptInvalid"/> naming what differs.</returns>
    public static Refusals.Refusal? CheckAgainstToken(Receipt? receipt, TokenClaims claims, Sha256Digest token)
    {
        if (Read(receipt) is not { } part)
        {
            return new Refusals.Refusal(RefusalName.ReceiptInvalid, "open part");
        }

        if (!Sha256Digest.TryFromBytes(part.RequestCommitment.Span, out var commitment))
        {
            return new Refusals.Refusal(RefusalName.ReceiptInvalid, "request commitment");
        }

        var expected = OpenPart(claims, token, DateTimeOffset.FromUnixTimeMilliseconds(ClampTime(part.TimeMs)), commitment);
        return part.Equals(expected) ? null : new Refusals.Refusal(RefusalName.ReceiptInvalid, FirstDifference(part, expected));
    }

    /// <summary>The requester's check: the record is of what it asked, bound to its certificate, key and own commitment.</summary>
    /// <param name="receipt">What the broker sent.</param>
    /// <param name="asked">The open part of the requester's own ASKED record.</param>
    /// <param name="exchangeId">From the same reply.</param>
    /// <param name="token">From the same reply.</param>
    /// <param name="commitment">Leaf hash of the ASKED entry.</param>
    public static Refusals.Refusal? CheckAgainstRequest(
        Receipt? receipt, OpenPart asked, ExchangeId exchangeId, Sha256Digest token, Sha256Digest commitment)
    {
        if (Read(receipt) is not { } part)
        {
            return new Refusals.Refusal(RefusalName.ReceiptInvalid, "open part");
        }

        if (part.CatalogSha256.Length != Sha256Digest.Size)
        {
            return new Refusals.Refusal(RefusalName.ReceiptInvalid, "catalog_sha256");
        }

        var expected = asked.Clone();
        expected.Event = AccessEvent.Approved;
        expected.Custodian = BrokerCustodian;
        expected.ExchangeId = exchangeId.ToArray().ToByteString();
        expected.TokenSha256 = token.ToByteString();
        expected.RequestCommitment = commitment.ToByteString();
        expected.TimeMs = part.TimeMs;
        expected.IssuedAt = part.IssuedAt;
        expected.ExpiresAt = part.ExpiresAt;
        expected.Count = part.Count;
        expected.CatalogVersion = part.CatalogVersion;
        expected.CatalogSha256 = part.CatalogSha256;
        return part.Equals(expected) ? null : new Refusals.Refusal(RefusalName.ReceiptInvalid, FirstDifference(part, expected));
    }

    /// <summary>
    /// Does the record commit to the codes that this agency knows? Its own commitment of each subject is computed from its code and the salt
    /// it was given; the others stay closed; all together must make the record's private root.
    /// </summary>
    /// <param name="receipt">The approval's receipt.</param>
    /// <param name="subjects">What the broker gave for each subject, in order.</param>
    /// <param name="side">Whose code is known here.</param>
    /// <param name="agency">This agency.</param>
    /// <param name="codeOf">Its code for a subject's index; only asked for indices in <paramref name="subjects"/>.</param>
    public static bool CommitsTo(
        Receipt receipt, IEnumerable<SubjectCommitment> subjects, CommitmentSide side, AgencyId agency, Func<uint, LinkCode> codeOf)
    {
        var leaves = new List<SubjectLeaf>();
        foreach (var subject in subjects)
        {
            if (subject.Salt.Length != Commitment.SaltSize
                || !Sha256Digest.TryFromBytes(subject.OtherCommitment.Span, out var other)
                || !Sha256Digest.TryFromBytes(subject.TagCommitment.Span, out var tag))
            {
                return false;
            }

            var own = Commitment.OfLinkCode(subject.Salt.Span, agency, codeOf(subject.Index));
            leaves.Add(new SubjectLeaf(subject.Index, SubjectOutcome.Unspecified)
            {
                Tag = tag,
                RequesterCode = side == CommitmentSide.RequesterCode ? own : other,
                ProviderCode = side == CommitmentSide.ProviderCode ? own : other,
            });
        }

        return Sha256Digest.TryFromBytes(receipt.PrivateRoot.Span, out var root) && root == PrivateRoot.Of(leaves);
    }

    private static OpenPart? Read(Receipt? receipt) =>
        receipt is { Salt.Length: AccessEntry.SaltSize, PrivateRoot.Length: Sha256Digest.Size }
            ? AccessEntry.TryParse(receipt.OpenPart.Span)
            : null;

    private static long ClampTime(long unixMilliseconds) => Math.Clamp(
        unixMilliseconds,
        DateTimeOffset.MinValue.ToUnixTimeMilliseconds(),
        DateTimeOffset.MaxValue.ToUnixTimeMilliseconds());

    private static string FirstDifference(OpenPart part, OpenPart expected) =>
        V1.OpenPart.Descriptor.Fields.InDeclarationOrder()
            .First(field => !Equals(field.Accessor.GetValue(part), field.Accessor.GetValue(expected)))
            .Name;
}
