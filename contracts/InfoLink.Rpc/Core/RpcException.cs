namespace Grpc.Core;

/// <summary>
/// A call that did not end in OK. A service throws it to refuse a call; a client meets it when awaiting one.
/// Whether the request may have reached the server is answered by <see cref="InfoLink.Rpc.Delivery.NeverReachedServer"/>.
/// </summary>
public class RpcException : Exception
{
    /// <summary>Makes the exception without trailers.</summary>
    public RpcException(Status status)
        : this(status, Metadata.Empty, status.ToString())
    {
    }

    /// <summary>Makes the exception without trailers and with a message of its own.</summary>
    public RpcException(Status status, string message)
        : this(status, Metadata.Empty, message)
    {
    }

    /// <summary>Makes the exception with the trailers that travel beside the status.</summary>
    public RpcException(Status status, Metadata trailers)
        : this(status, trailers, status.ToString())
    {
    }

    /// <summary>Makes the exception with trailers and a message of its own.</summary>
    public RpcException(Status status, Metadata trailers, string message)
        : base(message, status.DebugException)
    {
        ArgumentNullException.ThrowIfNull(trailers);
        Status = status;
        Trailers = trailers;
    }

    /// <summary>How the call ended.</summary>
    public Status Status { get; }

    /// <summary>The code of <see cref="Status"/>.</summary>
    public StatusCode StatusCode => Status.StatusCode;

    /// <summary>What the server sent beside the status; empty when it sent nothing.</summary>
    public Metadata Trailers { get; }
}
