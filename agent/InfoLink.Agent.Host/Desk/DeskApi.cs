using InfoLink.Agent.Host.Asking;
using InfoLink.Agent.Host.Callers;
using InfoLink.Agent.Host.Inspection;
using InfoLink.Agent.Host.Linking;
using InfoLink.Agent.Host.Manual;
using InfoLink.Agent.Host.Releasing;
using InfoLink.Agent.Host.Replicas;
using InfoLink.Agent.Manual;
using InfoLink.Contracts.Catalog;

namespace InfoLink.Agent.Host.Desk;

/// <summary>
/// The back-office page and what it calls, below <c>/desk</c>: a part of the local API, the same as systems and commands have, for one operator who is known. <c>POST /v1/desk/tickets</c> (the agent's own user) opens the door for one.
/// </summary>
internal static class DeskApi
{
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void Map(WebApplication host)
    {
        host.MapPost("/v1/desk/tickets", (HttpRequest request, DeskSessions sessions) => LocalAnswers.OfAsync<TicketWish, object>(request, wish => Task.FromResult<object>(new
        {
            ticket = string.IsNullOrWhiteSpace(wish.Operator) || wish.Operator.Length > 200
                ? throw new FormatException("operator: whose page it is, at most 200 characters.")
                : sessions.Issue(new DeskOperator(wish.Operator, Claims: null)),
        })));
        var desk = host.MapGroup(Gate.Desk).ExcludeFromDescription().AddEndpointFilter(GuardAsync);
        MapPage(desk);
        MapSession(desk);
        var known = desk.MapGroup("").WithMetadata(new Need(Right.Desk));
        LabelsApi.Map(known);
        QueueApi.Map(known);
        ReleaseApi.Map(known);
        AuditApi.MapRecent(known);
        var operating = known.MapGroup("").AddEndpointFilter(OperatesAsync);
        LinkApi.MapPersons(operating);
        ReplicaApi.MapStanding(operating);
    }

    private static void MapPage(RouteGroupBuilder desk)
    {
        foreach (var (path, file) in (IEnumerable<(string, DeskFile)>)[("", DeskFile.Page), .. DeskFile.Others.Select(file => ($"/{file.Name}", file))])
        {
            desk.MapGet(path, () => Results.Bytes(file.Bytes, file.Type)).WithMetadata(new Need(Right.Look));
        }
    }

    private static void MapSession(RouteGroupBuilder desk)
    {
        desk.MapPost("/session", (HttpRequest request, DeskSessions sessions, InfoLinkAgent agent) => LocalAnswers.OfAsync<OpenWish, SessionTold>(request, wish => Task.FromResult(
            sessions.Redeem(wish.Ticket) is { } opened
                ? Told(opened.At, agent) with { Secret = opened.Secret }
                : throw new InvalidOperationException("This address was used, or is more than a minute old. Run infolink-agent desk again.")))).WithMetadata(new Need(Right.Look));
        desk.MapGet("/session", (HttpContext context, InfoLinkAgent agent) => LocalAnswers.OfAsync(() => Task.FromResult(Told(context.Features.Get<DeskOperator>()!, agent))))
            .WithMetadata(new Need(Right.Desk));
        desk.MapDelete("/session", (HttpRequest request, DeskSessions sessions) =>
        {
            sessions.End(request.Headers.Authorization.ToString().Split(' ', 2)[^1].Trim());
            return Results.NoContent();
        }).WithMetadata(new Need(Right.Desk));
    }

    private static SessionTold Told(DeskOperator at, InfoLinkAgent agent) => new(
        at.Operator, agent.Agency.Value, agent.NameOf(agent.Agency), agent.MayOperate(at.Operator, at.Claims), [.. DenialReasons.All], AbsenceReason.All.ToDictionary(reason => reason.Id, reason => reason.Name, StringComparer.Ordinal));

    /// <summary>Nothing of it is kept by a browser, shown in another page's frame, or loaded from elsewhere.</summary>
    private static ValueTask<object?> GuardAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var headers = context.HttpContext.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        return next(context);
    }

    /// <summary>Looking at links and replicas, too, is for those who operate.</summary>
    private static async ValueTask<object?> OperatesAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var at = context.HttpContext.Features.Get<DeskOperator>()!;
        return await LocalAnswers.OfAsync(() =>
        {
            context.HttpContext.RequestServices.GetRequiredService<InfoLinkAgent>().RequireMayOperate(at.Operator, at.Claims);
            return Task.FromResult(true);
        }) is IStatusCodeHttpResult { StatusCode: >= 400 } refused ? refused : await next(context);
    }

    internal sealed record TicketWish(string Operator);

    private sealed record OpenWish(string Ticket)
    {
        public override string ToString() => "OpenWish(redacted)";
    }

    /// <summary>Who is there, and what the page has to know. The secret once, where the session begins.</summary>
    private sealed record SessionTold(string Operator, string Agency, Bilingual? Name, bool Operates, IReadOnlyList<string> Denials, IReadOnlyDictionary<string, Bilingual> Absences)
    {
        public string? Secret { get; init; }

        public override string ToString() => "SessionTold(redacted)";
    }
}
