using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>A way to one server over HTTP/2. Expensive to make, cheap to use, safe for any number of threads: keep one per server and identity.</summary>
public sealed class GrpcChannel : ChannelBase, IDisposable
{
    private GrpcChannel(Uri address, GrpcChannelOptions options)
        : base(address.Authority)
    {
    }

    /// <summary>Makes a channel with the default options. Nothing is connected before the first call.</summary>
    public static GrpcChannel ForAddress(string address) => ForAddress(address, new GrpcChannelOptions());

    /// <summary>Makes a channel. Nothing is connected before the first call.</summary>
    /// <param name="address"><c>https://host:port</c>, or <c>http://…</c> for HTTP/2 without TLS (loopback and Unix sockets).</param>
    /// <param name="channelOptions">How to connect and what to accept.</param>
    public static GrpcChannel ForAddress(string address, GrpcChannelOptions channelOptions) => ForAddress(new Uri(address), channelOptions);

    /// <summary>Makes a channel with the default options. Nothing is connected before the first call.</summary>
    public static GrpcChannel ForAddress(Uri address) => ForAddress(address, new GrpcChannelOptions());

    /// <summary>Makes a channel. Nothing is connected before the first call.</summary>
    public static GrpcChannel ForAddress(Uri address, GrpcChannelOptions channelOptions) => new(address, channelOptions);

    /// <inheritdoc/>
    public override CallInvoker CreateCallInvoker() => throw new NotSupportedException();

    /// <summary>Gives running calls up and closes.</summary>
    public void Dispose()
    {
    }
}
