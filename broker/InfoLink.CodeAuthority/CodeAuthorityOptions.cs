using System.Text.Json.Serialization;
using InfoLink.Contracts.Identity;
using InfoLink.Hosting;
using InfoLink.Hosting.Members;

namespace InfoLink.CodeAuthority;

/// <summary>What the code authority is told at its start, as <c>code-authority.json</c>. Paths are relative to that file.</summary>
public sealed class CodeAuthorityOptions
{
    /// <summary>Its membership of the platform; the member list gives it the flag <c>code-authority</c>.</summary>
    [JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
    public MemberOptions Member { get; } = new() { Id = "code-authority" };

    /// <summary>
    /// The key that ID codes follow from (32 bytes, made by init). Whoever has it and a link-code master can join everything: it never meets the broker, and
    /// losing it means new codes for everybody. Keep a copy in a safe.
    /// </summary>
    public string Key { get; set; } = "code-authority.key";

    /// <summary>The key of the register's tags (32 bytes).</summary>
    public string RegisterKey { get; set; } = "register.key";

    /// <summary>ID codes of made-up people, which never join with real ones; for rehearsals and samples.</summary>
    public bool TestPersons { get; set; }

    /// <summary>Reads a <c>code-authority.json</c>.</summary>
    /// <exception cref="InvalidOperationException">The file is missing or not JSON of these fields.</exception>
    public static CodeAuthorityOptions Read(string path) => ConfigFile.Read<CodeAuthorityOptions>(path, "The code authority's", (options, folder) => options.Member.Folder = folder);

    public void Write(string path) => ConfigFile.Write(path, this);

    /// <summary>Everything that is wrong, each with its way out; empty where all is well. The member's own section is checked with the rest at the start.</summary>
    public IEnumerable<string> Errors()
    {
        foreach (var (name, file) in ((string, string)[])[("key", Key), ("registerKey", RegisterKey)])
        {
            if (!File.Exists(Member.Full(file)))
            {
                yield return $"{name}: there is no file '{Member.Full(file)}'. 'infolink-codes init' makes it, once.";
            }
        }
    }

    internal byte[] ReadKey(string file) => KeyFile.ReadKey(Member.Full(file));
}
