namespace InfoLink.Hosting.Limits;

/// <summary>What a port bears from its peers before anybody has looked at what they say.</summary>
public sealed record PortLimits
{
    /// <summary>Largest message received, in bytes.</summary>
    public required int MaxMessage { get; init; }

    /// <summary>Open connections at the same time, of everybody.</summary>
    public required int Connections { get; init; }

    /// <summary>Open connections of one member, by the name in its certificate. One more is closed.</summary>
    public required int ConnectionsOfOneMember { get; init; }

    /// <summary>
    /// Connections whose peer is not known to be a member: in their handshake, or strangers. One more closes the oldest of them, so that a member, whose
    /// handshake takes milliseconds, gets in through any crowd of idle ones.
    /// </summary>
    public int UnknownConnections { get; init; } = 256;

    /// <summary>Calls at the same time on one connection.</summary>
    public int StreamsPerConnection { get; init; } = 100;

    /// <summary>All headers of one call, in bytes: metadata is not used.</summary>
    public int MaxHeaders { get; init; } = 16 * 1024;

    /// <summary>How long a call's headers may take to arrive.</summary>
    public TimeSpan HeadersWithin { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Slowest body, in bytes a second, after <see cref="SlowBodyGrace"/>; the same for how a peer takes answers.</summary>
    public double MinBytesPerSecond { get; init; } = 1024;

    /// <summary>How long a body may be slower; more than one second.</summary>
    public TimeSpan SlowBodyGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a connection may lie idle.</summary>
    public TimeSpan IdleConnection { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a call may take whose method says nothing else (<c>LongestCall</c>), whatever deadline its caller set.</summary>
    public TimeSpan LongestCall { get; init; } = TimeSpan.FromSeconds(60);
}
