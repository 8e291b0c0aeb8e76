using System.Collections.Immutable;
using Google.Protobuf;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Tokens;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Broker.Exchange;

/// <summary>Messages to values and back, by hand, once. A malformed message is refused with the field's name, never its content.</summary>
/// <remarks>Codes inside a message cannot be wiped: its bytes are the RPC layer's, before it is read and until it is written.</remarks>
internal static class ExchangeMessages
{
    private const int MaxKinds = 64;
    private const int MaxPins = 64;
    private const int MaxOrigin = 200;

    public static Outcome<AuthorizationRequest> Read(AuthorizeRequest message)
    {
        if (message.LinkCodes.Count is < 1 or > TokenRules.MaxSubjects)
        {
            return new Refusal(RefusalName.SubjectCount);
        }

        if (message.Kinds.Count is < 1 or > MaxKinds)
        {
            return Malformed("kinds");
        }

        if (!EntryId.TryParse(message.Entry, out var entry))
        {
            return Malformed("entry");
        }

        if (!SubjectRole.TryParse(message.Role, out var role))
        {
            return Malformed("role");
        }

        if (!AgencyId.TryParse(message.Provider, out var provider))
        {
            return Malformed("provider");
        }

        if (!ConditionsMessage.TryRead(message.Conditions, out var conditions))
        {
            return Malformed("conditions");
        }

        if (!Sha256Digest.TryFromBytes(message.RequestCommitment.Span, out var commitment))
        {
            return Malformed("request_commitment");
        }

        if (!Sha256Digest.TryFromBytes(message.Rek.Span, out var recipientKey))
        {
            return Malformed("rek");
        }

        ExchangeId? continues = null;
        if (!message.Continues.IsEmpty)
        {
            if (!ExchangeId.TryFromBytes(message.Continues.Span, out var pending))
            {
                return Malformed("continues");
            }

            continues = pending;
        }

        if (TryReadKinds(message.Kinds) is not { } kinds)
        {
            return Malformed("kinds");
        }

        if (message.Pins.Count > MaxPins || message.Pins.Any(pin => pin.Origin.Length > MaxOrigin))
        {
            return Malformed("pins");
        }

        var codes = new LinkCode[message.LinkCodes.Count];
        for (var i = 0; i < codes.Length; i++)
        {
            if (!LinkCode.TryFromBytes(message.LinkCodes[i].Span, out codes[i]))
            {
                return Malformed("link_codes");
            }
        }

        return new AuthorizationRequest
        {
            Entry = entry,
            Role = role,
            Provider = provider,
            Kinds = kinds,
            Conditions = conditions,
            LinkCodes = codes,
            RequestCommitment = commitment,
            RecipientKey = recipientKey,
            Continues = continues,
            Pins = message.Pins,
        };
    }

    public static AuthorizeReply Write(Approval approval)
    {
        var reply = new AuthorizeReply
        {
            ExchangeId = approval.ExchangeId.ToArray().ToByteString(),
            Token = approval.Token.Reveal(),
            Receipt = approval.Record.Receipt,
            Consistency = approval.Record.FromPin,
        };
        reply.Subjects.Add(approval.Subjects.Select(subject => subject.ForRequester()));
        if (approval.Refused.Count > 0)
        {
            reply.Refused.Add(approval.Refused);
            reply.Refusal = new Refusal(RefusalName.LinkCodeRefused).ToMessage();
        }

        return reply;
    }

    public static Outcome<RedeemCall> Read(RedeemRequest message)
    {
        if (!ExchangeToken.TryParse(message.Token, out var token) || !TokenPayload.TryPeekTokenId(token, out var id))
        {
            return new Refusal(RefusalName.TokenInvalid);
        }

        if (message.Pin is null || message.Pin.Origin.Length > MaxOrigin)
        {
            return Malformed("pin");
        }

        return AttemptId.TryFromBytes(message.AttemptId.Span, out var attempt)
            ? new RedeemCall(token, id, attempt, message.Pin, message.ReceiptSize)
            : Malformed("attempt_id");
    }

    public static RedeemReply Write(Redeemed redeemed)
    {
        var reply = new RedeemReply
        {
            ExchangeId = redeemed.ExchangeId.ToArray().ToByteString(),
            OpenPartSha256 = redeemed.OpenPart.ToByteString(),
            Checkpoint = (redeemed.History.Cosigned?.Note ?? []).ToByteString(),
        };
        reply.Consistency.Add(redeemed.History.Proofs);
        foreach (var subject in redeemed.Subjects)
        {
            var code = new byte[LinkCode.ByteLength];
            subject.ProviderCode.CopyTo(code);
            reply.Subjects.Add(new RedeemedSubject
            {
                Index = subject.Leaf.Index,
                LinkCode = UnsafeByteOperations.UnsafeWrap(code),
                Commitment = subject.ForProvider(),
            });
        }

        return reply;
    }

    public static Outcome<Settlement> Read(SettleRequest message)
    {
        if (!ExchangeId.TryFromBytes(message.ExchangeId.Span, out var exchange))
        {
            return Malformed("exchange_id");
        }

        if (!Sha256Digest.TryFromBytes(message.TokenSha256.Span, out var token))
        {
            return Malformed("token_sha256");
        }

        if (message.Subjects.Count is < 1 or > TokenRules.MaxSubjects)
        {
            return new Refusal(RefusalName.SubjectCount);
        }

        var subjects = new List<SettledSubject>(message.Subjects.Count);
        foreach (var subject in message.Subjects)
        {
            if (TryRead(subject) is not { } settled)
            {
                return Malformed("subjects");
            }

            subjects.Add(settled);
        }

        return new Settlement(exchange, token, subjects);
    }

    private static SettledSubject? TryRead(SubjectSettlement subject)
    {
        // A digest where something was answered, and only there.
        var answered = subject.Outcome == SubjectOutcome.AnsweredOutcome;
        var known = subject.Outcome != SubjectOutcome.Unspecified && Enum.IsDefined(subject.Outcome);
        if (!known || answered == subject.Digest.IsEmpty)
        {
            return null;
        }

        var digest = Sha256Digest.Zero;
        return !answered || Sha256Digest.TryFromBytes(subject.Digest.Span, out digest)
            ? new SettledSubject(subject.Index, subject.Outcome, digest, subject.DisplayHold)
            : null;
    }

    private static ImmutableArray<KindId>? TryReadKinds(IReadOnlyCollection<string> texts)
    {
        var kinds = ImmutableArray.CreateBuilder<KindId>(texts.Count);
        foreach (var text in texts)
        {
            if (!KindId.TryParse(text, out var kind) || kinds.Contains(kind))
            {
                return null;
            }

            kinds.Add(kind);
        }

        return kinds.ToImmutable();
    }

    private static Refusal Malformed(string field) => new(RefusalName.RequestMalformed, field);
}
