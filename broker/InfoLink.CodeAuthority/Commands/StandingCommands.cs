using System.CommandLine;
using System.Globalization;
using InfoLink.CodeAuthority.Register;
using InfoLink.CodeAuthority.Standing;
using InfoLink.Codes;

namespace InfoLink.CodeAuthority.Commands;

/// <summary>What an operator does to one person's codes. Resident record codes are read from standard input, one in a line, and stand in no shell's history.</summary>
internal static class StandingCommands
{
    public static Command Reissue() => Create(
        "reissue",
        "New codes for one person at every agency. Reads the resident record code from standard input.",
        (standings, code, who, why, _) => standings.ReissueAsync(code, who, why));

    public static Command Freeze() => Create(
        "freeze",
        "Stops one person's codes until they are released. Reads the resident record code from standard input.",
        (standings, code, who, why, _) => standings.FreezeAsync(code, who, why));

    public static Command Release() => Create(
        "release",
        "Lets frozen codes be used again. Reads the resident record code from standard input.",
        (standings, code, who, why, _) => standings.ReleaseAsync(code, who, why));

    public static Command Supersede()
    {
        var (config, operatorName, reason) = Options();
        var command = new Command(
            "supersede",
            "Ends persons' codes for good in favour of another resident record code's, which the agencies' links and the persons' own view follow. Reads lines of an old code, a comma and a new one from standard "
            + "input, to its end. Where it stops it says at which line; the same input goes on, and changes nothing twice.")
        {
            config, operatorName, reason,
        };
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            using var loggers = RunCommand.Loggers();
            await using var host = CodeAuthorityHost.Open(CodeAuthorityOptions.Read(parsed.GetValue(config)!), TimeProvider.System, loggers);
            var done = 0;
            for (; Console.In.ReadLine() is { } line; done++)
            {
                cancellation.ThrowIfCancellationRequested();
                try
                {
                    var comma = line.IndexOf(',', StringComparison.Ordinal);
                    await host.Standings.SupersedeAsync(Read(comma < 0 ? line : line[..comma]), Read(comma < 0 ? "" : line[(comma + 1)..]), parsed.GetValue(operatorName)!, parsed.GetValue(reason)!);
                }
                catch (Exception fault) when (fault is FormatException or InvalidOperationException)
                {
                    throw new InvalidOperationException($"Line {done + 1}: {fault.Message} The {done} before it are done.", fault);
                }

                if (done % 1_000 == 999)
                {
                    Console.Error.WriteLine($"{done + 1} superseded");
                }
            }

            Console.WriteLine($"Done: {done} superseded.");
        }));
        return command;
    }

    public static Command Expire()
    {
        var at = new Option<string>("--at") { Description = "yyyy-MM-dd, UTC: from its first moment on the codes are refused; 'never' takes an end away.", Required = true };
        var command = Create(
            "expire",
            "Gives one person's codes an end. Reads the resident record code from standard input.",
            (standings, code, who, why, parsed) => standings.ExpireAsync(code, Date(parsed.GetValue(at)!), who, why));
        command.Options.Add(at);
        return command;
    }

    private static DateTimeOffset? Date(string text) => string.Equals(text, "never", StringComparison.Ordinal)
        ? null
        : DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero)
            : throw new FormatException($"'{text}' is not a day (yyyy-MM-dd) and not 'never'.");

    private static Command Create(
        string name, string description, Func<CodeStandings, ResidentRecordCode, string, string, ParseResult, Task<PersonCodes>> act)
    {
        var (config, operatorName, reason) = Options();
        var command = new Command(name, description) { config, operatorName, reason };
        command.SetAction((parsed, _) => Ending.OfAsync(async () =>
        {
            using var loggers = RunCommand.Loggers();
            await using var host = CodeAuthorityHost.Open(CodeAuthorityOptions.Read(parsed.GetValue(config)!), TimeProvider.System, loggers);
            var after = await act(host.Standings, Read(Console.In.ReadLine() ?? ""), parsed.GetValue(operatorName)!, parsed.GetValue(reason)!, parsed);
            Console.WriteLine($"Done: generation {after.Generation}, {after.State}.");
        }));
        return command;
    }

    private static (Option<string> Config, Option<string> Operator, Option<string> Reason) Options() => (
        SetupCommands.ConfigOption(),
        new Option<string>("--operator") { Description = "Who does it.", Required = true },
        new Option<string>("--reason") { Description = "Why: for the record, here and at the broker. Never who the person is.", Required = true });

    private static ResidentRecordCode Read(string text) => ResidentRecordCode.TryParse(text.Trim(), out var code)
        ? code!
        : throw new FormatException("That is not a resident record code: eleven digits, the last a check digit.");
}
