using Grpc.Core;
using InfoLink.Broker.Codes;
using InfoLink.Broker.Exchange;
using InfoLink.Broker.Limits;
using InfoLink.Broker.Membership;
using InfoLink.Codes;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Tokens;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Broker.Linking;

/// <summary><c>infolink.v1.LinkCodeService</c> on the wire.</summary>
internal sealed class LinkCodeEdge(LinkGiving giving, LinkRenewing renewing, Callers callers, ExchangeLimits limits) : LinkCodeService.LinkCodeServiceBase
{
    public override async Task<GiveReply> Give(GiveRequest request, ServerCallContext context)
    {
        try
        {
            var caller = callers.Of(context);
            using var place = (await limits.BeginAsync(caller.Id, context.CancellationToken)).OrThrow();
            if (!AttemptId.TryFromBytes(request.AttemptId.Span, out var attempt))
            {
                throw new Refusal(RefusalName.RequestMalformed, "attempt_id").ToRpcException();
            }

            var given = (await giving.GiveAsync(caller, request.Ticket, attempt, context.CancellationToken)).OrThrow();
            var reply = new GiveReply { ExchangeId = given.Giving.ToArray().ToByteString() };
            reply.Refused.Add(given.Refused);
            foreach (var (index, code) in given.Codes)
            {
                var bytes = new byte[LinkCode.ByteLength];
                code.CopyTo(bytes);
                reply.Codes.Add(new GivenCode { Index = index, LinkCode = Google.Protobuf.UnsafeByteOperations.UnsafeWrap(bytes) });
            }

            return reply;
        }
        catch (Exception fault) when (BrokerFaults.ToRefusal(fault) is { } refusal)
        {
            throw refusal.ToRpcException();
        }
    }

    public override async Task<RenewReply> Renew(RenewRequest request, ServerCallContext context)
    {
        try
        {
            var caller = callers.Of(context);
            using var place = (await limits.BeginAsync(caller.Id, context.CancellationToken)).OrThrow();
            if (request.LinkCodes.Count is 0 or > LinkRenewing.MostCodes || request.LinkCodes.Any(code => code.Length != LinkCode.ByteLength))
            {
                throw new Refusal(RefusalName.RequestMalformed, "link_codes").ToRpcException();
            }

            AgencyId? from = null;
            if (request.FromAgency.Length > 0)
            {
                from = AgencyId.TryParse(request.FromAgency, out var old) ? old : throw new Refusal(RefusalName.RequestMalformed, "from_agency").ToRpcException();
            }

            LinkCode[] codes = [.. request.LinkCodes.Select(code => LinkCode.FromBytes(code.Span))];
            var renewed = (await renewing.RenewAsync(caller, from, codes, context.CancellationToken)).OrThrow();
            var reply = new RenewReply { Epoch = renewed.Epoch };
            reply.Refused.Add(renewed.Refused);
            foreach (var (index, code) in renewed.Codes)
            {
                var bytes = new byte[LinkCode.ByteLength];
                code.CopyTo(bytes);
                reply.Codes.Add(new RenewedCode { Index = index, LinkCode = Google.Protobuf.UnsafeByteOperations.UnsafeWrap(bytes) });
            }

            return reply;
        }
        catch (Exception fault) when (BrokerFaults.ToRefusal(fault) is { } refusal)
        {
            throw refusal.ToRpcException();
        }
    }
}

/// <summary><c>infolink.v1.CodeRegisterService</c> on the wire: the code authority's, and nobody else's.</summary>
internal sealed class CodeRegisterEdge(CodeRegisterDesk desk, TicketKey key, Callers callers) : CodeRegisterService.CodeRegisterServiceBase
{
    private const int LongestReason = 500;

    public override Task<TicketKeyReply> TicketKey(TicketKeyRequest request, ServerCallContext context)
    {
        _ = AuthorityOf(context);
        return Task.FromResult(new TicketKeyReply { Key = Google.Protobuf.UnsafeByteOperations.UnsafeWrap(key.PublicKey) });
    }

    public override async Task<PutStandingReply> Put(PutStandingRequest request, ServerCallContext context)
    {
        try
        {
            var caller = AuthorityOf(context);
            if (!IdCode.TryFromBytes(request.IdCode.Span, out var person))
            {
                throw Malformed("id_code");
            }

            IdCode? successor = null;
            if (request.State == CodeState.SupersededCodes)
            {
                successor = IdCode.TryFromBytes(request.SupersededBy.Span, out var next) ? next : throw Malformed("superseded_by");
            }
            else if (!request.SupersededBy.IsEmpty)
            {
                throw Malformed("superseded_by");
            }

            if (request.ExpiresAt < 0 || request.ExpiresAt > DateTimeOffset.MaxValue.ToUnixTimeSeconds())
            {
                throw Malformed("expires_at");
            }

            if (request.Reason.Length is 0 or > LongestReason)
            {
                throw Malformed("reason");
            }

            var state = request.State switch
            {
                CodeState.ActiveCodes => RegisterState.Active,
                CodeState.FrozenCodes => RegisterState.Frozen,
                CodeState.SupersededCodes => RegisterState.Superseded,
                _ => throw Malformed("state"),
            };
            DateTimeOffset? expires = request.ExpiresAt == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(request.ExpiresAt);
            var changed = (await desk.PutAsync(caller, person, state, successor, expires, request.Reason, context.CancellationToken)).OrThrow();
            return new PutStandingReply { Changed = changed };
        }
        catch (Exception fault) when (BrokerFaults.ToRefusal(fault) is { } refusal)
        {
            throw refusal.ToRpcException();
        }
    }

    private Caller AuthorityOf(ServerCallContext context)
    {
        var caller = callers.Of(context);
        return caller.Member.Has(MemberFlags.CodeAuthority) ? caller : throw new Refusal(RefusalName.MemberNotEntitled, MemberFlags.CodeAuthority).ToRpcException();
    }

    private static RpcException Malformed(string field) => new Refusal(RefusalName.RequestMalformed, field).ToRpcException();
}
