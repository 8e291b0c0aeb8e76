using System.Security.Cryptography;
using System.Text;
using InfoLink.Agent.Host.Asking;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Host.Callers;

/// <summary>
/// Who comes over the port shows a key; who comes over the socket is the agent's own user. A page in a browser on this host could send calls too: what has an origin of its own, or another host's name, is turned away.
/// </summary>
internal sealed class Gate(LocalApiOptions options)
{
    private const string Scheme = "Bearer ";

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
                context.Response.Headers.WWWAuthenticate = "Bearer";
            }

            await LocalReply.Refused(refusal).ToResult().ExecuteAsync(context);
            return;
        }

        await next(context);
    }

    private Refusal? WhyNot(HttpContext context)
    {
        if (!IsOwnName(context.Request.Host.Host) || context.Request.Headers.ContainsKey("Origin"))
        {
            return new Refusal(RefusalName.CallerNotAllowed, "host or origin");
        }

        // A path that there is not is told to no stranger, and to callers by the router.
        var right = context.GetEndpoint() is not { } endpoint ? Right.Ask : endpoint.Metadata.GetMetadata<Need>()?.Right ?? Right.Operate;
        if (right == Right.Look)
        {
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
