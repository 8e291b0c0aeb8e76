using Grpc.Core;
using InfoLink.Rpc.Wire;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace InfoLink.Rpc.Server;

/// <summary>
/// One call on the server's side: what the service sees of it, and its end. It ends exactly once. The deadline may end it from the timer
/// while the service still runs; everything that touches the response therefore asks under one lock whether the call is still open.
/// </summary>
internal sealed class KestrelCall(HttpContext http, IMethod method, ServerEdge edge, TimeSpan? longest) : ServerCallContext
{
    private const int ResetInternalError = 0x2; // RFC 9113, section 7.

    // Timers reach about 49 days; a longer deadline is reported to the service and left to the caller to keep.
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(49);

    private readonly Lock _gate = new();
    private Metadata? _requestHeaders;
    private Metadata? _trailers;
    private AuthContext? _auth;
    private FrameWriter? _frames;
    private DateTime _deadline = DateTime.MaxValue;
    private TimeSpan _timeout;
    private ITimer? _timer;
    private CancellationTokenSource? _stop;
    private CancellationToken _token = http.RequestAborted;
    private Task _completing = Task.CompletedTask;
    private bool _writing;
    private bool _headersGone;
    private bool _deadlinePassed;
    private bool _ended;

    public HttpContext Http => http;

    protected override string MethodCore => method.FullName;

    protected override string HostCore => http.Request.Host.Value ?? "";

    protected override string PeerCore => PeerIdentity.Address(http.Connection);

    protected override DateTime DeadlineCore => _deadline;

    protected override Metadata RequestHeadersCore => _requestHeaders ??= RequestHead.ReadMetadata(http.Request.Headers);

    protected override CancellationToken CancellationTokenCore => _token;

    protected override Metadata ResponseTrailersCore => _trailers ??= [];

    protected override Status StatusCore { get; set; } = Status.DefaultSuccess;

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override AuthContext AuthContextCore => _auth ??= PeerIdentity.Authenticated(http.Connection.ClientCertificate);

    protected override IDictionary<object, object> UserStateCore => http.Items!;

    /// <summary>Checks what the request's headers ask for and starts the watch on the deadline.</summary>
    /// <exception cref="RpcException">UNIMPLEMENTED: compressed; INTERNAL: the timeout is malformed.</exception>
    public void Begin()
    {
        http.Response.ContentType = GrpcProtocol.ContentType;
        RequestHead.RefuseCompression(http);
        var asked = RequestHead.ReadTimeout(http.Request.Headers);
        if ((asked < longest ? asked : longest ?? asked) is not { } timeout)
            return;
        _timeout = timeout;
        var now = edge.Time.GetUtcNow().UtcDateTime;
        _deadline = _timeout < DateTime.MaxValue - now ? now + _timeout : DateTime.MaxValue;
        if (_timeout > LongestTimer)
            return;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        _token = _stop.Token;
        if (_timeout <= TimeSpan.Zero)
            PassDeadline();
        else
            _timer = edge.Time.CreateTimer(static call => ((KestrelCall)call!).PassDeadline(), this, _timeout, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Writes the only response; it leaves together with the status.</summary>
    public void WriteLast<T>(Marshaller<T> marshaller, T message)
    {
        BeginWrite();
        try
        {
            WriteFrame(marshaller, message);
        }
        finally
        {
            EndWrite();
        }
    }

    /// <summary>Writes and flushes one of many responses.</summary>
    /// <exception cref="InvalidOperationException">The call has ended, or another write is under way.</exception>
    /// <exception cref="OperationCanceledException">The caller is gone, the deadline passed, or <paramref name="cancellationToken"/> fired.</exception>
    public async Task WriteAsync<T>(Marshaller<T> marshaller, T message, CancellationToken cancellationToken)
    {
        BeginWrite();
        try
        {
            WriteFrame(marshaller, message);
            await FlushAsync(cancellationToken);
        }
        finally
        {
            EndWrite();
        }
    }

    protected override async Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        BeginWrite();
        try
        {
            if (_headersGone)
                throw new InvalidOperationException("The response headers were sent already.");
            ResponseEnd.Append(http.Response.Headers, responseHeaders);
            _headersGone = true;
            await FlushAsync(CancellationToken.None);
        }
        finally
        {
            EndWrite();
        }
    }

    /// <summary>Ends the call, with the service's trailers and <paramref name="trailers"/>, unless it has ended.</summary>
    public void End(Status status, Metadata trailers) => End(status, _trailers ?? Metadata.Empty, trailers);

    /// <summary>Ends the call by an exception from the request's reading, the service or the response's writing.</summary>
    public void EndByFault(Exception exception)
    {
        if (_ended)
            return;
        var callerIsGone = exception is ConnectionResetException or ConnectionAbortedException
            || (http.RequestAborted.IsCancellationRequested && exception is OperationCanceledException or IOException);
        if (callerIsGone)
        {
            edge.Log.CallerGone(Method);
            End(Status.DefaultCancelled, Metadata.Empty); // Nobody hears it; but a call has an end.
            return;
        }

        var (status, trailers) = edge.Judge(exception, Method);
        End(status, trailers);
    }

    /// <summary>Stops the watch. The request must not be given back to Kestrel before what the timer began is done.</summary>
    public async ValueTask CloseAsync()
    {
        if (_timer is not null)
            await _timer.DisposeAsync();
        await _completing;
        _stop?.Dispose();
    }

    private void End(Status status, Metadata servicesTrailers, Metadata trailers)
    {
        lock (_gate)
        {
            if (_ended)
                return;
            _ended = true;
            if (_frames is { IsTorn: true })
            {
                Reset(cause: null);
                return;
            }

            try
            {
                // Before anything was sent, the status goes into the headers ("trailers-only").
                var destination = _headersGone ? http.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers : http.Response.Headers;
                ResponseEnd.Append(destination, servicesTrailers);
                ResponseEnd.Write(destination, status, trailers);
            }
            catch (InvalidOperationException refusedByKestrel)
            {
                Reset(refusedByKestrel); // A received value echoed as a trailer may not be one HTTP allows.
            }
        }
    }

    private void Reset(Exception? cause)
    {
        edge.Log.TornResponse(Method, cause);
        http.Features.Get<IHttpResetFeature>()?.Reset(ResetInternalError);
    }

    // On the timer's thread, where nobody would catch an exception.
    private void PassDeadline()
    {
        lock (_gate)
        {
            if (_ended)
                return;
            _deadlinePassed = true;
            if (!_writing)
                EndByDeadline();
        }

        edge.Log.DeadlinePassed(Method, _timeout);
        try
        {
            _stop!.Cancel();
        }
        catch (AggregateException fromTheServicesCallbacks)
        {
            edge.Log.UnhandledException(Method, fromTheServicesCallbacks);
        }
    }

    // The answer leaves at once, even if the service does not heed its token; without its trailers, which it may be writing just now.
    private void EndByDeadline()
    {
        End(new Status(StatusCode.DeadlineExceeded, "The deadline passed."), Metadata.Empty, Metadata.Empty);
        _completing = CompleteAsync();

        async Task CompleteAsync()
        {
            try
            {
                await http.Response.CompleteAsync();
            }
            catch (Exception exception) when (exception is OperationCanceledException or IOException)
            {
                edge.Log.CallerGone(Method);
            }
        }
    }

    private void BeginWrite()
    {
        lock (_gate)
        {
            _token.ThrowIfCancellationRequested();
            if (_ended)
                throw new InvalidOperationException("The call has ended.");
            if (_writing)
                throw new InvalidOperationException("Another write is under way.");
            _writing = true;
        }
    }

    private void EndWrite()
    {
        lock (_gate)
        {
            _writing = false;
            if (_deadlinePassed && !_ended)
                EndByDeadline();
        }
    }

    private void WriteFrame<T>(Marshaller<T> marshaller, T message)
    {
        _frames ??= new FrameWriter(http.Response.BodyWriter, edge.MaxSendMessageSize, contiguous: false);
        _frames.Write(marshaller, message);
        _headersGone = true;
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (!cancellationToken.CanBeCanceled)
        {
            await http.Response.BodyWriter.FlushAsync(_token);
            return;
        }

        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _token);
        await http.Response.BodyWriter.FlushAsync(both.Token);
    }
}
