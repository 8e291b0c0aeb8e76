using Grpc.Core;
using Grpc.Net.Client;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Transparency.Witnessing;
using InfoLink.V1;

namespace InfoLink.Hosting.Witnessing;

/// <summary>The witnesses of the member list, as a log's owner reaches them. Nothing is retried here: the next round is the retry.</summary>
public sealed class WitnessCalls(Channels channels, LeafCertificates own, TimeProvider time)
{
    /// <summary>For the broker's logs: every agency with a witness key, and the platform's quorum.</summary>
    public WitnessPanel OfAgencies(MemberList members) => new(
        members.Quorum,
        [
            .. from member in members.Members
               where member is { Suspended: false, WitnessKey: not null, Endpoint: not null }
               select new WitnessToAsk(member.WitnessKey!, (request, cancellation) => AskAsync(channels.ToMember(own.Current, members, member), request, cancellation)),
        ]);

    /// <summary>For an agency's own logs: the broker, where it is a witness, and nobody else.</summary>
    public WitnessPanel OfBroker(MemberList members) => members.Broker.WitnessKey is { } key
        ? new(1, [new WitnessToAsk(key, (request, cancellation) => AskAsync(channels.ToBroker(own.Current, members), request, cancellation))])
        : new(0, []);

    private async Task<WitnessResult> AskAsync(GrpcChannel channel, WitnessRequest request, CancellationToken cancellation)
    {
        try
        {
            var options = new CallOptions(deadline: time.GetUtcNow().UtcDateTime + Cosigning.Deadline, cancellationToken: cancellation);
            var reply = await new WitnessService.WitnessServiceClient(channel).AddCheckpointAsync(WitnessMessages.Write(request), options);
            return WitnessMessages.TryRead(reply) ?? throw new InvalidOperationException("The witness's reply has not its form.");
        }
        catch (RpcException fault) when (RefusalWire.TryRead(fault) is { } refusal)
        {
            return new WitnessResult.Refused(refusal);
        }
    }
}
