using InfoLink.Agent;
using InfoLink.Agent.Host;

// infolink-agent --config agent.json
if (args is not ["--config", var path])
{
    await Console.Error.WriteLineAsync("Usage: infolink-agent --config <agent.json>   (samples/Network --data DIR writes a complete example)");
    return 2;
}

try
{
    var options = AgentOptions.Read(path);
    var builder = WebApplication.CreateSlimBuilder();
    builder.Logging.ClearProviders().AddSimpleConsole(console => console.SingleLine = true).AddFilter("Microsoft", LogLevel.Warning);
    builder.Services.AddInfoLinkAgent(options);
    var socket = LocalApi.Listen(builder, options);
    var host = builder.Build();
    LocalApi.Map(host);
    await host.StartAsync();
    Console.WriteLine($"READY agency {options.Agency} on https://{options.Listen}, local API on {socket}");
    await host.WaitForShutdownAsync();
    return 0;
}
catch (Exception exception) when (exception is InvalidOperationException or IOException)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return 1;
}
