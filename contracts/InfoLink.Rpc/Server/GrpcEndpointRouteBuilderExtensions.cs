using System.Diagnostics.CodeAnalysis;
using Grpc.AspNetCore.Server;
using InfoLink.Rpc.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps gRPC services to paths.</summary>
public static class GrpcEndpointRouteBuilderExtensions
{
    private const string LogCategory = "Grpc.AspNetCore.Server";

    /// <summary>
    /// Serves the unary and server-streaming methods of <typeparamref name="TService"/> at <c>/package.Service/Method</c>; once any service is mapped,
    /// gRPC calls to paths nobody serves are answered UNIMPLEMENTED. The instance comes from the call's scope, or is made there when the type is not registered.
    /// </summary>
    /// <exception cref="InvalidOperationException">AddGrpc was not called, or the type derives from no generated service base.</exception>
    public static GrpcServiceEndpointConventionBuilder MapGrpcService<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)] TService>(
        this IEndpointRouteBuilder builder)
        where TService : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        var host = builder.ServiceProvider;
        var unserved = host.GetService<UnservedPaths>() ?? throw new InvalidOperationException("Call services.AddGrpc() before mapping a gRPC service.");
        var edge = new ServerEdge(
            host.GetRequiredService<IOptions<GrpcServiceOptions>>().Value,
            host.GetRequiredService<ILoggerFactory>().CreateLogger(LogCategory),
            host.GetService<TimeProvider>() ?? TimeProvider.System);

        var endpoints = new List<IEndpointConventionBuilder>();
        foreach (var method in ServiceMethods.Of<TService>(edge))
        {
            var endpoint = builder.MapMethods(method.Method.FullName, [HttpMethods.Post], method.Serve);
            endpoint.WithDisplayName($"gRPC - {method.Method.FullName}");
            endpoint.WithMetadata([.. method.Attributes, new GrpcMethodMetadata(typeof(TService), method.Method)]);
            endpoints.Add(endpoint);
        }

        unserved.MapOnce(builder);
        return new GrpcServiceEndpointConventionBuilder(endpoints);
    }
}

/// <summary>Adds conventions (authorization, hosts, metadata) to every method of a mapped service.</summary>
public sealed class GrpcServiceEndpointConventionBuilder : IEndpointConventionBuilder
{
    private readonly IReadOnlyList<IEndpointConventionBuilder> _endpoints;

    internal GrpcServiceEndpointConventionBuilder(IReadOnlyList<IEndpointConventionBuilder> endpoints) => _endpoints = endpoints;

    /// <inheritdoc/>
    public void Add(Action<EndpointBuilder> convention)
    {
        foreach (var endpoint in _endpoints)
            endpoint.Add(convention);
    }
}
