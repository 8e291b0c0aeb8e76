using System.Text;
using System.Text.Json;
using InfoLink.Agent.Host.Callers;
using InfoLink.Agent.Links;
using InfoLink.Agent.People.Releasing;
using InfoLink.Contracts.Catalog;

namespace InfoLink.Agent.Host.Releasing;

/// <summary>
/// Questions that a second person releases before they are asked: <c>GET /v1/releases</c>, <c>GET /v1/releases/{number}</c>; <c>POST …/release</c> and <c>…/refuse</c> decide. Over the port, a key that operates, or one whose
/// proxy vouches for the operator: then she sees what she may release.
/// </summary>
internal static class ReleaseApi
{
    public static void Map(IEndpointRouteBuilder host)
    {
        host.MapGet("/v1/releases", (bool? all, HttpContext context, InfoLinkAgent agent, CancellationToken cancellation) => LocalAnswers.OfAsync(
            async () => await agent.Releases.EachAsync(all ?? false, cancellation).Where(ticket => IsShownTo(context, agent, ticket)).Take(LocalAnswers.MostListed).Select(ticket => Line(ticket, agent)).ToListAsync(cancellation))).WithMetadata(new Need(Right.Ask));
        host.MapGet("/v1/releases/{number:long}", (long number, HttpContext context, InfoLinkAgent agent, CancellationToken cancellation) => LocalAnswers.OfAsync(
            async () => await agent.Releases.FindAsync(number, cancellation) is var ticket && IsShownTo(context, agent, ticket)
                ? Line(ticket, agent)
                : throw new InvalidOperationException($"There is no ticket {number} that you may release."))).WithMetadata(new Need(Right.Ask));
        host.MapPost("/v1/releases/{number:long}/release", (long number, HttpRequest request, InfoLinkAgent agent, CancellationToken cancellation) =>
            LocalAnswers.OfAsync<DecideWish, TicketLine>(request, async wish => Line(await agent.Releases.ReleaseAsync(number, Decider(request, wish), cancellation), agent))).WithMetadata(new Need(Right.Ask));
        host.MapPost("/v1/releases/{number:long}/refuse", (long number, HttpRequest request, InfoLinkAgent agent, CancellationToken cancellation) =>
            LocalAnswers.OfAsync<DecideWish, TicketLine>(request, async wish => Line(await agent.Releases.RefuseAsync(number, Decider(request, wish), cancellation), agent))).WithMetadata(new Need(Right.Ask));
    }

    /// <summary>A system that asks cannot say by itself who releases: its proxy does, or its key operates.</summary>
    private static LinkAct Decider(HttpRequest request, DecideWish wish) => request.HttpContext.Features.Get<LocalKeyOptions>() is { Operate: false, Claims: null }
        ? throw new InvalidOperationException("This system's key does not operate, and no proxy vouches for who releases.")
        : wish.By;

    private static bool IsShownTo(HttpContext context, InfoLinkAgent agent, ReleaseTicket ticket) => context.Features.Get<DeskOperator>() is { } at
        ? agent.Releases.MayRelease(at.By, ticket.Entry)
        : IsShownTo(context.Features.Get<LocalKeyOptions>(), context, agent, ticket);

    private static bool IsShownTo(LocalKeyOptions? caller, HttpContext context, InfoLinkAgent agent, ReleaseTicket ticket) => caller switch
    {
        null or { Operate: true, Claims: null } => true,
        { Claims: { } options } => Claims.Read(options, context.Request.Headers) is { } vouched
            && agent.Releases.MayRelease(new LinkAct(vouched.Operator, "") { Claims = vouched.Claims }, ticket.Entry),
        _ => false,
    };

    private static TicketLine Line(ReleaseTicket ticket, InfoLinkAgent agent) => new(
        ticket.Number, ticket.State.ToString().ToLowerInvariant(), ticket.Entry.Value, ticket.Persons, ticket.AskedAt, ticket.Deadline, ticket.DecidedBy, agent.Catalog.Entries.GetValueOrDefault(ticket.Entry)?.Task)
    {
        Question = ticket.Question is { } question
            ? new QuestionLine(
                question.Operator,
                question.Use,
                question.CaseReference,
                question.Role.Value,
                question.Provider?.Value,
                [.. question.Kinds.Select(kind => kind.Value)],
                JsonSerializer.Deserialize<JsonElement>(Encoding.UTF8.GetString(question.Conditions.ToCanonicalJson())),
                question.Persons)
            : null,
    };

    internal sealed record DecideWish(string Operator, string Reason) : LocalWish(Operator, Reason)
    {
        internal override bool IsDecidedElsewhere => true;
    }

    internal sealed record TicketLine(long Ticket, string State, string Entry, int Persons, DateTimeOffset Asked, DateTimeOffset Deadline, string? DecidedBy, Bilingual? Task)
    {
        public QuestionLine? Question { get; init; }
    }

    internal sealed record QuestionLine(
        string Operator, string Use, string CaseReference, string Role, string? Provider, IReadOnlyList<string> Kinds, JsonElement Conditions, IReadOnlyList<string> Persons);
}
