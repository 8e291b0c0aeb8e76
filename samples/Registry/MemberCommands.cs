using System.CommandLine;
using InfoLink.Contracts.Trust;
using InfoLink.Hosting.Members;
using Microsoft.Extensions.Configuration;

namespace InfoLink.Samples.Registry;

/// <summary><c>init</c>, <c>trust</c> and <c>run</c>: from a register to a member of the platform that serves it.</summary>
internal static class MemberCommands
{
    public static Command Init()
    {
        var folder = new Option<string>("--dir") { Description = "A new folder for configuration and key.", Required = true };
        var platform = new Option<string>("--platform") { Description = "The platform's name, as in the member list.", Required = true };
        var broker = new Option<string>("--broker") { Description = "https://host:port of the broker.", Required = true };
        var listen = new Option<string>("--listen") { Description = "Address and port to serve agencies on.", DefaultValueFactory = _ => "127.0.0.1:7445" };
        var id = new Option<string>("--id") { Description = "Its id in the member list.", DefaultValueFactory = _ => "registry" };
        var command = new Command("init", "Makes configuration and identity key.") { folder, platform, broker, listen, id };
        command.SetAction((parsed, _) => EndingAsync(() =>
        {
            var options = new RegistryOptions();
            options.Member.Folder = Path.GetFullPath(parsed.GetValue(folder)!);
            (options.Member.Id, options.Member.Broker, options.Member.Listen) = (parsed.GetValue(id)!, parsed.GetValue(broker)!, parsed.GetValue(listen)!);
            var key = MemberHost.Create(options.Member, parsed.GetValue(platform)!);
            options.Write(options.Member.Full("registry.json"));
            Console.WriteLine($"identityKey: {key}");
            Console.WriteLine($"Fingerprint: {Fingerprint.OfKey(key)}");
            Console.WriteLine("Next: the authority adds this member with the flag registry and signs; then 'trust' with its documents, and 'generate --out DIR/registry.db'.");
            return Task.CompletedTask;
        }));
        return command;
    }

    public static Command Trust()
    {
        var config = Config();
        var files = new Argument<string[]>("documents") { Description = "The signed authority, member list and catalog, in this order." };
        var command = new Command("trust", "Takes the authority's signed documents for the first time; later ones come from the broker by themselves.") { config, files };
        command.SetAction((parsed, _) => EndingAsync(() =>
        {
            var options = RegistryOptions.Read(parsed.GetValue(config)!);
            var documents = parsed.GetValue(files)!.Select(file => SignedDocument.Parse(File.ReadAllBytes(file)));
            foreach (var line in MemberHost.TakeDocuments(options.Member, documents, TimeProvider.System))
            {
                Console.WriteLine(line);
            }

            return Task.CompletedTask;
        }));
        return command;
    }

    public static Command Run()
    {
        var config = Config();
        var command = new Command("run", "Serves agencies until the process is asked to stop.") { config };
        command.SetAction((parsed, cancellation) => EndingAsync(async () =>
        {
            var levels = new ConfigurationBuilder().AddEnvironmentVariables().Build().GetSection("Logging");
            using var loggers = LoggerFactory.Create(logging => logging.AddSimpleConsole(console => console.SingleLine = true)
                .AddFilter("Microsoft", LogLevel.Warning).AddConfiguration(levels));
            await using var host = RegistryHost.Open(RegistryOptions.Read(parsed.GetValue(config)!), TimeProvider.System, loggers);
            await host.ServeAsync();
            Console.WriteLine($"READY registry on {host.Endpoint}");
            await host.WaitForShutdownAsync(cancellation);
        }));
        return command;
    }

    private static Option<string> Config() => new("--config") { Description = "The registry.json.", Required = true };

    private static async Task<int> EndingAsync(Func<Task> command)
    {
        try
        {
            await command();
            return 0;
        }
        catch (Exception fault) when (fault is InvalidOperationException or IOException or UnauthorizedAccessException or FormatException or ArgumentException or DocumentException)
        {
            await Console.Error.WriteLineAsync(fault.Message);
            return 1;
        }
    }
}
