using System.Diagnostics.CodeAnalysis;

namespace InfoLink.Contracts.Identifiers;

/// <summary>Where a party is reached: <c>https://host:port</c>, without user, path, query or fragment.</summary>
public static class Endpoints
{
    public static bool TryParse(string? text, [NotNullWhen(true)] out Uri? endpoint)
    {
        var good = Uri.TryCreate(text, UriKind.Absolute, out endpoint)
            && string.Equals(endpoint.Scheme, Uri.UriSchemeHttps, StringComparison.Ordinal)
            && endpoint is { Host.Length: > 0, AbsolutePath: "/", Query: "", Fragment: "", UserInfo: "" };
        endpoint = good ? endpoint : null;
        return good;
    }
}
