using Grpc.Core;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Sealing;
using InfoLink.Hosting;
using InfoLink.Hosting.Members;
using InfoLink.V1;

namespace InfoLink.CodeAuthority.Tickets;

/// <summary>The key that tickets are sealed to, as the broker tells it over its own certificate; asked for again now and then, since it may change.</summary>
internal sealed class BrokerKey(MemberHost member, TimeProvider time)
{
    private static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);
    private volatile Told? _told;

    /// <returns>65 bytes; null where the broker cannot be asked and no key is known that is young enough.</returns>
    public async Task<ReadOnlyMemory<byte>?> FindAsync(CancellationToken cancellation)
    {
        if (_told is { } told && time.GetElapsedTime(told.At) < KeptFor)
        {
            return told.Key;
        }

        try
        {
            var client = new CodeRegisterService.CodeRegisterServiceClient(member.Channels.ToBroker(member.Certificates.Current, member.Trust.Members));
            var reply = await client.TicketKeyAsync(
                new TicketKeyRequest(), deadline: time.GetUtcNow().UtcDateTime + Deadline, cancellationToken: cancellation);
            var key = reply.Key.ToByteArray();
            if (!SealingKeyPair.IsPublicKey(key))
            {
                return null;
            }

            _told = new Told(key, time.GetTimestamp());
            return key;
        }
        catch (RpcException fault) when (RefusalWire.TryRead(fault) is null || fault.StatusCode is StatusCode.Unavailable)
        {
            return null; // Who asks is told that the broker cannot be reached.
        }
        catch (EndpointUnknownException)
        {
            return null;
        }
    }

    private sealed record Told(ReadOnlyMemory<byte> Key, long At);
}
