using Grpc.Core;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting;
using InfoLink.Rpc;
using InfoLink.V1;
using Polly.CircuitBreaker;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Calls;

/// <summary>What a failed call means, as a refusal with a name.</summary>
internal static class CallFaults
{
    /// <summary>Makes a call; what it ends with is an outcome. Giving up is the caller's, and passes.</summary>
    /// <param name="call">Finds the way there and asks.</param>
    /// <param name="unreachable">The name for "nothing was asked".</param>
    /// <param name="lost">The name for "it may have been received".</param>
    /// <param name="cancellation">The caller's.</param>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public static async Task<Outcome<T>> OutcomeOfAsync<T>(Func<Task<Outcome<T>>> call, RefusalName unreachable, RefusalName lost, CancellationToken cancellation)
    {
        try
        {
            return await call();
        }
        catch (RpcException fault) when (fault.IsGivenUp(cancellation))
        {
            throw new OperationCanceledException("The call was given up.", fault, cancellation);
        }
        catch (EndpointUnknownException)
        {
            return new Refusal(unreachable, "no endpoint");
        }
        catch (Exception fault) when (ToRefusal(fault, unreachable, lost) is { } refusal)
        {
            return refusal;
        }
    }

    /// <param name="fault">What the call ended with.</param>
    /// <param name="unreachable">The name for "nothing was asked".</param>
    /// <param name="lost">The name for "it may have been received".</param>
    public static Refusal? ToRefusal(Exception fault, RefusalName unreachable, RefusalName lost) => fault switch
    {
        RpcException rpc when RefusalWire.TryRead(rpc) is { } refusal => refusal,
        RpcException { StatusCode: StatusCode.DeadlineExceeded } => new Refusal(RefusalName.DeadlineExceeded),
        RpcException rpc when rpc.IsPeerMismatch() => new Refusal(RefusalName.PeerMismatch),
        RpcException rpc when rpc.NeverReachedServer() => new Refusal(unreachable),

        // CANCELLED, where we did not cancel: the other side tore the call away.
        RpcException { StatusCode: StatusCode.Unavailable or StatusCode.Cancelled } => new Refusal(lost),
        RpcException rpc => new Refusal(RefusalName.InternalFault, rpc.StatusCode.ToString()),
        BrokenCircuitException => new Refusal(unreachable, "circuit open", CallPolicies.BreakDuration),
        _ => null,
    };

    /// <summary>Did the call end because its caller gave it up? Then it is the caller's cancellation, and no refusal.</summary>
    public static bool IsGivenUp(this RpcException fault, CancellationToken cancellation) =>
        fault.StatusCode == StatusCode.Cancelled && cancellation.IsCancellationRequested;
}
