using System.CommandLine;
using InfoLink.Contracts.Identifiers;
using InfoLink.Tool.Documents;
using InfoLink.Tool.Signing;

namespace InfoLink.Tool.Numbers;

/// <summary><c>infolink number …</c>: is it one? Nothing is looked up, and nothing that was typed is printed.</summary>
internal static class NumberCommands
{
    public static Command Create() => new("number", "Check numbers and codes by their check digits. Nothing is looked up.") { Check() };

    private static Command Check()
    {
        var value = new Argument<string>("value") { Description = "The number; '-' reads it from standard input, so that it does not stand in the shell's history." };
        var kind = new Option<string?>("--kind") { Description = "What it must be; without it its length says so." };
        kind.AcceptOnlyFromAmong([.. NumberKind.All.Select(known => known.Id)]);
        var json = Commands.Json();
        var command = Commands.New(
            "check",
            "Say which kind of number a value is and whether its check digit is right: 個人番号, 法人番号, 住民票コード, 全国地方公共団体コード. Full-width digits, spaces and hyphens are understood. Neither the value nor a right check digit is printed.",
            "number check -");
        AuthorityCommands.Add(command, value, kind, json);
        command.SetAction((parsed, _) => Ending.Of(() =>
        {
            var forced = parsed.GetValue(kind) is { } named ? NumberKind.All.Single(known => string.Equals(known.Id, named, StringComparison.Ordinal)) : null;
            var given = parsed.GetValue(value)!;
            var verdict = NumberVerdict.On(given is "-" ? FromStandardInput() : given, forced);
            Tell(verdict, parsed.GetValue(json));
            return verdict.IsValid ? Ending.Well : Ending.Found;
        }));
        return command;
    }

    /// <summary>The first line; of one that is too long only so much that it is seen to be.</summary>
    private static string FromStandardInput()
    {
        if (!Console.IsInputRedirected)
        {
            Console.Error.Write("The number: ");
        }

        var line = new System.Text.StringBuilder();
        while (line.Length <= TypedDigits.LongestText && Console.In.Read() is var next and >= 0 && next != '\n')
        {
            line.Append((char)next);
        }

        return line.Length > 0 ? line.ToString() : throw new FormatException("There is nothing on standard input. Pipe the number in, or type it.");
    }

    private static void Tell(NumberVerdict verdict, bool json)
    {
        if (json)
        {
            DocumentTelling.Json(new { kind = verdict.Kind?.Id, valid = verdict.IsValid, tidied = verdict.IsTidied, objection = verdict.Objection });
            return;
        }

        if (verdict.IsTidied)
        {
            Console.WriteLine("Spaces, hyphens or the width of digits were not minded.");
        }

        Console.WriteLine($"{(verdict.IsValid ? "valid" : "NOT VALID")}: {verdict.Kind?.Name ?? "no number that is known here"}");
        if (verdict.Objection is { } objection)
        {
            Console.WriteLine(objection);
        }
    }
}
