using System.Diagnostics;
using System.Globalization;
using InfoLink.Contracts.Identifiers;
using InfoLink.Tests.Canary;
using InfoLink.Tests.Fixtures;
using Xunit;

namespace InfoLink.Tests.Limits;

/// <summary>
/// What exchanges leave behind in the processes that make them: nothing that grows. tests/Endurance is a whole network in one process; it exchanges and says, after
/// a full collection each time, what it holds.
/// </summary>
public sealed class EnduranceTests(ITestOutputHelper output)
{
    private const int Tenths = 10;

    /// <summary>50,000 where everything is tried, fewer at a desk; a million by hand (<c>INFOLINK_EXCHANGES=1000000</c>).</summary>
    private static int Exchanges => int.TryParse(Environment.GetEnvironmentVariable("INFOLINK_EXCHANGES"), out var asked) ? asked
        : Environment.GetEnvironmentVariable("CI") is "true" ? 50_000
        : 5_000;

    [Fact]
    public async Task Memory_handles_sockets_and_threads_stay_what_they_are_however_many_exchanges_go_by()
    {
        // In the broker's memory a redeemed token is kept for ten minutes, by design: in Redis it is not the broker's memory.
        await using var redis = await RedisServer.StartAsync();
        using var endurance = Process.Start(new ProcessStartInfo("dotnet", [Party.Built("tests/Endurance", "Endurance"), $"{Exchanges}", redis.Address])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = endurance.StandardError.ReadToEndAsync();
        var states = new List<State>();
        while (await endurance.StandardOutput.ReadLineAsync() is { } line)
        {
            output.WriteLine(line);
            states.Add(State.Read(line));
        }

        await endurance.WaitForExitAsync();
        Assert.True(endurance.ExitCode == 0, await errors);
        Assert.Equal(Tenths + 1, states.Count);

        // From the first tenth on, when all is warm, and once more from the seventh, when with many exchanges every cache is full.
        var (first, last) = (states[1], states[^1]);
        const long Megabyte = 1024 * 1024;
        foreach (var then in (State[])[first, states[7]])
        {
            Assert.InRange(last.LiveBytes - then.LiveBytes, long.MinValue, (3 * Megabyte) + KeptTiles(last.Done) - KeptTiles(then.Done));
        }

        Assert.InRange(last.ResidentBytes - first.ResidentBytes, long.MinValue, 100 * Megabyte);
        Assert.InRange(last.Handles - first.Handles, int.MinValue, 30);
        Assert.InRange(last.Sockets - first.Sockets, int.MinValue, 20);
        Assert.InRange(last.Threads, 1, 100);
        Assert.True(first.Sockets > 10 && first.LiveBytes > Megabyte, "This is not the process meant.");
    }

    /// <summary>What the logs keep of their trees grows to a bound: two caches for each log, of 256 tiles of 256 hashes.</summary>
    private static long KeptTiles(int exchanges)
    {
        const int Caches = 2;
        const int HashesOfOneCache = 256 * 256;
        int[] entriesOfOneExchange = [3, 2, 2]; // Broker, requester, provider.
        return entriesOfOneExchange.Sum(entries => Math.Min((long)entries * exchanges, HashesOfOneCache) * Sha256Digest.Size * Caches);
    }

    private sealed record State(int Done, long LiveBytes, long ResidentBytes, int Handles, int Sockets, int Threads)
    {
        public static State Read(string line)
        {
            var numbers = line.Split(' ').Select(number => long.Parse(number, CultureInfo.InvariantCulture)).ToArray();
            return new State((int)numbers[0], numbers[1], numbers[2], (int)numbers[3], (int)numbers[4], (int)numbers[5]);
        }
    }
}
