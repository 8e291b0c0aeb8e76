using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace InfoLink.Tests.Running;

/// <summary>A collector of OpenTelemetry's as small as one can be: takes OTLP over HTTP and over gRPC, keeps every byte that came, headers too; or does not answer, or refuses.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<(string Path, byte[] Body)> _taken = [];
    private readonly StringBuilder _headers = new();
    private readonly CancellationTokenSource _end = new();
    private readonly WebApplication _server;
    private int _asked;

    private Collector()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, port => port.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, port => port.Protocols = HttpProtocols.Http2);
        });
        _server = builder.Build();
        _server.Run(TakeAsync);
    }

    /// <summary>It holds every call and says nothing.</summary>
    public bool Hangs { get; set; }

    /// <summary>How often it was called, however that ended.</summary>
    public int Asked => Volatile.Read(ref _asked);

    /// <summary>Everything that came, headers first.</summary>
    public byte[] Bytes
    {
        get
        {
            lock (_gate)
            {
                return [.. Encoding.UTF8.GetBytes(_headers.ToString()), .. _taken.SelectMany(taken => taken.Body)];
            }
        }
    }

    /// <summary>The endpoint for a protocol, as a configuration has it.</summary>
    public string EndpointFor(string protocol) => _server.Urls.ElementAt(protocol is "grpc" ? 1 : 0);

    public static async Task<Collector> StartAsync()
    {
        var collector = new Collector();
        await collector._server.StartAsync();
        return collector;
    }

    /// <summary>What came on these paths, whole messages.</summary>
    public IReadOnlyList<byte[]> On(string part)
    {
        lock (_gate)
        {
            return [.. _taken.Where(taken => taken.Path.Contains(part, StringComparison.OrdinalIgnoreCase)).Select(taken => taken.Body)];
        }
    }

    public bool Has(string text) => Has(Encoding.UTF8.GetBytes(text));

    public bool Has(byte[] bytes) => Bytes.AsSpan().IndexOf(bytes) >= 0;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _server.DisposeAsync();
        _end.Dispose();
    }

    private async Task TakeAsync(HttpContext context)
    {
        Interlocked.Increment(ref _asked);
        if (Hangs)
        {
            await Task.WhenAny(Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted), Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _end.Token));
            return;
        }

        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        lock (_gate)
        {
            _taken.Add((context.Request.Path, body.ToArray()));
            foreach (var (name, value) in context.Request.Headers)
            {
                _headers.Append(name).Append(": ").Append(value).Append('\n');
            }
        }

        if (context.Request.ContentType?.StartsWith("application/grpc", StringComparison.Ordinal) is true)
        {
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(new byte[5]); // An empty message.
            context.Response.AppendTrailer("grpc-status", "0");
        }
        else
        {
            context.Response.ContentType = "application/x-protobuf";
        }
    }
}
