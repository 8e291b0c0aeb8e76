using System.CommandLine;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Numbering.Corporations;

/// <summary><c>infolink-numbering corporate …</c>: the public register, while the authority runs or not.</summary>
internal static class CorporateCommands
{
    private const int Shown = 50;

    public static Command Create() => new("corporate", "The register of corporate numbers.") { Import(), Search() };

    private static Command Import()
    {
        var file = new Argument<string>("file") { Description = $"CSV, UTF-8, with the heading {CorporateImport.Heading}." };
        var config = Commands.Config();
        var command = new Command(
            "import",
            "Enter corporations, or what is new about them; each line by itself. Run it again to go on where it stopped.\nExample: infolink-numbering corporate import register.csv --config numbering.json") { file, config };
        command.SetAction((parsed, cancellation) => Commands.OfAsync(async () =>
        {
            await using var register = CorporateRegister.Open(NumberingOptions.Read(parsed.GetValue(config)!), TimeProvider.System);
            using var lines = new StreamReader(parsed.GetValue(file)!, new System.Text.UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
            var result = await new CorporateImport(register).RunAsync(lines, (reference, number) => Console.WriteLine($"{reference}: {number}"), cancellation);
            foreach (var error in result.Errors)
            {
                await Console.Error.WriteLineAsync(error);
            }

            Console.WriteLine($"{result.Entered} entered, {result.Changed} changed, {result.Unchanged} as they were, {result.Errors.Count} refused.");
            return result.Errors.Count == 0 ? 0 : 1;
        }));
        return command;
    }

    private static Command Search()
    {
        var text = new Argument<string>("text") { Description = "How a name or its reading begins, or a corporate number." };
        var anywhere = new Option<bool>("--anywhere") { Description = "Names that hold the text anywhere; slower." };
        var after = new Option<string?>("--after") { Description = "The last number of the page before." };
        var config = Commands.Config();
        var command = new Command("search", "Find corporations.\nExample: infolink-numbering corporate search 横浜 --config numbering.json") { text, anywhere, after, config };
        command.SetAction((parsed, cancellation) => Commands.OfAsync(async () =>
        {
            await using var register = CorporateRegister.Open(NumberingOptions.Read(parsed.GetValue(config)!), TimeProvider.System);
            var wanted = parsed.GetValue(text)!;
            var from = parsed.GetValue(after) is { } last ? CorporateNumber.Parse(last) : null;
            IReadOnlyList<Corporation> found = !CorporateNumber.TryParse(wanted, out var number)
                ? await register.SearchAsync(wanted, parsed.GetValue(anywhere), from, Shown, cancellation)
                : await register.FindAsync(number, cancellation) is { } one ? [one] : [];
            foreach (var corporation in found)
            {
                Console.WriteLine($"{corporation.Number}  {corporation.Name} ({corporation.Kana})  {corporation.Address}");
            }

            if (found.Count == Shown)
            {
                Console.WriteLine($"There may be more: --after {found[^1].Number}");
            }

            return found.Count > 0 ? 0 : 1;
        }));
        return command;
    }
}
