using System.CommandLine;

namespace InfoLink.Agent.Host.Asking;

/// <summary>What both ways of asking on the command line say: under which entry, on what condition, who asks and what for.</summary>
internal sealed class QuestionOptions
{
    private readonly Option<string> _entry = new("--entry") { Description = "The statute entry, e.g. 106.municipality.108-1-ro.", Required = true };
    private readonly Option<string?> _provider = new("--provider") { Description = "Who is asked; left out: who by the kinds' rule holds the information." };
    private readonly Option<string?> _role = new("--role") { Description = "Whose data; may be left out where the entry covers one role only." };
    private readonly Option<int?> _taxYear = new("--tax-year") { Description = "Western year in which the tax year begins." };
    private readonly Option<DateOnly?> _asOf = new("--as-of") { Description = "The day whose state is asked for, yyyy-MM-dd." };
    private readonly Option<DateOnly?> _from = new("--from") { Description = "First day of a period; with --to." };
    private readonly Option<DateOnly?> _to = new("--to") { Description = "Last day of a period." };
    private readonly Option<DateOnly?> _claimedOn = new("--claimed-on") { Description = "The day of the claim that this serves." };
    private readonly Option<string> _use = new("--use") { Description = "What the information is used for (用途); it stands on record.", Required = true };
    private readonly Option<string> _operator = LocalClient.OperatorOption();
    private readonly Option<string> _terminal = new("--terminal") { Description = "The terminal; it stands on record.", DefaultValueFactory = _ => Environment.MachineName };
    private readonly Option<string?> _case = new("--case") { Description = "The agency's own case." };

    public Option<string> Config { get; } = LocalClient.ConfigOption();

    public Option<bool> Json { get; } = new("--json") { Description = "JSON for scripts, in place of tables." };

    public Command AddTo(Command command)
    {
        foreach (var option in new Option[] { _entry, _provider, _role, _taxYear, _asOf, _from, _to, _claimedOn, _use, _operator, _terminal, _case, Json, Config })
        {
            command.Add(option);
        }

        return command;
    }

    public LocalQuestion Read(ParseResult parsed, string person)
    {
        var conditions = new LocalConditions(parsed.GetValue(_taxYear), parsed.GetValue(_from), parsed.GetValue(_to), parsed.GetValue(_asOf), parsed.GetValue(_claimedOn));
        return new LocalQuestion(
            person,
            parsed.GetValue(_entry)!,
            parsed.GetValue(_terminal)!,
            parsed.GetValue(_use)!,
            parsed.GetValue(_operator),
            parsed.GetValue(_provider),
            parsed.GetValue(_role),
            conditions,
            parsed.GetValue(_case));
    }
}
