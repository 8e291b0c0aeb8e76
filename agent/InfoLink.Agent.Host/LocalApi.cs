using System.Net;
using System.Threading.RateLimiting;
using InfoLink.Agent.Host.Asking;
using InfoLink.Agent.Host.Callers;
using InfoLink.Hosting;
using InfoLink.Hosting.Limits;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace InfoLink.Agent.Host;

/// <summary>
/// How the agency's existing system asks, whatever it is written in: JSON over a Unix socket in the agent's data folder, which only the
/// agent's own user enters, or over a port of this host, where every call carries a key.
/// </summary>
internal static class LocalApi
{
    private const int MaxBody = 64 * 1024;
    private const int MaxHeaders = 8 * 1024;

    /// <returns>The socket's path.</returns>
    public static string Listen(WebApplicationBuilder builder, AgentOptions options)
    {
        var socket = SocketOf(options);
        if (socket.Length > LocalSocket.LongestPath)
        {
            throw new InvalidOperationException($"The local socket '{socket}' has a path of more than {LocalSocket.LongestPath} characters, which no system takes. Move the agent's folder, or 'data', to a shorter path.");
        }

        Contracts.Identity.KeyFile.CreateFolder(Path.GetDirectoryName(socket)!);
        builder.Services.AddHostedService(_ => new StaleSocket(socket));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBody;
            kestrel.Limits.MaxRequestHeadersTotalSize = MaxHeaders;
            kestrel.Limits.MaxRequestLineSize = MaxHeaders;
            kestrel.Limits.MaxRequestBufferSize = MaxBody;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 1024, gracePeriod: TimeSpan.FromSeconds(5));
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);

            // One connection is one question at a time; some to spare, so that who is turned away hears it.
            kestrel.Limits.MaxConcurrentConnections = options.Limits.Local.AtOnce + options.Limits.Local.Waiting + 64;
            kestrel.ListenUnixSocket(socket);
            if (options.Local.Listen.Length > 0)
            {
                kestrel.Listen(IPEndPoint.Parse(options.Local.Listen));
            }
        });
        builder.Services.AddSingleton(services => Repeats.Open(
            Path.Combine(Path.GetDirectoryName(socket)!, "repeats.db"), Contracts.Identity.KeyFile.ReadKey(Path.Combine(options.Folder, options.ContentKey)), services.GetService<TimeProvider>() ?? TimeProvider.System));
        builder.Services.AddSingleton(services => new DeskSessions(services.GetService<TimeProvider>() ?? TimeProvider.System));
        builder.Services.AddSingleton(services => new Gate(options.Local, services.GetRequiredService<DeskSessions>()));
        builder.Services.AddOpenApi();
        builder.Services.AddRateLimiter(limiter => Limit(limiter, options.Limits.Local));
        return socket;
    }

    public static string SocketOf(AgentOptions options) => Path.GetFullPath(Path.Combine(options.Folder, options.Data, "agent.sock"));

    public static void Map(WebApplication host)
    {
        host.UseRateLimiter();
        host.Use(host.Services.GetRequiredService<Gate>().PassAsync);
        FetchApi.Map(host);
        host.MapOpenApi().WithMetadata(new Need(Right.Ask));
    }

    /// <summary>The agency's own systems are many or in a loop: what the agent cannot take on is told at once, before its question is read.</summary>
    private static void Limit(Microsoft.AspNetCore.RateLimiting.RateLimiterOptions limiter, WholeLimit local)
    {
        var places = new ConcurrencyLimiterOptions { PermitLimit = local.AtOnce, QueueLimit = local.Waiting };
        limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, int>(_ => RateLimitPartition.GetConcurrencyLimiter(0, _ => places));
        limiter.OnRejected = async (rejected, _) =>
            await LocalReply.Refused(CallPlaces.Overloaded(rejected.Lease, "local calls at once")).ToResult().ExecuteAsync(rejected.HttpContext);
    }
}

/// <summary>
/// Removes the socket that a killed process left, after the agent has started: by then this process alone holds the agency's ledger.
/// </summary>
internal sealed class StaleSocket(string path) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        File.Delete(path);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
