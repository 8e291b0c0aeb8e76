using System.Text;
using System.Text.Json;
using InfoLink.Agent.Host.Callers;
using InfoLink.Agent.Manual;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent.Host.Manual;

/// <summary>Questions that the agency's people answer, over the local socket: <c>GET /v1/queue</c>, <c>GET /v1/queue/{number}</c>; deciding is POST.</summary>
internal static class QueueApi
{
    public static void Map(IEndpointRouteBuilder host)
    {
        host.MapGet("/v1/queue", (bool? all, HttpContext context, InfoLinkAgent agent, CancellationToken cancellation) => LocalAnswers.OfAsync(
            async () => await agent.Queue.EachAsync(all ?? false, cancellation).Where(question => IsShownTo(context, agent, question)).Take(LocalAnswers.MostListed).Select(question => Line(question, agent)).ToListAsync(cancellation)));
        host.MapGet("/v1/queue/{number:long}", (long number, HttpContext context, InfoLinkAgent agent, CancellationToken cancellation) => LocalAnswers.OfAsync(
            async () => await agent.Queue.FindAsync(number, cancellation) is var question && IsShownTo(context, agent, question)
                ? Line(question, agent)
                : throw new InvalidOperationException($"There is no question {number} that you may decide.")));
        host.MapPost("/v1/queue/{number:long}/approve", (long number, HttpRequest request, InfoLinkAgent agent, CancellationToken cancellation) =>
            LocalAnswers.OfAsync<DecideWish, QuestionLine>(request, async wish => Line(await agent.Queue.ApproveAsync(number, wish.By, cancellation), agent)));
        host.MapPost("/v1/queue/{number:long}/answer", (long number, HttpRequest request, InfoLinkAgent agent, CancellationToken cancellation) =>
            LocalAnswers.OfAsync<AnswerWish, QuestionLine>(request, async wish => Line(await agent.Queue.AnswerAsync(number, wish.Read(), wish.By, cancellation), agent)));
        host.MapPost("/v1/queue/{number:long}/refuse", (long number, HttpRequest request, InfoLinkAgent agent, CancellationToken cancellation) =>
            LocalAnswers.OfAsync<RefuseWish, QuestionLine>(request, async wish => Line(await agent.Queue.DenyAsync(number, DenialReasons.Parse(wish.Why), wish.By, cancellation), agent)));
        host.MapPost("/v1/queue/{number:long}/confirm", (long number, HttpRequest request, InfoLinkAgent agent, CancellationToken cancellation) =>
            LocalAnswers.OfAsync<DecideWish, QuestionLine>(request, async wish => Line(await agent.Queue.ConfirmAsync(number, wish.By, cancellation), agent)));
    }

    /// <summary>At the page each operator sees what she may decide.</summary>
    private static bool IsShownTo(HttpContext context, InfoLinkAgent agent, QueuedQuestion question) =>
        context.Features.Get<DeskOperator>() is not { } at || agent.Queue.MayDecide(at.By, question.Entry);

    private static QuestionLine Line(QueuedQuestion question, InfoLinkAgent agent)
    {
        var entry = agent.Catalog.Entries.GetValueOrDefault(question.Entry);
        return new QuestionLine(
            question.Number,
            question.State.ToString().ToLowerInvariant(),
            question.Exchange.ToString(),
            question.Index,
            question.Requester.Value,
            question.Entry.Value,
            question.AskedAt,
            question.Deadline,
            agent.Queue.NeedsTwo(question.Entry))
        {
            Task = entry?.Task,
            Purpose = entry?.Purpose,
            About = question.Content is { } content ? Line(content, agent.Catalog) : null,
            Decision = question.Decision is { } decision
                ? new DecisionLine(
                    decision.Denial is { } why ? DenialReasons.NameOf(why) : decision.What.ToString().ToLowerInvariant(), decision.By.Operator, decision.By.Reason, decision.At, decision.ConfirmedBy)
                : null,
        };
    }

    private static AboutLine Line(QueuedContent content, StatuteCatalog catalog) => new(
        content.Role.Value,
        [.. content.Kinds.Select(kind => new KindLine(kind.Value, catalog.Kinds.GetValueOrDefault(kind)?.Name))],
        JsonSerializer.Deserialize<JsonElement>(Encoding.UTF8.GetString(content.Conditions.ToCanonicalJson())),
        content.Cause switch
        {
            QueueCause.DoubtfulIdentity => "doubtful-identity",
            QueueCause.OtherIdentity => "other-identity",
            _ => "entry",
        },
        [.. content.Persons.Select(id => new PersonLine(id.Kind, id.Value))]);

    internal sealed record DecideWish(string Operator, string Reason) : LocalWish(Operator, Reason)
    {
        internal override bool IsDecidedElsewhere => true;
    }

    internal sealed record RefuseWish(string Operator, string Reason, string Why) : LocalWish(Operator, Reason)
    {
        internal override bool IsDecidedElsewhere => true;
    }

    /// <summary>Kind → item → its text, and <c>kind</c> or <c>kind/item</c> → the reason why there is none.</summary>
    internal sealed record AnswerWish(
        string Operator, string Reason, bool FromSource = false, Dictionary<string, Dictionary<string, string>>? Values = null, Dictionary<string, string>? Absent = null) : LocalWish(Operator, Reason)
    {
        internal override bool IsDecidedElsewhere => true;

        /// <exception cref="FormatException">A kind or a reason is none.</exception>
        public HandAnswer Read()
        {
            var (kinds, items) = (new Dictionary<KindId, AbsenceReason>(), new Dictionary<KindId, Items>());
            foreach (var (kind, values) in Values ?? [])
            {
                foreach (var (item, text) in values)
                {
                    Of(KindOf(kind))[item] = new ItemAnswer.Value(text);
                }
            }

            foreach (var (place, name) in Absent ?? [])
            {
                var reason = AbsenceReason.TryParse(name, out var known) ? known : throw new FormatException("That is not a reason for which an item can be absent.");
                if (place.Split('/', 2) is [var kind, var item])
                {
                    Of(KindOf(kind))[item] = new ItemAnswer.Absent(reason);
                }
                else
                {
                    kinds[KindOf(place)] = reason;
                }
            }

            return new HandAnswer { FromSource = FromSource, AbsentKinds = kinds, Items = items };

            Items Of(KindId kind) => items.TryGetValue(kind, out var made) ? made : items[kind] = [];
        }

        private static KindId KindOf(string text) => KindId.TryParse(text, out var kind) ? kind : throw new FormatException("That is not a kind.");
    }

    internal sealed record QuestionLine(
        long Number, string State, string Exchange, uint Place, string Requester, string Entry, DateTimeOffset Asked, DateTimeOffset Deadline, bool NeedsTwo)
    {
        public Bilingual? Task { get; init; }

        public Bilingual? Purpose { get; init; }

        public AboutLine? About { get; init; }

        public DecisionLine? Decision { get; init; }
    }

    internal sealed record AboutLine(string Role, IReadOnlyList<KindLine> Kinds, JsonElement Conditions, string Cause, IReadOnlyList<PersonLine> Persons);

    internal sealed record KindLine(string Kind, Bilingual? Name);

    internal sealed record PersonLine(string Kind, string Person);

    internal sealed record DecisionLine(string What, string Operator, string Reason, DateTimeOffset At, string? ConfirmedBy);
}
