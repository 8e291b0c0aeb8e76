using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using InfoLink.Contracts.Identifiers;
using InfoLink.Samples.Network;
using Microsoft.Extensions.Logging.Abstractions;

namespace InfoLink.Bench.Scenarios;

/// <summary>
/// Whole exchanges while somebody besets the broker, against the same exchanges in peace: thousands of idle connections, clients that send a byte at a time, and one
/// member that asks without pause. All limits are as they come. The besiegers are in this process too, so what they cost themselves is in the ratio: it is an upper bound.
/// </summary>
internal static class BesetScenario
{
    private const int Callers = 2;
    private const int Idle = 4_000; // In one process both ends of each take a handle; the test does it with ten thousand.
    private const int Slow = 100;
    private const int Flooding = 16;

    public static async Task<IReadOnlyList<Figure>> RunAsync(BenchRun run)
    {
        using var place = new BenchFolder();
        var folder = NetworkFolder.Create(place.Path("network"), redis: "", TimeProvider.System);
        await using var network = await RunningNetwork.StartAsync(folder, TimeProvider.System, NullLoggerFactory.Instance);
        var walk = new Walk(network, TimeProvider.System);
        var port = network.Broker.Endpoint.Port;
        var figures = new List<Figure>();
        foreach (var (name, besiege) in ((string, Func<CancellationToken, Task<Task>>)[])
            [
                ($"{Idle} idle connections", stop => IdleAsync(port, stop)),
                ($"{Slow} clients that send a byte at a time", stop => Task.FromResult(SlowAsync(port, stop))),
                ("one member that asks without pause", stop => Task.FromResult(FloodAsync(folder, stop))),
            ])
        {
            figures.Add(await CompareAsync(run with { Duration = run.Duration / 3 }, name, walk, besiege));
        }

        return figures;
    }

    private static async Task<Figure> CompareAsync(BenchRun run, string name, Walk walk, Func<CancellationToken, Task<Task>> besiege)
    {
        var rounds = await run.ByTurnsAsync(share => PeaceAsync(walk, share), share => SiegeAsync(walk, share, besiege));
        return Figure.Of($"exchange beset by {name}, p99", "ms", rounds[1].Percentiles(0.99), rounds[0].Percentiles(0.99), new Aim(2, AtLeast: false));
    }

    private static Task<Loaded> PeaceAsync(Walk walk, TimeSpan share) => Load.RunAsync(Callers, share, _ => ExchangeAsync(walk));

    private static async Task<Loaded> SiegeAsync(Walk walk, TimeSpan share, Func<CancellationToken, Task<Task>> besiege)
    {
        using var stop = new CancellationTokenSource();
        var siege = await besiege(stop.Token); // It stands when the measuring begins.
        try
        {
            return await Load.RunAsync(Callers, share, _ => ExchangeAsync(walk));
        }
        finally
        {
            await stop.CancelAsync();
            await siege;
        }
    }

    private static async Task ExchangeAsync(Walk walk)
    {
        var result = await walk.ExchangeAsync();
        if (!result.Answered)
        {
            throw new InvalidOperationException($"An exchange was refused: {result.Refusal}.");
        }
    }

    /// <summary>Connections on which nothing is said, not even TLS; they stay as long as they are let.</summary>
    /// <returns>What ends with them.</returns>
    private static async Task<Task> IdleAsync(int port, CancellationToken stop)
    {
        var sockets = new List<Socket>();
        try
        {
            for (var i = 0; i < Idle; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                sockets.Add(socket);
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), stop);
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException)
        {
            // The machine has no more of them.
        }

        return EndAsync();

        async Task EndAsync()
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            sockets.ForEach(socket => socket.Dispose());
        }
    }

    private static Task SlowAsync(int port, CancellationToken stop) => Task.WhenAll(Enumerable.Range(0, Slow).Select(_ => Task.Run(
        async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    await TrickleAsync(port, stop);
                }
                catch (Exception end) when (end is IOException or SocketException or AuthenticationException or OperationCanceledException)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None); // Closed, as it should be.
                }
            }
        },
        CancellationToken.None)));

    /// <summary>A stranger's connection whose HTTP/2 preface comes byte by byte.</summary>
    private static async Task TrickleAsync(int port, CancellationToken stop)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, port, stop);
        await using var tls = new SslStream(tcp.GetStream());
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                ApplicationProtocols = [SslApplicationProtocol.Http2],
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
            },
            stop);
        foreach (var octet in "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray())
        {
            await tls.WriteAsync(new[] { octet }, stop);
            await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System, stop);
        }
    }

    /// <summary>Codes that are nobody's: refused, on record, slowed; whatever it is told, it goes on.</summary>
    private static Task FloodAsync(NetworkFolder folder, CancellationToken stop) => Task.WhenAll(Enumerable.Range(0, Flooding).Select(_ => Task.Run(
        async () =>
        {
            using var member = new HandMadeClient(folder, NetworkFolder.Bystander, TimeProvider.System);
            while (!stop.IsCancellationRequested)
            {
                var request = member.Ask(new LinkCode(NetworkFolder.Epoch, System.Security.Cryptography.RandomNumberGenerator.GetBytes(LinkCode.BlockLength)));
                request.Conditions.TaxYear = Walk.TaxYear - 1;
                await HandMadeClient.RefusalOfAsync(() => member.AuthorizeAsync(request));
            }
        },
        CancellationToken.None)));
}
