using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using InfoLink.Agent.AccessLog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Sealing;
using InfoLink.Contracts.Tokens;
using InfoLink.V1;

namespace InfoLink.Agent.Providing;

/// <content>What was read becomes what may leave.</content>
internal sealed partial class SubjectAnswers
{
    /// <summary>Seals and signs what was read; what was answered is sealed once more, for the agency's own record.</summary>
    public static SealedAnswers Seal(SubjectResult[] results, TokenClaims claims, Fetch fetch, LeafGeneration own, ContentSeal content)
    {
        try
        {
            return SealAll(results, claims, fetch, own, content);
        }
        finally
        {
            // Also of those that were not reached. The values themselves were text, from the existing system and for protobuf: the runtime wipes none.
            foreach (var result in results)
            {
                CryptographicOperations.ZeroMemory(result.Payload);
            }
        }
    }

    private static SealedAnswers SealAll(SubjectResult[] results, TokenClaims claims, Fetch fetch, LeafGeneration own, ContentSeal content)
    {
        var context = new SealContext(claims.ExchangeId, claims.TokenId.Reveal(), claims.Requester, claims.Provider, claims.Catalog.ToArray());
        var token = fetch.Token.Sha256;
        using var sealer = new AnswerSealer(fetch.RecipientKey, context, token.Span, results.Length);
        using var key = own.Signing.GetECDsaPrivateKey()
            ?? throw new InvalidOperationException("The signing certificate has no key.");
        var subjects = new SealedSubject[results.Length];
        var contents = new byte[]?[results.Length];
        for (var ordinal = 0; ordinal < results.Length; ordinal++)
        {
            var result = results[ordinal];
            using var sealedAnswer = sealer.Seal(ordinal, result.Index, result.Payload);
            var signature = AnswerSignature.Sign(key, token.Span, sealer.Enc.Span, sealedAnswer.Ciphertext.Span, sealedAnswer.Digest.Span);
            subjects[ordinal] = new SealedSubject
            {
                Index = result.Index,
                Ciphertext = Google.Protobuf.UnsafeByteOperations.UnsafeWrap(sealedAnswer.Ciphertext),
                Digest = Google.Protobuf.UnsafeByteOperations.UnsafeWrap(sealedAnswer.Digest),
                Signature = signature.ToByteString(),
            };
            contents[ordinal] = result.Outcome == SubjectOutcome.AnsweredOutcome
                ? content.Seal(claims.ExchangeId, AccessEvent.Answered, result.Index, sealedAnswer.Salt.Span, result.Payload)
                : null;
        }

        var header = new FetchHeader
        {
            Suite = SealContext.Suite,
            Enc = sealer.Enc.ToArray().ToByteString(),
            SigningCertificate = own.Signing.RawData.ToByteString(),
        };
        return new SealedAnswers(header, subjects, contents);
    }
}
