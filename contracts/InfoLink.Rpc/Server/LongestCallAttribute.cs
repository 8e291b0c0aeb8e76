namespace InfoLink.Rpc.Server;

/// <summary>
/// How long a call of this method, or of every method of this service, may take, whatever deadline its caller set; in place of
/// <see cref="Grpc.AspNetCore.Server.GrpcServiceOptions.LongestCall"/>. The method's word goes before the service's.
/// </summary>
/// <param name="seconds">Whole seconds, or <see cref="Unlimited"/>.</param>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class)]
public sealed class LongestCallAttribute(int seconds) : Attribute
{
    /// <summary>As long as its caller wants: for streams that go on.</summary>
    public const int Unlimited = 0;

    /// <summary>As given.</summary>
    public int Seconds { get; } = seconds >= 0 ? seconds : throw new ArgumentOutOfRangeException(nameof(seconds));
}
