using Google.Protobuf;
using InfoLink.Rpc.Wire;

namespace InfoLink.Contracts.Identifiers;

/// <summary>Values to protobuf bytes, where a message is made; and messages from bytes that came from outside.</summary>
public static class ProtoBytes
{
    /// <summary>The message; null where the bytes are none.</summary>
    public static T? TryParse<T>(this MessageParser<T> parser, ReadOnlySpan<byte> bytes)
        where T : class, IMessage<T>
    {
        try
        {
            return MessageLengths.Hold<T>(bytes) ? parser.ParseFrom(bytes) : null;
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    public static ByteString ToByteString(this byte[] bytes) => ByteString.CopyFrom(bytes);

    public static ByteString ToByteString(this Sha256Digest digest) => ByteString.CopyFrom(digest.Span);
}
