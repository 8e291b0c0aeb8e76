using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using InfoLink.Authoring;
using InfoLink.Contracts.Trust;

namespace InfoLink.Tool.Documents;

/// <summary>Documents and their differences, for people and for programs.</summary>
internal static class DocumentTelling
{
    private const int Label = 14;
    private const int LongestShown = 200;

    public static JsonSerializerOptions Indented { get; } = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static void Json<T>(T value) => Console.WriteLine(JsonSerializer.Serialize(value, Indented));

    public static void Line(string label, string value) => Console.WriteLine($"{label.PadRight(Label)}{value}");

    /// <summary>What it is, for whoever signs or looks at it.</summary>
    public static void Head(DocumentFile file)
    {
        Line("document", file.Name);
        Line("kind", file.Form switch
        {
            DocumentForm.Authored => $"{file.Kind.Name()}, as people wrote it",
            DocumentForm.Draft => $"{file.Kind.Name()}, a draft without signatures",
            _ => file.Kind.Name(),
        });
        if (file.Header is { } header)
        {
            Line("platform", header.Platform);
            Line("version", $"{header.Version}{(header.Previous is { } previous ? $", after {previous}" : ", the first")}");
            Line("issued", $"{header.Issued:yyyy-MM-dd HH:mm:ss} UTC");
            Line("expires", $"{header.Expires:yyyy-MM-dd}, its last day in Japan");
        }

        if (file.Directory is { } directory)
        {
            Line("platform", directory.Platform);
            Line("serial", directory.Serial.ToString(CultureInfo.InvariantCulture));
            Line("issued", $"{directory.Issued:yyyy-MM-dd HH:mm:ss} UTC");
        }

        Line("holds", Contents(file));
        if (file.Envelope is { } envelope)
        {
            Line("SHA-256", envelope.Sha256.ToString());
            Line("fingerprint", Fingerprint.OfDigest(envelope.Sha256).ToString());
        }
    }

    public static string Contents(DocumentFile file) => file switch
    {
        { Authority: { } authority } => $"{Count(authority.Keys.Count, "key")}, of which {authority.Threshold} must sign",
        { Members: { } members } => $"{Count(members.Members.Length, "member")}, {Count(members.Witnesses.Length, "witness", "witnesses")}, quorum {members.Quorum}",
        { Catalog: { } catalog } =>
            $"{Count(catalog.Entries.Count, "entry", "entries")}, {Count(catalog.Kinds.Count, "kind")}, {Count(catalog.Categories.Count, "category", "categories")}, {Count(catalog.Examples.Length, "example")} that hold",
        { Directory: { } directory } =>
            $"{Count(directory.Endpoints.Count, "endpoint")}, {directory.Suspended.Count} suspended, {Count(directory.SwitchedOff.Count, "entry", "entries")} switched off, {Count(directory.Closed.Count, "agency", "agencies")} with hours or stops",
        _ => "",
    };

    /// <summary>Who is said to have signed; under an authority, which of them count.</summary>
    public static void Signatures(SignedDocument envelope, DocumentKind kind, Authority? authority)
    {
        foreach (var signature in envelope.Signatures)
        {
            Line("signed by", $"{(signature.KeyId.Length > 0 ? signature.KeyId : "a certificate")}{(authority is null ? "" : $", {Word(Standing(signature, envelope, kind, authority))}")}");
        }

        if (envelope.Signatures.IsEmpty)
        {
            Line("signed by", "nobody");
        }
    }

    public static SignatureStanding Standing(DocumentSignature signature, SignedDocument envelope, DocumentKind kind, Authority authority) =>
        !authority.Keys.TryGetValue(signature.KeyId, out var key) ? SignatureStanding.Stranger
        : signature.IsBy(key, envelope, kind) ? SignatureStanding.Good
        : SignatureStanding.Bad;

    /// <summary>Additions, removals and changes by section; an entry's with its row and leaf.</summary>
    public static void Changes(IReadOnlyList<DocumentChange> changes)
    {
        if (changes.Count == 0)
        {
            Console.WriteLine("Nothing differs but what each version has of its own.");
            return;
        }

        foreach (var section in changes.GroupBy(change => change.Section, StringComparer.Ordinal))
        {
            Console.WriteLine($"{section.Key}: {section.Count(change => change.Change == ChangeOf.Added)} added, {section.Count(change => change.Change == ChangeOf.Removed)} removed, {section.Count(change => change.Change == ChangeOf.Changed)} changed");
            foreach (var change in section)
            {
                var law = change.Law is { } place ? $"  ({place})" : change.Concerns.Count > 0 ? $"  (concerns {string.Join(", ", change.Concerns)})" : "";
                Console.WriteLine(change.Change switch
                {
                    ChangeOf.Added => $"  + {change.Path}: {Cut(change.After)}{law}",
                    ChangeOf.Removed => $"  - {change.Path}: {Cut(change.Before)}{law}",
                    _ => $"  ~ {change.Path}: {Cut(change.Before)} → {Cut(change.After)}{law}",
                });
            }
        }
    }

    public static string Count(int count, string one, string? many = null) =>
        $"{count.ToString("N0", CultureInfo.InvariantCulture)} {(count == 1 ? one : many ?? one + "s")}";

    public static string Word(SignatureStanding standing) => standing switch
    {
        SignatureStanding.Good => "good",
        SignatureStanding.Stranger => "no key of this authority",
        _ => "NOT a signature of this key over this document",
    };

    private static string Cut(string? text) => text is { Length: > LongestShown } ? text[..LongestShown] + "…" : text ?? "";
}

/// <summary>What a signature is worth under an authority.</summary>
internal enum SignatureStanding
{
    Good,
    Stranger,
    Bad,
}
