using Grpc.Core;
using InfoLink.Rpc.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace InfoLink.Rpc.Server;

/// <summary>Answers gRPC calls to paths nobody serves: UNIMPLEMENTED, not an HTTP 404. Other requests pass by.</summary>
internal sealed class UnservedPaths
{
    private int _mapped;

    public void MapOnce(IEndpointRouteBuilder builder)
    {
        if (Interlocked.Exchange(ref _mapped, 1) != 0)
            return;
        builder
            .MapMethods($"{{service}}/{{method:{GrpcOnlyConstraint.Name}}}", [HttpMethods.Post], RefuseAsync)
            .WithDisplayName("gRPC - unserved")
            .Add(endpoint => ((RouteEndpointBuilder)endpoint).Order = int.MaxValue);
    }

    private static Task RefuseAsync(HttpContext http)
    {
        http.Response.ContentType = GrpcProtocol.ContentType;
        ResponseEnd.Write(http.Response.Headers, new Status(StatusCode.Unimplemented, "No such service or method is served here."), Metadata.Empty);
        return Task.CompletedTask;
    }
}

/// <summary>Matches requests that say they are gRPC.</summary>
internal sealed class GrpcOnlyConstraint : IRouteConstraint
{
    public const string Name = "grpconly";

    public bool Match(HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection) =>
        httpContext is not null && GrpcProtocol.IsGrpcOfAnyFormat(httpContext.Request.ContentType);
}
