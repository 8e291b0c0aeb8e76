using Grpc.Core;
using Grpc.Net.Client;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Trust;
using InfoLink.Transparency;
using InfoLink.V1;
using Microsoft.Extensions.Logging;

namespace InfoLink.Hosting.Trust;

/// <summary>
/// Listens to the broker for the authority's next documents and its directory, judges each by itself, and keeps what is good. What is not good is kept as
/// evidence and changes nothing: a broker can withhold, and then documents expire, but it cannot widen.
/// </summary>
public sealed partial class TrustWatch : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>The broker gives a sign of life every 10 s.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    private const int MostRefused = 1_000;
    private readonly TrustBase _trust;
    private readonly DirectoryFileOnDisk _directory;
    private readonly Channels _channels;
    private readonly LeafCertificates _certificates;
    private readonly EvidenceFolder _evidence;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private volatile CancellationTokenSource _hurry = new();
    private long _hurriedAt;
    private readonly HashSet<string> _refused = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _ended = new();
    private Task _running = Task.CompletedTask;

    public TrustWatch(
        TrustBase trust, DirectoryFileOnDisk directory, Channels channels, LeafCertificates certificates, EvidenceFolder evidence, TimeProvider time, ILogger<TrustWatch> logger) =>
        (_trust, _directory, _channels, _certificates, _evidence, _time, _logger) = (trust, directory, channels, certificates, evidence, time, logger);

    public void Start()
    {
        _trust.Hurry = Hurry;
        _running = RunAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _running;
        _ended.Dispose();
    }

    private async Task RunAsync()
    {
        var pause = Pause;
        while (!_ended.IsCancellationRequested)
        {
            try
            {
                BeginAnew();
                if (await ListenAsync())
                {
                    pause = Pause;
                }
            }
            catch (Exception) when (_ended.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                Log.NotHeard(_logger, RefusalOf(fault), pause.TotalSeconds);
            }

            using (var wait = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token, _hurry.Token))
            {
                await Task.Delay(pause, _time, wait.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <returns>The stream brought something and ended well.</returns>
    private async Task<bool> ListenAsync()
    {
        try
        {
            return await ListenAsync(_channels.ToBroker(_certificates.Current, _trust.Members), Take, untilCaughtUp: false);
        }
        catch (RpcException fault) when (fault.IsPeerMismatch())
        {
            // Whoever was away while the broker's identity key changed holds a list that does not name the new one. The next list is the authority's word,
            // whoever passes it on; the directory is not, and waits for it.
            Log.BrokerNotProved(_logger);
            using var anyone = GrpcChannel.ForAddress(_trust.Members.Broker.Endpoint!, new GrpcChannelOptions
            {
                HttpHandler = MutualTls.ClientHandlerToAnyone(_certificates.Current),
                DisposeHttpClient = true,
            });
            return await ListenAsync(anyone, TakeSigned, untilCaughtUp: true);
        }
    }

    private async Task<bool> ListenAsync(GrpcChannel channel, Action<SignedDocument> take, bool untilCaughtUp)
    {
        var held = _trust.Folder.Held!;
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token, BeginAnew());
        using var limit = _time.CreateTimer(_ => silence.Cancel(), null, Silence, Timeout.InfiniteTimeSpan);
        using var call = new TrustService.TrustServiceClient(channel).Watch(
            new WatchRequest
            {
                Authority = (uint)held.Authorities[^1].Header.Version,
                Members = (uint)(held.Members?.Header.Version ?? 0),
                Catalog = (uint)(held.CatalogDocuments.LastOrDefault()?.Header.Version ?? 0),
                Directory = _directory.Current.Serial,
            },
            cancellationToken: silence.Token);
        var pieces = new DocumentPieces();
        var heard = false;
        while (await call.ResponseStream.MoveNext(silence.Token))
        {
            limit.Change(Silence, Timeout.InfiniteTimeSpan);
            heard = true;
            var reply = call.ResponseStream.Current;
            if (!reply.Piece.IsEmpty && pieces.Add(reply) is { } document)
            {
                take(document);
            }
            else if (reply.Piece.IsEmpty && untilCaughtUp)
            {
                break; // Signs of life come when everything has been said.
            }
        }

        return heard;
    }

    private void TakeSigned(SignedDocument document)
    {
        if (document.Signatures.All(signature => signature.Certificate.IsEmpty))
        {
            Take(document);
        }
    }

    /// <summary>Lets go of a stream or a pause that may have outlived its use: a host that slept does not wait for the silence to be noticed.</summary>
    private void Hurry()
    {
        lock (_gate)
        {
            if (_time.GetElapsedTime(_hurriedAt) > Pause)
            {
                _hurriedAt = _time.GetTimestamp();
                _hurry.Cancel();
            }
        }
    }

    private CancellationToken BeginAnew()
    {
        lock (_gate)
        {
            if (_hurry.IsCancellationRequested)
            {
                _hurry = new CancellationTokenSource();
            }

            return _hurry.Token;
        }
    }

    private void Take(SignedDocument document)
    {
        try
        {
            var kind = Authoring.Documents.KindOf(document);
            var taken = kind == DocumentKind.Directory
                ? _directory.Take(document, _trust.Folder.Held!.Members!.Value, _time.GetUtcNow())
                : _trust.Folder.Accept(document);
            if (taken)
            {
                Log.Taken(_logger, kind.Name(), document.Sha256.ToString());
            }
        }
        catch (DocumentException refused)
        {
            // Told again with every stream; one case is one case. Who signed is part of it: the same words under a stolen key are another one.
            var told = document.ToBytes();
            if (_refused.Count >= MostRefused || !_refused.Add(Sha256Digest.Of(told).ToString()))
            {
                return;
            }

            _evidence.Keep("document", new Dictionary<string, byte[]>(StringComparer.Ordinal) { ["document"] = told });
            Log.Refused(_logger, refused.Fault, refused.Message);
        }
    }

    private static string RefusalOf(Exception fault) => fault switch
    {
        RpcException rpc when RefusalWire.TryRead(rpc) is { } refusal => refusal.Text,
        RpcException rpc => rpc.StatusCode.ToString(),
        _ => fault.GetType().Name,
    };

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The broker is not heard ({Why}); listening again in {Seconds} s. What is known stays in force, the directory for a day")]
        public static partial void NotHeard(ILogger logger, string why, double seconds);

        [LoggerMessage(4, LogLevel.Warning, "The broker does not prove to be the one of the member list that is held; listening for what the authority has signed, and for nothing else")]
        public static partial void BrokerNotProved(ILogger logger);

        [LoggerMessage(2, LogLevel.Information, "A newer document is held: {Kind}, sha256 {Sha256}")]
        public static partial void Taken(ILogger logger, string kind, string sha256);

        [LoggerMessage(3, LogLevel.Critical, "ALARM: the broker brought a document that is not taken ({Fault}); it lies in the evidence folder. {Why}")]
        public static partial void Refused(ILogger logger, DocumentFault fault, string why);
    }
}
