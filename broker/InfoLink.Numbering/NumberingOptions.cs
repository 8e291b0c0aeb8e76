using System.Text.Json.Serialization;
using InfoLink.Contracts.Identity;
using InfoLink.Hosting;
using InfoLink.Hosting.Members;

namespace InfoLink.Numbering;

/// <summary>
/// What the numbering authority is told at its start, as <c>numbering.json</c>. Paths are relative to that file. Every error is found at once, before anything runs.
/// </summary>
public sealed class NumberingOptions
{
    /// <summary>Its membership of the platform; the member list gives it the flag <c>numbering-authority</c>.</summary>
    [JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
    public MemberOptions Member { get; } = new() { Id = "numbering-authority", Listen = "127.0.0.1:7446" };

    /// <summary>The key of the log of acts.</summary>
    public string LogKey { get; set; } = "log.key";

    /// <summary>
    /// The key that resident record codes lie under. Without it the table is worthless, with it and the table everything is known: keep its backup apart from the
    /// table's. It belongs to one table for as long as that lives.
    /// </summary>
    public string TableKey { get; set; } = "table.key";

    /// <summary>Name of the log of acts; empty: <c>platform/agency/id</c>. Processes side by side have different ones.</summary>
    public string LogOrigin { get; set; } = "";

    /// <summary>PostgreSQL (an Npgsql connection string) of the authority's own, which processes side by side share. Empty: SQLite in the member's data folder (<c>numbers.db</c>, <c>corporations.db</c>, <c>access-log.db</c>), one process only.</summary>
    public string Postgres { get; set; } = "";

    /// <summary>Notices that may wait to be sent; beyond it nobody is numbered, who would not be told. 1 to 1,000,000,000.</summary>
    public long MostWaitingNotices { get; set; } = 200_000_000;

    /// <summary>How long a notice is kept that was delivered, returned or withdrawn, in days; 0 to 3,650.</summary>
    public int KeepEndedNoticesDays { get; set; } = 90;

    /// <exception cref="InvalidOperationException">The file is missing or not JSON of these fields.</exception>
    public static NumberingOptions Read(string path) => ConfigFile.Read<NumberingOptions>(path, "The numbering authority's", (options, folder) => options.Member.Folder = folder);

    public void Write(string path) => ConfigFile.Write(path, this);

    /// <summary>Everything that is wrong, each with its way out; empty where all is well.</summary>
    public IReadOnlyList<string> Errors()
    {
        List<string> errors = [.. Member.Errors()];
        errors.AddRange(from key in (string[])[LogKey, TableKey] where Pkcs11Uri.Is(key) || key.Contains('\0') select "logKey, tableKey: each is a file.");

        if (LogOrigin.Length > 100 || LogOrigin.Any(character => char.IsWhiteSpace(character) || character == '+'))
        {
            errors.Add("logOrigin: at most 100 characters, without spaces and '+'.");
        }

        Range(errors, "mostWaitingNotices", MostWaitingNotices, 1, 1_000_000_000);
        Range(errors, "keepEndedNoticesDays", KeepEndedNoticesDays, 0, 3_650);
        return errors;
    }

    private static void Range(List<string> errors, string name, long value, long least, long most)
    {
        if (value < least || value > most)
        {
            errors.Add($"{name}: {least:N0} to {most:N0}.");
        }
    }
}
