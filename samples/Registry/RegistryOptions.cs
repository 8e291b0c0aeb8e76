using System.Text.Json.Serialization;
using InfoLink.Hosting;
using InfoLink.Hosting.Members;
using InfoLink.Samples.Registry.Matching;

namespace InfoLink.Samples.Registry;

/// <summary>What the registry is told at its start, as <c>registry.json</c>. Paths are relative to that file.</summary>
public sealed class RegistryOptions
{
    /// <summary>Its membership of the platform; the member list gives it the flag <c>registry</c>.</summary>
    [JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
    public MemberOptions Member { get; init; } = new() { Id = "registry", Listen = "127.0.0.1:7445" };

    /// <summary>The register, as <c>generate</c> makes it.</summary>
    public string Register { get; set; } = "registry.db";

    /// <summary>Which agency had how many persons compared. Outlives the register: kept beside it, never in it.</summary>
    public string Audit { get; set; } = "registry-audit.db";

    /// <summary>What it bears.</summary>
    [JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
    public RegistryLimitOptions Limits { get; } = new();

    /// <summary>Reads a <c>registry.json</c>.</summary>
    /// <exception cref="InvalidOperationException">The file is missing or not JSON of these fields.</exception>
    public static RegistryOptions Read(string path) => ConfigFile.Read<RegistryOptions>(path, "The registry's", (options, folder) => options.Member.Folder = folder);

    public void Write(string path) => ConfigFile.Write(path, this);

    /// <summary>Everything that is wrong, each with its way out. The member's own section is checked with the rest at the start.</summary>
    public IEnumerable<string> Errors()
    {
        if (!File.Exists(Member.Full(Register)))
        {
            yield return $"register: there is no file '{Member.Full(Register)}'. 'generate --out FILE' makes one.";
        }

        foreach (var error in Limits.Errors())
        {
            yield return error;
        }
    }
}
