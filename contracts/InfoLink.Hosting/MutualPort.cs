using System.Net;
using System.Security.Cryptography.X509Certificates;
using Grpc.HealthCheck;
using InfoLink.Contracts.Identity;
using InfoLink.Hosting.Limits;
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

/// <summary>One port that serves gRPC services and health, with mutual TLS and limits on everything that a peer can make large, many or slow.</summary>
public static class MutualPort
{
    /// <param name="edges">The services.</param>
    /// <param name="listen">Where.</param>
    /// <param name="certificates">The port's own; see <see cref="MutualTls"/>.</param>
    /// <param name="isMember">Whether a certificate is a member's.</param>
    /// <param name="limits">What the port bears.</param>
    /// <param name="time">For strangers' stay.</param>
    /// <param name="loggers">For the server.</param>
    public static WebApplication Build(
        IReadOnlyList<ServedEdge> edges,
        IPEndPoint listen,
        LeafCertificates certificates,
        Func<X509Certificate2?, bool> isMember,
        PortLimits limits,
        TimeProvider time,
        ILoggerFactory loggers)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddSingleton(loggers);
        foreach (var edge in edges)
        {
            edge.Add(builder.Services);
        }

        builder.Services.AddSingleton<HealthServiceImpl>();
        builder.Services.AddGrpc(rpc =>
        {
            rpc.MaxReceiveMessageSize = limits.MaxMessage;
            rpc.LongestCall = limits.LongestCall;
        });
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            Limit(kestrel.Limits, limits);
            var places = new ConnectionPlaces(limits, isMember, loggers.CreateLogger<ConnectionPlaces>());
            kestrel.Listen(listen, port =>
            {
                places.WatchBeforeTls(port);
                port.UseMutualTls(certificates, isMember, time);
                places.WatchAfterTls(port);
            });
        });
        var server = builder.Build();
        foreach (var edge in edges)
        {
            edge.Map(server);
        }

        server.MapGrpcService<HealthServiceImpl>();
        return server;
    }

    /// <summary>Each line is one way to hold a server up.</summary>
    private static void Limit(KestrelServerLimits kestrel, PortLimits limits)
    {
        const int FrameHeader = 5;
        var slowest = new MinDataRate(limits.MinBytesPerSecond, limits.SlowBodyGrace);
        kestrel.MaxConcurrentConnections = limits.Connections;
        kestrel.MaxRequestBodySize = limits.MaxMessage + FrameHeader;
        kestrel.MaxRequestHeadersTotalSize = limits.MaxHeaders;
        kestrel.MaxRequestHeaderCount = 64;
        kestrel.MaxRequestLineSize = 1024; // The longest method's path has some fifty.
        kestrel.RequestHeadersTimeout = limits.HeadersWithin;
        kestrel.MinRequestBodyDataRate = slowest;
        kestrel.MinResponseDataRate = slowest;
        kestrel.KeepAliveTimeout = limits.IdleConnection;
        kestrel.Http2.MaxStreamsPerConnection = limits.StreamsPerConnection;
        kestrel.Http2.MaxRequestHeaderFieldSize = limits.MaxHeaders / 2;
        kestrel.Http2.HeaderTableSize = 4096;
        kestrel.Http2.MaxFrameSize = 16 * 1024; // The least that HTTP/2 knows.
        kestrel.Http2.InitialConnectionWindowSize = 1024 * 1024; // What one connection can have lie in memory, unread.
        kestrel.Http2.InitialStreamWindowSize = 256 * 1024;
        kestrel.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        kestrel.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(10); // A peer that vanished without a word holds its place no longer.
    }
}
