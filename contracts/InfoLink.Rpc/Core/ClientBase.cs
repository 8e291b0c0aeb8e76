namespace Grpc.Core;

/// <summary>What generated clients derive from.</summary>
/// <typeparam name="T">The generated client itself.</typeparam>
public abstract class ClientBase<T> : ClientBase
    where T : ClientBase<T>
{
    /// <summary>For test doubles; such a client can make no call.</summary>
    protected ClientBase()
    {
    }

    /// <summary>Over a channel.</summary>
    protected ClientBase(ChannelBase channel)
        : base(channel)
    {
    }

    /// <summary>Over an invoker.</summary>
    protected ClientBase(CallInvoker callInvoker)
        : base(callInvoker)
    {
    }

    /// <summary>From a configuration.</summary>
    protected ClientBase(ClientBaseConfiguration configuration)
        : base(configuration)
    {
    }

    /// <summary>The same client naming another <c>:authority</c>.</summary>
    public T WithHost(string host) => NewInstance(new ClientBaseConfiguration(CallInvoker, host));

    /// <summary>A new client from a configuration.</summary>
    protected abstract T NewInstance(ClientBaseConfiguration configuration);
}

/// <summary>What <see cref="ClientBase{T}"/> derives from.</summary>
public abstract class ClientBase
{
    private readonly ClientBaseConfiguration? _configuration;

    /// <summary>For test doubles; such a client can make no call.</summary>
    protected ClientBase()
    {
    }

    /// <summary>Over a channel.</summary>
    protected ClientBase(ChannelBase channel)
        : this((channel ?? throw new ArgumentNullException(nameof(channel))).CreateCallInvoker())
    {
    }

    /// <summary>Over an invoker.</summary>
    protected ClientBase(CallInvoker callInvoker)
        : this(new ClientBaseConfiguration(callInvoker, host: null))
    {
    }

    /// <summary>From a configuration.</summary>
    protected ClientBase(ClientBaseConfiguration configuration) =>
        _configuration = configuration ?? throw new ArgumentNullException(nameof(configuration));

    /// <summary>What makes the calls.</summary>
    /// <exception cref="InvalidOperationException">The client was made by its parameterless constructor.</exception>
    protected CallInvoker CallInvoker =>
        _configuration?.CallInvoker ?? throw new InvalidOperationException("A client made without a channel can make no call.");

    /// <summary>An invoker and the authority it is asked to name.</summary>
    protected internal class ClientBaseConfiguration
    {
        private readonly CallInvoker _inner;
        private readonly string? _host;

        internal ClientBaseConfiguration(CallInvoker callInvoker, string? host)
        {
            ArgumentNullException.ThrowIfNull(callInvoker);
            _inner = callInvoker;
            _host = host;
        }

        internal CallInvoker CallInvoker => _host is null ? _inner : new HostCallInvoker(_inner, _host);
    }

    // Generated code always passes a null host, so a client "with host" has to put its own in.
    private sealed class HostCallInvoker(CallInvoker inner, string host) : CallInvoker
    {
        public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? _, CallOptions options, TRequest request) =>
            inner.BlockingUnaryCall(method, host, options, request);

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? _, CallOptions options, TRequest request) => inner.AsyncUnaryCall(method, host, options, request);

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? _, CallOptions options, TRequest request) => inner.AsyncServerStreamingCall(method, host, options, request);

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? _, CallOptions options) => inner.AsyncClientStreamingCall(method, host, options);

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? _, CallOptions options) => inner.AsyncDuplexStreamingCall(method, host, options);
    }
}
