using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using AnsweredKinds = InfoLink.Agent.Requesting.AnsweredKinds;

namespace InfoLink.Agent.Host.Asking;

/// <summary>
/// What was answered, as a page for the case's paper file: one HTML document without script and without anything from elsewhere, A4, Japanese first. Everything that stands in it is encoded; items stand in the layout's order.
/// </summary>
internal sealed class ResultSheet(InfoLinkAgent agent)
{
    private const string Style =
        "@page{size:A4;margin:15mm}body{font:10.5pt/1.5 'Noto Sans CJK JP','Yu Gothic','Hiragino Sans',sans-serif;color:#000;margin:0 auto;max-width:180mm}"
        + "h1{font-size:16pt;margin:0 0 4mm}h2{font-size:12pt;margin:6mm 0 2mm;border-bottom:.4mm solid #000}table{border-collapse:collapse;width:100%}th,td{border:.2mm solid #555;padding:1mm 2mm;text-align:left;vertical-align:top}"
        + "th{width:42%;font-weight:normal;background:#f0f0f0}tr{break-inside:avoid}.absent{font-style:italic}.note{margin-top:6mm;border:.4mm solid #000;padding:2mm 3mm}small{color:#333}section+section{break-before:page}"
        + "@media print{th{background:none}}";

    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    public required EntryId Entry { get; init; }

    public AgencyId? Provider { get; init; }

    public string? Department { get; init; }

    public ExchangeId? Exchange { get; init; }

    public required Asker Who { get; init; }

    public required DateTimeOffset Asked { get; init; }

    public required DateTimeOffset Answered { get; init; }

    /// <returns>One section for each person, each on pages of its own.</returns>
    public string Html(IReadOnlyList<FetchedPerson> persons)
    {
        var page = new StringBuilder("<!DOCTYPE html>\n<html lang=\"ja\"><head><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">");
        page.Append("<meta name=\"viewport\" content=\"width=device-width\"><title>情報照会結果 Result of an inquiry</title><style>").Append(Style).Append("</style></head><body>\n");
        foreach (var person in persons)
        {
            Section(page, person);
        }

        return page.Append("</body></html>\n").ToString();
    }

    private void Section(StringBuilder page, FetchedPerson person)
    {
        var entry = agent.Catalog.Entries.GetValueOrDefault(Entry);
        page.Append("<section><h1>情報照会結果 <small>Result of an inquiry</small></h1><table>\n");
        Row(page, "事案番号 Case", Who.CaseReference);
        Row(page, "照会番号 Exchange", Exchange?.ToString() ?? "");
        Row(page, "対象者 Person (own identifier)", person.Person);
        Row(page, "照会機関 Asked by", $"{Named(agent.Agency)}");
        Row(page, "照会者・端末 Operator, terminal", $"{(Who.Claims is { Name.Length: > 0 } claims ? $"{claims.Name} ({Who.Operator})" : Who.Operator)}、{Who.Terminal}");
        Row(page, "用途 Use", Who.Use);
        Row(page, "根拠 Statute", entry is null ? Entry.Value : $"{entry.Citation.Ja} ({Entry})\n{entry.Citation.En}");
        Row(page, "事務 Task", entry is null ? "" : $"{entry.Task.Ja}\n{entry.Task.En}");
        Row(page, "提供機関 Provider", Provider is { } provider ? $"{Named(provider)}{(Department is { } department ? $"、{department}" : "")}" : "");
        Row(page, "照会日時 Asked", Time(Asked));
        Row(page, "回答日時 Answered", Time(Answered));
        page.Append("</table>\n");
        switch (person)
        {
            case FetchedPerson.Answered answered:
                Kinds(page, answered.Kinds);
                break;
            case FetchedPerson.Refused { Refusal: var refusal }:
                page.Append("<h2>回答なし <small>Not answered</small></h2><table>");
                Row(page, refusal.Text, $"{refusal.CauseJa}\n{refusal.CauseEn}");
                page.Append("</table>\n");
                break;
            case FetchedPerson.Pending { Deadline: var deadline }:
                page.Append("<h2>回答待ち <small>Pending</small></h2><table>");
                Row(page, "期限 Until", Time(deadline));
                page.Append("</table>\n");
                break;
        }

        page.Append("<p class=\"note\">この帳票には個人情報が含まれます。所属機関の文書管理規程及び特定個人情報等の取扱規程に従って保管し、期間が過ぎたら復元できない方法で廃棄してください。<br>")
            .Append("<small>This sheet holds personal information. Keep it, and destroy it beyond recovery when its time is over, as the agency's own rules say.</small></p></section>\n");
    }

    private void Kinds(StringBuilder page, AnsweredKinds answered)
    {
        foreach (var (id, answers) in answered.All.OrderBy(kind => kind.Key.Value, StringComparer.Ordinal))
        {
            var kind = agent.Catalog.Kinds.GetValueOrDefault(id);
            page.Append("<h2>").Append(Encoder.Encode(kind?.Name.Ja ?? id.Value)).Append(" <small>").Append(Encoder.Encode(kind?.Name.En ?? "")).Append("</small></h2><table>\n");
            foreach (var item in kind?.Items ?? [])
            {
                Row(page, $"{item.Name.Ja} {item.Name.En}", answers.TryGetValue(item.Id, out var answer) ? Text(answer, item) : "（回答に含まれない not in the answer）", isAbsent: answer is not ItemAnswer.Value);
            }

            // What a catalog of tomorrow has and today's has not.
            foreach (var (item, answer) in answers.Where(answer => kind is null || kind.Items.All(known => !string.Equals(known.Id, answer.Key, StringComparison.Ordinal))).OrderBy(answer => answer.Key, StringComparer.Ordinal))
            {
                Row(page, item, Text(answer, item: null), isAbsent: answer is not ItemAnswer.Value);
            }

            page.Append("</table>\n");
        }
    }

    /// <summary>A code with its meaning; where there is no value, why.</summary>
    private static string Text(ItemAnswer answer, DataItem? item) => answer switch
    {
        ItemAnswer.Value { Text: var value } when item?.Type is ItemType.CodeList { Codes: var codes } && codes.FirstOrDefault(code => string.Equals(code.Code, value, StringComparison.Ordinal)) is { } code =>
            $"{value} {code.Name.Ja} ({code.Name.En})",
        ItemAnswer.Value { Text: "true" } when item?.Type is ItemType.Boolean => "はい (yes)",
        ItemAnswer.Value { Text: "false" } when item?.Type is ItemType.Boolean => "いいえ (no)",
        ItemAnswer.Value { Text: var value } => value,
        ItemAnswer.Absent { Reason: var reason } => $"— {reason.Name.Ja} ({reason.Name.En})",
        _ => throw new InvalidOperationException("An item is a value or absent."),
    };

    private string Named(AgencyId agency) => agent.NameOf(agency) is { } name ? $"{name.Ja} {name.En} ({agency})" : agency.Value;

    private static string Time(DateTimeOffset time) => $"{time.ToOffset(TimeSpan.FromHours(9)).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)} JST";

    private static void Row(StringBuilder page, string name, string value, bool isAbsent = false) => page.Append("<tr><th>").Append(Encoder.Encode(name)).Append(isAbsent ? "</th><td class=\"absent\">" : "</th><td>")
        .Append(Encoder.Encode(value).Replace("&#xA;", "<br>", StringComparison.Ordinal)).Append("</td></tr>\n");
}
