using System.Buffers;
using Grpc.Core;
using Grpc.Net.Client;
using InfoLink.Rpc.Wire;

namespace InfoLink.Rpc.Client;

/// <summary>
/// One call on the client's side, from its request to its end: it sends, keeps the deadline, and knows how the call ended.
/// It ends exactly once; whoever comes first (response, fault, deadline, caller) decides the status.
/// </summary>
internal sealed class HttpCall : IDisposable
{
    // Timers reach about 49 days; a deadline beyond that is left to the server and the caller.
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(49);

    private readonly GrpcChannel _channel;
    private readonly Metadata? _userHeaders;
    private readonly DateTime? _deadline;
    private readonly CancellationToken _callersToken;
    private readonly TaskCompletionSource<Metadata> _headers = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private CancellationTokenRegistration _callersRegistration;
    private CancellationTokenRegistration _closingRegistration;
    private ITimer? _deadlineTimer;
    private FrameContent? _content;
    private HttpResponseMessage? _response;
    private bool _reading;
    private volatile bool _ended;
    private Status _status;
    private Metadata _trailers = Metadata.Empty;

    /// <exception cref="InvalidOperationException">The deadline is not in UTC.</exception>
    public HttpCall(GrpcChannel channel, CallOptions options)
    {
        if (options.Deadline is { Kind: not DateTimeKind.Utc } deadline && deadline != DateTime.MaxValue && deadline != DateTime.MinValue)
            throw new InvalidOperationException("A deadline is an instant in UTC.");
        _channel = channel;
        _userHeaders = options.Headers;
        _deadline = options.Deadline == DateTime.MaxValue ? null : options.Deadline;
        _callersToken = options.CancellationToken;
    }

    public Task<Metadata> Headers => _headers.Task;

    public CancellationToken Stop => _stop.Token;

    public int? MaxReceiveMessageSize => _channel.MaxReceiveMessageSize;

    /// <summary>Whether ending in OK now would leave the caller without the one response it was promised.</summary>
    public bool LacksMessage { get; set; }

    /// <summary>Sends the request and waits for the response's headers: the response when messages may follow, null when the call has ended.</summary>
    public async Task<HttpResponseMessage?> SendAsync<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, TRequest request)
    {
        try
        {
            var timeout = StartWatch();
            if (_ended)
                return null;
            var frame = new ArrayBufferWriter<byte>();
            new FrameWriter(frame, _channel.MaxSendMessageSize, contiguous: true).Write(method.RequestMarshaller, request);
            _content = new FrameContent(frame.WrittenMemory);
            using var message = RequestMessage.Create(_channel.PathOf(method), host, _content, _userHeaders, timeout);
            var response = await _channel.SendAsync(message, Stop);
            if (!Keep(response))
                return null;
            var (status, trailers) = ResponseHead.Judge(response);
            _headers.TrySetResult(status is null || trailers is null ? ResponseHead.ReadHeaders(response) : Metadata.Empty);
            if (status is not { } ended)
                return response;
            End(ended, trailers ?? Metadata.Empty);
            return null;
        }
        catch (Exception fault)
        {
            EndByFault(fault);
            return null;
        }
    }

    /// <summary>Ends the call with what the server said after its last message.</summary>
    public void EndByTrailers(HttpResponseMessage response)
    {
        var (status, trailers) = ResponseHead.ReadEnd(response);
        End(status, trailers);
    }

    /// <summary>Ends the call by an exception met on the way, unless deadline or caller ended it before.</summary>
    public void EndByFault(Exception fault)
    {
        switch (fault)
        {
            case RpcException rpc:
                End(WithDelivery(rpc.Status), rpc.Trailers);
                break;
            case OperationCanceledException when Stop.IsCancellationRequested:
                break; // Whoever stopped the call has said why.
            default:
                var status = TransportStatus.FromFault(fault);
                // A server that gives up at the same deadline may reset the stream before our own timer fires.
                if (_deadline is { } deadline && status.StatusCode is StatusCode.Cancelled && _channel.Time.GetUtcNow().UtcDateTime >= deadline)
                    status = new Status(StatusCode.DeadlineExceeded, "The deadline passed.", fault);
                End(WithDelivery(status), Metadata.Empty);
                break;
        }
    }

    /// <summary>Ends the call with what the server sent, or with what was concluded here. Only the first end counts.</summary>
    public void End(Status status, Metadata trailers)
    {
        if (LacksMessage && status.StatusCode == StatusCode.OK)
            status = new Status(StatusCode.Unimplemented, "The server ended the call in OK without a response.");
        lock (_gate)
        {
            if (_ended)
                return;
            _status = status;
            _trailers = trailers.Freeze();
            _ended = true;
        }

        StopWatch();
        if (!_headers.Task.IsCompleted && _headers.TrySetException(new RpcException(status, trailers)))
            _ = _headers.Task.Exception; // Whoever awaits the response learns it there; nobody need await the headers too.
        _stop.Cancel();
        ReleaseWhenIdle();
    }

    /// <summary>Null when the call ended in OK.</summary>
    public RpcException? Failure() => GetStatus() is { StatusCode: not StatusCode.OK } status ? new RpcException(status, _trailers) : null;

    public Status GetStatus() => _ended ? _status : throw new InvalidOperationException("The call has not ended.");

    public Metadata GetTrailers() => _ended ? _trailers : throw new InvalidOperationException("The call has not ended.");

    public void Dispose()
    {
        if (!_ended)
            GiveUp(new Status(StatusCode.Cancelled, "The call was disposed."));
    }

    public void GiveUp(Status status) => End(WithDelivery(status), Metadata.Empty);

    /// <summary>Between these two the response is in use and not torn away.</summary>
    public void BeginReading()
    {
        lock (_gate)
        {
            if (_reading)
                throw new InvalidOperationException("A read is still under way.");
            _reading = true;
        }
    }

    public void EndReading()
    {
        lock (_gate)
            _reading = false;
        ReleaseWhenIdle();
    }

    private TimeSpan? StartWatch()
    {
        _callersRegistration = _callersToken.UnsafeRegister(
            static call => ((HttpCall)call!).GiveUp(new Status(StatusCode.Cancelled, "The caller cancelled the call.")), this);
        _closingRegistration = _channel.Closing.UnsafeRegister(
            static call => ((HttpCall)call!).GiveUp(new Status(StatusCode.Cancelled, "The channel was closed.")), this);
        var left = _deadline - _channel.Time.GetUtcNow().UtcDateTime;
        if (left <= TimeSpan.Zero)
            PassDeadline();
        else if (left <= LongestTimer)
            _deadlineTimer = _channel.Time.CreateTimer(static call => ((HttpCall)call!).PassDeadline(), this, left.Value, Timeout.InfiniteTimeSpan);
        if (_ended)
            StopWatch(); // It ended while the watch was being set up, and may have missed a part of it.
        return left;
    }

    private void StopWatch()
    {
        _deadlineTimer?.Dispose();
        _callersRegistration.Unregister();
        _closingRegistration.Unregister();
    }

    private void PassDeadline() => GiveUp(new Status(StatusCode.DeadlineExceeded, "The deadline passed."));

    private Status WithDelivery(Status status) => _content is { HandedOver: true }
        ? status
        : new Status(status.StatusCode, status.Detail, new RequestNeverSentException(status.DebugException));

    private bool Keep(HttpResponseMessage response)
    {
        lock (_gate)
        {
            if (!_ended)
            {
                _response = response;
                return true;
            }
        }

        response.Dispose();
        return false;
    }

    // Disposing resets a stream that has not ended, so the server learns that nobody listens.
    private void ReleaseWhenIdle()
    {
        HttpResponseMessage? response;
        lock (_gate)
        {
            if (!_ended || _reading)
                return;
            (response, _response) = (_response, null);
        }

        response?.Dispose();
    }
}
