using Grpc.Core;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Trust;
using InfoLink.Hosting;
using InfoLink.Hosting.Trust;
using InfoLink.Transparency;
using InfoLink.V1;

namespace InfoLink.Agent.Trust;

/// <summary>
/// Listens to the broker for the authority's next documents and its directory, judges each by itself, and keeps what is good. What is not good is kept as
/// evidence and changes nothing: a broker can withhold, and then documents expire, but it cannot widen.
/// </summary>
internal sealed partial class TrustWatch : IAsyncDisposable
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
    private readonly HashSet<string> _refused = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _ended = new();
    private Task _running = Task.CompletedTask;

    public TrustWatch(
        TrustBase trust, DirectoryFileOnDisk directory, Channels channels, LeafCertificates certificates, EvidenceFolder evidence, TimeProvider time, ILogger<TrustWatch> logger) =>
        (_trust, _directory, _channels, _certificates, _evidence, _time, _logger) = (trust, directory, channels, certificates, evidence, time, logger);

    public void Start() => _running = RunAsync();

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
                if (await ListenAsync())
                {
                    pause = Pause;
                    continue;
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

            await Task.Delay(pause, _time, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <returns>The stream brought something and ended well.</returns>
    private async Task<bool> ListenAsync()
    {
        var held = _trust.Folder.Held!;
        var client = new TrustService.TrustServiceClient(_channels.ToBroker(_certificates.Current, _trust.Members));
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token);
        using var limit = _time.CreateTimer(_ => silence.Cancel(), null, Silence, Timeout.InfiniteTimeSpan);
        using var call = client.Watch(
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
            if (call.ResponseStream.Current is { Piece.IsEmpty: false } piece && pieces.Add(piece) is { } document)
            {
                Take(document);
            }
        }

        return heard;
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

        [LoggerMessage(2, LogLevel.Information, "A new {Kind} is held, sha256 {Sha256}")]
        public static partial void Taken(ILogger logger, string kind, string sha256);

        [LoggerMessage(3, LogLevel.Critical, "ALARM: the broker brought a document that is not taken ({Fault}); it lies in the evidence folder. {Why}")]
        public static partial void Refused(ILogger logger, DocumentFault fault, string why);
    }
}
