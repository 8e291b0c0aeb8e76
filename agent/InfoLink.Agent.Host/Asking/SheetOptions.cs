using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using InfoLink.Contracts.Identity;

namespace InfoLink.Agent.Host.Asking;

/// <summary>A sheet to print, for commands that bring answers: where it goes. It holds what was answered, so its owner alone reads it, and nothing is written over unasked.</summary>
internal sealed class SheetOptions
{
    public Option<FileInfo?> File { get; } = new("--sheet") { Description = "A new file for what was answered, as a page to print (HTML, A4). Its owner alone can read it." };

    public Option<bool> Force { get; } = new("--force") { Description = "With --sheet: write over the file that is there." };

    /// <exception cref="IOException">There is a file already; nobody has been asked.</exception>
    public bool IsWanted(ParseResult parsed)
    {
        if (parsed.GetValue(File) is not { } file)
        {
            return false;
        }

        return Directory.Exists(file.FullName) || file.Directory is not { Exists: true } ? throw new IOException($"'{file.FullName}' is a folder, or lies in none that is there.")
            : !parsed.GetValue(Force) && (file.Exists || file.LinkTarget is not null) ? throw new IOException($"There is a file '{file.FullName}' already, and nothing is overwritten without --force. Nobody was asked.")
            : true;
    }

    /// <summary>Writes the sheet, where there is one. Where it cannot be written, the answer is still there to be shown: it is on record, and may not be had again.</summary>
    /// <returns>The answer without it; and why there is no sheet though one was wanted, else null.</returns>
    public (JsonElement Answer, string? Trouble) Keep(ParseResult parsed, JsonElement answer)
    {
        if (parsed.GetValue(File) is not { } file || JsonObject.Create(answer) is not { } fields || !fields.Remove("sheet", out var sheet))
        {
            return (answer, null);
        }

        var rest = JsonSerializer.SerializeToElement(fields);
        try
        {
            Write(file, sheet!.GetValue<string>(), parsed.GetValue(Force));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return (rest, $"The answer stands above, and there is no sheet: {fault.Message}");
        }

        Console.Error.WriteLine($"sheet: {file.FullName}");
        return (rest, null);
    }

    private static void Write(FileInfo file, string sheet, bool overwrite)
    {
        // Whole or not at all: a link or a file that others had opened is replaced, never written through.
        var written = Path.Combine(file.DirectoryName!, $".{file.Name}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}.tmp");
        try
        {
            using (var stream = KeyFile.CreateNew(written))
            {
                stream.Write(Encoding.UTF8.GetBytes(sheet));
            }

            System.IO.File.Move(written, file.FullName, overwrite);
        }
        finally
        {
            System.IO.File.Delete(written);
        }
    }
}
