namespace InfoLink.Rpc.Wire;

/// <summary>Names of gRPC over HTTP/2 (grpc/grpc <c>doc/PROTOCOL-HTTP2.md</c>).</summary>
internal static class GrpcProtocol
{
    public const string ContentType = "application/grpc";
    public const string StatusHeader = "grpc-status";
    public const string MessageHeader = "grpc-message";
    public const string TimeoutHeader = "grpc-timeout";
    public const string EncodingHeader = "grpc-encoding";
    public const string AcceptEncodingHeader = "grpc-accept-encoding";
    public const string Identity = "identity";

    /// <summary>One byte of flags and four of length before every message.</summary>
    public const int FrameHeaderSize = 5;

    /// <summary>Whether it is <c>application/grpc</c> or <c>application/grpc+proto</c>, with parameters or without.</summary>
    public static bool IsGrpc(ReadOnlySpan<char> contentType)
    {
        var end = contentType.IndexOf(';');
        var media = (end < 0 ? contentType : contentType[..end]).TrimEnd();
        return media.Equals(ContentType, StringComparison.OrdinalIgnoreCase) || media.Equals("application/grpc+proto", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Whether it is gRPC at all, of whatever message format: <c>application/grpc</c> alone or followed by <c>+</c> or <c>;</c>.</summary>
    public static bool IsGrpcOfAnyFormat(ReadOnlySpan<char> contentType) =>
        contentType.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == ContentType.Length || contentType[ContentType.Length] is '+' or ';' or ' ');

    /// <summary>Whether messages under this <c>grpc-encoding</c> are readable here: none named, or identity.</summary>
    public static bool IsIdentity(string? encoding) => string.IsNullOrEmpty(encoding) || string.Equals(encoding, Identity, StringComparison.Ordinal);
}
