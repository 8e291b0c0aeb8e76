using Google.Protobuf;
using Grpc.Core;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;

namespace InfoLink.Contracts.Refusals;

/// <summary>Refusals on the wire: gRPC status and message, and the whole refusal in the trailer <c>infolink-refusal-bin</c>.</summary>
public static class RefusalWire
{
    /// <summary>Trailer that carries a serialized <see cref="V1.Refusal"/>.</summary>
    public const string TrailerName = "infolink-refusal-bin";

    public static RpcException ToRpcException(this Refusal refusal)
    {
        var trailers = new Metadata { { TrailerName, refusal.ToMessage().ToByteArray() } };
        return new RpcException(new Status(RefusalTable.Of(refusal.Name).Status, refusal.ToString()), trailers);
    }

    /// <summary>What a step came to, at the edge: its value, or the refusal as the caller gets it.</summary>
    /// <exception cref="RpcException">It was refused.</exception>
    public static T OrThrow<T>(this Outcome<T> outcome) => outcome switch
    {
        Outcome<T>.Done done => done.Value,
        Outcome<T>.Refused refused => throw refused.Refusal.ToRpcException(),
        _ => throw new InvalidOperationException("An outcome is done or refused."),
    };

    /// <summary>Who is at the other end, at the edge.</summary>
    /// <exception cref="RpcException">No member, or one that may not.</exception>
    public static PeerDecision.Known OrThrow(this PeerDecision decision) => decision switch
    {
        PeerDecision.Known known => known,
        PeerDecision.Refused refused => throw refused.Refusal.ToRpcException(),
        _ => throw new InvalidOperationException("A peer is known or refused."),
    };

    /// <summary>The refusal that an ended call carries, or null where it ended for another reason (a fault, the network).</summary>
    public static Refusal? TryRead(RpcException exception)
    {
        var trailer = exception.Trailers.GetValueBytes(TrailerName);
        return trailer is null ? null : TryRead(trailer);
    }

    public static V1.Refusal ToMessage(this Refusal refusal) => new()
    {
        Name = refusal.Name,
        Retryable = refusal.Retryable,
        RetryAfterMs = (long)refusal.RetryAfter.TotalMilliseconds,
        CauseEn = refusal.CauseEn,
        WayOutEn = refusal.WayOutEn,
        CauseJa = refusal.CauseJa,
        WayOutJa = refusal.WayOutJa,
        Detail = refusal.Detail,
    };

    /// <summary>A peer's refusal, as far as this program's table knows its name; its texts are ours, not the peer's.</summary>
    public static Refusal? FromMessage(V1.Refusal? message)
    {
        if (message is null || !RefusalTable.TryOf(message.Name, out _))
        {
            return null;
        }

        var wait = TimeSpan.FromMilliseconds(Math.Clamp(message.RetryAfterMs, 0, 3_600_000));
        return new Refusal(message.Name, Printable(message.Detail), wait);
    }

    /// <summary>Null where it does not read: the status code still tells what happened.</summary>
    private static Refusal? TryRead(byte[] trailer) => FromMessage(V1.Refusal.Parser.TryParse(trailer));

    /// <summary>A detail comes from a peer and lands in logs and on screens: bounded, and without control characters.</summary>
    private static string Printable(string detail) =>
        new([.. detail.Take(200).Where(character => !char.IsControl(character))]);
}
