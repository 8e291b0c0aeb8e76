using Grpc.Core;

namespace InfoLink.Hosting;

/// <summary>A call that ended because the server did not prove to be the one that was called.</summary>
public static class PeerMismatch
{
    /// <summary>TLS ended before anything was sent.</summary>
    public static bool IsPeerMismatch(this RpcException fault)
    {
        for (var cause = fault.Status.DebugException; cause is not null; cause = cause.InnerException)
        {
            if (cause is System.Security.Authentication.AuthenticationException)
            {
                return true;
            }
        }

        return false;
    }
}
