using InfoLink.Agent.Host.Asking;
using InfoLink.Agent.Host.Callers;
using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent.Host.Manual;

/// <summary>
/// What this agency waits for, over the local socket: <c>GET /v1/pending</c>, <c>POST /v1/pending/{exchange}/collect</c>. Over the port, a system whose key does not operate sees and collects what it asked itself.
/// </summary>
internal static class PendingApi
{
    public static void Map(WebApplication host)
    {
        host.MapGet("/v1/pending", (bool? all, HttpContext context, InfoLinkAgent agent, CancellationToken cancellation) => LocalAnswers.OfAsync(
            async () => await agent.Pending.EachAsync(all ?? false, cancellation).Where(pending => IsShownTo(context, agent, pending)).Take(LocalAnswers.MostListed).Select(Line).ToListAsync(cancellation))).WithMetadata(new Need(Right.Ask));
        host.MapPost("/v1/pending/{exchange}/collect", (string exchange, HttpRequest request, InfoLinkAgent agent, CancellationToken cancellation) =>
            LocalAnswers.OfAsync<CollectWish, CollectedLine>(request, async wish =>
            {
                var id = ExchangeId.TryParse(exchange, out var known) ? known : throw new FormatException("That is not an exchange id.");
                var pending = await agent.Pending.FindAsync(id, cancellation);
                if (pending is null || !IsShownTo(request.HttpContext, agent, pending))
                {
                    throw new InvalidOperationException($"Nothing pending is kept of exchange {id}. See 'infolink-agent pending list'.");
                }

                var who = WhoCollects(request.HttpContext, wish);
                var fetched = await agent.Pending.CollectAsync(id, who, cancellation);
                var line = Line(fetched);
                if (!wish.Sheet || !fetched.Persons.Any(person => person is FetchedPerson.Answered))
                {
                    return line;
                }

                var sheet = new ResultSheet(agent)
                {
                    Entry = pending.Entry,
                    Provider = pending.Provider,
                    Exchange = fetched.ExchangeId,
                    Who = who ?? pending.Who!,
                    Asked = pending.AskedAt,
                    Answered = (request.HttpContext.RequestServices.GetService<TimeProvider>() ?? TimeProvider.System).GetUtcNow(),
                };
                return line with { Sheet = sheet.Html(fetched.Persons) };
            })).WithMetadata(new Need(Right.Ask));
    }

    /// <summary>Its own to a system whose key does not operate; and where its proxy says who is there, what she may ask.</summary>
    private static bool IsShownTo(HttpContext context, InfoLinkAgent agent, PendingExchange pending) => context.Features.Get<LocalKeyOptions>() is not { } caller
        || ((caller.Operate || string.Equals(caller.Name, pending.Caller, StringComparison.Ordinal))
            && (caller.Claims is not { } options || (Claims.Read(options, context.Request.Headers) is { } vouched
                && agent.Pending.MayCollect(new Asker(vouched.Operator, Terminal: "", Use: "") { Claims = vouched.Claims }, pending.Entry))));

    /// <summary>Null: who asked first. Not where a proxy says who is there: then it is she, and nobody takes anything in another's name.</summary>
    private static Asker? WhoCollects(HttpContext context, CollectWish wish) => context.Features.Get<LocalKeyOptions>() is { Claims: not null }
        ? FetchApi.WhoAsks(
            context,
            wish.Operator,
            wish.Terminal ?? throw new FormatException("terminal: say where it is collected; the operator is whom the proxy names."),
            wish.Use ?? throw new FormatException("use: say what for."),
            wish.CaseReference) ?? throw new FormatException("operator: the proxy names another, or nobody.")
        : wish.IsByWhoAsked ? null : FetchApi.WhoAsks(context, wish.Operator, wish.Terminal!, wish.Use!, wish.CaseReference);

    private static PendingLine Line(PendingExchange pending) => new(
        pending.Exchange.ToString(),
        pending.Provider.Value,
        pending.Entry.Value,
        pending.AskedAt,
        pending.Deadline,
        pending.CollectsItself,
        pending.Next,
        pending.Trouble.Length > 0 ? pending.Trouble : null,
        [.. pending.Persons.Select(person => new PersonLine(person.Person, person.State.ToString().ToLowerInvariant(), person.Refusal.Length > 0 ? person.Refusal : null, person.IsKept))]);

    private static CollectedLine Line(Fetched fetched) => new(
        fetched.ExchangeId?.ToString(),
        [
            .. fetched.Persons.Select(person => person switch
            {
                FetchedPerson.Answered answered => new CollectedPerson(person.Person, "answered", FetchApi.Kinds(answered.Kinds), null, null),
                FetchedPerson.Pending pending => new CollectedPerson(person.Person, "pending", null, pending.Deadline, null),
                FetchedPerson.Refused refused => new CollectedPerson(person.Person, "refused", null, null, LocalReply.RefusalOf(refused.Refusal, exchange: null)),
                _ => throw new InvalidOperationException("A person is answered, pending or refused."),
            }),
        ]);

    /// <summary>Who collects; nothing: who asked first.</summary>
    internal sealed record CollectWish(string? Operator = null, string? Terminal = null, string? Use = null, string? CaseReference = null, bool Sheet = false)
    {
        /// <exception cref="FormatException">Half of it is said.</exception>
        internal bool IsByWhoAsked => (Operator, Terminal, Use) switch
        {
            (null, null, null) => true,
            (not null, not null, not null) => false,
            _ => throw new FormatException("Say operator, terminal and use, or none of them."),
        };
    }

    internal sealed record PendingLine(
        string Exchange, string Provider, string Entry, DateTimeOffset Asked, DateTimeOffset Deadline, bool CollectsItself, DateTimeOffset? Next, string? Trouble, IReadOnlyList<PersonLine> Persons);

    internal sealed record PersonLine(string Person, string State, string? Refusal, bool IsKept);

    /// <param name="Exchange">The one that collected.</param>
    /// <param name="Persons">One result each.</param>
    /// <param name="Sheet">Where it was wanted and somebody is answered: HTML to print.</param>
    internal sealed record CollectedLine(string? Exchange, IReadOnlyList<CollectedPerson> Persons, string? Sheet = null);

    internal sealed record CollectedPerson(
        string Person, string Outcome, Dictionary<string, Dictionary<string, LocalItem>>? Kinds, DateTimeOffset? PendingUntil, LocalRefusal? Refusal);
}
