using Grpc.Core;
using InfoLink.Broker.Limits;
using InfoLink.Broker.Membership;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting.Limits;
using InfoLink.V1;

namespace InfoLink.Broker.Exchange;

/// <summary>
/// <c>infolink.v1.ExchangeService</c> on the wire: who calls, a place for the call, message to values, story, values to message. Refusals leave as status and
/// trailer; stage faults that have a refusal of their own are named here, once.
/// </summary>
internal sealed class ExchangeEdge(ExchangeProtocol protocol, Callers callers, ExchangeLimits limits) : ExchangeService.ExchangeServiceBase
{
    public override Task<AuthorizeReply> Authorize(AuthorizeRequest request, ServerCallContext context) => AnswerAsync(
        context,
        limits.BeginAsync,
        () => ExchangeMessages.Read(request),
        (caller, value) => protocol.AuthorizeAsync(caller, value, context.CancellationToken),
        ExchangeMessages.Write);

    public override Task<RedeemReply> Redeem(RedeemRequest request, ServerCallContext context) => AnswerAsync(
        context,
        limits.FinishAsync,
        () => ExchangeMessages.Read(request),
        (caller, value) => protocol.RedeemAsync(caller, value, context.CancellationToken),
        ExchangeMessages.Write);

    public override Task<SettleReply> Settle(SettleRequest request, ServerCallContext context) => AnswerAsync(
        context,
        limits.FinishAsync,
        () => ExchangeMessages.Read(request),
        (caller, value) => protocol.SettleAsync(caller, value, context.CancellationToken),
        _ => new SettleReply());

    private async Task<TReply> AnswerAsync<TValue, TResult, TReply>(
        ServerCallContext context,
        Func<AgencyId, CancellationToken, ValueTask<Outcome<CallPlace>>> enter,
        Func<Outcome<TValue>> read,
        Func<Caller, TValue, Task<Outcome<TResult>>> act,
        Func<TResult, TReply> write)
    {
        try
        {
            var caller = callers.Of(context);
            using var place = (await enter(caller.Id, context.CancellationToken)).OrThrow();
            var value = read().OrThrow();
            return write((await act(caller, value)).OrThrow());
        }
        catch (Exception fault) when (BrokerFaults.ToRefusal(fault) is { } refusal)
        {
            throw refusal.ToRpcException();
        }
    }
}
