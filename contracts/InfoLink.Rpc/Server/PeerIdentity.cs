using System.Security.Cryptography.X509Certificates;
using System.Text;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace InfoLink.Rpc.Server;

/// <summary>What the connection says about the peer, in gRPC's words.</summary>
internal static class PeerIdentity
{
    private const string CommonName = "x509_common_name";
    private const string AlternativeName = "x509_subject_alternative_name";

    private static readonly X509NameType[] AlternativeNames =
        [X509NameType.DnsFromAlternativeName, X509NameType.UrlName, X509NameType.EmailName, X509NameType.UpnName];

    public static string Address(ConnectionInfo connection) => connection.RemoteIpAddress switch
    {
        null => "unix:",
        { AddressFamily: System.Net.Sockets.AddressFamily.InterNetworkV6 } address => $"ipv6:[{address}]:{connection.RemotePort}",
        var address => $"ipv4:{address}:{connection.RemotePort}",
    };

    /// <summary>Alternative names are the identity if the certificate has any, else its common name.</summary>
    public static AuthContext Authenticated(X509Certificate2? certificate)
    {
        var properties = new Dictionary<string, List<AuthProperty>>(StringComparer.Ordinal);
        if (certificate is null)
            return new AuthContext(peerIdentityPropertyName: null, properties);
        foreach (var type in AlternativeNames)
            Add(AlternativeName, certificate.GetNameInfo(type, forIssuer: false));
        Add(CommonName, certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false));
        var identity = properties.ContainsKey(AlternativeName) ? AlternativeName : properties.ContainsKey(CommonName) ? CommonName : null;
        return new AuthContext(identity, properties);

        void Add(string name, string? value)
        {
            if (string.IsNullOrEmpty(value))
                return;
            if (!properties.TryGetValue(name, out var list))
                properties.Add(name, list = []);
            list.Add(AuthProperty.Create(name, Encoding.UTF8.GetBytes(value)));
        }
    }
}
