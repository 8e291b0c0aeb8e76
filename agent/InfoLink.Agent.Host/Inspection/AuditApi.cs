using InfoLink.Agent.Inspection;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent.Host.Inspection;

/// <summary>
/// The agency's look at its own log over the local socket: <c>POST /v1/audit</c> counts and finds what is unusual, <c>POST /v1/exchanges</c> shows what is newest, or one exchange. It is on record before anything is shown.
/// </summary>
internal static class AuditApi
{
    private const int MostRecent = 200;

    public static void Map(WebApplication host)
    {
        host.MapPost("/v1/audit", (HttpRequest request, InfoLinkAgent agent, CancellationToken cancellation) =>
            LocalAnswers.OfAsync<Wish, Told>(request, async wish => Told.Of(await agent.Audit.LookAsync(wish.Scope(), wish.By, cancellation), wish.List)));
        MapRecent(host);
    }

    public static void MapRecent(IEndpointRouteBuilder host) => host.MapPost("/v1/exchanges", (HttpRequest request, InfoLinkAgent agent, CancellationToken cancellation) =>
        LocalAnswers.OfAsync<RecentWish, IEnumerable<Access>>(request, async wish =>
        {
            var exchange = wish.Exchange is not { Length: > 0 } text ? default(ExchangeId?) : ExchangeId.TryParse(text, out var id) ? id : throw new FormatException("That is not an exchange id: 26 letters and digits.");
            return (await agent.Audit.RecentAsync(exchange, MostRecent, wish.By, cancellation)).Select(Access.Of);
        }));

    internal sealed record RecentWish(string Operator, string Reason, string? Exchange = null) : LocalWish(Operator, Reason)
    {
        internal override bool IsDecidedElsewhere => true;
    }

    internal sealed record Wish(
        string Operator,
        string Reason,
        DateOnly From,
        DateOnly Until,
        string? Of = null,
        string? Entry = null,
        int FromHour = 7,
        int UntilHour = 20,
        int PersonsADay = 100,
        int SamePerson = 5,
        bool List = false) : LocalWish(Operator, Reason)
    {
        internal override bool IsDecidedElsewhere => true;

        public override void Check()
        {
            base.Check();
            if (From > Until || FromHour is < 0 or > 23 || UntilHour is < 1 or > 24 || FromHour >= UntilHour || PersonsADay < 1 || SamePerson < 2 || (Entry is not null && !EntryId.TryParse(Entry, out _)))
            {
                throw new FormatException("from and until: days, in this order; hours: 0 to 24, in this order; personsADay: at least 1; samePerson: at least 2; entry: an entry's id.");
            }
        }

        public AuditScope Scope() => new(JapanTime.StartOf(From), JapanTime.EndOf(Until))
        {
            Operator = Of,
            Entry = Entry is null ? null : EntryId.Parse(Entry),
            Hours = (FromHour, UntilHour),
            PersonsADay = PersonsADay,
            SamePerson = SamePerson,
        };
    }

    /// <summary>The report; accesses only where they are wanted.</summary>
    internal sealed record Told(IReadOnlyList<AuditSum> Operators, IReadOnlyList<AuditSum> Entries, IReadOnlyList<AuditFinding> Unusual, IReadOnlyList<Access>? Accesses, bool IsCut)
    {
        public static Told Of(AuditReport report, bool list) => new(report.Operators, report.Entries, report.Unusual, list ? [.. report.Accesses.Select(Access.Of)] : null, report.IsCut);
    }

    internal sealed record Access(
        long Serial, DateTimeOffset Time, string Event, string? Exchange, string Entry, string Requester, string Provider, string Operator, string Terminal, string Use, string CaseReference, int Persons, string Refusal)
    {
        public static Access Of(AuditedAccess one) => new(
            one.Serial, one.Time, one.Event, one.Exchange?.ToString(), one.Entry, one.Requester, one.Provider, one.Operator, one.Terminal, one.Use, one.CaseReference, one.Persons, one.Refusal);
    }
}
