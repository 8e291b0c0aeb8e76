using System.Security.Cryptography;
using System.Text;
using InfoLink.Agent.Host.Asking;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Host.Callers;

/// <summary>
/// Who comes over the port shows a key; who comes over the socket is the agent's own user. A page in a browser on this host could send calls too: what has an origin of its own, or another host's name, is turned away.
/// The agent's own page, and nothing else, is below <see cref="Desk"/>: there a browser comes with a session, or through a proxy that has signed an operator in, and what changes something comes from that page.
/// </summary>
internal sealed class Gate(LocalApiOptions options, DeskSessions sessions)
{
    /// <summary>Where the back-office page is.</summary>
    public const string Desk = "/desk";

    private const string Scheme = "Bearer ";
    private const string SessionScheme = "Desk ";

    public async Task PassAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Connection.LocalIpAddress is null)
        {
            await next(context);
            return;
        }

        if (WhyNot(context) is { } refusal)
        {
            if (refusal.Name == RefusalName.CallerUnknown)
            {
                context.Response.Headers.WWWAuthenticate = context.Request.Path.StartsWithSegments(Desk, StringComparison.Ordinal) ? "Desk" : "Bearer";
            }

            await LocalReply.Refused(refusal).ToResult().ExecuteAsync(context);
            return;
        }

        await next(context);
    }

    private Refusal? WhyNot(HttpContext context)
    {
        var isDesk = context.Request.Path.StartsWithSegments(Desk, StringComparison.Ordinal);
        if (!IsOwnName(context.Request.Host.Host) || !(isDesk ? IsFromDesk(context.Request) : !context.Request.Headers.ContainsKey("Origin")))
        {
            return new Refusal(RefusalName.CallerNotAllowed, "host or origin");
        }

        // A path that there is not is told to no stranger, and to callers by the router.
        var right = context.GetEndpoint() is not { } endpoint ? Right.Ask : endpoint.Metadata.GetMetadata<Need>()?.Right ?? Right.Operate;
        if (right == Right.Look)
        {
            return null;
        }

        // What systems reach with a key is reached there by who is known alone.
        right = isDesk ? Right.Desk : right;

        if (right == Right.Desk)
        {
            if (WhoAtDesk(context.Request.Headers) is not { } at)
            {
                return new Refusal(RefusalName.CallerUnknown, "desk");
            }

            context.Features.Set(at);
            return null;
        }

        if (Find(context.Request.Headers.Authorization.ToString()) is not { } caller)
        {
            return new Refusal(RefusalName.CallerUnknown);
        }

        if (!caller.Operate && (right == Right.Operate || caller.Ask.Count == 0))
        {
            return new Refusal(RefusalName.CallerNotAllowed, "operate");
        }

        context.Features.Set(caller);
        return null;
    }

    /// <summary>A session; or a proxy's key, where there is a page for those who come through it, and it says who.</summary>
    private DeskOperator? WhoAtDesk(IHeaderDictionary headers)
    {
        var header = headers.Authorization.ToString();
        return header.StartsWith(SessionScheme, StringComparison.OrdinalIgnoreCase) ? sessions.Find(header[SessionScheme.Length..].Trim())
            : options.DeskOrigin.Length > 0 && Find(header) is { Claims: { } claims } && Claims.Read(claims, headers) is { } vouched ? new DeskOperator(vouched.Operator, vouched.Claims)
            : null;
    }

    /// <summary>Browsers say where a page that changes something came from; who reads sees nothing from elsewhere, and need not say.</summary>
    private bool IsFromDesk(HttpRequest request)
    {
        var origins = request.Headers.Origin;
        return origins.Count == 0 ? HttpMethods.IsGet(request.Method)
            : origins.Count == 1 && (string.Equals(origins[0], $"{request.Scheme}://{request.Host.Value}", StringComparison.Ordinal)
                || (options.DeskOrigin.Length > 0 && string.Equals(origins[0], options.DeskOrigin, StringComparison.Ordinal)));
    }

    /// <summary>Compares with every key, so that time tells neither which nor how much of one fits.</summary>
    private LocalKeyOptions? Find(string header)
    {
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(header[Scheme.Length..].Trim()));
        LocalKeyOptions? found = null;
        foreach (var key in options.Keys)
        {
            found = key.Fits(hash) ? key : found;
        }

        return found;
    }

    /// <summary>A name that somebody's DNS has pointed at this host is not its own.</summary>
    private static bool IsOwnName(string host) => host is "localhost" or "127.0.0.1" or "[::1]";
}
