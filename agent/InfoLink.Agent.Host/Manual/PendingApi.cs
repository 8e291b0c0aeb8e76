using InfoLink.Agent.Host.Asking;
using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent.Host.Manual;

/// <summary>What this agency waits for, over the local socket: <c>GET /v1/pending</c>, <c>POST /v1/pending/{exchange}/collect</c>.</summary>
internal static class PendingApi
{
    public static void Map(WebApplication host)
    {
        host.MapGet("/v1/pending", (bool? all, InfoLinkAgent agent, CancellationToken cancellation) => LocalAnswers.OfAsync(
            async () => (await agent.Pending.ListAsync(all ?? false, cancellation)).Select(Line)));
        host.MapPost("/v1/pending/{exchange}/collect", (string exchange, HttpRequest request, InfoLinkAgent agent, CancellationToken cancellation) =>
            LocalAnswers.OfAsync<CollectWish, CollectedLine>(request, async wish =>
            {
                var id = ExchangeId.TryParse(exchange, out var known) ? known : throw new FormatException("That is not an exchange id.");
                return Line(await agent.Pending.CollectAsync(id, wish.Who, cancellation));
            }));
    }

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
    internal sealed record CollectWish(string? Operator = null, string? Terminal = null, string? Use = null, string? CaseReference = null)
    {
        /// <exception cref="FormatException">Half of it is said.</exception>
        internal Asker? Who => (Operator, Terminal, Use) switch
        {
            (null, null, null) => null,
            ({ } who, { } terminal, { } use) => new Asker(who, terminal, use, CaseReference ?? ""),
            _ => throw new FormatException("Say operator, terminal and use, or none of them."),
        };
    }

    internal sealed record PendingLine(
        string Exchange, string Provider, string Entry, DateTimeOffset Asked, DateTimeOffset Deadline, bool CollectsItself, DateTimeOffset? Next, string? Trouble, IReadOnlyList<PersonLine> Persons);

    internal sealed record PersonLine(string Person, string State, string? Refusal, bool IsKept);

    /// <param name="Exchange">The one that collected.</param>
    /// <param name="Persons">One result each.</param>
    internal sealed record CollectedLine(string? Exchange, IReadOnlyList<CollectedPerson> Persons);

    internal sealed record CollectedPerson(
        string Person, string Outcome, Dictionary<string, Dictionary<string, LocalItem>>? Kinds, DateTimeOffset? PendingUntil, LocalRefusal? Refusal);
}
