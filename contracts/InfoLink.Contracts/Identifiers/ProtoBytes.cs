using Google.Protobuf;

namespace InfoLink.Contracts.Identifiers;

/// <summary>Values to protobuf bytes, where a message is made; and messages from bytes that came from outside.</summary>
public static class ProtoBytes
{
    /// <summary>The message; null where the bytes are none.</summary>
    /// <remarks>
    /// The library throws more than its own exception: where a length inside is close to 2³¹ its sums overflow, and it reads outside of what it was given, or
    /// asks for a slice that cannot be.
    /// </remarks>
    public static T? TryParse<T>(this MessageParser<T> parser, ReadOnlySpan<byte> bytes)
        where T : class, IMessage<T>
    {
        try
        {
            return parser.ParseFrom(bytes);
        }
        catch (Exception fault) when (fault is InvalidProtocolBufferException or IndexOutOfRangeException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    public static ByteString ToByteString(this byte[] bytes) => ByteString.CopyFrom(bytes);

    public static ByteString ToByteString(this Sha256Digest digest) => ByteString.CopyFrom(digest.Span);
}
