using System.Net;
using Grpc.HealthCheck;
using InfoLink.Contracts.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace InfoLink.Hosting;

/// <summary>A gRPC service that a port serves.</summary>
public sealed class ServedEdge
{
    private ServedEdge(Action<IServiceCollection> add, Action<WebApplication> map) => (Add, Map) = (add, map);

    internal Action<IServiceCollection> Add { get; }

    internal Action<WebApplication> Map { get; }

    public static ServedEdge Of<TEdge>(TEdge edge)
        where TEdge : class =>
        new(services => services.AddSingleton(edge), server => server.MapGrpcService<TEdge>());
}

/// <summary>One port that serves gRPC services and health, with mutual TLS and limits on everything that a peer can make large.</summary>
public static class MutualPort
{
    private static readonly TimeSpan IdleConnection = TimeSpan.FromMinutes(10);

    /// <param name="edges">The services.</param>
    /// <param name="listen">Where.</param>
    /// <param name="tls">The port's TLS; see <see cref="MutualTls"/>.</param>
    /// <param name="maxMessage">Largest message, in bytes, received.</param>
    /// <param name="maxConnections">Open connections at the same time.</param>
    /// <param name="loggers">For the server.</param>
    public static WebApplication Build(
        IReadOnlyList<ServedEdge> edges, IPEndPoint listen, Action<ListenOptions> tls, int maxMessage, int maxConnections, ILoggerFactory loggers)
    {
        const int FrameHeader = 5;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddSingleton(loggers);
        foreach (var edge in edges)
        {
            edge.Add(builder.Services);
        }

        builder.Services.AddSingleton<HealthServiceImpl>();
        builder.Services.AddGrpc(rpc => rpc.MaxReceiveMessageSize = maxMessage);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = maxConnections;
            kestrel.Limits.MaxRequestBodySize = maxMessage + FrameHeader;
            kestrel.Limits.KeepAliveTimeout = IdleConnection;
            kestrel.Listen(listen, tls);
        });
        var server = builder.Build();
        foreach (var edge in edges)
        {
            edge.Map(server);
        }

        server.MapGrpcService<HealthServiceImpl>();
        return server;
    }
}
