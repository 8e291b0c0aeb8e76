using Grpc.AspNetCore.Server;
using InfoLink.Rpc.Server;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

// The real packages extend these types in these namespaces, so that no "using" changes with the package.
namespace Microsoft.Extensions.DependencyInjection
{
    /// <summary>Adds gRPC to a host.</summary>
    public static class GrpcServicesExtensions
    {
        /// <summary>Adds what <c>MapGrpcService</c> needs, with the default options.</summary>
        public static IGrpcServerBuilder AddGrpc(this IServiceCollection services) => services.AddGrpc(_ => { });

        /// <summary>Adds what <c>MapGrpcService</c> needs. May be called more than once; the options add up.</summary>
        public static IGrpcServerBuilder AddGrpc(this IServiceCollection services, Action<GrpcServiceOptions> configureOptions)
        {
            ArgumentNullException.ThrowIfNull(services);
            services.AddRouting();
            services.Configure<RouteOptions>(routes => routes.ConstraintMap.TryAdd(GrpcOnlyConstraint.Name, typeof(GrpcOnlyConstraint)));
            services.TryAddSingleton<UnservedPaths>();
            services.Configure(configureOptions);
            return new GrpcServerBuilder(services);
        }

        private sealed record GrpcServerBuilder(IServiceCollection Services) : IGrpcServerBuilder;
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
