using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net.Security;
using System.Reflection;
using System.Security.Cryptography.X509Certificates;
using InfoLink.Hosting.Watching;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace InfoLink.Running;

/// <summary>Which process tells a collector something, and what.</summary>
/// <param name="Service">The program, e.g. <c>infolink-agent</c>.</param>
/// <param name="Party">Whose it is: the agency's id, or the platform's broker.</param>
/// <param name="Instance">Which of several side by side, by the name of its log.</param>
/// <param name="Sources">Names of <see cref="ActivitySource"/>s. Only our own: a library's spans have addresses, queries and headers in them.</param>
/// <param name="Meters">Names of <see cref="Meter"/>s.</param>
public sealed record Telling(string Service, string Party, string Instance, IReadOnlyList<string> Sources, IReadOnlyList<string> Meters);

/// <summary>
/// Tells a collector by OTLP what the process's own sources and meters have. No exchange waits for it: spans stand in a queue of limited length, on a thread of their own, and what the collector has not taken
/// within its deadline is lost. That it does not take anything is one line in the log, and one when it does again.
/// </summary>
public sealed partial class OtlpExport : IDisposable
{
    /// <summary>Of this export's own metrics.</summary>
    public const string MeterName = "InfoLink.Running";

    private const int MostWaitingSpans = 4_096;
    private const int SpansAtOnce = 512;
    private const int SpansEveryMilliseconds = 5_000;
    private const int StopWithinMilliseconds = 3_000;

    /// <summary>The runtime's own: memory, collections, threads, and exceptions by type.</summary>
    private const string Runtime = "System.Runtime";

    private readonly Meter _meter = new(MeterName);
    private readonly MeterProvider _metrics;
    private readonly TracerProvider? _spans;

    private OtlpExport(OtlpOptions options, string folder, Telling telling, ILogger logger)
    {
        var failed = _meter.CreateCounter<long>("infolink.telemetry.failed", "{message}", "Messages that the collector did not take.");
        var resource = Resource(telling);
        var collector = new Collector(options, folder);
        _metrics = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(resource)
            .AddMeter([.. telling.Meters, MeterName, Runtime])
            .AddReader(new PeriodicExportingMetricReader(
                new Metrics(collector.For("v1/metrics"), new Luck("metrics", options.Endpoint, failed, logger)), options.EverySeconds * 1_000, options.DeadlineSeconds * 1_000))
            .Build();
        if (options.Traces > 0 && telling.Sources.Count > 0)
        {
            _spans = Sdk.CreateTracerProviderBuilder()
                .SetResourceBuilder(resource)
                .AddSource([.. telling.Sources])

                // By the exchange alone: what called the agent, and whether it is watched itself, decides nothing.
                .SetSampler(new TraceIdRatioBasedSampler(options.Traces))
                .AddProcessor(new OwnStateOnly())
                .AddProcessor(new BatchActivityExportProcessor(
                    new Spans(collector.For("v1/traces"), new Luck("traces", options.Endpoint, failed, logger)), MostWaitingSpans, SpansEveryMilliseconds, options.DeadlineSeconds * 1_000, SpansAtOnce))
                .Build();
        }
    }

    /// <summary>Begins to tell; null where no collector is named.</summary>
    /// <param name="options">Without errors.</param>
    /// <param name="folder">Where its relative paths start from.</param>
    /// <param name="telling">What, and who.</param>
    /// <param name="loggers">For what it says.</param>
    public static OtlpExport? Start(OtlpOptions options, string folder, Telling telling, ILoggerFactory loggers) =>
        options.IsOn() ? new OtlpExport(options, folder, telling, loggers.CreateLogger<OtlpExport>()) : null;

    /// <summary>Tells what is left, for three seconds at most.</summary>
    public void Dispose()
    {
        Parallel.Invoke(() => _metrics.Shutdown(StopWithinMilliseconds), () => _spans?.Shutdown(StopWithinMilliseconds));
        _metrics.Dispose();
        _spans?.Dispose();
        _meter.Dispose();
    }

    /// <summary>Nothing that the environment says of itself: neither host nor user, nor what a variable adds.</summary>
    private static ResourceBuilder Resource(Telling telling) => ResourceBuilder.CreateEmpty().AddAttributes(
    [
        new("service.name", telling.Service),
        new("service.namespace", "infolink"),
        new("service.version", typeof(OtlpExport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0]),
        new("service.instance.id", telling.Instance),
        new("infolink.party", telling.Party),
    ]);

    /// <summary>How the collector is reached.</summary>
    private sealed class Collector(OtlpOptions options, string folder)
    {
        public OtlpExporterOptions For(string path) => new()
        {
            Protocol = options.Protocol is OtlpOptions.Grpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf,
            Endpoint = options.Protocol is OtlpOptions.Grpc ? new Uri(options.Endpoint) : new Uri(options.Endpoint.TrimEnd('/') + "/" + path),
            Headers = "",
            TimeoutMilliseconds = options.DeadlineSeconds * 1_000,
            HttpClientFactory = Client,
        };

        private HttpClient Client()
        {
            var handler = new SocketsHttpHandler
            {
                ActivityHeadersPropagator = null,
                AllowAutoRedirect = false, // Where the headers go is what the configuration says.
                UseProxy = false,
                UseCookies = false,
                ConnectTimeout = TimeSpan.FromSeconds(options.DeadlineSeconds),
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
                SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = Policy() },
            };
            var client = new HttpClient(handler, disposeHandler: true) { Timeout = TimeSpan.FromSeconds(options.DeadlineSeconds), MaxResponseContentBufferSize = 64 * 1024 };
            foreach (var (name, value) in options.ReadHeaders(folder))
            {
                client.DefaultRequestHeaders.TryAddWithoutValidation(name, value);
            }

            return client;
        }

        private X509ChainPolicy? Policy() => options.ReadAuthority(folder) is { } authority
            ? new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { authority }, RevocationMode = X509RevocationMode.NoCheck }
            : null;
    }

    /// <summary>A caller's trace may bring a state of its own, which is any text: it is nobody else's.</summary>
    private sealed class OwnStateOnly : BaseProcessor<Activity>
    {
        public override void OnStart(Activity data) => data.TraceStateString = "";
    }

    private sealed class Metrics(OtlpExporterOptions options, Luck luck) : OtlpMetricExporter(options)
    {
        public override ExportResult Export(in Batch<Metric> batch) => luck.Of(base.Export(batch));
    }

    private sealed class Spans(OtlpExporterOptions options, Luck luck) : OtlpTraceExporter(options)
    {
        public override ExportResult Export(in Batch<Activity> batch) => luck.Of(base.Export(batch));
    }

    /// <summary>Whether the collector takes what it is told; changes are said, and nothing else.</summary>
    private sealed class Luck(string signal, string endpoint, Counter<long> failed, ILogger logger)
    {
        private bool _isBad;

        public ExportResult Of(ExportResult result)
        {
            var isBad = result is not ExportResult.Success;
            if (isBad)
            {
                failed.Add(1, new KeyValuePair<string, object?>("signal", signal));
            }

            if (isBad && !_isBad)
            {
                Log.NotTaken(logger, endpoint, signal);
            }
            else if (!isBad && _isBad)
            {
                Log.TakenAgain(logger, endpoint, signal);
            }

            _isBad = isBad;
            return result;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The collector at {Endpoint} does not take {Signal}. Exchanges go on; this is said once, and when it does again.")]
        public static partial void NotTaken(ILogger logger, string endpoint, string signal);

        [LoggerMessage(2, LogLevel.Information, "The collector at {Endpoint} takes {Signal} again")]
        public static partial void TakenAgain(ILogger logger, string endpoint, string signal);
    }
}
