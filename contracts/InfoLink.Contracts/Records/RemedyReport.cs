using System.Globalization;
using System.Text;
using System.Text.Json;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.V1;

namespace InfoLink.Contracts.Records;

/// <summary>
/// What an agency tells the oversight body of a wrong link or a corrected record (SPEC §15): what was found and when, how the link came and went, every exchange
/// that was made through it, and what became of each notice. It holds exchange ids, by which the body finds the records at their custodians, and
/// no person, code or value.
/// </summary>
public sealed record RemedyReport
{
    /// <summary>The member <c>type</c> of the report.</summary>
    public const string TypeName = "infolink/remedy-report/v1";

    public required string Platform { get; init; }

    /// <summary>Who reports.</summary>
    public required string Agency { get; init; }

    /// <summary>The case's number at the agency.</summary>
    public required long Case { get; init; }

    public required CorrectionReason Reason { get; init; }

    public required DateTimeOffset FoundAt { get; init; }

    /// <summary>When a person decided that the receivers are told; null: not yet, or that none is due.</summary>
    public required DateTimeOffset? DecidedAt { get; init; }

    /// <summary>Who found it or decided, as the agency's own log has it.</summary>
    public required string Operator { get; init; }

    /// <summary>In the operator's words, which name nobody.</summary>
    public required string Grounds { get; init; }

    public required DateTimeOffset PreparedAt { get; init; }

    /// <summary>
    /// How many human beings it may concern: with a wrong link two, the one who was meant and the one whose code it was; with a corrected record one.
    /// </summary>
    public int Persons => Reason == CorrectionReason.WrongLink ? 2 : 1;

    /// <summary>More exchanges were found than a case lists.</summary>
    public required bool IsCut { get; init; }

    /// <summary>What became of the link, oldest first.</summary>
    public required IReadOnlyList<(DateTimeOffset Time, string What)> History { get; init; }

    public required IReadOnlyList<ReportedExchange> Exchanges { get; init; }

    /// <summary>Canonical JSON (RFC 8785) of objects, arrays, texts and two truth values: one report has one form.</summary>
    public byte[] ToCanonicalJson() => Encoding.UTF8.GetBytes(Members(
        ("agency", Text(Agency)),
        ("case", Text(Number(Case))),
        ("decidedAt", Text(DecidedAt is { } decided ? Time(decided) : "")),
        ("exchanges", Array(Exchanges.Select(exchange => exchange.ToJson()))),
        ("foundAt", Text(Time(FoundAt))),
        ("grounds", Text(Grounds)),
        ("history", Array(History.Select(row => Members(("time", Text(Time(row.Time))), ("what", Text(row.What)))))),
        ("isCut", IsCut ? "true" : "false"),
        ("operator", Text(Operator)),
        ("persons", Text(Number(Persons))),
        ("platform", Text(Platform)),
        ("preparedAt", Text(Time(PreparedAt))),
        ("reason", Text(NameOf(Reason))),
        ("type", Text(TypeName))));

    /// <summary>As records and reports name it.</summary>
    public static string NameOf(CorrectionReason reason) => reason switch
    {
        CorrectionReason.WrongLink => "wrong-link",
        CorrectionReason.CorrectedRecord => "corrected-record",
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };

    /// <param name="members">By name, in the order of RFC 8785, values as JSON.</param>
    internal static string Members(params (string Name, string Value)[] members) =>
        "{" + string.Join(',', members.Select(member => $"\"{member.Name}\":{member.Value}")) + "}";

    internal static string Array(IEnumerable<string> values) => "[" + string.Join(',', values) + "]";

    internal static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    internal static string Time(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>A text with the shortest escapes.</summary>
    internal static string Text(string value)
    {
        var text = new StringBuilder(value.Length + 2).Append('"');
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' or '\\' => text.Append('\\').Append(c),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                < ' ' => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => text.Append(c),
            };
        }

        return text.Append('"').ToString();
    }
}

/// <summary>One exchange of a report.</summary>
public sealed record ReportedExchange
{
    public required ExchangeId Exchange { get; init; }

    /// <summary>16 bytes in hexadecimal: under this the notice stands in both agencies' logs.</summary>
    public required string Reference { get; init; }

    /// <summary>What the reporting agency was: <c>requester</c> or <c>provider</c>.</summary>
    public required string Side { get; init; }

    public required string Counterpart { get; init; }

    public required string Entry { get; init; }

    public required IReadOnlyList<string> Kinds { get; init; }

    public required DateTimeOffset Time { get; init; }

    /// <summary>Of each person concerned, the place in the exchange and what came of it, e.g. <c>0 answered</c>.</summary>
    public required IReadOnlyList<string> Subjects { get; init; }

    /// <summary>Where the notice is, e.g. <c>acknowledged</c>.</summary>
    public required string Notice { get; init; }

    /// <summary>What the counterpart's people have made of it; empty: nothing is known.</summary>
    public required string AtCounterpart { get; init; }

    /// <summary>Null: never.</summary>
    public required DateTimeOffset? AcknowledgedAt { get; init; }

    internal string ToJson() => RemedyReport.Members(
        ("acknowledgedAt", RemedyReport.Text(AcknowledgedAt is { } at ? RemedyReport.Time(at) : "")),
        ("atCounterpart", RemedyReport.Text(AtCounterpart)),
        ("counterpart", RemedyReport.Text(Counterpart)),
        ("entry", RemedyReport.Text(Entry)),
        ("exchange", RemedyReport.Text(Exchange.ToString())),
        ("kinds", RemedyReport.Array(Kinds.Select(RemedyReport.Text))),
        ("notice", RemedyReport.Text(Notice)),
        ("reference", RemedyReport.Text(Reference)),
        ("side", RemedyReport.Text(Side)),
        ("subjects", RemedyReport.Array(Subjects.Select(RemedyReport.Text))),
        ("time", RemedyReport.Text(RemedyReport.Time(Time))));
}

/// <summary>
/// A report as a file: <c>{"receipt":"…","report":{…}}</c>. The receipt is of an act in the agency's own log that names the report's SHA-256, and leads to
/// a checkpoint which the log's key signed, so the agency answers for every byte and cannot prepare another one unseen.
/// </summary>
public static class RemedyReportFile
{
    /// <summary>What the act on record is called.</summary>
    public const string ActName = "prepare remedy report";

    private const int MaxBytes = 64 * 1024 * 1024;

    /// <summary>What the act's record is about.</summary>
    /// <param name="report">Its canonical JSON.</param>
    public static string About(ReadOnlySpan<byte> report) => $"remedy report {Convert.ToHexStringLower(Sha256Digest.Of(report).Span)}";

    /// <param name="report">Its canonical JSON.</param>
    /// <param name="receipt">Of the act's record.</param>
    public static byte[] Make(ReadOnlySpan<byte> report, Receipt receipt) =>
    [
        .. Encoding.ASCII.GetBytes($"{{\"receipt\":\"{Convert.ToBase64String(Google.Protobuf.MessageExtensions.ToByteArray(receipt))}\",\"report\":"),
        .. report,
        .. "}"u8,
    ];

    /// <summary>Does it hold? Pure; anyone with the platform's member list may check.</summary>
    /// <param name="file">As received.</param>
    /// <param name="members">The list that was in force when it was prepared.</param>
    /// <returns>Null: it does. Otherwise what does not.</returns>
    public static string? WhyNot(ReadOnlyMemory<byte> file, MemberList members)
    {
        if (TryRead(file) is not ({ } receipt, { } report, { } agency, { } platform))
        {
            return "This is no report on a remedy: it is {\"receipt\":…,\"report\":…} in canonical form.";
        }

        if (!string.Equals(platform, members.Platform, StringComparison.Ordinal))
        {
            return $"It is of another platform than the member list's, {members.Platform}.";
        }

        if (!AgencyId.TryParse(agency, out var id) || !members.TryFind(id, out var member))
        {
            return "It is of an agency that the member list does not name.";
        }

        if (ReceiptProof.Check(receipt, member.Logs) is Outcome<Notes.SignedCheckpoint>.Refused { Refusal.Detail: var fault })
        {
            return $"Its receipt does not hold ({fault}): the record is not in a log of the agency that the member list names.";
        }

        return AccessEntry.TryParse(receipt.OpenPart.Span) is { Event: AccessEvent.Act, Act: { } act } open
            && string.Equals(open.Custodian, agency, StringComparison.Ordinal)
            && string.Equals(act.What, ActName, StringComparison.Ordinal)
            && string.Equals(act.About, About(report), StringComparison.Ordinal)
            ? null
            : "It is not the report that the agency put on record.";
    }

    /// <summary>The report's own bytes, as they were hashed; nothing is read again in another form.</summary>
    private static (Receipt? Receipt, byte[]? Report, string? Agency, string? Platform) TryRead(ReadOnlyMemory<byte> file)
    {
        if (file.Length > MaxBytes)
        {
            return default;
        }

        try
        {
            using var json = JsonDocument.Parse(file);
            var root = json.RootElement;
            var report = root.GetProperty("report");
            var bytes = Encoding.UTF8.GetBytes(report.GetRawText());
            var receipt = Receipt.Parser.ParseFrom(root.GetProperty("receipt").GetBytesFromBase64());
            var isOne = string.Equals(report.GetProperty("type").GetString(), RemedyReport.TypeName, StringComparison.Ordinal)
                && file.Span.SequenceEqual(Make(bytes, receipt));
            return isOne ? (receipt, bytes, report.GetProperty("agency").GetString(), report.GetProperty("platform").GetString()) : default;
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or Google.Protobuf.InvalidProtocolBufferException)
        {
            return default;
        }
    }
}
