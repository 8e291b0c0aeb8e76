using System.CommandLine;
using System.Text.Json;
using InfoLink.Audit.Bundles;
using InfoLink.Audit.Reconciling;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Trust;
using InfoLink.Tool.Documents;

namespace InfoLink.Tool.Auditing;

/// <summary><c>infolink audit …</c>: several custodians' logs against one another.</summary>
internal static class AuditCommands
{
    public static Command Create() => new("audit", "Hold the custodians' logs against one another.") { Reconcile(), Remedy() };

    private static Command Remedy()
    {
        var file = new Argument<string>("report") { Description = "What 'infolink-agent remedy report' wrote." };
        var members = new Option<string>("--members") { Description = "The member list, signed or YAML, that was in force then: it names the agency's log keys.", Required = true };
        var authority = new Option<string?>("--authority") { Description = "The authority's document: the list must be signed by it." };
        var command = Commands.New("remedy", "Check an agency's report on a wrong link or a corrected record, without a network.", "audit remedy report.json --members members.json --authority authority.json");
        command.Add(file);
        command.Add(members);
        command.Add(authority);
        command.SetAction((parsed, _) => Ending.Of(() =>
        {
            var bytes = File.ReadAllBytes(parsed.GetValue(file)!);
            if (RemedyReportFile.WhyNot(bytes, LogSource.Members(parsed.GetValue(members)!, parsed.GetValue(authority))) is { } why)
            {
                throw new RefusedException($"The report does not hold. {why}");
            }

            using var json = JsonDocument.Parse(bytes);
            var report = json.RootElement.GetProperty("report");
            Console.WriteLine($"Case {Of("case")} of {Of("agency")}: {Of("reason")}, {report.GetProperty("exchanges").GetArrayLength()} exchanges. The agency put this report on record, byte by byte.");
            return Ending.Well;

            string? Of(string name) => report.GetProperty(name).GetString();
        }));
        return command;
    }

    private static Command Reconcile()
    {
        var bundles = new Argument<string[]>("bundle") { Description = "Bundles of the broker's logs and of agencies ('infolink log export').", Arity = ArgumentArity.OneOrMore };
        var members = new Option<string>("--members") { Description = "The member list, signed or YAML, which names whose log is whose and their keys.", Required = true };
        var catalog = new Option<string[]>("--catalog") { Description = "A version of the statute catalog, signed: judges also whether fields lie outside their entries. May be repeated." };
        var authority = new Option<string?>("--authority") { Description = "The authority's document: member list and catalog must be signed by it." };
        var json = new Option<string?>("--json") { Description = "Write the report as JSON to this file; '-' prints it instead of tables." };
        var all = new Option<string?>("--all") { Description = "Write every difference to this file, one JSON object a line." };
        var examples = new Option<int>("--examples") { Description = "Differences of each class that are shown.", DefaultValueFactory = _ => 20 };
        var margin = new Option<int>("--margin")
        {
            Description = "Seconds before a bundle's end within which a record that is not there is only a notice.",
            DefaultValueFactory = _ => 30,
        };
        var command = Commands.New(
            "reconcile",
            "Verify each bundle, join all records by exchange, and report every class of difference by name.",
            "audit reconcile broker/ yokohama/ setagaya/ --members members.json --authority authority.json");
        foreach (var option in (Option[])[members, catalog, authority, json, all, examples, margin])
        {
            command.Add(option);
        }

        command.Add(bundles);
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            await using var lines = parsed.GetValue(all) is { } path ? new StreamWriter(path) : null;
            var options = new ReconciliationOptions
            {
                Catalogs = [.. (parsed.GetValue(catalog) ?? []).Select(file => Catalog(file, parsed.GetValue(authority)))],
                Examples = Math.Clamp(parsed.GetValue(examples), 0, 10_000),
                Margin = TimeSpan.FromSeconds(Math.Clamp(parsed.GetValue(margin), 0, 86_400)),
                Each = lines is null ? null : difference => lines.WriteLine(difference.ToJsonLine()),
            };
            var report = await Reconciliation.RunAsync(parsed.GetValue(bundles)!, LogSource.Members(parsed.GetValue(members)!, parsed.GetValue(authority)), options, cancellation);
            var to = parsed.GetValue(json);
            if (to is not null)
            {
                var text = JsonSerializer.Serialize(report, AuditJson.Indented) + "\n";
                if (to is "-")
                {
                    Console.Write(text);
                }
                else
                {
                    await File.WriteAllTextAsync(to, text, cancellation);
                }
            }

            if (to is not "-")
            {
                Telling.Reconciliation(report);
            }

            return report.Sound ? Ending.Well : Ending.Found;
        }));
        return command;
    }

    private static StatuteCatalog Catalog(string path, string? authority)
    {
        try
        {
            var file = DocumentSource.Open(path, DocumentKind.Catalog);
            if (authority is not null)
            {
                DocumentSource.RequireSigned(file, DocumentSource.Authority(authority));
            }

            return file.Catalog!;
        }
        catch (Exception refused) when (refused is RefusedException or DocumentException)
        {
            throw new BundleException("The catalog cannot be read:\n" + refused.Message, refused);
        }
    }
}
