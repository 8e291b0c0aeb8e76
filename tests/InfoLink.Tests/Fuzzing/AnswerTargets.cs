using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Grpc.Core;
using InfoLink.Agent;
using InfoLink.Agent.AccessLog;
using InfoLink.Agent.Calls;
using InfoLink.Agent.Providing;
using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Sealing;
using InfoLink.Hosting.Trust;
using InfoLink.Samples.Network;
using InfoLink.V1;

namespace InfoLink.Tests.Fuzzing;

/// <summary>What a bent broker or provider may send back, and what lies sealed at the agencies.</summary>
internal static class AnswerTargets
{
    public static IEnumerable<FuzzTarget> Of(RealExchanges real, TrustBase requester, TimeProvider then)
    {
        var commitment = Sha256Digest.FromBytes(real.Asked.RequestCommitment.Span);
        var asked = AccessEntry.TryParse(real.Approved.Receipt.OpenPart.Span)!;
        var codes = real.Asked.LinkCodes.Select(code => LinkCode.FromBytes(code.Span)).ToList();
        var approved = Approve(real.Approved)!;
        requester.Members.TryFind(AgencyId.Parse(NetworkFolder.Provider), out var provider);
        var content = new ContentSeal(RandomNumberGenerator.GetBytes(32));
        var reading = new AnswerReading(requester, content, then);
        var header = real.Answered[0].Header;
        var subject = real.Answered[1].Subject;
        using var first = new AnswerOpener(real.Yokohama.Recipient, header.Enc.Span, approved.SealContext, approved.Token.Sha256.Span);
        var opened = first.Open(0, subject.Index, subject.Ciphertext.Span);
        var payload = opened.Payload.ToArray();
        var catalog = requester.Catalogs.Find((int)approved.Approval.CatalogVersion, Sha256Digest.FromBytes(approved.Approval.CatalogSha256.Span))!;

        yield return new FuzzTarget("authorize-reply", Form.Proto, [real.Approved.ToByteArray()], Readers.Message<AuthorizeReply>(Approval)) { Weight = 2 };
        yield return new FuzzTarget("redeem-reply", Form.Proto, [real.Redeemed.ToByteArray()], Readers.Message<RedeemReply>(Redeemed));
        yield return new FuzzTarget("answer-stream", Form.Frames, [[.. real.Answered.SelectMany(reply => ProtoEdits.Frame(reply.ToByteArray()))]], Stream, typeof(RpcException)) { Weight = 2 };
        yield return new FuzzTarget("answer-payload", Form.Proto, [payload, AnswerMessages.Write(new Contracts.Refusals.Refusal(RefusalName.NotAvailable)), AnswerMessages.Write(real.Then)], Payload) { Weight = 2 };
        yield return new FuzzTarget("sealed-answer", Form.Bytes, [subject.Ciphertext.ToByteArray()], Sealed, typeof(SealingException));
        yield return new FuzzTarget("encapsulated-key", Form.Bytes, [header.Enc.ToByteArray(), real.Fetched.RecipientKey.ToByteArray()], bytes => RecipientKey.ThumbprintOf(bytes).Length == 32, typeof(SealingException));
        yield return new FuzzTarget("answer-signature", Form.Bytes, [subject.Signature.ToByteArray()], Signature);
        var kept = content.Seal(approved.ExchangeId, AccessEvent.Received, 0, opened.Salt.Span, payload);
        yield return new FuzzTarget("content-seal", Form.Bytes, [kept], Kept);
        yield return new FuzzTarget("leaf-certificate", Form.Bytes, [header.SigningCertificate.ToByteArray(), .. OddLeaves()], bytes => Leaf(bytes, requester, then)) { Weight = 2 };

        ApprovedExchange? Approve(AuthorizeReply reply) =>
            ApprovedExchange.Check(reply, asked, commitment, requester.Catalogs, codes) is Outcome<ApprovedExchange>.Done done ? done.Value : null;

        bool Approval(AuthorizeReply reply)
        {
            if (Approve(reply) is null || !Readers.Done(ReceiptProof.Check(reply.Receipt, requester.Members.Broker.Logs)))
            {
                return false;
            }

            Readers.Require(
                string.Equals(reply.Token, real.Approved.Token, StringComparison.Ordinal) && reply.ExchangeId.Equals(real.Approved.ExchangeId) && reply.Receipt.OpenPart.Equals(real.Approved.Receipt.OpenPart)
                && Same(reply.Subjects, real.Approved.Subjects) && reply.Refused.Count == 0,
                "a changed approval is taken");
            return true;
        }

        bool Redeemed(RedeemReply reply)
        {
            if (!Contracts.Tokens.ExchangeToken.TryParse(real.ApprovedToRedeem.Token, out var token)
                || !Contracts.Tokens.TokenPayload.TryRead(System.Buffers.Text.Base64Url.DecodeFromChars(token.Reveal().Split('.')[1]), out var claims))
            {
                return false;
            }

            var fetch = new Fetch(token, real.ApprovedToRedeem.Receipt, [], InfoLink.Contracts.Catalog.InquiryConditions.None);
            if (new FetchChecks(real.ProvidersTrust, null!, null!, null!, then, restored: null).WhyNotCommitted(fetch, claims, reply) is not null)
            {
                return false;
            }

            Readers.Require(Same(reply.Subjects, real.Redeemed.Subjects), "a conversion that is not on record is taken");
            return true;
        }

        bool Stream(byte[] bytes)
        {
            var replies = Readers.Frames<FetchReply>(bytes);
            if (replies is not [{ PartCase: FetchReply.PartOneofCase.Header } head, .. var rest] || rest.Exists(part => part.PartCase != FetchReply.PartOneofCase.Subject))
            {
                return false;
            }

            var outcome = reading.Read(new SealedReply(head.Header, [.. rest.Select(part => part.Subject)]), approved, provider!, real.Yokohama.Recipient);
            if (outcome is not Outcome<IReadOnlyList<ReadSubject>>.Done { Value: [{ Result: Outcome<Answer>.Done answer }] })
            {
                return false;
            }

            Readers.Require(answer.Value.ToByteArray().AsSpan().SequenceEqual(payload), "an answer that the provider did not give is taken");
            return true;
        }

        bool Payload(byte[] bytes)
        {
            if (AnswerMessages.TryRead(bytes) is not { } answer)
            {
                return false;
            }

            return answer.ResultCase switch
            {
                Answer.ResultOneofCase.Answered => AnswerMessages.TryRead(answer.Answered) is { } kinds
                    && kinds.All(kind => !catalog.Kinds.TryGetValue(kind.Key, out var known) || Layout.Check(known, kind.Value).All(violation => $"{violation}".Length > 0)),
                Answer.ResultOneofCase.Refused => RefusalWire.FromMessage(answer.Refused) is not null,
                _ => true,
            };
        }

        bool Sealed(byte[] bytes)
        {
            using var opener = new AnswerOpener(real.Yokohama.Recipient, header.Enc.Span, approved.SealContext, approved.Token.Sha256.Span);
            using var answer = opener.Open(0, subject.Index, bytes);
            Readers.Require(bytes.AsSpan().SequenceEqual(subject.Ciphertext.Span), "a changed seal opens");
            return true;
        }

        bool Signature(byte[] bytes)
        {
            using var signer = X509CertificateLoader.LoadCertificate(header.SigningCertificate.Span);
            Readers.Require(
                !AnswerSignature.Verify(signer, bytes, approved.Token.Sha256.Span, header.Enc.Span, [.. subject.Ciphertext.Span, 0], subject.Digest.Span),
                "one signature is good for two answers");
            return AnswerSignature.Verify(signer, bytes, approved.Token.Sha256.Span, header.Enc.Span, subject.Ciphertext.Span, subject.Digest.Span);
        }

        bool Kept(byte[] bytes)
        {
            var isOpen = content.TryOpen(approved.ExchangeId, AccessEvent.Received, 0, bytes) is not null;
            Readers.Require(!isOpen || bytes.AsSpan().SequenceEqual(kept), "changed content opens");
            return isOpen;
        }
    }

    /// <summary>The same but for fields that nobody knows.</summary>
    private static bool Same<T>(IEnumerable<T> read, IEnumerable<T> good)
        where T : class, IMessage<T>, new()
    {
        var known = new MessageParser<T>(() => new T()).WithDiscardUnknownFields(true);
        return read.Select(message => known.ParseFrom(message.ToByteArray())).SequenceEqual(good);
    }

    /// <summary>Loaded as a peer's would be, and held against every identity of the member list. What is readable is taken; under an identity it must be the real one.</summary>
    private static bool Leaf(byte[] der, TrustBase trust, TimeProvider then)
    {
        X509Certificate2 leaf;
        try
        {
            leaf = X509CertificateLoader.LoadCertificate(der);
        }
        catch (CryptographicException)
        {
            return false;
        }

        using (leaf)
        {
            var name = LeafCertificate.NameOf(leaf);
            foreach (var member in trust.Members.Members)
            {
                foreach (var purpose in Enum.GetValues<LeafPurpose>())
                {
                    Readers.Require(
                        !LeafCertificate.IsUnder(leaf, member.IdentityKeys, purpose, then.GetUtcNow()) || name == trust.Members.NameOf(member),
                        "a certificate stands under another's identity");
                }
            }
        }

        return true;
    }

    /// <summary>Strangers' certificates with dates at the ends of the calendar: anybody can make them.</summary>
    private static IEnumerable<byte[]> OddLeaves()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        foreach (var (from, until) in ((DateTimeOffset, DateTimeOffset)[])
            [
                (new(1, 1, 1, 0, 0, 0, TimeSpan.Zero), new(1, 1, 2, 0, 0, 0, TimeSpan.Zero)), (new(9999, 12, 30, 0, 0, 0, TimeSpan.Zero), new(9999, 12, 31, 23, 59, 59, TimeSpan.Zero)),
                (new(1, 1, 1, 0, 0, 0, TimeSpan.Zero), new(9999, 12, 31, 23, 59, 59, TimeSpan.Zero)),
            ])
        {
            var request = new CertificateRequest("CN=stranger", key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
            var names = new SubjectAlternativeNameBuilder();
            names.AddUri(new Uri("spiffe://infolink.example/agency/141003"));
            request.CertificateExtensions.Add(names.Build());
            using var made = request.Create(new X500DistinguishedName("CN=stranger"), X509SignatureGenerator.CreateForECDsa(key), from, until, [1]);
            yield return made.RawData;
        }
    }
}
