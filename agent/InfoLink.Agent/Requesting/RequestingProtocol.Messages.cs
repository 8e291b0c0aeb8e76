using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Sealing;
using InfoLink.Transparency;
using InfoLink.V1;

namespace InfoLink.Agent.Requesting;

/// <summary>What the requester writes of its question: for its own log, and for the broker.</summary>
internal sealed partial class RequestingProtocol
{
    private OpenPart AskedPart(AddressedQuestion question, LeafGeneration own, RecipientKey recipient)
    {
        var catalog = trust.Catalog;
        var part = new OpenPart
        {
            Entry = question.Inquiry.Entry.Value,
            Role = question.Role.Value,
            Requester = trust.Self.Value,
            Provider = question.Provider.Id.Value,
            ConditionsSha256 = question.Inquiry.Conditions.Digest().ToByteString(),
            CatalogVersion = (uint)catalog.Version,
            CatalogSha256 = catalog.Sha256.ToArray().ToByteString(),
            Cnf = LeafCertificate.Thumbprint(own.Tls).ToByteString(),
            Rek = recipient.Thumbprint.ToArray().ToByteString(),
            Continues = (question.Inquiry.Continues?.ToArray() ?? []).ToByteString(),
        };
        part.Kinds.Add(question.Kinds.Select(kind => kind.Value));
        return part;
    }

    private static OpenPart FailedPart(Appended asked)
    {
        var part = asked.Entry.Open.Clone();
        part.RequestCommitment = asked.LeafHash.ToByteString();
        return part;
    }

    private static AuthorizeRequest AuthorizeMessage(AddressedQuestion question, LinkCode[] codes, Sha256Digest commitment, RecipientKey recipient)
    {
        var message = new AuthorizeRequest
        {
            Entry = question.Inquiry.Entry.Value,
            Role = question.Role.Value,
            Provider = question.Provider.Id.Value,
            Conditions = question.Inquiry.Conditions.ToMessage(),
            RequestCommitment = commitment.ToByteString(),
            Rek = recipient.Thumbprint.ToArray().ToByteString(),
            Continues = (question.Inquiry.Continues?.ToArray() ?? []).ToByteString(),
        };
        message.Kinds.Add(question.Kinds.Select(kind => kind.Value));
        foreach (var code in codes)
        {
            var bytes = new byte[LinkCode.ByteLength];
            code.CopyTo(bytes);
            message.LinkCodes.Add(bytes.ToByteString());
        }

        return message;
    }
}
