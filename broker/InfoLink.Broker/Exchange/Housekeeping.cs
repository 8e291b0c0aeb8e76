using Grpc.Health.V1;
using Grpc.HealthCheck;
using InfoLink.Broker.AccessLog;
using InfoLink.Transparency;

namespace InfoLink.Broker.Exchange;

/// <summary>
/// What the broker does by itself every few seconds: writes <em>unsettled</em> for exchanges that nobody settled in time, puts counted refusals
/// on record, and tells its health.
/// </summary>
internal sealed partial class Housekeeping(
    ExchangeRecords records,
    RefusalRecords refusals,
    Transparency.AccessLog log,
    HealthServiceImpl health,
    TimeSpan settleWithin,
    TimeProvider time,
    ILogger<Housekeeping> logger) : IAsyncDisposable
{
    private const int Batch = 500;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>How far back it looks: an exchange older than this was judged by an earlier round, even after a month's outage.</summary>
    private static readonly TimeSpan LookBack = TimeSpan.FromDays(30);

    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public void Start() => _running = Task.Run(RunAsync);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    /// <summary>One round.</summary>
    public async Task RoundAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        foreach (var exchange in await records.FindUnsettledAsync(now - LookBack, now - settleWithin, Batch, cancellation))
        {
            var redeemed = (await records.FindAsync(exchange, cancellation)).First(entry => entry.Open.Event == V1.AccessEvent.Redeemed);
            await records.UnsettledAsync(redeemed);
            Log.Unsettled(logger, exchange.ToString(), redeemed.Open.Provider);
        }

        await refusals.FlushAsync(all: false);
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                await TryAsync(() => RoundAsync(_stop.Token));
                health.SetStatus("", log.Healthy ? HealthCheckResponse.Types.ServingStatus.Serving : HealthCheckResponse.Types.ServingStatus.NotServing);
            }
            while (await timer.WaitForNextTickAsync(_stop.Token));
        }
        catch (OperationCanceledException)
        {
            await TryAsync(() => refusals.FlushAsync(all: true));
        }
    }

    private async Task TryAsync(Func<Task> round)
    {
        try
        {
            await round();
        }
        catch (Exception exception) when (exception is LogUnavailableException or System.Data.Common.DbException)
        {
            Log.RoundFailed(logger, exception); // The next round does what this one could not.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Exchange {Exchange} was redeemed by {Provider} and not settled in time; it is on record as unsettled")]
        public static partial void Unsettled(ILogger logger, string exchange, string provider);

        [LoggerMessage(2, LogLevel.Error, "Housekeeping could not finish a round; the next one goes on")]
        public static partial void RoundFailed(ILogger logger, Exception exception);
    }
}
