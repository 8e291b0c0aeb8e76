using InfoLink.Agent.Links;
using InfoLink.Agent.Remedy;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.V1;

namespace InfoLink.Agent.Host.Remedy;

/// <summary>
/// Remedy over the local socket: <c>/v1/remedies</c> for what this agency found, <c>/v1/notices</c> for what others told it. Reading is GET, deciding is POST.
/// </summary>
internal static class RemedyApi
{
    public static void Map(WebApplication host)
    {
        host.MapGet("/v1/remedies", (InfoLinkAgent agent, CancellationToken cancellation) => LocalAnswers.OfAsync(
            async () => (await agent.Remedies.ListAsync(cancellation)).Select(Line)));
        host.MapGet("/v1/remedies/{number:long}", (long number, InfoLinkAgent agent, CancellationToken cancellation) => LocalAnswers.OfAsync(async () => new
        {
            about = Line(await agent.Remedies.FindAsync(number, cancellation)),
            exchanges = (await agent.Remedies.NoticesAsync(number, cancellation)).Select(Line),
        }));
        host.MapPost("/v1/remedies", (HttpRequest request, InfoLinkAgent agent, CancellationToken cancellation) => LocalAnswers.OfAsync<OpenWish, CaseLine>(request, async wish =>
        {
            var scope = new RemedyScope(Time(wish.From), Time(wish.Until), [.. (wish.Kinds ?? []).Select(kind => KindId.TryParse(kind, out var id) ? id : throw new FormatException("That is not a kind."))]);
            return Line(await agent.Remedies.OpenAsync(new LocalId(wish.Kind ?? LocalId.DefaultKind, wish.Person), ReasonOf(wish.What), wish.By, scope, cancellation));
        }));
        host.MapPost("/v1/remedies/{number:long}/decision", (long number, HttpRequest request, InfoLinkAgent agent) => LocalAnswers.OfAsync<DecideWish, CaseLine>(request, async wish =>
        {
            ExchangeId[] except = [.. (wish.Except ?? []).Select(text => ExchangeId.TryParse(text, out var id) ? id : throw new FormatException("That is not an exchange id."))];
            await (wish.Drop ? agent.Remedies.DropAsync(number, wish.By) : agent.Remedies.DecideAsync(number, wish.By, except));
            return Line(await agent.Remedies.FindAsync(number));
        }));
        host.MapPost("/v1/remedies/{number:long}/report", (long number, HttpRequest request, InfoLinkAgent agent, CancellationToken cancellation) =>
            LocalAnswers.OfAsync<ReportWish, object>(request, async wish => new { report = Convert.ToBase64String(await agent.Remedies.ReportAsync(number, wish.By, cancellation)) }));
        host.MapGet("/v1/notices", (bool? all, InfoLinkAgent agent, CancellationToken cancellation) => LocalAnswers.OfAsync(
            async () => (await agent.Remedies.ReceivedAsync(all ?? false, cancellation)).Select(Line)));
        host.MapGet("/v1/notices/{number:long}/persons", (long number, InfoLinkAgent agent, CancellationToken cancellation) => LocalAnswers.OfAsync(
            async () => (await agent.Remedies.PersonsOfAsync(number, cancellation)).Select(id => new { kind = id.Kind, person = id.Value })));
        host.MapPost("/v1/notices/{number:long}/note", (long number, HttpRequest request, InfoLinkAgent agent) => LocalAnswers.OfAsync<NoteWish, object>(request, async wish =>
        {
            await agent.Remedies.NoteAsync(number, wish.Acted ? CorrectionState.CorrectionActed : CorrectionState.CorrectionTakenNoteOf, wish.By);
            return new { done = true };
        }));
    }

    private static CorrectionReason ReasonOf(string text) => text switch
    {
        "wrong-link" => CorrectionReason.WrongLink,
        "corrected-record" => CorrectionReason.CorrectedRecord,
        _ => throw new FormatException("What is wrong: wrong-link or corrected-record."),
    };

    private static DateTimeOffset? Time(string? text) => text is null ? null
        : DateTimeOffset.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out var time) ? time
        : throw new FormatException("A time is written as 2026-09-15T10:00:00+09:00.");

    private static CaseLine Line(RemedyCase about) => new(
        about.Number,
        RemedyReport.NameOf(about.Reason),
        RemedyWords.Of(about.State.ToString()),
        about.FoundAt,
        about.Exchanges,
        about.Counts.ToDictionary(count => RemedyWords.Of(count.Key.ToString()), count => count.Value, StringComparer.Ordinal),
        about.IsCut,
        about.Id.Kind,
        about.Id.Value,
        about.Found.Operator,
        about.Found.Reason);

    private static NoticeLine Line(RemedyNotice notice) => new(
        notice.About.Exchange.ToString(),
        notice.About.Side == ExchangeSide.RequesterSide ? "asked" : "answered",
        notice.About.Counterpart.Value,
        notice.About.Time,
        notice.About.Entry,
        notice.About.Kinds,
        [.. notice.About.Subjects.Select(subject => RemedyWords.Of(subject))],
        RemedyWords.Of(notice.Progress.ToString()),
        RemedyWords.Of(notice.AtCounterpart),
        notice.LastRefusal is { } refusal ? Contracts.Refusals.RefusalTable.Of(refusal).Text : null);

    private static ReceivedLine Line(ReceivedNotice notice) => new(
        notice.Number,
        notice.From.Value,
        notice.Exchange.ToString(),
        RemedyReport.NameOf(notice.Reason),
        notice.Side == ExchangeSide.RequesterSide ? "they asked" : "they answered",
        notice.Indices,
        notice.ReceivedAt,
        RemedyWords.Of(notice.State),
        notice.Note?.Operator,
        notice.Note?.Reason);

    internal sealed record OpenWish(
        string Operator, string Reason, string Person, string What, string? Kind = null, string? From = null, string? Until = null, IReadOnlyList<string>? Kinds = null) : LocalWish(Operator, Reason);

    internal sealed record DecideWish(string Operator, string Reason, bool Drop = false, IReadOnlyList<string>? Except = null) : LocalWish(Operator, Reason);

    internal sealed record ReportWish(string Operator, string Reason) : LocalWish(Operator, Reason);

    internal sealed record NoteWish(string Operator, string Reason, bool Acted = false) : LocalWish(Operator, Reason);

    internal sealed record CaseLine(
        long Number, string What, string State, DateTimeOffset Found, int Exchanges, IReadOnlyDictionary<string, int> Counts, bool IsCut, string Kind, string Person, string Operator, string Grounds);

    internal sealed record NoticeLine(
        string Exchange, string Role, string Counterpart, DateTimeOffset Time, string Entry, IReadOnlyList<string> Kinds, IReadOnlyList<string> Subjects, string Notice, string There, string? Refusal);

    internal sealed record ReceivedLine(
        long Number, string From, string Exchange, string What, string Role, IReadOnlyList<uint> Places, DateTimeOffset Received, string State, string? Operator, string? Reason);
}
