using System.Security.Cryptography.X509Certificates;
using InfoLink.Agent.AccessLog;
using InfoLink.Agent.Calls;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Sealing;
using InfoLink.Hosting.Trust;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Requesting;

/// <summary>
/// Believes an answer step by step: the signing certificate stands under the provider's identity → each subject's signature → its seal → its
/// form → its layout. What fails a step is refused by name and nothing of it is handed over.
/// </summary>
internal sealed class AnswerReading(TrustBase trust, ContentSeal content, TimeProvider time)
{
    private readonly AnswerSigners _signers = new(time);

    /// <returns>One result for each approved subject, in their order; or why the whole reply is refused.</returns>
    public Outcome<IReadOnlyList<ReadSubject>> Read(SealedReply reply, ApprovedExchange approved, Member provider, RecipientKey recipient)
    {
        if (_signers.Find(trust.Members.NameOf(provider), provider.IdentityKeys, reply.Header.SigningCertificate.Span) is not { } signer)
        {
            return new Refusal(RefusalName.AnswerInvalid, "signing certificate");
        }

        if (reply.Header.Suite != SealContext.Suite)
        {
            return new Refusal(RefusalName.AnswerInvalid, "suite");
        }

        if (!reply.Subjects.Select(subject => subject.Index).SequenceEqual(approved.Indices))
        {
            return new Refusal(RefusalName.AnswerInvalid, "subjects");
        }

        try
        {
            using var opener = new AnswerOpener(recipient, reply.Header.Enc.Span, approved.SealContext, approved.Token.Sha256.Span);
            return reply.Subjects.Select((subject, ordinal) => Read(subject, ordinal, reply.Header, approved, opener, signer)).ToList();
        }
        catch (SealingException)
        {
            return new Refusal(RefusalName.AnswerInvalid, "encapsulated key");
        }
    }

    private ReadSubject Read(
        SealedSubject subject, int ordinal, FetchHeader header, ApprovedExchange approved, AnswerOpener opener, X509Certificate2 signer)
    {
        var signed = AnswerSignature.Verify(
            signer, subject.Signature.Span, approved.Token.Sha256.Span, header.Enc.Span, subject.Ciphertext.Span, subject.Digest.Span);
        if (!signed)
        {
            return new ReadSubject(subject.Index, new Refusal(RefusalName.AnswerInvalid, "signature"));
        }

        var digest = Sha256Digest.FromBytes(subject.Digest.Span);
        var evidence = new AnswerProof
        {
            Enc = header.Enc,
            CiphertextSha256 = Sha256Digest.Of(subject.Ciphertext.Span).ToByteString(),
            Signature = subject.Signature,
            SigningCertificate = header.SigningCertificate,
        };
        byte[]? received = null;
        var result = Open(subject, ordinal, digest, approved, opener, ref received);
        return new ReadSubject(subject.Index, result) { Digest = digest, Evidence = evidence, SealedContent = received };
    }

    private Outcome<Answer> Open(
        SealedSubject subject, int ordinal, Sha256Digest digest, ApprovedExchange approved, AnswerOpener opener, ref byte[]? received)
    {
        try
        {
            // Wiped when it has been read; the values are text from there on, which the runtime cannot wipe.
            using var opened = opener.Open(ordinal, subject.Index, subject.Ciphertext.Span);
            return Believe(opened, subject, digest, approved, ref received);
        }
        catch (SealingException)
        {
            return new Refusal(RefusalName.AnswerInvalid, "seal");
        }
    }

    private Outcome<Answer> Believe(OpenedAnswer opened, SealedSubject subject, Sha256Digest digest, ApprovedExchange approved, ref byte[]? received)
    {
        if (!digest.Span.SequenceEqual(opened.Digest.Span))
        {
            return new Refusal(RefusalName.AnswerInvalid, "digest");
        }

        if (AnswerMessages.TryRead(opened.Payload.Span) is not { } answer)
        {
            return new Refusal(RefusalName.AnswerInvalid, "payload");
        }

        if (answer.ResultCase != Answer.ResultOneofCase.Answered)
        {
            return answer;
        }

        if (WhyOutsideLayout(answer.Answered, approved.Kinds, approved.Catalog) is { } outside)
        {
            return outside;
        }

        received = content.Seal(approved.ExchangeId, AccessEvent.Received, subject.Index, opened.Salt.Span, opened.Payload.Span);
        return answer;
    }

    /// <summary>The requester's own check against its own catalog: exactly the kinds that were asked for, each within its layout.</summary>
    internal static Refusal? WhyOutsideLayout(V1.AnsweredKinds answered, IReadOnlyList<KindId> asked, StatuteCatalog catalog)
    {
        if (AnswerMessages.TryRead(answered) is not { } kinds)
        {
            return new Refusal(RefusalName.AnswerInvalid, "kinds");
        }

        if (!kinds.Keys.ToHashSet().SetEquals(asked))
        {
            return new Refusal(RefusalName.LayoutViolation, "kinds");
        }

        foreach (var (kind, items) in kinds)
        {
            if (Layout.Check(catalog.Kinds[kind], items) is [var first, ..])
            {
                return new Refusal(RefusalName.LayoutViolation, $"{kind}: {first}");
            }
        }

        return null;
    }
}

/// <summary>One subject's answer, as far as it could be believed.</summary>
internal sealed record ReadSubject(uint Index, Outcome<Answer> Result)
{
    public Sha256Digest? Digest { get; init; }

    public AnswerProof? Evidence { get; init; }

    /// <summary>Where values were received: they, sealed for the agency's own record.</summary>
    public byte[]? SealedContent { get; init; }

    public override string ToString() => $"ReadSubject({Index}, redacted)";
}
