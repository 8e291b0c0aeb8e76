using System.Diagnostics.CodeAnalysis;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

// The real packages extend these types in these namespaces, so that no "using" changes with the package.
namespace Microsoft.Extensions.DependencyInjection
{
    /// <summary>Adds gRPC to a host.</summary>
    public static class GrpcServicesExtensions
    {
        /// <summary>Adds what <c>MapGrpcService</c> needs, with the default options.</summary>
        public static IGrpcServerBuilder AddGrpc(this IServiceCollection services) => services.AddGrpc(_ => { });

        /// <summary>Adds what <c>MapGrpcService</c> needs.</summary>
        public static IGrpcServerBuilder AddGrpc(this IServiceCollection services, Action<GrpcServiceOptions> configureOptions) => throw new NotSupportedException();
    }
}

namespace Microsoft.AspNetCore.Builder
{
    /// <summary>Maps gRPC services to paths.</summary>
    public static class GrpcEndpointRouteBuilderExtensions
    {
        /// <summary>
        /// Serves every method of <typeparamref name="TService"/> at <c>/package.Service/Method</c>; once any service is mapped, gRPC calls to paths nobody serves
        /// are answered UNIMPLEMENTED. The instance comes from the call's scope, or is made there when the type is not registered.
        /// </summary>
        /// <exception cref="InvalidOperationException">AddGrpc was not called, or the type derives from no generated service base.</exception>
        public static GrpcServiceEndpointConventionBuilder MapGrpcService<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicMethods)] TService>(
            this IEndpointRouteBuilder builder)
            where TService : class => throw new NotSupportedException();
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
}

namespace Grpc.AspNetCore.Server
{
    /// <summary>Where further gRPC registrations attach.</summary>
    public interface IGrpcServerBuilder
    {
        /// <summary>The host's services.</summary>
        IServiceCollection Services { get; }
    }
}

namespace Grpc.Core
{
    /// <summary>From a call to the request beneath.</summary>
    public static class ServerCallContextExtensions
    {
        /// <summary>The request this call came in, with its connection and the peer's certificate.</summary>
        /// <exception cref="InvalidOperationException">The call did not come over Kestrel.</exception>
        public static HttpContext GetHttpContext(this ServerCallContext serverCallContext) => throw new NotSupportedException();
    }
}
