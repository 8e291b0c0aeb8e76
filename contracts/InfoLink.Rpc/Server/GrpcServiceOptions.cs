namespace Grpc.AspNetCore.Server;

/// <summary>What the server accepts and tells. Read once, when services are mapped.</summary>
public class GrpcServiceOptions
{
    /// <summary>
    /// The largest request message in bytes; a larger one ends the call in RESOURCE_EXHAUSTED before it is read. Null: no limit of its own.
    /// Kestrel's <c>MaxRequestBodySize</c> (30 MB by default) holds beside it. Default: 4 MiB.
    /// </summary>
    public int? MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    /// <summary>The largest response message in bytes; a larger one ends the call in RESOURCE_EXHAUSTED. Null: no limit. Default: null.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>
    /// Whether a caller is told the type and message of an exception a service did not catch. They may hold anything, so this is for development only.
    /// Null and false both mean no. Default: null.
    /// </summary>
    public bool? EnableDetailedErrors { get; set; }

    /// <summary>
    /// How long a call may take, reading its request included, where the caller sets no deadline or a later one; it then ends in DEADLINE_EXCEEDED.
    /// A method or service with its own <see cref="InfoLink.Rpc.Server.LongestCallAttribute"/> keeps to that. Null: no limit. Default: null.
    /// </summary>
    public TimeSpan? LongestCall { get; set; }
}
