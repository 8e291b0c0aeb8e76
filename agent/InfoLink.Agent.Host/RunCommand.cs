using InfoLink.Agent.Host.Asking;
using InfoLink.Agent.Host.Desk;
using InfoLink.Agent.Host.Inspection;
using InfoLink.Agent.Host.Linking;
using InfoLink.Agent.Host.Manual;
using InfoLink.Agent.Host.Releasing;
using InfoLink.Agent.Host.Remedy;
using InfoLink.Agent.Host.Replicas;
using InfoLink.Agent.Watching;
using InfoLink.Running;

namespace InfoLink.Agent.Host;

/// <summary>Runs the agent until the process is asked to stop.</summary>
internal static class RunCommand
{
    public static async Task RunAsync(string config, CancellationToken cancellation)
    {
        var options = AgentOptions.Read(config);
        var builder = WebApplication.CreateSlimBuilder();

        // The levels that the environment gives (Logging__LogLevel__Default=Trace) come last, and win.
        builder.Logging.ClearProviders().AddConsoleLog(builder.Configuration.GetSection("Logging"));
        builder.Services.AddInfoLinkAgent(options);
        var socket = LocalApi.Listen(builder, options);
        var host = builder.Build();
        LocalApi.Map(host);
        HealthApi.Map(host);
        OwnWillApi.Map(host);
        LinkApi.Map(host);
        VerificationApi.Map(host);
        RemedyApi.Map(host);
        BulkApi.Map(host);
        LabelsApi.Map(host);
        AuditApi.Map(host);
        QueueApi.Map(host);
        PendingApi.Map(host);
        ReleaseApi.Map(host);
        ReplicaApi.Map(host);
        DeskApi.Map(host);
        await host.StartAsync(cancellation);
        var instance = options.LogOrigin.Length > 0 ? options.LogOrigin : options.Agency;
        using var export = OtlpExport.Start(options.Otlp, options.Folder, new Telling("infolink-agent", options.Agency, instance, [AgentTelemetry.Name], [AgentTelemetry.Name]), host.Services.GetRequiredService<ILoggerFactory>());
        using var manager = ServiceManager.OfThisProcess(TimeProvider.System);
        manager.Ready($"Agency {options.Agency} on https://{options.Listen}");
        Console.WriteLine($"READY agency {options.Agency} on https://{options.Listen}, local API on {socket}{(options.Local.Listen.Length > 0 ? $" and http://{options.Local.Listen}" : "")}");
        await host.WaitForShutdownAsync(cancellation);
    }
}
