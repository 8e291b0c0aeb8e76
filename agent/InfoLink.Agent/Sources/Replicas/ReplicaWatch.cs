using System.Diagnostics.Metrics;
using System.Globalization;

namespace InfoLink.Agent.Sources.Replicas;

/// <summary>Looks at the age of replicas each minute and says once what has become of it; and shows it to the operator's metrics. The one label is the replica's name.</summary>
internal sealed partial class ReplicaWatch : IAsyncDisposable
{
    public const string MeterName = "InfoLink.Agent.Replicas";
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);
    private readonly ReplicaDeliveries _deliveries;
    private readonly ILogger<ReplicaWatch> _logger;
    private readonly Meter _meter = new(MeterName);
    private readonly Dictionary<string, ReplicaState> _said = new(StringComparer.Ordinal);
    private readonly Rounds _rounds;
    private bool _isSwept;

    public ReplicaWatch(ReplicaDeliveries deliveries, TimeProvider time, ILogger<ReplicaWatch> logger)
    {
        (_deliveries, _logger) = (deliveries, logger);
        _rounds = new Rounds(LookAndSweepAsync, Every, time, fault => Log.NotLooked(logger, fault.GetType().Name));
        _meter.CreateObservableGauge("infolink.agent.replica.age", () => Measured(replica => replica.AgeSeconds), "s", "Time since the delivery in use was exported.");
        _meter.CreateObservableGauge("infolink.agent.replica.records", () => Measured(replica => replica.InUse?.Records ?? 0), "{record}", "Records of the delivery in use.");
    }

    /// <summary>For listeners that must tell one agent of a process from another.</summary>
    public Meter Meter => _meter;

    public void Start() => _rounds.Start();

    /// <summary>Says what has changed since the last look.</summary>
    public void Look()
    {
        foreach (var replica in _deliveries.Standing())
        {
            if (_said.TryGetValue(replica.Source, out var said) && said == replica.State)
            {
                continue;
            }

            var wasBad = _said.ContainsKey(replica.Source) && said != ReplicaState.Good;
            _said[replica.Source] = replica.State;
            var exported = replica.InUse?.AsOf.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) ?? "";
            switch (replica.State)
            {
                case ReplicaState.Nothing:
                    Log.Nothing(_logger, replica.Source);
                    break;
                case ReplicaState.Late:
                    Log.Late(_logger, replica.Source, exported, replica.MaxAgeHours);
                    break;
                case ReplicaState.TooOld:
                    Log.TooOld(_logger, replica.Source, exported, replica.RefuseAfterHours);
                    break;
                case ReplicaState.Good when wasBad:
                    Log.Good(_logger, replica.Source, exported);
                    break;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _rounds.DisposeAsync();
        _meter.Dispose();
    }

    private Task LookAndSweepAsync(CancellationToken cancellation)
    {
        Look();
        if (!_isSwept)
        {
            _deliveries.Sweep();
            _isSwept = true;
        }

        return Task.CompletedTask;
    }

    private IEnumerable<Measurement<long>> Measured(Func<ReplicaStanding, long?> value) =>
        [.. _deliveries.Standing().Where(replica => value(replica) is not null).Select(replica => new Measurement<long>(value(replica)!.Value, new KeyValuePair<string, object?>("source", replica.Source)))];

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "ALARM: nothing has been delivered to the replica '{Source}', or it was recalled: nothing is answered from it")]
        public static partial void Nothing(ILogger logger, string source);

        [LoggerMessage(2, LogLevel.Warning, "ALARM: the replica '{Source}' is late: what it answers from was exported at {Exported} UTC, more than {Hours} hours ago")]
        public static partial void Late(ILogger logger, string source, string exported, int hours);

        [LoggerMessage(3, LogLevel.Error, "ALARM: the replica '{Source}' is too old to answer from: it was exported at {Exported} UTC, more than {Hours} hours ago")]
        public static partial void TooOld(ILogger logger, string source, string exported, int hours);

        [LoggerMessage(4, LogLevel.Information, "The replica '{Source}' is answered from again: exported at {Exported} UTC")]
        public static partial void Good(ILogger logger, string source, string exported);

        [LoggerMessage(5, LogLevel.Error, "The replicas could not be looked at ({Fault}); tried again in a minute")]
        public static partial void NotLooked(ILogger logger, string fault);
    }
}
