using System.Data.Common;
using InfoLink.Broker;
using InfoLink.Broker.Limits;
using InfoLink.Running;

// infolink-broker --config broker.json
if (args is not ["--config", var path])
{
    await Console.Error.WriteLineAsync("Usage: infolink-broker --config broker.json   ('infolink broker init' makes one)");
    return 2;
}

// As in any .NET host, an operator who looks for a fault turns levels up by environment variables, e.g. Logging__LogLevel__Default=Trace.
var levels = new ConfigurationBuilder().AddEnvironmentVariables().Build().GetSection("Logging");
try
{
    using var loggers = LoggerFactory.Create(logging => logging.AddConsoleLog(levels));
    var options = BrokerOptions.Read(path);
    await using var broker = await BrokerHost.StartAsync(options, TimeProvider.System, loggers);
    var held = broker.Trust.Held!;
    using var export = OtlpExport.Start(options.Otlp, options.Folder, new Telling("infolink-broker", "broker", options.LogOrigin, [], [LimitMeter.Name]), loggers);
    using var manager = ServiceManager.OfThisProcess(TimeProvider.System);
    manager.Ready($"Broker of {held.Platform} on {broker.Endpoint}");
    Console.WriteLine(
        $"READY broker of {held.Platform} on {broker.Endpoint}, {held.Members!.Value.Members.Length} members, catalog {held.Catalogs.InForce(TimeProvider.System.GetUtcNow()).Version}; its operator: infolink broker status --broker {options.Folder}");
    await broker.WaitForShutdownAsync(CancellationToken.None);
    return 0;
}
catch (Exception exception) when (exception is InvalidOperationException or IOException or UnauthorizedAccessException or DbException) // The configuration, a store, or a port that is taken.
{
    await Console.Error.WriteLineAsync(exception.Message);
    return 1;
}
