using Grpc.Health.V1;
using Grpc.HealthCheck;
using InfoLink.Transparency;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace InfoLink.Hosting;

/// <summary>What broker and agent hosts share of a server's life: healthy as its log is, and drained before its parts end.</summary>
public static class ServerLife
{
    /// <summary>What a program that serves gives itself from SIGTERM to its end. System.CommandLine gives two seconds if it is not told, and then ends the process in the middle of its calls.</summary>
    public static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan DrainWithin = TimeSpan.FromSeconds(15);

    /// <summary>A server that cannot write its log approves and answers nothing, and says so to those who route calls.</summary>
    public static void TellHealthOf(this WebApplication server, AccessLog log)
    {
        var health = server.Services.GetRequiredService<HealthServiceImpl>();
        log.TellHealthTo(healthy => health.SetStatus(
            "", healthy ? HealthCheckResponse.Types.ServingStatus.Serving : HealthCheckResponse.Types.ServingStatus.NotServing));
    }

    /// <summary>Takes no new calls and lets running ones end.</summary>
    public static async Task DrainAsync(this WebApplication server)
    {
        using var limit = new CancellationTokenSource(DrainWithin);
        await server.StopAsync(limit.Token);
        await server.DisposeAsync();
    }
}
