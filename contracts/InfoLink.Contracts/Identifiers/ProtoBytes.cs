using Google.Protobuf;

namespace InfoLink.Contracts.Identifiers;

/// <summary>Values to protobuf bytes, where a message is made.</summary>
public static class ProtoBytes
{
    public static ByteString ToByteString(this byte[] bytes) => ByteString.CopyFrom(bytes);

    public static ByteString ToByteString(this Sha256Digest digest) => ByteString.CopyFrom(digest.Span);
}
