using System.Buffers;
using System.Buffers.Binary;
using Grpc.Core;

namespace InfoLink.Rpc.Wire;

/// <summary>
/// Writes one message at a time with its prefix. A serializer that says its length first (generated ones do) writes straight into the target;
/// any other is gathered before the prefix can be written.
/// </summary>
/// <param name="target">Where frames go.</param>
/// <param name="maxMessageSize">The largest message in bytes, or null.</param>
/// <param name="contiguous">Whether to ask the target for the whole frame at once: for arrays, not for pipes.</param>
internal sealed class FrameWriter(IBufferWriter<byte> target, int? maxMessageSize, bool contiguous) : SerializationContext, IBufferWriter<byte>
{
    private int? _declared;
    private long _written;
    private ArrayBufferWriter<byte>? _gathered;
    private bool _prefixWritten;
    private bool _complete;

    /// <summary>True when a prefix is out and its message is not: the target is of no use any more.</summary>
    public bool IsTorn => _prefixWritten && !_complete;

    /// <exception cref="RpcException">RESOURCE_EXHAUSTED: the message is over the limit; nothing was written.</exception>
    /// <exception cref="InvalidOperationException">The serializer broke its contract.</exception>
    public void Write<T>(Marshaller<T> marshaller, T message)
    {
        (_declared, _written, _gathered, _prefixWritten, _complete) = (null, 0, null, false, false);
        marshaller.ContextualSerializer(message, this);
        if (!_complete)
            throw new InvalidOperationException("The serializer did not complete its message.");
    }

    public override void SetPayloadLength(int payloadLength)
    {
        Check(payloadLength);
        _declared = payloadLength;
    }

    public override IBufferWriter<byte> GetBufferWriter()
    {
        if (_declared is not { } length)
            return _gathered ??= new ArrayBufferWriter<byte>();
        if (!_prefixWritten)
            WritePrefix(length);
        return this;
    }

    public override void Complete()
    {
        if (_gathered is not null)
        {
            WriteWhole(_gathered.WrittenSpan);
            return;
        }

        if (_declared != _written || !_prefixWritten)
            throw new InvalidOperationException($"The serializer declared {_declared} bytes and wrote {_written}.");
        _complete = true;
    }

    public override void Complete(byte[] payload) => WriteWhole(payload);

    public void Advance(int count)
    {
        _written += count;
        target.Advance(count);
    }

    public Memory<byte> GetMemory(int sizeHint = 0) => target.GetMemory(sizeHint);

    public Span<byte> GetSpan(int sizeHint = 0) => target.GetSpan(sizeHint);

    private void WriteWhole(ReadOnlySpan<byte> payload)
    {
        Check(payload.Length);
        WritePrefix(payload.Length);
        target.Write(payload);
        _complete = true;
    }

    private void WritePrefix(int length)
    {
        var prefix = target.GetSpan(GrpcProtocol.FrameHeaderSize + (contiguous ? length : 0));
        prefix[0] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(prefix[1..], (uint)length);
        target.Advance(GrpcProtocol.FrameHeaderSize);
        _prefixWritten = true;
    }

    private void Check(int length)
    {
        if (length > maxMessageSize)
            throw new RpcException(new Status(StatusCode.ResourceExhausted, $"A message of {length} bytes is over the limit of {maxMessageSize}."));
    }
}
