using System.Diagnostics.CodeAnalysis;

namespace InfoLink.Contracts.Identifiers;

/// <summary>Where a party is reached: <c>https://host:port</c>, without user, path, query or fragment; at most 300 characters, ASCII.</summary>
public static class Endpoints
{
    private const string Start = "https://";
    private const int MaxLength = 300;

    public static bool TryParse(string? text, [NotNullWhen(true)] out Uri? endpoint)
    {
        // Looked at first: on some texts (many slashes and a mark that turns the direction) the framework throws where it should say no.
        endpoint = null;
        var good = text is { Length: <= MaxLength } && text.StartsWith(Start, StringComparison.Ordinal) && !text.AsSpan().ContainsAnyExceptInRange('!', '~')
            && Uri.TryCreate(text, UriKind.Absolute, out endpoint)
            && endpoint is { Host.Length: > 0, AbsolutePath: "/", Query: "", Fragment: "", UserInfo: "" };
        endpoint = good ? endpoint : null;
        return good;
    }
}
