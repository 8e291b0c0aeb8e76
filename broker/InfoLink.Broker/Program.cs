using InfoLink.Broker;

// infolink-broker --config broker.json
if (args is not ["--config", var path])
{
    await Console.Error.WriteLineAsync("Usage: InfoLink.Broker --config <broker.json>   (samples/Network --data DIR writes a complete example)");
    return 2;
}

using var loggers = LoggerFactory.Create(logging => logging.AddSimpleConsole(console => console.SingleLine = true)
    .AddFilter("Microsoft", LogLevel.Warning));
try
{
    await using var broker = await BrokerHost.StartAsync(BrokerOptions.Read(path), TimeProvider.System, loggers);
    Console.WriteLine($"READY {broker.Endpoint}");
    await broker.WaitForShutdownAsync(CancellationToken.None);
    return 0;
}
catch (Exception exception) when (exception is InvalidOperationException or IOException) // The configuration, or a port that is taken.
{
    await Console.Error.WriteLineAsync(exception.Message);
    return 1;
}
