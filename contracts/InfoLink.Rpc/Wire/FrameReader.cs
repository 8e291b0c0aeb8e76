using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Grpc.Core;

namespace InfoLink.Rpc.Wire;

/// <summary>
/// Takes length-prefixed messages out of a body, one at a time, where they lie. The limit is checked on the prefix,
/// so at most <paramref name="maxMessageSize"/> bytes and one prefix are ever gathered.
/// </summary>
internal sealed class FrameReader(PipeReader body, int? maxMessageSize) : DeserializationContext
{
    private ReadOnlySequence<byte> _payload;
    private bool _bodyEnded;

    public override int PayloadLength => (int)_payload.Length;

    public override byte[] PayloadAsNewBuffer() => _payload.ToArray();

    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => _payload;

    /// <summary>The next message, or null at the clean end of the body.</summary>
    /// <exception cref="RpcException">The body breaks the protocol: INTERNAL, or RESOURCE_EXHAUSTED for a message over the limit.</exception>
    public async ValueTask<T?> ReadAsync<T>(Marshaller<T> marshaller, CancellationToken cancellationToken)
        where T : class
    {
        while (true)
        {
            var read = await body.ReadAsync(cancellationToken);
            _bodyEnded = read.IsCompleted;
            if (TryTakeFrame(read.Buffer))
            {
                var message = Deserialize(marshaller);
                body.AdvanceTo(_payload.End);
                _bodyEnded &= read.Buffer.Slice(_payload.End).IsEmpty;
                _payload = default;
                return message;
            }

            if (_bodyEnded)
            {
                if (!read.Buffer.IsEmpty)
                    throw Fault(StatusCode.Internal, "The body ends inside a message.");
                body.AdvanceTo(read.Buffer.End);
                return null;
            }

            body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>Waits for the body to end: false when anything follows.</summary>
    public async ValueTask<bool> EndsHereAsync(CancellationToken cancellationToken)
    {
        while (!_bodyEnded)
        {
            var read = await body.ReadAsync(cancellationToken);
            if (!read.Buffer.IsEmpty)
                return false;
            _bodyEnded = read.IsCompleted;
            body.AdvanceTo(read.Buffer.End);
        }

        return true;
    }

    private bool TryTakeFrame(ReadOnlySequence<byte> buffer)
    {
        if (buffer.Length < GrpcProtocol.FrameHeaderSize)
            return false;
        Span<byte> header = stackalloc byte[GrpcProtocol.FrameHeaderSize];
        buffer.Slice(0, GrpcProtocol.FrameHeaderSize).CopyTo(header);
        if (header[0] != 0)
        {
            throw Fault(StatusCode.Internal, header[0] == 1
                ? "A message is marked as compressed, though no compression was agreed."
                : "A message's flags have bits nobody knows.");
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
        if (length > (uint)(maxMessageSize ?? int.MaxValue))
            throw Fault(StatusCode.ResourceExhausted, $"A message of {length} bytes is over the limit of {maxMessageSize ?? int.MaxValue}.");
        if (buffer.Length - GrpcProtocol.FrameHeaderSize < length)
            return false;
        _payload = buffer.Slice(GrpcProtocol.FrameHeaderSize, length);
        return true;
    }

    private T Deserialize<T>(Marshaller<T> marshaller)
    {
        if (!MessageLengths.Hold<T>(_payload))
            throw Fault(StatusCode.Internal, "A message cannot be parsed.");
        try
        {
            return marshaller.ContextualDeserializer(this);
        }
        catch (Exception exception) when (exception is not RpcException)
        {
            throw new RpcException(new Status(StatusCode.Internal, "A message cannot be parsed.", exception));
        }
    }

    private static RpcException Fault(StatusCode code, string detail) => new(new Status(code, detail));
}
