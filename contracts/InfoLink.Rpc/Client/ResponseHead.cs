using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using InfoLink.Rpc.Wire;

namespace InfoLink.Rpc.Client;

/// <summary>What headers and trailers of a response say about a call.</summary>
internal static class ResponseHead
{
    /// <summary>
    /// Judges the headers. No status: messages may follow. A status with trailers: the server ended the call in its headers ("trailers-only").
    /// A status without trailers: this is no usable gRPC response, and the status is concluded here.
    /// </summary>
    public static (Status? Status, Metadata? Trailers) Judge(HttpResponseMessage response)
    {
        if (response.Headers.NonValidated.Contains(GrpcProtocol.StatusHeader))
            return ReadStatus(response.Headers);
        if (response.StatusCode != HttpStatusCode.OK)
            return (new Status(TransportStatus.FromHttp(response.StatusCode), $"The response has HTTP status {(int)response.StatusCode} and no gRPC status."), null);
        if (!GrpcProtocol.IsGrpc(First(response.Content.Headers, "content-type")))
            return (new Status(StatusCode.Unknown, "The response is not gRPC."), null);
        if (!GrpcProtocol.IsIdentity(First(response.Headers, GrpcProtocol.EncodingHeader)))
            return (new Status(StatusCode.Internal, "The response uses a compression that was not offered."), null);
        return (null, null);
    }

    /// <summary>The status after the last message; UNKNOWN when the server sent none.</summary>
    public static (Status Status, Metadata Trailers) ReadEnd(HttpResponseMessage response) =>
        response.TrailingHeaders.NonValidated.Contains(GrpcProtocol.StatusHeader)
            ? ReadStatus(response.TrailingHeaders)
            : (new Status(StatusCode.Unknown, "The response ended without a gRPC status."), ReadMetadata(response.TrailingHeaders));

    /// <summary>The initial metadata.</summary>
    public static Metadata ReadHeaders(HttpResponseMessage response)
    {
        var metadata = ReadMetadata(response.Headers);
        AddTo(metadata, response.Content.Headers);
        return metadata.Freeze();
    }

    private static (Status Status, Metadata Trailers) ReadStatus(HttpHeaders headers)
    {
        var metadata = ReadMetadata(headers);
        var text = First(headers, GrpcProtocol.StatusHeader);
        var detail = StatusMessageEncoding.Decode(First(headers, GrpcProtocol.MessageHeader) ?? "");
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code))
            return (new Status(StatusCode.Unknown, $"The gRPC status is not a number. {detail}"), metadata);
        // A code of a later gRPC is an error of unknown kind, never a success.
        return (new Status(code <= (int)StatusCode.Unauthenticated ? (StatusCode)code : StatusCode.Unknown, detail), metadata);
    }

    private static Metadata ReadMetadata(HttpHeaders headers)
    {
        var metadata = new Metadata();
        AddTo(metadata, headers);
        return metadata;
    }

    private static void AddTo(Metadata metadata, HttpHeaders headers)
    {
        foreach (var (name, values) in headers.NonValidated)
        {
            foreach (var value in values)
                MetadataEncoding.AddReceived(metadata, name, value);
        }
    }

    private static string? First(HttpHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values) && values.Count > 0 ? values.First() : null;
}
