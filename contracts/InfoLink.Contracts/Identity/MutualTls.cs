using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using InfoLink.Contracts.Membership;
using Microsoft.AspNetCore.Hosting;
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

    /// <summary>The server's side: its current leaf, and the client's certificate asked for.</summary>
    /// <remarks>
    /// Any client certificate passes here, and none too: who the peer is and whether it may call is <see cref="PeerCertificates"/>'s
    /// decision, the first step of every call, so that each case gets the refusal that names it.
    /// </remarks>
    public static void UseMutualTls(this ListenOptions listen, LeafCertificates certificates)
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
    }

    /// <summary>
    /// The client's side: presents this generation's leaf, and sends nothing before the server has proved to be exactly
    /// <paramref name="server"/> under the identity key that the member list names for it.
    /// </summary>
    public static SocketsHttpHandler ClientHandler(LeafGeneration own, SpiffeName server, P256PublicKey serverIdentity, TimeProvider time) => new()
    {
        ConnectTimeout = ConnectTimeout,
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5),
        KeepAlivePingDelay = TimeSpan.FromSeconds(30),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
        EnableMultipleHttp2Connections = true,
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        SslOptions = new SslClientAuthenticationOptions
        {
            EnabledSslProtocols = SslProtocols.Tls13,
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            LocalCertificateSelectionCallback = (_, _, _, _, _) => own.Tls,
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                certificate is X509Certificate2 leaf
                && LeafCertificate.NameOf(leaf) == server
                && LeafCertificate.IsUnder(leaf, serverIdentity, LeafPurpose.Tls, time.GetUtcNow()),
        },
    };
}
