using System.Security.Authentication;
using Grpc.Core;
using InfoLink.Agent.Calls;
using InfoLink.Contracts.Refusals;
using InfoLink.Rpc;
using InfoLink.V1;
using Polly.CircuitBreaker;
using Xunit;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Tests.Calls;

public sealed class CallFaultsTests
{
    private const RefusalName Unreachable = RefusalName.ProviderUnreachable;
    private const RefusalName Lost = RefusalName.AnswerLost;

    public static TheoryData<string, Exception, RefusalName> Faults => new()
    {
        { "a refusal is itself", new Refusal(RefusalName.TokenSpent).ToRpcException(), RefusalName.TokenSpent },
        { "no connection", Fault(StatusCode.Unavailable, new HttpRequestException(HttpRequestError.ConnectionError)), Unreachable },
        { "no such name", Fault(StatusCode.Unavailable, new HttpRequestException(HttpRequestError.NameResolutionError)), Unreachable },
        { "another server's certificate", Fault(StatusCode.Unavailable, new HttpRequestException(HttpRequestError.SecureConnectionError, "tls", new AuthenticationException())), RefusalName.PeerMismatch },
        { "never sent", Fault(StatusCode.Unavailable, new RequestNeverSentException(null)), Unreachable },
        { "broke on the way", Fault(StatusCode.Unavailable, new IOException()), Lost },
        { "the stream was reset with CANCEL by the server", Fault(StatusCode.Cancelled, new HttpProtocolException(8, "reset", null)), Lost },
        { "the server says CANCELLED", Fault(StatusCode.Cancelled, null), Lost },
        { "the deadline", Fault(StatusCode.DeadlineExceeded, null), RefusalName.DeadlineExceeded },
        { "the server has a fault", Fault(StatusCode.Internal, null), RefusalName.InternalFault },
        { "the server does not know the method", Fault(StatusCode.Unimplemented, null), RefusalName.InternalFault },
        { "a trailer that is no refusal", new RpcException(new Status(StatusCode.Internal, ""), new Metadata { { RefusalWire.TrailerName, [1, 2, 3] } }), RefusalName.InternalFault },
        { "the circuit is open", new BrokenCircuitException(), Unreachable },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Every_end_of_a_call_has_a_name(string what, Exception fault, RefusalName name)
    {
        Assert.NotEmpty(what);
        Assert.Equal(name, CallFaults.ToRefusal(fault, Unreachable, Lost)?.Name);
    }

    [Fact]
    public void A_fault_of_our_own_is_not_a_refusal() => Assert.Null(CallFaults.ToRefusal(new InvalidOperationException(), Unreachable, Lost));

    private static RpcException Fault(StatusCode code, Exception? cause) => new(new Status(code, "", cause!));
}
