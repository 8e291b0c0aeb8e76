using System.Collections.Concurrent;
using Grpc.Core;
using InfoLink.Rpc.Client;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.Net.Client;

/// <summary>A way to one server over HTTP/2. Expensive to make, cheap to use, safe for any number of threads: keep one per server and identity.</summary>
public sealed class GrpcChannel : ChannelBase, IDisposable
{
    private static readonly TimeSpan DefaultConnectTimeout = TimeSpan.FromSeconds(10);

    private readonly Uri _address;
    private readonly HttpMessageInvoker _http;
    private readonly CancellationTokenSource _closing = new();
    private readonly ConcurrentDictionary<IMethod, Uri> _paths = new();

    private GrpcChannel(Uri address, GrpcChannelOptions options)
        : base(address.Authority)
    {
        _address = address;
        _http = options.HttpHandler is { } handler
            ? new HttpMessageInvoker(handler, options.DisposeHttpClient)
            : new HttpMessageInvoker(
                new SocketsHttpHandler { ConnectTimeout = DefaultConnectTimeout, EnableMultipleHttp2Connections = true, AllowAutoRedirect = false, UseCookies = false },
                disposeHandler: true);
        MaxReceiveMessageSize = options.MaxReceiveMessageSize;
        MaxSendMessageSize = options.MaxSendMessageSize;
        Time = options.ServiceProvider?.GetService<TimeProvider>() ?? TimeProvider.System;
    }

    internal int? MaxReceiveMessageSize { get; }

    internal int? MaxSendMessageSize { get; }

    internal TimeProvider Time { get; }

    /// <summary>Fires when the channel closes, and with it every running call.</summary>
    internal CancellationToken Closing => _closing.Token;

    /// <summary>Makes a channel with the default options. Nothing is connected before the first call.</summary>
    public static GrpcChannel ForAddress(string address) => ForAddress(address, new GrpcChannelOptions());

    /// <summary>Makes a channel. Nothing is connected before the first call.</summary>
    /// <param name="address"><c>https://host:port</c>, or <c>http://…</c> for HTTP/2 without TLS (loopback and Unix sockets).</param>
    /// <param name="channelOptions">How to connect and what to accept.</param>
    /// <exception cref="ArgumentException">The address is neither.</exception>
    public static GrpcChannel ForAddress(string address, GrpcChannelOptions channelOptions) => ForAddress(new Uri(address), channelOptions);

    /// <summary>Makes a channel with the default options. Nothing is connected before the first call.</summary>
    public static GrpcChannel ForAddress(Uri address) => ForAddress(address, new GrpcChannelOptions());

    /// <summary>Makes a channel. Nothing is connected before the first call.</summary>
    /// <exception cref="ArgumentException">The address is neither <c>http</c> nor <c>https</c>.</exception>
    public static GrpcChannel ForAddress(Uri address, GrpcChannelOptions channelOptions)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(channelOptions);
        if (!address.IsAbsoluteUri || address.Scheme is not ("https" or "http"))
            throw new ArgumentException($"'{address}' is neither an http nor an https address.", nameof(address));
        return new GrpcChannel(address, channelOptions);
    }

    /// <inheritdoc/>
    public override CallInvoker CreateCallInvoker() => new HttpCallInvoker(this);

    /// <summary>Gives running calls up and closes.</summary>
    public void Dispose()
    {
        if (_closing.IsCancellationRequested)
            return;
        _closing.Cancel();
        _http.Dispose();
    }

    internal Uri PathOf(IMethod method) => _paths.GetOrAdd(method, static (key, address) => new Uri(address, key.FullName), _address);

    internal Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => _http.SendAsync(request, cancellationToken);

    /// <inheritdoc/>
    protected override Task ShutdownAsyncCore()
    {
        Dispose();
        return Task.CompletedTask;
    }
}
