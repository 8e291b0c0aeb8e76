using Grpc.Core;
using InfoLink.Broker.Limits;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Trust;
using InfoLink.Hosting.Trust;
using InfoLink.Rpc.Server;
using InfoLink.Transparency;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Broker.Membership;

/// <summary>
/// <c>infolink.v1.TrustService</c> on the wire: the authority's documents as they are, the broker's directory, and a sign of life while nothing changes.
/// And the one thing that an agency adds to the directory itself: when it is closed.
/// </summary>
internal sealed class TrustEdge(
    TrustFolder trust, DirectoryDesk directory, ClosureDesk closures, Changes changes, Members members, PeerCertificates peers, Callers callers, ExchangeLimits limits, TimeProvider time)
    : TrustService.TrustServiceBase
{
    private static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(10);

    /// <summary>A stream begins again now and then, under the certificates of the day and wherever the balancer leads.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    /// <summary>What a broker that is to end still gives to a piece that is on its way: who reads has it by then.</summary>
    private static readonly TimeSpan LastPiece = TimeSpan.FromSeconds(2);

    public override async Task<AnnounceReply> Announce(AnnounceRequest request, ServerCallContext context)
    {
        try
        {
            var caller = callers.Of(context);
            using var place = (await limits.BeginAsync(caller.Id, context.CancellationToken)).OrThrow();
            _ = (await closures.AnnounceAsync(caller.Id, Read(request), context.CancellationToken)).OrThrow();
            return new AnnounceReply();
        }
        catch (LogUnavailableException)
        {
            throw new Refusal(RefusalName.LogUnavailable, RetryAfter: TimeSpan.FromSeconds(1)).ToRpcException();
        }
    }

    [LongestCall(LongestCallAttribute.Unlimited)] // It ends itself.
    public override async Task Watch(WatchRequest request, IServerStreamWriter<WatchReply> responseStream, ServerCallContext context)
    {
        // A broker that is to end is not held up by those who only listen; they begin again elsewhere, or when it is back.
        var stopping = context.GetHttpContext().RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, stopping);
        using var grace = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        using var begun = stopping.Register(() => grace.CancelAfter(LastPiece));
        using var torn = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, grace.Token);
        try
        {
            await TellAsync(request, responseStream, context, ends.Token, torn.Token);
        }
        catch (OperationCanceledException) when (grace.IsCancellationRequested)
        {
            context.GetHttpContext().Abort(); // It does not even read.
        }
    }

    /// <param name="request">What the agency has.</param>
    /// <param name="responseStream">To the agency.</param>
    /// <param name="context">The call.</param>
    /// <param name="ends">No waiting any more; what is being written is written to its end.</param>
    /// <param name="torn">Not even that.</param>
    private async Task TellAsync(
        WatchRequest request, IServerStreamWriter<WatchReply> responseStream, ServerCallContext context, CancellationToken ends, CancellationToken torn)
    {
        var sent = (Authority: (int)request.Authority, Members: (int)request.Members, Catalog: (int)request.Catalog, request.Directory);
        var until = time.GetUtcNow() + Longest;
        while (time.GetUtcNow() < until && !ends.IsCancellationRequested)
        {
            RequireMember(context);
            var change = changes.Next;
            var held = trust.Held!;
            foreach (var document in held.After(sent.Authority, sent.Members, sent.Catalog))
            {
                await SendAsync(document);
            }

            var published = directory.Current;
            if (published.Directory.Serial > sent.Directory)
            {
                await SendAsync(published.Document);
            }

            sent = (
                held.Authorities[^1].Header.Version,
                held.Members?.Header.Version ?? 0,
                held.CatalogDocuments.LastOrDefault()?.Header.Version ?? 0,
                published.Directory.Serial);
            using var beat = CancellationTokenSource.CreateLinkedTokenSource(ends);
            if (await Task.WhenAny(change, Task.Delay(SignOfLife, time, beat.Token)) != change && !ends.IsCancellationRequested)
            {
                await responseStream.WriteAsync(new WatchReply(), torn);
            }

            await beat.CancelAsync();
        }

        async Task SendAsync(SignedDocument document)
        {
            foreach (var piece in DocumentPieces.Of(document))
            {
                await responseStream.WriteAsync(piece, torn);
            }
        }
    }

    private static List<Closure> Read(AnnounceRequest request)
    {
        // Counted before anything is made of them; and a time that a directory could not say is none.
        var (first, last) = (new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds(), new DateTimeOffset(9998, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds());
        if (request.Closed.Count > Closure.Most || request.Closed.Any(closed => closed.From < first || closed.Until > last || closed.From > last || closed.Until < first))
        {
            throw new Refusal(RefusalName.RequestMalformed, "closed").ToRpcException();
        }

        List<Closure> closures = [.. request.Closed.Select(closed => new Closure(DateTimeOffset.FromUnixTimeSeconds(closed.From), DateTimeOffset.FromUnixTimeSeconds(closed.Until)))];
        return Closure.WhyNot(closures) is { } why ? throw new Refusal(RefusalName.RequestMalformed, $"closed: {why}").ToRpcException() : closures;
    }

    private void RequireMember(ServerCallContext context)
    {
        switch (peers.DecideWhoever(members.Current, context.GetHttpContext().Connection.ClientCertificate))
        {
            case PeerDecision.Known:
                return;

            // A list that has expired keeps nobody from getting the next one.
            case PeerDecision.Refused { Refusal.Name: RefusalName.MembersExpired }:
                return;
            case PeerDecision.Refused refused:
                throw refused.Refusal.ToRpcException();
            default:
                throw new Refusal(RefusalName.CertificateUntrusted).ToRpcException();
        }
    }
}
