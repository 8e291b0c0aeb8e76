using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Sealing;
using InfoLink.Contracts.Tokens;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Requesting;

/// <summary>The broker's approval after the requester has checked it: the record is of what was asked, and commits to the codes that were sent.</summary>
internal sealed record ApprovedExchange(
    ExchangeId ExchangeId,
    ExchangeToken Token,
    Receipt Receipt,
    OpenPart Approval,
    SealContext SealContext,
    IReadOnlyList<uint> Indices,
    IReadOnlyList<KindId> Kinds,
    StatuteCatalog Catalog,
    IReadOnlyDictionary<uint, Refusal> Refused)
{
    /// <param name="reply">The broker's.</param>
    /// <param name="asked">The open part of the ASKED record.</param>
    /// <param name="commitment">Leaf hash of the ASKED entry.</param>
    /// <param name="catalogs">The catalogs that the requester holds: an approval under another one is nobody's.</param>
    /// <param name="codes">The link codes that were sent; a subject's index is its position.</param>
    public static Outcome<ApprovedExchange> Check(AuthorizeReply reply, OpenPart asked, Sha256Digest commitment, CatalogSet catalogs, IReadOnlyList<LinkCode> codes)
    {
        if (!ExchangeId.TryFromBytes(reply.ExchangeId.Span, out var exchange)
            || !ExchangeToken.TryParse(reply.Token, out var token)
            || !TokenPayload.TryPeekTokenId(token, out var tokenId))
        {
            return new Refusal(RefusalName.ReceiptInvalid, "token");
        }

        if (ApprovedRecord.CheckAgainstRequest(reply.Receipt, asked, exchange, token.Sha256, commitment) is { } wrong)
        {
            return wrong;
        }

        // Each index once: approved or refused, nobody forgotten and nobody added.
        var indices = reply.Subjects.Select(subject => subject.Index).ToList();
        var all = indices.Concat(reply.Refused).Order();
        if (!all.SequenceEqual(Enumerable.Range(0, codes.Count).Select(i => (uint)i)) || !indices.SequenceEqual(indices.Order()))
        {
            return new Refusal(RefusalName.ReceiptInvalid, "subjects");
        }

        var self = AgencyId.Parse(asked.Requester);
        var approval = AccessEntry.TryParse(reply.Receipt.OpenPart.Span)!;
        if (!Sha256Digest.TryFromBytes(approval.CatalogSha256.Span, out var catalog))
        {
            return new Refusal(RefusalName.ReceiptInvalid, "catalog_sha256");
        }

        if (catalogs.Find((int)approval.CatalogVersion, catalog) is not { } named || asked.Kinds.Any(kind => !named.Kinds.ContainsKey(KindId.Parse(kind))))
        {
            return new Refusal(RefusalName.CatalogMismatch, $"version {approval.CatalogVersion} there", TimeSpan.FromSeconds(2));
        }

        if (approval.Count != indices.Count || !ApprovedRecord.CommitsTo(reply.Receipt, reply.Subjects, CommitmentSide.RequesterCode, self, index => codes[(int)index]))
        {
            return new Refusal(RefusalName.CommitmentInvalid);
        }

        var why = RefusalWire.FromMessage(reply.Refusal) ?? new Refusal(RefusalName.LinkCodeRefused);
        return new ApprovedExchange(
            exchange,
            token,
            reply.Receipt,
            approval,
            new SealContext(exchange, tokenId.Reveal(), self, AgencyId.Parse(asked.Provider), catalog.ToArray()),
            indices,
            [.. asked.Kinds.Select(KindId.Parse)],
            named,
            reply.Refused.ToDictionary(index => index, _ => why));
    }
}
