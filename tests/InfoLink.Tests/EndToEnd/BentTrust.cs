using Grpc.Core;
using InfoLink.Broker.Membership;
using InfoLink.Contracts.Trust;
using InfoLink.Hosting.Trust;
using InfoLink.V1;

namespace InfoLink.Tests.EndToEnd;

/// <summary>What a bent broker tells agencies of the authority's documents and of its directory: whatever a test gives it, and nothing else.</summary>
internal sealed class BentTrust : TrustService.TrustServiceBase
{
    private static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(10);
    private readonly Lock _gate = new();
    private readonly List<SignedDocument> _told = [];
    private readonly Changes _changes = new();

    /// <summary>To everybody who listens now or later.</summary>
    public void Tell(SignedDocument document)
    {
        lock (_gate)
        {
            _told.Add(document);
        }

        _changes.Tell();
    }

    public override async Task Watch(WatchRequest request, IServerStreamWriter<WatchReply> responseStream, ServerCallContext context)
    {
        for (var sent = 0; ;)
        {
            var change = _changes.Next;
            foreach (var piece in After(sent).SelectMany(DocumentPieces.Of))
            {
                await responseStream.WriteAsync(piece, context.CancellationToken);
                sent += piece.Last ? 1 : 0;
            }

            using var beat = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
            if (await Task.WhenAny(change, Task.Delay(SignOfLife, TimeProvider.System, beat.Token)) != change)
            {
                await responseStream.WriteAsync(new WatchReply(), context.CancellationToken);
            }

            await beat.CancelAsync();
        }
    }

    private List<SignedDocument> After(int sent)
    {
        lock (_gate)
        {
            return _told[sent..];
        }
    }
}
