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
        (standings, codes, who, why, _) => standings.ReissueAsync(codes[0], who, why));

    public static Command Freeze() => Create(
        "freeze",
        "Stops one person's codes until they are released. Reads the resident record code from standard input.",
        (standings, codes, who, why, _) => standings.FreezeAsync(codes[0], who, why));

    public static Command Release() => Create(
        "release",
        "Lets frozen codes be used again. Reads the resident record code from standard input.",
        (standings, codes, who, why, _) => standings.ReleaseAsync(codes[0], who, why));

    public static Command Supersede() => Create(
        "supersede",
        "Ends one person's codes for good in favour of another resident record code's. Reads the old code and the new one from standard input, a line each.",
        (standings, codes, who, why, _) => standings.SupersedeAsync(codes[0], codes[1], who, why),
        codes: 2);

    public static Command Expire()
    {
        var at = new Option<string>("--at") { Description = "yyyy-MM-dd, UTC: from its first moment on the codes are refused; 'never' takes an end away.", Required = true };
        var command = Create(
            "expire",
            "Gives one person's codes an end. Reads the resident record code from standard input.",
            (standings, codes, who, why, parsed) => standings.ExpireAsync(codes[0], Date(parsed.GetValue(at)!), who, why));
        command.Options.Add(at);
        return command;
    }

    private static DateTimeOffset? Date(string text) => string.Equals(text, "never", StringComparison.Ordinal)
        ? null
        : DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero)
            : throw new FormatException($"'{text}' is not a day (yyyy-MM-dd) and not 'never'.");

    private static Command Create(
        string name, string description, Func<CodeStandings, IReadOnlyList<ResidentRecordCode>, string, string, ParseResult, Task<PersonCodes>> act, int codes = 1)
    {
        var config = SetupCommands.ConfigOption();
        var operatorName = new Option<string>("--operator") { Description = "Who does it.", Required = true };
        var reason = new Option<string>("--reason") { Description = "Why: for the record, here and at the broker. Never who the person is.", Required = true };
        var command = new Command(name, description) { config, operatorName, reason };
        command.SetAction((parsed, _) => Ending.OfAsync(async () =>
        {
            using var loggers = RunCommand.Loggers();
            await using var host = CodeAuthorityHost.Open(CodeAuthorityOptions.Read(parsed.GetValue(config)!), TimeProvider.System, loggers);
            var after = await act(host.Standings, ReadCodes(codes), parsed.GetValue(operatorName)!, parsed.GetValue(reason)!, parsed);
            Console.WriteLine($"Done: generation {after.Generation}, {after.State}.");
        }));
        return command;
    }

    private static List<ResidentRecordCode> ReadCodes(int count)
    {
        var codes = new List<ResidentRecordCode>(count);
        while (codes.Count < count)
        {
            codes.Add(ResidentRecordCode.TryParse((Console.In.ReadLine() ?? "").Trim(), out var code)
                ? code!
                : throw new FormatException($"Line {codes.Count + 1} of standard input is not a resident record code: eleven digits, the last a check digit."));
        }

        return codes;
    }
}
