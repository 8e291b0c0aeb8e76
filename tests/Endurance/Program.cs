// Exchanges, again and again, and what they leave behind in the process: broker, three agents and those who ask, real sockets, durable logs.
//   dotnet run -c Release --project tests/Endurance -- 1000000 127.0.0.1:6379      a million, tokens in Redis (without an address: in memory, for ten minutes each)
// Prints a line for each tenth: exchanges done, live heap in bytes, resident bytes, handles, sockets, threads, seconds; each after a full collection.
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using InfoLink.Contracts.Identifiers;
using InfoLink.Samples.Network;
using Microsoft.Extensions.Logging.Abstractions;

const int Parallel = 8;
const int Tenths = 10;
var exchanges = int.Parse(args[0], CultureInfo.InvariantCulture);
var place = Directory.CreateTempSubdirectory("infolink-endurance-");
try
{
    var folder = NetworkFolder.Create(Path.Combine(place.FullName, "network"), args.Length > 1 ? args[1] : "", TimeProvider.System);
    TakePaceOff(folder);
    await using var network = await RunningNetwork.StartAsync(folder, TimeProvider.System, NullLoggerFactory.Instance);
    var walk = new Walk(network, TimeProvider.System);
    var began = Stopwatch.GetTimestamp();
    await RunAsync(Math.Min(500, exchanges)); // Warm: code, connections, pools, caches.
    Say(0);
    for (var tenth = 1; tenth <= Tenths; tenth++)
    {
        await RunAsync(exchanges / Tenths);
        Say(exchanges / Tenths * tenth);
    }

    return 0;

    async Task RunAsync(int count)
    {
        var left = count;
        await Task.WhenAll(Enumerable.Range(0, Parallel).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Decrement(ref left) is var now and >= 0)
            {
                var result = await walk.ExchangeAsync();
                if (!result.Answered)
                {
                    throw new InvalidOperationException($"An exchange was refused: {result.Refusal}");
                }

                // What else leaves something behind: refusals on record, and connections that come and go.
                if (now % 500 == 0)
                {
                    using var stranger = new HandMadeClient(folder, NetworkFolder.Requester, TimeProvider.System);
                    var request = stranger.Ask(new LinkCode(NetworkFolder.Epoch, RandomNumberGenerator.GetBytes(LinkCode.BlockLength)));
                    request.Conditions.TaxYear = 1999;
                    if (await HandMadeClient.RefusalOfAsync(() => stranger.AuthorizeAsync(request)) is not "CONDITION-OUT-OF-RANGE" and var otherwise)
                    {
                        throw new InvalidOperationException($"What must be refused was not: {otherwise}");
                    }
                }
            }
        })));
    }

    void Say(int done)
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        var live = GC.GetTotalMemory(forceFullCollection: true);
        using var self = Process.GetCurrentProcess();
        var handles = Directory.GetFileSystemEntries("/proc/self/fd");
        var sockets = handles.Count(handle => new FileInfo(handle).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{done} {live} {self.WorkingSet64} {handles.Length} {sockets} {self.Threads.Count} {Stopwatch.GetElapsedTime(began).TotalSeconds:0}"));
    }
}
finally
{
    place.Delete(recursive: true);
}

static void TakePaceOff(NetworkFolder folder)
{
    var broker = folder.BrokerOptions();
    (broker.Limits.Authorize.PerSecond, broker.Limits.Finish.PerSecond) = (0, 0);
    (broker.Limits.PersonsPerSecond, broker.Limits.EntryPersonsPerSecond, broker.Limits.PersonsPerDay) = (0, 0, 0);
    broker.Write(folder.BrokerPath);
    var provider = folder.AgentOptions(NetworkFolder.Provider);
    provider.Limits.Fetch.PerSecond = 0;
    provider.Write(folder.AgencyPath(NetworkFolder.Provider, "agent.json"));
}
