using System.Net;
using System.Net.Http.Headers;
using InfoLink.Rpc.Wire;

namespace InfoLink.Rpc.Client;

/// <summary>One request message as a body. It can be sent again, as HttpClient does when a server refused the stream unprocessed.</summary>
internal sealed class FrameContent : HttpContent
{
    private static readonly MediaTypeHeaderValue GrpcType = new(GrpcProtocol.ContentType);

    private readonly ReadOnlyMemory<byte> _frame;
    private volatile bool _handedOver;

    public FrameContent(ReadOnlyMemory<byte> frame)
    {
        _frame = frame;
        Headers.ContentType = GrpcType;
    }

    /// <summary>Whether a connection ever asked for the message: before that no server can have it.</summary>
    public bool HandedOver => _handedOver;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        _handedOver = true;
        await stream.WriteAsync(_frame, cancellationToken);
    }

    // Without a content-length, as other gRPC clients do.
    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
