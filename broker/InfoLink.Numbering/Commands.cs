using System.CommandLine;
using System.Data.Common;
using InfoLink.Numbering.Corporations;

namespace InfoLink.Numbering;

/// <summary>Everything that the process can be told.</summary>
internal static class Commands
{
    public static RootCommand Root()
    {
        var config = new Option<string?>("--config") { Description = "The numbering.json to run." };
        var root = new RootCommand("The numbering authority: gives individual and corporate numbers. Run it with --config numbering.json.")
        {
            config,
            Init(),
            CorporateCommands.Create(),
        };
        root.SetAction((parsed, cancellation) => OfAsync(() => parsed.GetValue(config) is { } path
            ? RunAsync(path, cancellation)
            : throw new InvalidOperationException("Say what to do: --config numbering.json to run, or init, corporate; --help shows all.")));
        return root;
    }

    public static Option<string> Config() => new("--config") { Description = "The authority's numbering.json.", Required = true };

    /// <summary>0 well; 1 not, with cause and way out on standard error.</summary>
    public static async Task<int> OfAsync(Func<Task<int>> command)
    {
        try
        {
            return await command();
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("Stopped. Nothing is lost; run the same command again to go on.");
            return 1;
        }
        catch (Exception fault) when (fault is InvalidOperationException or IOException or UnauthorizedAccessException or FormatException or DbException or System.Text.DecoderFallbackException)
        {
            await Console.Error.WriteLineAsync(fault.Message);
            return 1;
        }
    }

    private static Command Init()
    {
        var folder = new Option<string>("--dir") { Description = "The folder to make.", Required = true };
        var platform = new Option<string>("--platform") { Description = "The platform's name (SPIFFE trust domain).", Required = true };
        var agency = new Option<string>("--agency") { Description = "The authority's member id.", Required = true };
        var broker = new Option<string>("--broker") { Description = "https://host:port of the broker, who tells what the authority signs later.", Required = true };
        var listen = new Option<string>("--listen") { Description = "Address and port to serve on.", DefaultValueFactory = _ => "127.0.0.1:7446" };
        var command = new Command(
            "init",
            "Make the authority's keys and configuration, and print what the member list needs.\nExample: infolink-numbering init --dir numbering --platform infolink.example --agency numbering --broker https://broker.example:7443")
        { folder, platform, agency, broker, listen };
        command.SetAction((parsed, _) => OfAsync(() =>
        {
            var options = new NumberingOptions();
            var member = options.Member;
            (member.Id, member.Listen, member.Broker, member.Folder) =
                (parsed.GetValue(agency)!, parsed.GetValue(listen)!, parsed.GetValue(broker)!, Path.GetFullPath(parsed.GetValue(folder)!));
            var keys = NumberingHost.Create(options, parsed.GetValue(platform)!);
            options.Write(member.Full("numbering.json"));
            Console.WriteLine(
                $"""
                For the member list:
                  {member.Id}:
                    identityKey: {keys.Identity}
                    logs: [{keys.Log}]
                    flags: [{Contracts.Membership.MemberFlags.NumberingAuthority}]
                Back up '{member.Full(options.TableKey)}' now, apart from the data folder: without it the conversion table is worthless.
                """);
            return Task.FromResult(0);
        }));
        return command;
    }

    private static async Task<int> RunAsync(string config, CancellationToken cancellation)
    {
        // As in any .NET host, an operator who looks for a fault turns levels up by environment variables, e.g. Logging__LogLevel__Default=Trace.
        var levels = new ConfigurationBuilder().AddEnvironmentVariables().Build().GetSection("Logging");
        using var loggers = LoggerFactory.Create(logging => logging.AddSimpleConsole(console => console.SingleLine = true)
            .AddFilter("Microsoft", LogLevel.Warning).AddConfiguration(levels));
        var options = NumberingOptions.Read(config);
        await using var host = await NumberingHost.StartAsync(options, TimeProvider.System, loggers);
        Console.WriteLine($"READY numbering authority '{options.Member.Id}' of {host.Platform} on {host.Endpoint}");
        await host.WaitForShutdownAsync(cancellation);
        return 0;
    }
}
