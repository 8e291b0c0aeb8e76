using System.Security.Cryptography.X509Certificates;

namespace InfoLink.Contracts.Identity;

/// <summary>The certificates of one generation, with their keys.</summary>
public sealed class LeafGeneration(X509Certificate2 tls, X509Certificate2 signing, DateTimeOffset renewAt) : IDisposable
{
    public X509Certificate2 Tls { get; } = tls;

    public X509Certificate2 Signing { get; } = signing;

    public DateTimeOffset RenewAt { get; } = renewAt;

    /// <summary>The end of both.</summary>
    public DateTimeOffset NotAfter => new(Tls.NotAfter.ToUniversalTime(), TimeSpan.Zero);

    /// <summary>False, too, before its beginning: a clock that was ahead and has been set right leaves nothing behind that nobody accepts.</summary>
    public bool Serves(DateTimeOffset now) => now < RenewAt && now >= new DateTimeOffset(Tls.NotBefore.ToUniversalTime(), TimeSpan.Zero);

    public void Dispose()
    {
        Tls.Dispose();
        Signing.Dispose();
    }
}
