using System.Text.Json.Serialization;
using InfoLink.Audit.Bundles;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Merkle;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Tiles;
using InfoLink.Transparency;
using InfoLink.V1;

namespace InfoLink.Audit.Logs;

/// <summary>One of the items ①–⑫ of a record.</summary>
public sealed record RecordItem(string Item, string En, string Ja, string Value);

/// <summary>What came of one person.</summary>
/// <param name="Index">The place in the exchange.</param>
/// <param name="Outcome">In lower case; empty where nothing came of it yet.</param>
/// <param name="Digest">The salted digest of the answer, base64url; null where nothing was answered.</param>
public sealed record ReadableSubject(uint Index, string Outcome, string? Digest);

/// <summary>
/// A record for people to read: items by number and name, enums by name. Never a link code, tag or seed; operators, terminals and use only from
/// the database of the agency that keeps them.
/// </summary>
public sealed record ReadableRecord
{
    public required string Origin { get; init; }

    public required long Serial { get; init; }

    /// <summary>RFC 6962, base64url.</summary>
    public required string LeafHash { get; init; }

    public required string Event { get; init; }

    public required string Custodian { get; init; }

    public string? Exchange { get; init; }

    /// <summary>The refusal's name, in refusals and failures.</summary>
    public string? Refusal { get; init; }

    /// <summary>In a counted record: how many refusals it stands for.</summary>
    public uint? RepeatedRefusals { get; init; }

    /// <summary>Who was refused, by certificate.</summary>
    public string? Caller { get; init; }

    public string? TokenSha256 { get; init; }

    public string? RequestCommitment { get; init; }

    public required IReadOnlyList<RecordItem> Items { get; init; }

    public required IReadOnlyList<ReadableSubject> Subjects { get; init; }

    [JsonIgnore]
    public ExchangeId? ExchangeId { get; init; }

    /// <summary>From an agency's own database, or the broker's.</summary>
    /// <param name="entry">The record.</param>
    /// <param name="sealedContents">Persons of whom a sealed content is kept beside it.</param>
    public static ReadableRecord Of(StoredEntry entry, int sealedContents) => Of(
        entry.Origin, entry.Serial, AccessEntry.LeafHash(entry.Bytes), entry.Open, [.. entry.Subjects.Select(subject => subject.Leaf)], entry.Particulars, sealedContents);

    /// <summary>The records of a bundle that match; it is gone through from the beginning. Whether they hold is <see cref="LogCheck"/>'s to say.</summary>
    /// <exception cref="BundleException">It is no bundle.</exception>
    public static async IAsyncEnumerable<ReadableRecord> FromBundleAsync(
        string folder, long? serial, ExchangeId? exchange, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var path = Path.Combine(folder, "checkpoint");
        if (!File.Exists(path) || SignedNote.TryParse(await File.ReadAllBytesAsync(path, cancellation)) is not { } note || Checkpoint.TryParse(note.Text) is not { } checkpoint)
        {
            throw new BundleException($"The folder '{folder}' has no checkpoint that can be read.");
        }

        var first = serial is { } wanted ? (ulong)Math.Max(wanted, 0) / TileId.FullWidth : 0;
        for (var index = first; TileId.At(0, index, checkpoint.Size) is { } bundle && (serial is null || index == first); index++)
        {
            var file = Path.Combine(folder, RecordFile.Path(index, bundle.Width));
            if (!File.Exists(file))
            {
                throw new BundleException($"The bundle '{folder}' lacks '{RecordFile.Path(index, bundle.Width)}'. See 'infolink log verify'.");
            }

            foreach (var record in RecordFile.Read(await File.ReadAllBytesAsync(file, cancellation)))
            {
                if (record is not null && Of(checkpoint.Origin, record) is { } readable
                    && (serial is null || readable.Serial == serial) && (exchange is null || readable.ExchangeId == exchange))
                {
                    yield return readable;
                }
            }
        }
    }

    private static ReadableRecord? Of(string origin, ExportedRecord record) =>
        RecordFile.EntryOf(record) is { } entry && AccessEntry.TryParse(record.OpenPart.Span) is { } open
            ? Of(origin, (long)record.Serial, MerkleTree.LeafHash(entry), open, [.. record.SubjectLeaves.Select(leaf => SubjectLeaf.FromBytes(leaf.Span))], null, null)
            : null;

    private static ReadableRecord Of(
        string origin, long serial, Sha256Digest leafHash, OpenPart open, IReadOnlyList<SubjectLeaf> subjects, Particulars? particulars, int? contents)
    {
        var exchange = Contracts.Identifiers.ExchangeId.TryFromBytes(open.ExchangeId.Span, out var id) ? id : default(ExchangeId?);
        return new ReadableRecord
        {
            Origin = origin,
            Serial = serial,
            LeafHash = leafHash.ToString(),
            Event = open.Event.ToString().ToUpperInvariant(),
            Custodian = open.Custodian,
            ExchangeId = exchange,
            Exchange = exchange?.ToString(),
            Refusal = RefusalTable.TryOf(open.Refusal, out var row) ? row!.Text : open.Refusal == RefusalName.Unspecified ? null : open.Refusal.ToString(),
            RepeatedRefusals = open.RepeatedRefusals == 0 ? null : open.RepeatedRefusals,
            Caller = OrNull(open.Caller),
            TokenSha256 = DigestOf(open.TokenSha256),
            RequestCommitment = DigestOf(open.RequestCommitment),
            Items = [.. ItemsOf(serial, open, particulars, contents)],
            Subjects = [.. subjects.Select(subject => new ReadableSubject(
                subject.Index, NameOf(subject.Outcome), subject.Digest == Sha256Digest.Zero ? null : subject.Digest.ToString()))],
        };
    }

    private static IEnumerable<RecordItem> ItemsOf(long serial, OpenPart open, Particulars? particulars, int? contents)
    {
        yield return new RecordItem("①", "serial", "通番", serial.ToString(System.Globalization.CultureInfo.InvariantCulture));
        yield return new RecordItem("②", "time", "日時", TimeOf(open.TimeMs));
        if (open.Act is { } act)
        {
            yield return new RecordItem("", "operator", "操作者", act.Operator);
            yield return new RecordItem("", "act", "操作", Joined(act.What, act.About));
            yield return new RecordItem("", "before → after", "変更前 → 変更後", $"{act.Before} → {act.After}");
            yield return new RecordItem("", "reason", "理由", act.Reason);
            yield break;
        }

        yield return new RecordItem("③", "basis (entry, role)", "根拠（項目・対象者の区分）", Joined(open.Entry, open.Role));
        yield return new RecordItem("④", "requester", "照会者", open.Requester);
        yield return new RecordItem("⑤", "provider", "提供者", open.Provider);
        yield return new RecordItem("⑥", "kinds, digest of conditions", "情報の種類・照会条件の要約値", Joined(string.Join(", ", open.Kinds), DigestOf(open.ConditionsSha256) ?? ""));
        if (open.Correction is { } correction)
        {
            yield return new RecordItem("", "correction (why, found by, reference)", "訂正（理由・発見機関・整理番号）", $"{NameOf(correction.Reason)}, {correction.FoundBy}, {Convert.ToHexStringLower(correction.Reference.Span)}");
        }

        if (particulars is null)
        {
            yield break;
        }

        var isRequester = string.Equals(open.Custodian, open.Requester, StringComparison.Ordinal);
        yield return isRequester
            ? new RecordItem("⑦", "operator at the requester", "照会者の操作者", particulars.Operator)
            : new RecordItem("⑧", "operator at the provider", "提供者の操作者", particulars.Operator);
        yield return isRequester
            ? new RecordItem("⑨", "terminal at the requester", "照会者の端末", particulars.Terminal)
            : new RecordItem("⑩", "terminal or system at the provider", "提供者の端末・システム", particulars.Terminal);
        if (contents > 0)
        {
            yield return new RecordItem("⑪", "content", "内容", $"sealed, of {contents} persons");
        }

        if (isRequester)
        {
            yield return new RecordItem("⑫", "use", "用途", Joined(particulars.Use, particulars.CaseReference));
        }
    }

    private static string TimeOf(long milliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(milliseconds, 0, 253_370_764_800_000)).ToOffset(TimeSpan.FromHours(9))
            .ToString("yyyy-MM-dd'T'HH:mm:ss.fffzzz", System.Globalization.CultureInfo.InvariantCulture);

    private static string NameOf(CorrectionReason reason) => reason switch
    {
        CorrectionReason.WrongLink => "wrong link",
        CorrectionReason.CorrectedRecord => "corrected record",
        _ => "not said",
    };

    private static string NameOf(SubjectOutcome outcome) => outcome == SubjectOutcome.Unspecified
        ? ""
        : string.Concat(outcome.ToString().Replace("Outcome", "", StringComparison.Ordinal).Select((c, i) => i > 0 && char.IsUpper(c) ? $"-{c}" : $"{c}")).ToLowerInvariant();

    private static string? DigestOf(Google.Protobuf.ByteString bytes) => Sha256Digest.TryFromBytes(bytes.Span, out var digest) ? digest.ToString() : null;

    private static string? OrNull(string text) => text.Length == 0 ? null : text;

    private static string Joined(string first, string second) => second.Length == 0 ? first : $"{first}, {second}";
}
