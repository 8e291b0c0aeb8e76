using InfoLink.Authoring;
using InfoLink.Contracts.Trust;

namespace InfoLink.Tool.Documents;

/// <summary>One reason for which brokers and agents would not take a document.</summary>
internal sealed record Objection(DocumentFault Fault, string Message);

/// <summary>Everything that stands against a document: its signatures, its place in the succession, its time. All of it, not only the first.</summary>
internal sealed record Verdict(DocumentFile File, Authority Authority, IReadOnlyList<Objection> Objections)
{
    public bool IsGood => Objections.Count == 0;

    /// <param name="file">What is judged.</param>
    /// <param name="authority">By whose keys; for an authority: the one before it, or itself.</param>
    /// <param name="held">What a party holds of this kind; null: nothing yet.</param>
    /// <param name="now">The time of judging.</param>
    public static Verdict On(DocumentFile file, Authority authority, DocumentFile? held, DateTimeOffset now)
    {
        if (file is not { Envelope: { } envelope, Header: { } header })
        {
            throw new RefusedException($"'{file.Name}' is no document of the authority: the broker signs its directory itself, and its certificate stands under the member list.");
        }

        var objections = new List<Objection>();
        if (!string.Equals(header.Platform, authority.Platform, StringComparison.Ordinal))
        {
            objections.Add(new Objection(DocumentFault.OtherPlatform, $"It is of the platform {header.Platform}, and the authority is that of {authority.Platform}."));
        }

        if (file.Authority is { } next)
        {
            Try(() => authority.RequireSuccessor(envelope, next), objections);
        }
        else
        {
            Try(() => authority.Require(envelope, file.Kind), objections);
            Try(() => authority.Header.RequireTimely(now), objections);
        }

        if (held is not null)
        {
            Try(() => RequireKind(file, held), objections);
            Try(() => _ = header.Follows(held.Header), objections);
        }

        Try(() => header.RequireTimely(now), objections);
        return new Verdict(file, authority, [.. objections.Distinct()]);
    }

    public void Tell(bool json)
    {
        var (envelope, header) = (File.Envelope!, File.Header!);
        if (json)
        {
            DocumentTelling.Json(new
            {
                file = File.Name,
                kind = File.Kind.Name(),
                header.Platform,
                header.Version,
                header.Issued,
                header.Expires,
                previous = header.Previous?.ToString(),
                sha256 = envelope.Sha256.ToString(),
                fingerprint = Fingerprint.OfDigest(envelope.Sha256).ToString(),
                signatures = envelope.Signatures.Select(signature => new
                {
                    signature.KeyId,
                    standing = DocumentTelling.Standing(signature, envelope, File.Kind, Authority),
                }),
                counted = Authority.Count(envelope, File.Kind),
                needed = Authority.Threshold,
                good = IsGood,
                objections = Objections,
            });
            return;
        }

        DocumentTelling.Head(File);
        DocumentTelling.Signatures(envelope, File.Kind, Authority);
        DocumentTelling.Line("counted", $"{Authority.Count(envelope, File.Kind)} of {Authority.Threshold} that are needed, under authority {Authority.Header.Version} ({Authority.Fingerprint})");
        foreach (var objection in Objections)
        {
            Console.WriteLine($"REFUSED       {objection.Fault}: {objection.Message}");
        }

        Console.WriteLine(IsGood ? "Brokers and agents take it." : "Brokers and agents would not take it.");
    }

    private static void RequireKind(DocumentFile file, DocumentFile held)
    {
        if (held.Kind != file.Kind || held.Header is null)
        {
            throw new DocumentException(DocumentFault.OtherKind, $"'{held.Name}' is no document of the kind {file.Kind.Name()} that this one could follow.");
        }
    }

    private static void Try(Action check, List<Objection> objections)
    {
        try
        {
            check();
        }
        catch (DocumentException refused)
        {
            objections.Add(new Objection(refused.Fault, refused.Message));
        }
    }
}
