using System.CommandLine;
using System.Text;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Trust;
using InfoLink.Tool.Documents;
using InfoLink.Tool.Signing;

namespace InfoLink.Tool.Catalogs;

/// <summary>Writes the catalog's layouts as C# records, for programs that ask or answer through the SDK.</summary>
internal static class ClassesCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("file") { Description = "A catalog: signed, a draft, or YAML." };
        var space = new Option<string>("--namespace") { Description = "The records' namespace, e.g. Yokohama.Information.", Required = true };
        var to = new Option<string?>("--out") { Description = "The folder to write to, a file for each kind; without it they are printed." };
        var kinds = new Option<string[]>("--kind") { Description = "Only these kinds. May be repeated." };
        var command = Commands.New(
            "classes",
            "Write the layouts as C# records, one for each information kind. The same catalog gives the same text.",
            "catalog classes catalog-4.json --namespace Yokohama.Information --out Information --kind municipal-inhabitant-tax");
        AuthorityCommands.Add(command, file, space, to, kinds);
        command.SetAction((parsed, _) => Ending.Of(() =>
        {
            var named = parsed.GetValue(space)!;
            if (!ClassNames.IsNamespace(named))
            {
                throw new FormatException($"'{named}' is no namespace: words of letters, digits and _ that begin with an upper-case letter, with points between them.");
            }

            var catalog = DocumentSource.Open(parsed.GetValue(file)!, DocumentKind.Catalog).Catalog!;
            var writing = new ClassWriting(catalog, named);
            foreach (var kind in Of(catalog, parsed.GetValue(kinds) ?? []))
            {
                if (parsed.GetValue(to) is { } folder)
                {
                    Write(Path.Combine(folder, $"{writing.NameOf(kind)}.g.cs"), writing.Write(kind));
                }
                else
                {
                    Console.Write(writing.Write(kind));
                }
            }

            return Ending.Well;
        }));
        return command;
    }

    private static IEnumerable<InformationKind> Of(StatuteCatalog catalog, IReadOnlyCollection<string> named)
    {
        var ids = named.Select(KindId.Parse).ToHashSet();
        return ids.Where(id => !catalog.Kinds.ContainsKey(id)).ToList() is [var unknown, ..]
            ? throw new RefusedException($"The catalog has no kind '{unknown}'. It has: {string.Join(", ", catalog.Kinds.Keys.Select(kind => kind.Value).Order(StringComparer.Ordinal))}.")
            : catalog.Kinds.Values.Where(kind => ids.Count == 0 || ids.Contains(kind.Id)).OrderBy(kind => kind.Id.Value, StringComparer.Ordinal);
    }

    /// <summary>Over one that this command wrote, and over nothing else.</summary>
    private static void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var before = File.Exists(path) ? File.ReadAllText(path) : null;
        if (before is not null && !before.ReplaceLineEndings("\n").StartsWith(ClassWriting.Mark, StringComparison.Ordinal))
        {
            throw new RefusedException($"'{path}' was not written by this command and stays as it is. Move it, or write to another folder.");
        }

        if (string.Equals(before, text, StringComparison.Ordinal))
        {
            Console.WriteLine($"{path} (unchanged)");
            return;
        }

        File.WriteAllText(path, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        Console.WriteLine(path);
    }
}
