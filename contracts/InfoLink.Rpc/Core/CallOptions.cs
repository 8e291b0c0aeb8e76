namespace Grpc.Core;

/// <summary>What a caller says about one call.</summary>
public struct CallOptions
{
    /// <summary>Makes options; everything may be left out, but a call without a deadline waits as long as its caller lives.</summary>
    /// <param name="headers">Metadata to send.</param>
    /// <param name="deadline">The instant, in UTC, at which both sides give up. Real time: an instant, not a span.</param>
    /// <param name="cancellationToken">Gives the call up early.</param>
    public CallOptions(Metadata? headers = null, DateTime? deadline = null, CancellationToken cancellationToken = default)
    {
        Headers = headers;
        Deadline = deadline;
        CancellationToken = cancellationToken;
    }

    /// <summary>Metadata to send, or null.</summary>
    public Metadata? Headers { get; private set; }

    /// <summary>The instant (UTC) at which both sides give up, or null for never.</summary>
    public DateTime? Deadline { get; private set; }

    /// <summary>Gives the call up early.</summary>
    public CancellationToken CancellationToken { get; private set; }

    /// <summary>The same with other headers.</summary>
    public readonly CallOptions WithHeaders(Metadata headers) => this with { Headers = headers };

    /// <summary>The same with another deadline.</summary>
    public readonly CallOptions WithDeadline(DateTime deadline) => this with { Deadline = deadline };

    /// <summary>The same with another token.</summary>
    public readonly CallOptions WithCancellationToken(CancellationToken cancellationToken) => this with { CancellationToken = cancellationToken };
}

/// <summary>Hints about how a message is written.</summary>
[Flags]
public enum WriteFlags
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The message may wait in the buffer for the next one.</summary>
    BufferHint = 0x1,

    /// <summary>Do not compress. Nothing here is ever compressed.</summary>
    NoCompress = 0x2,
}

/// <summary>How messages are written.</summary>
public class WriteOptions
{
    /// <summary>No hints.</summary>
    public static readonly WriteOptions Default = new();

    /// <summary>Makes options.</summary>
    public WriteOptions(WriteFlags flags = default) => Flags = flags;

    /// <summary>The hints.</summary>
    public WriteFlags Flags { get; }
}
