using System.Threading.Channels;
using Grpc.Core;
using Grpc.Health.V1;
using InfoLink.Rpc.Server;
using Microsoft.Extensions.Hosting;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Grpc.HealthCheck;

/// <summary>
/// The health of a server and its services, as <c>grpc.health.v1</c>. Register it as a singleton, map it, and set statuses on it.
/// A watcher gets the status as it is, then the latest one after each change: one that reads slowly misses what lies between, never the last.
/// </summary>
public class HealthServiceImpl : Health.V1.Health.HealthBase
{
    /// <summary>Watches at one time; a further one is answered RESOURCE_EXHAUSTED, so that nobody can hold the server by watching it.</summary>
    public const int MaxWatches = 1000;

    /// <summary>A watch that its caller forgot ends after an hour, in seconds; one that is still wanted is begun again.</summary>
    private const int LongestWatch = 3600;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, ServingStatus> _statuses = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Channel<ServingStatus>>> _watches = new(StringComparer.Ordinal);
    private readonly CancellationToken _stopping;
    private int _watchCount;

    /// <summary>Without a host: watches last until their callers leave.</summary>
    public HealthServiceImpl()
    {
    }

    /// <summary>In a host: when it stops, every service is NOT_SERVING and the watches end, so that they do not hold the shutdown up.</summary>
    public HealthServiceImpl(IHostApplicationLifetime lifetime)
    {
        ArgumentNullException.ThrowIfNull(lifetime);
        _stopping = lifetime.ApplicationStopping;
    }

    /// <summary>Sets the status of a service by its full name; the empty name is the server as a whole.</summary>
    public void SetStatus(string service, ServingStatus status)
    {
        ArgumentNullException.ThrowIfNull(service);
        lock (_gate)
        {
            _statuses[service] = status;
            Tell(service, status);
        }
    }

    /// <summary>Forgets a service: it is unknown again.</summary>
    public void ClearStatus(string service)
    {
        ArgumentNullException.ThrowIfNull(service);
        lock (_gate)
        {
            if (_statuses.Remove(service))
                Tell(service, ServingStatus.ServiceUnknown);
        }
    }

    /// <summary>Forgets every service.</summary>
    public void ClearAll()
    {
        lock (_gate)
        {
            foreach (var service in _statuses.Keys)
                Tell(service, ServingStatus.ServiceUnknown);
            _statuses.Clear();
        }
    }

    /// <summary>The status of one service.</summary>
    /// <exception cref="RpcException">NOT_FOUND: nobody set one.</exception>
    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        lock (_gate)
        {
            if (!_statuses.TryGetValue(request.Service, out var status))
                throw new RpcException(new Status(StatusCode.NotFound, "This service is not known here."));
            return Task.FromResult(new HealthCheckResponse { Status = WhileRunning(status) });
        }
    }

    /// <summary>The status of one service now and after each change; SERVICE_UNKNOWN as long as nobody set one.</summary>
    [LongestCall(LongestWatch)]
    public override async Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(responseStream);
        ArgumentNullException.ThrowIfNull(context);
        var latest = Open(request.Service);
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, _stopping);
            ServingStatus? told = null;
            while (!_stopping.IsCancellationRequested)
            {
                var status = await latest.Reader.ReadAsync(either.Token);
                if (status != told)
                    await responseStream.WriteAsync(new HealthCheckResponse { Status = status });
                told = status;
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            await responseStream.WriteAsync(new HealthCheckResponse { Status = ServingStatus.NotServing });
        }
        finally
        {
            Close(request.Service, latest);
        }

        throw new RpcException(new Status(StatusCode.Unavailable, "The server is stopping."));
    }

    private Channel<ServingStatus> Open(string service)
    {
        lock (_gate)
        {
            if (_watchCount >= MaxWatches)
                throw new RpcException(new Status(StatusCode.ResourceExhausted, "Too many watches are open."));
            _watchCount++;
            var latest = Channel.CreateBounded<ServingStatus>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
            if (!_watches.TryGetValue(service, out var watches))
                _watches.Add(service, watches = []);
            watches.Add(latest);
            latest.Writer.TryWrite(_statuses.TryGetValue(service, out var status) ? WhileRunning(status) : ServingStatus.ServiceUnknown);
            return latest;
        }
    }

    private void Close(string service, Channel<ServingStatus> latest)
    {
        lock (_gate)
        {
            _watchCount--;
            var watches = _watches[service];
            watches.Remove(latest);
            if (watches.Count == 0)
                _watches.Remove(service); // Names come from callers: none may stay behind.
        }
    }

    private void Tell(string service, ServingStatus status)
    {
        if (!_watches.TryGetValue(service, out var watches))
            return;
        foreach (var watch in watches)
            watch.Writer.TryWrite(WhileRunning(status));
    }

    private ServingStatus WhileRunning(ServingStatus status) => _stopping.IsCancellationRequested ? ServingStatus.NotServing : status;
}
