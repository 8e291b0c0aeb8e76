using System.CommandLine;
using InfoLink.Authoring;
using InfoLink.Contracts.Trust;
using InfoLink.Tool.Documents;

namespace InfoLink.Tool.Signing;

/// <summary><c>infolink authority …</c>: the keys that lie offline, and what they sign. Nothing of it runs on the broker.</summary>
internal static class AuthorityCommands
{
    public static Command Create() => new("authority", "Make the authority's keys, sign its documents, and check what is signed. Offline: nothing of it runs on the broker.")
    {
        KeyCommands.Init(),
        KeyCommands.Key(),
        Change(),
        SignCommands.Sign(),
        SignCommands.Combine(),
        Show(),
        Verify(),
    };

    private static Command Change()
    {
        var authority = new Option<string>("--authority") { Description = "The authority's document that is in force.", Required = true };
        var add = new Option<string[]>("--add") { Description = "A public key that joins ('infolink authority key' prints it), or a file that holds it. May be repeated." };
        var remove = new Option<string[]>("--remove") { Description = "The id of a key that leaves, or its first 8 characters. May be repeated." };
        var threshold = new Option<int?>("--threshold") { Description = "How many keys must sign from then on." };
        var expires = new Option<string?>("--expires") { Description = "Its last day, as 2030-03-31; without it as late as may be." };
        var to = new Option<string>("--out") { Description = "The draft to write.", Required = true };
        var command = Commands.New(
            "change",
            "Draft the next authority, with other keys or another threshold; it takes the signatures of the old threshold and of the new one.",
            "authority change --authority authority.json --add MFkw… --remove iO7xK2aP --threshold 2 --out authority-2.json");
        Add(command, authority, add, remove, threshold, expires, to);
        command.SetAction((parsed, _) => Ending.Of(() =>
        {
            var current = DocumentSource.Authority(parsed.GetValue(authority)!);
            var removed = (parsed.GetValue(remove) ?? []).Select(text => KeyId(text, current)).ToList();
            var draft = AuthorityFile.Change(
                current,
                [.. (parsed.GetValue(add) ?? []).Select(Given.Key)],
                removed,
                parsed.GetValue(threshold),
                TimeProvider.System.GetUtcNow(),
                Given.Date(parsed.GetValue(expires)));
            DocumentSource.WriteNew(parsed.GetValue(to)!, draft.ToBytes());
            var next = Authoring.Documents.Authority(draft).Value;
            DocumentTelling.Head(DocumentFile.Of(parsed.GetValue(to)!, draft));
            Console.WriteLine($"It takes the signatures of {current.Threshold} of the old keys:");
            Keys(current);
            Console.WriteLine($"and of {next.Threshold} of the new ones (a key that is in both counts for both):");
            Keys(next);
            return Ending.Well;
        }));
        return command;
    }

    private static Command Show()
    {
        var file = new Argument<string>("file") { Description = "Any document: signed, a draft, or YAML." };
        var json = Commands.Json();
        var command = Commands.New("show", "Show what a document says about itself, and who is said to have signed it (nothing is verified).", "authority show authority.json");
        Add(command, file, json);
        command.SetAction((parsed, _) => Ending.Of(() =>
        {
            var document = DocumentSource.Open(parsed.GetValue(file)!);
            if (parsed.GetValue(json))
            {
                DocumentTelling.Json(new
                {
                    file = document.Name,
                    kind = document.Kind.Name(),
                    document.Form,
                    document.Header?.Platform,
                    document.Header?.Version,
                    previous = document.Header?.Previous?.ToString(),
                    document.Header?.Issued,
                    document.Header?.Expires,
                    sha256 = document.Envelope?.Sha256.ToString(),
                    fingerprint = document.Envelope is { } sealedBy ? Fingerprint.OfDigest(sealedBy.Sha256).ToString() : null,
                    document.Authority?.Threshold,
                    keys = document.Authority?.Keys.OrderBy(key => key.Key, StringComparer.Ordinal).Select(key => new { keyId = key.Key, publicKey = key.Value.ToString() }),
                    signedBy = document.Envelope?.Signatures.Select(signature => signature.KeyId),
                });
                return Ending.Well;
            }

            DocumentTelling.Head(document);
            if (document.Authority is { } authority)
            {
                Keys(authority);
            }

            if (document.Envelope is { } envelope)
            {
                DocumentTelling.Signatures(envelope, document.Kind, document.Authority);
            }

            return Ending.Well;
        }));
        return command;
    }

    private static Command Verify()
    {
        var file = new Argument<string>("file") { Description = "A signed document or a draft." };
        var authority = new Option<string>("--authority") { Description = "The authority's document; for a new authority, the one before it.", Required = true };
        var against = new Option<string?>("--against") { Description = "What a party holds of this kind: is this a step forward from it?" };
        var json = Commands.Json();
        var command = Commands.New(
            "verify",
            "Check a document as brokers and agents do: signatures against the threshold, succession, time; say everything that is missing.",
            "authority verify members-7.json --authority authority.json --against members-6.json");
        Add(command, file, authority, against, json);
        command.SetAction((parsed, _) => Ending.Of(() => Judge(parsed.GetValue(file)!, kind: null, parsed.GetValue(authority)!, parsed.GetValue(against), parsed.GetValue(json))));
        return command;
    }

    /// <summary>For every kind alike.</summary>
    internal static int Judge(string path, DocumentKind? kind, string authority, string? held, bool json)
    {
        var verdict = Verdict.On(
            DocumentSource.OpenEnvelope(path, kind),
            DocumentSource.Authority(authority),
            held is null ? null : DocumentSource.OpenEnvelope(held),
            TimeProvider.System.GetUtcNow());
        verdict.Tell(json);
        return verdict.IsGood ? Ending.Well : Ending.Found;
    }

    internal static void Keys(Authority authority)
    {
        foreach (var (keyId, key) in authority.Keys.OrderBy(key => key.Key, StringComparer.Ordinal))
        {
            DocumentTelling.Line("key", $"{keyId}  {Fingerprint.OfKey(key)}");
        }
    }

    internal static void Add(Command command, params Symbol[] symbols)
    {
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument)
            {
                command.Add(argument);
            }
            else
            {
                command.Add((Option)symbol);
            }
        }
    }

    private static string KeyId(string text, Authority authority)
    {
        const int Shortest = 8;
        var found = authority.Keys.Keys
            .Where(keyId => string.Equals(keyId, text, StringComparison.Ordinal) || (text.Length >= Shortest && keyId.StartsWith(text, StringComparison.Ordinal)))
            .ToList();
        return found.Count == 1 ? found[0] : text;
    }
}
