namespace Grpc.Net.Client;

/// <summary>How a channel connects and what it accepts. Read once, when the channel is made.</summary>
public sealed class GrpcChannelOptions
{
    /// <summary>
    /// The connections: as a rule a <see cref="System.Net.Http.SocketsHttpHandler"/> carrying the client certificate, the server-certificate check,
    /// and for Unix sockets a <c>ConnectCallback</c>. Default: one that verifies the server by the machine's trust store, gives up connecting after 10 seconds,
    /// and opens further connections when one has no stream left (<c>EnableMultipleHttp2Connections</c>; without it the 101st call at one time waits).
    /// </summary>
    public HttpMessageHandler? HttpHandler { get; set; }

    /// <summary>Whether disposing the channel disposes <see cref="HttpHandler"/>. A handler the channel made itself is always disposed. Default: false.</summary>
    public bool DisposeHttpClient { get; set; }

    /// <summary>The largest response message in bytes; a larger one ends the call in RESOURCE_EXHAUSTED. Null: no limit. Default: 4 MiB.</summary>
    public int? MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    /// <summary>The largest request message in bytes; a larger one is not sent, the call ends in RESOURCE_EXHAUSTED. Null: no limit. Default: null.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>Where the channel finds a <see cref="TimeProvider"/> for its deadlines. Default: the system's clock.</summary>
    public IServiceProvider? ServiceProvider { get; set; }
}
