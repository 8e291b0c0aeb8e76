using System.Globalization;
using Grpc.Core;
using InfoLink.Rpc.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace InfoLink.Rpc.Server;

/// <summary>Metadata and status as response headers or trailers.</summary>
internal static class ResponseEnd
{
    private static readonly string OkText = ((int)StatusCode.OK).ToString(CultureInfo.InvariantCulture);

    public static void Write(IHeaderDictionary destination, Status status, Metadata trailers)
    {
        Append(destination, trailers);
        destination[GrpcProtocol.StatusHeader] = status.StatusCode == StatusCode.OK ? OkText : ((int)status.StatusCode).ToString(CultureInfo.InvariantCulture);
        if (status.Detail.Length > 0)
            destination[GrpcProtocol.MessageHeader] = StatusMessageEncoding.Encode(status.Detail);
    }

    /// <summary>Every value under its name, in order.</summary>
    public static void Append(IHeaderDictionary destination, Metadata metadata)
    {
        foreach (var entry in metadata)
            destination[entry.Key] = StringValues.Concat(destination[entry.Key], entry.WireValue);
    }
}
