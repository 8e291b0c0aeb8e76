using Grpc.Core;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Trust;
using InfoLink.Hosting;
using InfoLink.V1;

namespace InfoLink.Agent.Joining;

/// <summary>Why joining cannot go on, in words that name cause and way out.</summary>
internal sealed class JoinFaults(JoinCode code, TimeProvider time)
{
    public InvalidOperationException Why(RpcException fault)
    {
        if (fault.IsPeerMismatch())
        {
            return new InvalidOperationException(
                $"The server at {code.Broker} is not the broker that made the code, or this clock ({Clock}) is wrong. Nothing was sent. Check the clock; if it is right, ask the operator.", fault);
        }

        return RefusalWire.TryRead(fault) switch
        {
            { Name: RefusalName.CertificateUntrusted } => new InvalidOperationException(
                $"The broker does not accept this host's certificate: either this clock ({Clock}) is wrong, or the member list names another key for {code.Agency}.", fault),
            { } refusal => new InvalidOperationException($"{refusal} {refusal.WayOutEn}", fault),
            null => new InvalidOperationException($"The broker at {code.Broker} cannot be reached ({fault.StatusCode}). Look at the line and the firewall, then run the same command again.", fault),
        };
    }

    private string Clock => $"{time.GetUtcNow():yyyy-MM-dd HH:mm:ss} UTC";
}
