using InfoLink.Rpc.Server;
using Microsoft.AspNetCore.Http;

namespace Grpc.Core;

/// <summary>From a call to the request beneath.</summary>
public static class ServerCallContextExtensions
{
    /// <summary>The request this call came in, with its connection and the peer's certificate.</summary>
    /// <exception cref="InvalidOperationException">The call did not come over Kestrel (a test double, say).</exception>
    public static HttpContext GetHttpContext(this ServerCallContext serverCallContext)
    {
        ArgumentNullException.ThrowIfNull(serverCallContext);
        return serverCallContext is KestrelCall call ? call.Http : throw new InvalidOperationException("This call did not come over Kestrel.");
    }
}
