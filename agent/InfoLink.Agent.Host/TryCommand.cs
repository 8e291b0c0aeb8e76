using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using InfoLink.Agent.Host.Asking;
using InfoLink.Agent.Sources;

namespace InfoLink.Agent.Host;

/// <summary><c>infolink-agent try</c>: a dry run of a source, on the screen of the agency's own operator.</summary>
internal static class TryCommand
{
    private const string Notice =
        "A dry run on this host: it reads this agency's own system for its own operator. No broker, no other agency and no running agent has part in it; InfoLink records nothing of it. What follows is personal data.";

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter<RawState>(JsonNamingPolicy.CamelCase) },
    };

    public static Command Create()
    {
        var config = new Option<string>("--config") { Description = "The agent's agent.json. Run it on the agent's host, as its user.", Required = true };
        var kind = new Option<string>("--kind") { Description = "The kind of information, e.g. municipal-inhabitant-tax.", Required = true };
        var person = new Option<string>("--person") { Description = "The agency's own identifier of the person; '-' reads it from standard input, so that it stands in no history.", Required = true };
        var taxYear = new Option<int?>("--tax-year") { Description = "The tax year." };
        var from = new Option<string?>("--from") { Description = "First day of the period, yyyy-MM-dd." };
        var to = new Option<string?>("--to") { Description = "Its last day." };
        var asOf = new Option<string?>("--as-of") { Description = "The day as of which is asked." };
        var version = new Option<int?>("--catalog") { Description = "The catalog's version: of one that is to come, its layout and the source that is for it. Without it the one in force." };
        var json = new Option<bool>("--json") { Description = "As JSON." };
        var command = new Command(
            "try",
            "Try a source: read one person through it as an exchange would, and show what the existing system has, how it is mapped, what would be answered, and what the layout says. Exchanges nothing. Exit code 1 where nothing could be answered for a fault of source, mapping or layout.\nExample: infolink-agent try --kind municipal-inhabitant-tax --person S-77310 --tax-year 2026 --config agent.json")
        {
            config, kind, person, taxYear, from, to, asOf, version, json,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var good = false;
            var code = await Ending.OfAsync(async () =>
            {
                var who = parsed.GetValue(person) is "-" ? (await Console.In.ReadLineAsync(cancellation) ?? "").Trim() : parsed.GetValue(person)!;
                var conditions = new LocalConditions(parsed.GetValue(taxYear), Day(parsed.GetValue(from)), Day(parsed.GetValue(to)), Day(parsed.GetValue(asOf)));
                var trial = conditions.IsBackwards
                    ? throw new FormatException("--from and --to go together, and a period ends after it began.")
                    : await SourceTrial.RunAsync(AgentOptions.Read(parsed.GetValue(config)!), parsed.GetValue(kind)!, who, conditions.ToConditions(), TimeProvider.System, cancellation, parsed.GetValue(version));
                good = trial.IsGood;
                if (parsed.GetValue(json))
                {
                    Console.WriteLine(JsonSerializer.Serialize(new { notice = Notice, kind = trial.Kind.Id.Value, trial.Catalog, trial.Source, trial.Found, trial.Fault, good, trial.Items }, Format));
                }
                else
                {
                    Write(trial, Console.Out);
                }
            });
            return code == 0 && !good ? 1 : code;
        });
        return command;
    }

    internal static void Write(SourceTrial trial, TextWriter to)
    {
        to.WriteLine(Notice);
        to.WriteLine();
        to.WriteLine($"kind    {trial.Kind.Id}  {trial.Kind.Name.Ja}  (catalog version {trial.Catalog})");
        to.WriteLine($"source  {trial.Source}");
        foreach (var item in trial.Items)
        {
            to.WriteLine();
            to.WriteLine($"{item.Item}  {item.Name?.Ja}{(item.Required ? "  (required)" : "")}");
            if (item.State != RawState.None)
            {
                to.WriteLine($"  source   {item.From} = {(item.State == RawState.Value ? Quoted(item.Raw!) : $"({Word(item.State)})")}");
            }

            if (item.Mapping.Length > 0)
            {
                to.WriteLine($"  mapping  {item.Mapping}");
            }

            to.WriteLine($"  result   {(item.Value is { } value ? Quoted(value) : item.Absent is { } reason ? $"absent: {reason}" : "(left out)")}");
            foreach (var error in item.Errors)
            {
                to.WriteLine($"  ERROR    {error}");
            }
        }

        to.WriteLine();
        var wrong = trial.Items.Count(item => item.Errors.Count > 0);
        to.WriteLine(trial.Fault is { } fault ? $"ERROR  {Plain(fault)}"
            : !trial.Found ? "The system has no record of this person: not available would be answered."
            : wrong == 0 ? "This would be answered."
            : $"Nothing would be answered: {wrong} of {trial.Items.Count} items do not keep the layout.");
    }

    private static string Word(RawState state) => state switch { RawState.Null => "null", RawState.Missing => "not there", _ => "not a text" };

    /// <summary>In brackets, so that blanks at its ends are seen.</summary>
    private static string Quoted(string text) => $"「{Plain(text)}」";

    /// <summary>What would act on the terminal instead of standing on it is written out.</summary>
    private static string Plain(string text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (var each in text)
        {
            plain.Append(char.GetUnicodeCategory(each) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
                ? $"\\u{(int)each:X4}" : $"{each}");
        }

        return plain.ToString();
    }

    private static DateOnly? Day(string? text) => text is null ? null
        : DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day
        : throw new FormatException($"'{text}' is not a day as yyyy-MM-dd.");
}
