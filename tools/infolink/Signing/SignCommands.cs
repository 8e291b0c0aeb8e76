using System.CommandLine;
using InfoLink.Authoring;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Trust;
using InfoLink.Tool.Documents;

namespace InfoLink.Tool.Signing;

/// <summary>Signing on one machine, or on as many as there are keys.</summary>
internal static class SignCommands
{
    public static Command Sign()
    {
        var file = new Argument<string>("file") { Description = "A draft, or a document that others have signed." };
        var key = new Option<string>("--key") { Description = "The private key (PEM).", Required = true };
        var to = new Option<string?>("--out") { Description = "Write a copy with this one signature here, to be combined, and leave the file as it is." };
        var authority = new Option<string?>("--authority") { Description = "The authority's document: says whether the key is one of its keys, and how many are still missing." };
        var against = new Option<string?>("--against") { Description = "The version before: shows what changes, and refuses what could not follow it." };
        var command = Commands.New(
            "sign",
            "Show what is to be signed, and add one key's signature; what no broker or agent would take is not signed.",
            "authority sign members-7.json --key key-1.pem --authority authority.json --against members-6.json");
        AuthorityCommands.Add(command, file, key, to, authority, against);
        command.SetAction((parsed, _) => Ending.Of(() =>
        {
            var document = DocumentSource.OpenEnvelope(parsed.GetValue(file)!);
            var known = parsed.GetValue(authority) is { } path ? DocumentSource.Authority(path) : null;
            var held = parsed.GetValue(against) is { } before ? DocumentSource.Open(before, document.Kind) : null;
            DocumentTelling.Head(document);
            if (held is not null)
            {
                Console.WriteLine($"Against {held.Name}{(held.Header is { } of ? $", version {of.Version}" : "")}:");
                DocumentTelling.Changes(DocumentDiff.Between(held, document));
            }

            Require(document, known, held);
            using var pair = Given.PrivateKey(parsed.GetValue(key)!);
            var signature = DocumentSignature.ByKey(document.Envelope!, document.Kind, pair);
            if (known is not null && !IsKeyOf(known, document, signature.KeyId))
            {
                Console.WriteLine($"WARNING: {signature.KeyId} is no key of this authority. Nobody will count this signature.");
            }

            var signed = document.Envelope!.With(signature);
            if (parsed.GetValue(to) is { } copy)
            {
                DocumentSource.WriteNew(copy, document.Envelope.Unsigned().With(signature).ToBytes());
            }
            else
            {
                DocumentSource.Replace(document.Name, signed.ToBytes());
            }

            DocumentTelling.Signatures(signed, document.Kind, document.Authority is null ? known : null);
            Console.WriteLine($"Signed by {DocumentSignature.KeyIdOf(P256PublicKey.Of(pair))} in {parsed.GetValue(to) ?? document.Name}.");
            Missing(signed, document, known);
            return Ending.Well;
        }));
        return command;
    }

    public static Command Combine()
    {
        var file = new Argument<string>("file") { Description = "The document." };
        var copies = new Argument<string[]>("copies") { Description = "Copies of it, signed elsewhere.", Arity = ArgumentArity.OneOrMore };
        var to = new Option<string>("--out") { Description = "The document with all signatures; may be the file itself.", Required = true };
        var authority = new Option<string?>("--authority") { Description = "The authority's document: only its keys' good signatures are kept, and it is said how many are missing." };
        var command = Commands.New(
            "combine",
            "Put the signatures together that were made over the same document on different machines.",
            "authority combine members-7.json members-7.tanaka.json members-7.suzuki.json --out members-7.json");
        AuthorityCommands.Add(command, file, copies, to, authority);
        command.SetAction((parsed, _) => Ending.Of(() =>
        {
            var document = DocumentSource.OpenEnvelope(parsed.GetValue(file)!);
            var known = parsed.GetValue(authority) is { } path ? DocumentSource.Authority(path) : null;
            var envelopes = (parsed.GetValue(copies) ?? []).Select(copy => DocumentSource.OpenEnvelope(copy, document.Kind).Envelope!).Prepend(document.Envelope!).ToList();
            var combined = envelopes.Aggregate(document.Envelope!.Unsigned(), (sum, envelope) => sum.With(Worth(envelope, document, known)));
            DocumentSource.Replace(parsed.GetValue(to)!, combined.ToBytes());
            DocumentTelling.Head(DocumentFile.Of(parsed.GetValue(to)!, combined));
            DocumentTelling.Signatures(combined, document.Kind, document.Authority is null ? known : null);
            Missing(combined, document, known);
            return Ending.Well;
        }));
        return command;
    }

    /// <summary>Under an authority, the envelope with those signatures alone that count: a bad one must not take the place of a good one of the same key.</summary>
    private static SignedDocument Worth(SignedDocument envelope, DocumentFile document, Authority? known)
    {
        if (known is null)
        {
            return envelope;
        }

        Authority[] counting = document.Authority is { } next ? [known, next] : [known];
        return envelope.Signatures
            .Where(signature => counting.Any(authority => DocumentTelling.Standing(signature, envelope, document.Kind, authority) == SignatureStanding.Good))
            .Aggregate(envelope.Unsigned(), (kept, signature) => kept.With(signature));
    }

    private static void Require(DocumentFile document, Authority? known, DocumentFile? held)
    {
        if (document.Header is not { } header)
        {
            throw new RefusedException("The broker signs its directory itself, with its certificate. The authority has no part in it.");
        }

        header.RequireTimely(TimeProvider.System.GetUtcNow());
        if (known is not null && !string.Equals(known.Platform, header.Platform, StringComparison.Ordinal))
        {
            throw new DocumentException(DocumentFault.OtherPlatform, $"The document is of the platform {header.Platform}, and the authority is that of {known.Platform}.");
        }

        if (known is not null && document.Authority is not null)
        {
            _ = header.Follows(known.Header);
        }

        if (held?.Header is { } before)
        {
            _ = header.Follows(before);
        }
    }

    private static bool IsKeyOf(Authority known, DocumentFile document, string keyId) =>
        known.Keys.ContainsKey(keyId) || (document.Authority?.Keys.ContainsKey(keyId) ?? false);

    private static void Missing(SignedDocument signed, DocumentFile document, Authority? known)
    {
        if (document.Authority is { } next)
        {
            Console.WriteLine($"Of its own keys {next.Count(signed, document.Kind)} have signed, and {next.Threshold} must.");
        }

        if (known is not null)
        {
            Console.WriteLine($"Of the authority's keys (version {known.Header.Version}) {known.Count(signed, document.Kind)} have signed, and {known.Threshold} must.");
        }
    }
}
