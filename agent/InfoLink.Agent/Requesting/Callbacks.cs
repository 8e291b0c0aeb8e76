using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace InfoLink.Agent.Requesting;

/// <summary>
/// Tells the agency's own systems that what they asked was decided elsewhere, or lapsed (SPEC §21): exchange, state, how many are waited for still, and when; no person and no value. A notice is durable in the transaction
/// that changed what is waited for, and is told until the system has taken it (2xx), at growing distances, for three days; the newest one of an exchange takes the place of an earlier one.
/// </summary>
internal sealed partial class Callbacks : IAsyncDisposable
{
    /// <summary>How long a system has for one notice.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    /// <summary>How long it is tried.</summary>
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromDays(3);

    private const int Batch = 100;
    private const int SideBySide = 4;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);
    private readonly Dictionary<string, Told> _systems = new(StringComparer.Ordinal);
    private readonly PendingStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger<Callbacks> _logger;
    private readonly Rounds _rounds;

    /// <exception cref="InvalidOperationException">A secret cannot be read.</exception>
    public Callbacks(AgentOptions options, PendingStore store, TimeProvider time, ILogger<Callbacks> logger)
    {
        (_store, _time, _logger) = (store, time, logger);
        foreach (var key in options.Local.Keys.Where(key => key.Callback is not null))
        {
            _systems.Add(key.Name, new Told(key.Callback!, key.Callback!.ReadSecret(options)));
        }

        _rounds = new Rounds(LookAsync, Interval, time, fault => Log.RoundFailed(logger, fault));
    }

    /// <summary>Does this system want to be told?</summary>
    public bool Tells(string caller) => _systems.ContainsKey(caller);

    public void Start() => _rounds.Start();

    public async ValueTask DisposeAsync()
    {
        await _rounds.DisposeAsync();
        foreach (var system in _systems.Values)
        {
            system.Dispose();
        }
    }

    /// <summary>Tells what is due: one system's notices one after the other, and one that does not take the first is left alone until its time has come again.</summary>
    public async Task LookAsync(CancellationToken cancellation)
    {
        var due = await _store.DueNoticesAsync(_time.GetUtcNow(), Batch, cancellation);
        foreach (var some in due.GroupBy(notice => notice.Caller, StringComparer.Ordinal).Chunk(SideBySide))
        {
            await Task.WhenAll(some.Select(group => TellAllAsync([.. group], cancellation)));
        }
    }

    private async Task TellAllAsync(IReadOnlyList<PendingNotice> notices, CancellationToken cancellation)
    {
        var began = _time.GetTimestamp();
        foreach (var notice in notices)
        {
            if (_time.GetElapsedTime(began) >= Deadline)
            {
                return; // The others are told too; the rest has the next round.
            }

            if (!_systems.TryGetValue(notice.Caller, out var system))
            {
                await _store.ToldAsync(notice); // It no longer wants to be told.
                continue;
            }

            var status = await TellAsync(system, notice, cancellation);
            if (status is >= 200 and < 300)
            {
                await _store.ToldAsync(notice);
                continue;
            }

            var now = _time.GetUtcNow();
            if (status == (int)HttpStatusCode.Gone || now - notice.At >= GiveUpAfter)
            {
                Log.GivenUp(_logger, notice.Caller, notice.Exchange.ToString(), status);
                await _store.ToldAsync(notice);
                if (status == 0)
                {
                    return; // It does not answer: the next would take as long.
                }

                continue;
            }

            var pause = FirstPause * Math.Pow(2, Math.Min(notice.Attempts, 10));
            await _store.PostponeNoticesAsync(notice, now + (pause < LongestPause ? pause : LongestPause));
            Log.NotTaken(_logger, notice.Caller, status);
            return;
        }
    }

    /// <returns>The HTTP status; 0: it did not answer.</returns>
    private async Task<int> TellAsync(Told system, PendingNotice notice, CancellationToken cancellation)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                type = $"pending.{notice.State.ToLowerInvariant()}",
                timestamp = notice.At,
                data = new { exchange = notice.Exchange.ToString(), state = notice.State, waiting = notice.Waiting },
            });
        var (id, timestamp) = (Convert.ToHexStringLower(notice.Id), _time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        using var request = new HttpRequestMessage(HttpMethod.Post, system.Address) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", timestamp);
        request.Headers.Add("webhook-signature", CallbackOptions.Sign(system.Key, id, timestamp, body));
        using var deadline = new CancellationTokenSource(Deadline, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            using var reply = await system.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token); // What it says is not read.
            return (int)reply.StatusCode;
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException || (fault is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return 0;
        }
    }

    /// <summary>A system that is told.</summary>
    private sealed class Told(CallbackOptions options, byte[] key) : IDisposable
    {
        public Uri Address { get; } = options.Address ?? throw new InvalidOperationException("A callback without an address.");

        public byte[] Key { get; } = key;

        public HttpClient Client { get; } = ClientOf(options.PinOrNull);

        public void Dispose()
        {
            Client.Dispose();
            CryptographicOperations.ZeroMemory(Key);
        }

        private static HttpClient ClientOf(byte[]? pin)
        {
            var handler = new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseProxy = false,
                UseCookies = false,
                MaxResponseHeadersLength = 16,
                PooledConnectionLifetime = TimeSpan.FromMinutes(2),
                ActivityHeadersPropagator = null,
            };
            if (pin is not null)
            {
                handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => IsPinned(certificate as X509Certificate2, pin);
            }

            return new HttpClient(handler, disposeHandler: true) { Timeout = Timeout.InfiniteTimeSpan };
        }

        /// <summary>TLS has proved that the host has the private key; which key it must be, the configuration says.</summary>
        private static bool IsPinned(X509Certificate2? certificate, byte[] pin) =>
            certificate is not null && CryptographicOperations.FixedTimeEquals(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()), pin);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The system {Caller} did not take a notice of a pending answer (HTTP {Status}); it is told again")]
        public static partial void NotTaken(ILogger logger, string caller, int status);

        [LoggerMessage(2, LogLevel.Error, "ALARM: the system {Caller} could not be told of exchange {Exchange} (HTTP {Status}) and is not told any more. What was answered can be collected: infolink-agent pending list")]
        public static partial void GivenUp(ILogger logger, string caller, string exchange, int status);

        [LoggerMessage(3, LogLevel.Error, "Systems could not be told of pending answers; what is left stands in the store")]
        public static partial void RoundFailed(ILogger logger, Exception fault);
    }
}
