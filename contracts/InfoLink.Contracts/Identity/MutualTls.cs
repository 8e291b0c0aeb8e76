using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using InfoLink.Contracts.Membership;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace InfoLink.Contracts.Identity;

/// <summary>
/// The TLS profile of every InfoLink port: TLS 1.3, certificates on both sides, HTTP/2. There is no insecure switch.
/// </summary>
public static class MutualTls
{
    /// <summary>How long connecting to a peer may take, TLS included.</summary>
    public static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    /// <summary>How long a connection lives whose peer is no member: enough to read its refusal, too short to hold places.</summary>
    private static readonly TimeSpan StrangersStay = TimeSpan.FromSeconds(10);

    /// <summary>The server's side: its current leaf, and the client's certificate asked for.</summary>
    /// <remarks>
    /// Any client certificate passes here, and none too: who the peer is and whether it may call is <see cref="PeerCertificates"/>'s
    /// decision, the first step of every call, so that each case gets the refusal that names it.
    /// </remarks>
    /// <param name="listen">The port.</param>
    /// <param name="certificates">This party's leaves.</param>
    /// <param name="isMember">Whether the certificate is a member's; a connection of anyone else is ended soon.</param>
    /// <param name="time">For that end.</param>
    public static void UseMutualTls(this ListenOptions listen, LeafCertificates certificates, Func<X509Certificate2?, bool> isMember, TimeProvider time)
    {
        listen.Protocols = HttpProtocols.Http2;
        listen.UseHttps(new HttpsConnectionAdapterOptions
        {
            ServerCertificateSelector = (_, _) => certificates.Current.Tls,
            ClientCertificateMode = ClientCertificateMode.AllowCertificate,
            ClientCertificateValidation = (_, _, _) => true,
            SslProtocols = SslProtocols.Tls13,
            HandshakeTimeout = HandshakeTimeout,
        });
        listen.Use(next => async connection =>
        {
            var known = isMember(connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate);
            await using var end = known
                ? null
                : time.CreateTimer(_ => connection.Abort(new ConnectionAbortedException("The peer is no member.")), null, StrangersStay, Timeout.InfiniteTimeSpan);
            await next(connection);
        });
    }

    /// <summary>
    /// The client's side: presents this generation's leaf, and sends nothing before the server has proved to be exactly
    /// <paramref name="server"/> under an identity key that the member list names for it.
    /// </summary>
    public static SocketsHttpHandler ClientHandler(LeafGeneration own, SpiffeName server, IdentityKeys serverIdentity, TimeProvider time) => ClientHandler(
        own,
        leaf => LeafCertificate.NameOf(leaf) == server && LeafCertificate.IsUnder(leaf, serverIdentity, LeafPurpose.Tls, time.GetUtcNow()));

    /// <summary>
    /// The same towards a server that cannot prove who it is to somebody who was away while its identity key changed. Only for hearing what bears the
    /// authority's signatures: such a server is told nothing but who asks, and nothing else that it says is believed.
    /// </summary>
    public static SocketsHttpHandler ClientHandlerToAnyone(LeafGeneration own) => ClientHandler(own, _ => true);

    private static SocketsHttpHandler ClientHandler(LeafGeneration own, Func<X509Certificate2, bool> isServer) => new()
    {
        ConnectTimeout = ConnectTimeout,
        PooledConnectionLifetime = TimeSpan.FromHours(1), // A server's leaf is looked at when a connection begins.
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5),
        KeepAlivePingDelay = TimeSpan.FromSeconds(30),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
        EnableMultipleHttp2Connections = true,
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        ActivityHeadersPropagator = null, // What a caller's own tracing carries, its trace and baggage, is nobody else's: it would join exchanges that nothing else joins.
        SslOptions = new SslClientAuthenticationOptions
        {
            EnabledSslProtocols = SslProtocols.Tls13,
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            LocalCertificateSelectionCallback = (_, _, _, _, _) => own.Tls,
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is X509Certificate2 leaf && isServer(leaf),
        },
    };
}
