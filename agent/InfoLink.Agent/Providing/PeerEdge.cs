using Grpc.Core;
using InfoLink.Agent.Ledger;
using InfoLink.Agent.Trust;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Tokens;
using InfoLink.Transparency;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Providing;

/// <summary><c>infolink.v1.PeerService</c> on the wire: who calls, message to values, story, values to messages.</summary>
internal sealed class PeerEdge(ProvidingProtocol protocol, TrustBase trust, PeerCertificates peers) : PeerService.PeerServiceBase
{
    public override async Task Fetch(FetchRequest request, IServerStreamWriter<FetchReply> responseStream, ServerCallContext context)
    {
        var answers = await AnswerAsync(request, context);
        await responseStream.WriteAsync(new FetchReply { Header = answers.Header }, context.CancellationToken);
        foreach (var subject in answers.Subjects)
        {
            await responseStream.WriteAsync(new FetchReply { Subject = subject }, context.CancellationToken);
        }
    }

    private async Task<SealedAnswers> AnswerAsync(FetchRequest request, ServerCallContext context)
    {
        try
        {
            var peer = Identify(context);
            var fetch = ValueOf(Read(request));
            return ValueOf(await protocol.AnswerAsync(peer, fetch, context.CancellationToken));
        }
        catch (Exception fault) when (fault is LogUnavailableException or LedgerUnavailableException)
        {
            throw new Refusal(RefusalName.LogUnavailable, RetryAfter: TimeSpan.FromSeconds(1)).ToRpcException();
        }
    }

    private Peer Identify(ServerCallContext context) =>
        peers.Decide(trust.Members, context.GetHttpContext().Connection.ClientCertificate) switch
        {
            PeerDecision.Known known => new Peer(known.Member, known.Thumbprint),
            PeerDecision.Refused refused => throw refused.Refusal.ToRpcException(),
            _ => throw new Refusal(RefusalName.CertificateUntrusted).ToRpcException(),
        };

    private static Outcome<Fetch> Read(FetchRequest message)
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
            : new Fetch(token, message.Receipt, message.RecipientKey.ToByteArray(), conditions);
    }

    private static T ValueOf<T>(Outcome<T> outcome) => outcome switch
    {
        Outcome<T>.Done done => done.Value,
        Outcome<T>.Refused refused => throw refused.Refusal.ToRpcException(),
        _ => throw new InvalidOperationException("An outcome is done or refused."),
    };
}
