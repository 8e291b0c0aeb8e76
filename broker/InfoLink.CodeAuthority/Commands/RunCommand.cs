using System.CommandLine;

namespace InfoLink.CodeAuthority.Commands;

/// <summary><c>infolink-codes run</c>: serves the registry until the process is asked to stop.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var config = SetupCommands.ConfigOption();
        var command = new Command("run", "Serves the registry.") { config };
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            using var loggers = Loggers();
            await using var host = CodeAuthorityHost.Open(CodeAuthorityOptions.Read(parsed.GetValue(config)!), TimeProvider.System, loggers);
            await host.ServeAsync();
            Console.WriteLine($"READY code authority on {host.Endpoint}");
            await host.WaitForShutdownAsync(cancellation);
        }));
        return command;
    }

    public static ILoggerFactory Loggers()
    {
        var levels = new ConfigurationBuilder().AddEnvironmentVariables().Build().GetSection("Logging");
        return LoggerFactory.Create(logging => logging.AddSimpleConsole(console => console.SingleLine = true)
            .AddFilter("Microsoft", LogLevel.Warning).AddConfiguration(levels));
    }
}
