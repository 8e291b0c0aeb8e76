using Grpc.Core;
using InfoLink.Agent.Ledger;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Tokens;
using InfoLink.Hosting.Limits;
using InfoLink.Hosting.Trust;
using InfoLink.Rpc.Server;
using InfoLink.Transparency;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Providing;

/// <summary><c>infolink.v1.PeerService</c> on the wire: who calls, a place for the call, message to values, story, values to messages.</summary>
internal sealed class PeerEdge(WatchedAnswers protocol, TrustBase trust, PeerCertificates peers, CallPlaces places, RefusalRecords refusals, ReadOnlyMemory<byte> checkingKey)
    : PeerService.PeerServiceBase
{
    /// <summary>The longest that a requester may wait for (its <c>fetchTimeoutSeconds</c>).</summary>
    private const int LongestFetch = 300;

    [LongestCall(LongestFetch)]
    public override async Task Fetch(FetchRequest request, IServerStreamWriter<FetchReply> responseStream, ServerCallContext context)
    {
        var peer = Identify(context);
        using var place = await EnterAsync(peer, context.CancellationToken); // Held until the answers are gone: they lie in memory as long.
        var answers = await AnswerAsync(peer, request, context);
        await responseStream.WriteAsync(new FetchReply { Header = answers.Header }, context.CancellationToken);
        foreach (var subject in answers.Subjects)
        {
            await responseStream.WriteAsync(new FetchReply { Subject = subject }, context.CancellationToken);
        }
    }

    public override Task<CheckingKeyReply> CheckingKey(CheckingKeyRequest request, ServerCallContext context)
    {
        _ = Identify(context);
        return Task.FromResult(new CheckingKeyReply { Key = Google.Protobuf.UnsafeByteOperations.UnsafeWrap(checkingKey) });
    }

    private async Task<SealedAnswers> AnswerAsync(Peer peer, FetchRequest request, ServerCallContext context)
    {
        try
        {
            var fetch = Read(request).OrThrow();
            return (await protocol.AnswerAsync(peer, fetch, context.CancellationToken)).OrThrow();
        }
        catch (Exception fault) when (fault is LogUnavailableException or LedgerUnavailableException)
        {
            throw new Refusal(RefusalName.LogUnavailable, RetryAfter: TimeSpan.FromSeconds(1)).ToRpcException();
        }
    }

    /// <summary>A peer's flood ends here, before a token is looked at; it is counted, not recorded call by call.</summary>
    private async ValueTask<CallPlace> EnterAsync(Peer peer, CancellationToken cancellation)
    {
        var place = await places.EnterAsync(peer.Id, cancellation);
        if (place is Outcome<CallPlace>.Refused { Refusal: var overloaded })
        {
            refusals.Count(peer.Id, overloaded.Name);
        }

        return place.OrThrow();
    }

    private Peer Identify(ServerCallContext context)
    {
        var known = peers.Decide(trust.Members, context.GetHttpContext().Connection.ClientCertificate).OrThrow();
        return new Peer(known.Member, known.Thumbprint);
    }

    internal static Outcome<Fetch> Read(FetchRequest message)
    {
        if (!ExchangeToken.TryParse(message.Token, out var token))
        {
            return new Refusal(RefusalName.TokenInvalid, "form");
        }

        if (!ConditionsMessage.TryRead(message.Conditions, out var conditions))
        {
            return new Refusal(RefusalName.RequestMalformed, "conditions");
        }

        return message.Receipt is null
            ? new Refusal(RefusalName.ReceiptInvalid, "missing")
            : new Fetch(token, message.Receipt, message.RecipientKey.ToByteArray(), conditions) { IdentityChecks = message.IdentityChecks };
    }
}
