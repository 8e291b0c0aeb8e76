using System.CommandLine;
using InfoLink.Authoring;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Trust;
using InfoLink.Tool.Documents;
using InfoLink.Tool.Signing;

namespace InfoLink.Tool.Catalogs;

/// <summary><c>infolink catalog …</c>: the statute catalog from what people write to what the authority signs, and what it says.</summary>
internal static class CatalogCommands
{
    public static Command Create() => new("catalog", "Build, check, compare, show and try the statute catalog, and write its layouts as classes.")
    {
        Build(), Verify(), Diff(), Show(), TryCommand.Create(), ClassesCommand.Create(),
    };

    private static Command Build()
    {
        var file = new Argument<string>("file") { Description = "The catalog as people write it (YAML)." };
        var to = new Option<string>("--out") { Description = "The draft to write.", Required = true };
        var previous = new Option<string?>("--previous") { Description = "The newest signed version; without it this becomes version 1." };
        var authority = new Option<string?>("--authority") { Description = "The authority's document: the previous version must be signed by it." };
        var platform = new Option<string?>("--platform") { Description = "The platform's name; with --previous it is that one's." };
        var expires = new Option<string?>("--expires") { Description = "Its last day, as 2026-12-31, at most 35 days from today; without it as the file says." };
        var json = Commands.Json();
        var command = Commands.New(
            "build",
            "Build the next version as canonical JSON for the authority to sign: every reference, range and example is checked, and all errors are named with entry, field, line and row.",
            "catalog build catalog.yaml --previous catalog-3.json --expires 2026-12-20 --out catalog-4.json");
        AuthorityCommands.Add(command, file, to, previous, authority, platform, expires, json);
        command.SetAction((parsed, _) => Ending.Of(() =>
        {
            var before = parsed.GetValue(previous) is { } path ? DocumentSource.OpenEnvelope(path, DocumentKind.Catalog) : null;
            if (parsed.GetValue(authority) is { } root && before is not null)
            {
                DocumentSource.RequireSigned(before, DocumentSource.Authority(root));
            }

            var named = parsed.GetValue(platform) ?? before?.Header!.Platform ?? throw new FormatException("Say with --platform which platform the first version is for.");
            if (before is not null && !string.Equals(named, before.Header!.Platform, StringComparison.Ordinal))
            {
                throw new RefusedException($"The previous version is of the platform {before.Header.Platform}, not {named}.");
            }

            var name = parsed.GetValue(file)!;
            var draft = DocumentSource.Whole(CatalogFile.Draft(
                name, File.ReadAllBytes(name), named, before?.Header, TimeProvider.System.GetUtcNow(), Given.Date(parsed.GetValue(expires))));
            var built = DocumentFile.Of(parsed.GetValue(to)!, draft);
            DocumentSource.WriteNew(built.Name, draft.ToBytes());
            var changes = before is null ? null : DocumentDiff.Between(before, built);
            if (parsed.GetValue(json))
            {
                DocumentTelling.Json(new { file = built.Name, built.Header!.Platform, built.Header.Version, sha256 = draft.Sha256.ToString(), about = About(built.Catalog!), changes });
                return Ending.Well;
            }

            DocumentTelling.Head(built);
            CatalogTelling.Dates(built.Catalog!, built.Header);
            if (changes is not null)
            {
                Console.WriteLine($"Against version {before!.Header!.Version}:");
                DocumentTelling.Changes(changes);
            }

            Console.WriteLine($"To be signed: infolink authority sign {built.Name} --key KEY.pem{(before is null ? "" : $" --against {before.Name}")}");
            return Ending.Well;
        }));
        return command;
    }

    private static Command Verify()
    {
        var file = new Argument<string>("file") { Description = "A signed catalog or draft, or YAML." };
        var authority = new Option<string?>("--authority") { Description = "The authority's document; a YAML file is checked without it." };
        var previous = new Option<string?>("--previous") { Description = "The version before: can this one follow it?" };
        var json = Commands.Json();
        var command = Commands.New(
            "verify",
            "Check a catalog: its entries and examples, and of a signed one signatures, succession and time.",
            "catalog verify catalog-4.json --authority authority.json --previous catalog-3.json");
        AuthorityCommands.Add(command, file, authority, previous, json);
        command.SetAction((parsed, _) => Ending.Of(() =>
        {
            var path = parsed.GetValue(file)!;
            var document = DocumentSource.Open(path, DocumentKind.Catalog);
            if (document.Form != DocumentForm.Authored)
            {
                return AuthorityCommands.Judge(
                    path, DocumentKind.Catalog, parsed.GetValue(authority) ?? throw new FormatException("Say with --authority by whose keys it must be signed."), parsed.GetValue(previous), parsed.GetValue(json));
            }

            if (parsed.GetValue(json))
            {
                DocumentTelling.Json(new { file = path, about = About(document.Catalog!), good = true });
                return Ending.Well;
            }

            DocumentTelling.Head(document);
            CatalogTelling.Dates(document.Catalog!, header: null);
            Console.WriteLine("It can be built.");
            return Ending.Well;
        }));
        return command;
    }

    private static Command Diff()
    {
        var before = new Argument<string>("old") { Description = "The older version: signed, a draft, or YAML." };
        var after = new Argument<string>("new") { Description = "The newer version: signed, a draft, or YAML." };
        var json = Commands.Json();
        var command = Commands.New(
            "diff", "Show what differs between two catalogs: entries, kinds and their items, tasks, categories and examples, field by field.", "catalog diff catalog-3.json catalog.yaml");
        AuthorityCommands.Add(command, before, after, json);
        command.SetAction((parsed, _) => Ending.Of(() =>
        {
            var changes = DocumentDiff.Between(
                DocumentSource.Open(parsed.GetValue(before)!, DocumentKind.Catalog), DocumentSource.Open(parsed.GetValue(after)!, DocumentKind.Catalog));
            if (parsed.GetValue(json))
            {
                DocumentTelling.Json(changes);
            }
            else
            {
                DocumentTelling.Changes(changes);
            }

            return changes.Count == 0 ? Ending.Well : Ending.Found;
        }));
        return command;
    }

    private static Command Show()
    {
        var file = new Argument<string>("file") { Description = "A catalog: signed, a draft, or YAML." };
        var entry = new Option<string?>("--entry") { Description = "One entry in full." };
        var json = Commands.Json();
        var command = Commands.New("show", "Show a catalog's entries, or one in full.", "catalog show catalog.yaml --entry 106.municipality.108-1-ro");
        AuthorityCommands.Add(command, file, entry, json);
        command.SetAction((parsed, _) => Ending.Of(() =>
        {
            var document = DocumentSource.Open(parsed.GetValue(file)!, DocumentKind.Catalog);
            var catalog = document.Catalog!;
            if (parsed.GetValue(entry) is { } id)
            {
                var one = CatalogTelling.Entry(catalog, id);
                if (parsed.GetValue(json))
                {
                    Console.WriteLine(document.Part("entries", id));
                }
                else
                {
                    CatalogTelling.Full(catalog, one);
                }
            }
            else if (parsed.GetValue(json))
            {
                Console.WriteLine(document.Part("entries"));
            }
            else
            {
                DocumentTelling.Head(document);
                CatalogTelling.Dates(catalog, document.Header);
                CatalogTelling.Entries(catalog);
            }

            return Ending.Well;
        }));
        return command;
    }

    private static object About(StatuteCatalog catalog) => new
    {
        catalog.EffectiveFrom,
        catalog.EffectiveAt,
        catalog.Expires,
        entries = catalog.Entries.Count,
        kinds = catalog.Kinds.Count,
        categories = catalog.Categories.Count,
        examples = catalog.Examples.Length,
        transitional = CatalogTelling.Transitional(catalog).Select(entry => entry.Id.Value),
    };
}
