using System.CommandLine;
using System.Text;
using System.Text.Json;

namespace InfoLink.Agent.Host;

/// <summary><c>infolink-agent init</c>: a configuration with everything that can be said in it, explained.</summary>
internal static class InitCommand
{
    public static Command Create()
    {
        var file = new Argument<FileInfo>("file") { Description = "The new file, in the agent's folder. It is never written over." };
        var joined = new Option<string?>("--config") { Description = "The agent.json that joining made: who the agent is and where its keys lie is taken from it. Left out: as before joining." };
        var command = new Command(
            "init",
            "Write a configuration with every setting, its default and what it is for. Settings of the joined agent.json beyond its name, addresses and keys are not taken over.\n"
            + "Example: infolink-agent init /srv/agent/agent-new.json --config /srv/agent/agent.json")
        {
            file, joined,
        };
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            var path = parsed.GetValue(file)!.FullName;
            var options = parsed.GetValue(joined) is { } config ? AgentOptions.Read(config) : new AgentOptions();
            if (options.Folder.Length > 0 && !string.Equals(options.Folder, Path.GetDirectoryName(path), StringComparison.Ordinal))
            {
                throw new FormatException($"Paths in the configuration start from its folder: put the new file beside the old one, in '{options.Folder}'.");
            }

            await using var written = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
            await written.WriteAsync(Encoding.UTF8.GetBytes(Fill(options)), cancellation);
            Console.WriteLine($"{path}: take the // away where something is to be said, then: infolink-agent doctor --config {path}");
        }));
        return command;
    }

    /// <summary>The template with this agent's name, addresses and keys.</summary>
    internal static string Fill(AgentOptions options)
    {
        using var template = new StreamReader(typeof(InitCommand).Assembly.GetManifestResourceStream("agent.template.jsonc")!);
        return new StringBuilder(template.ReadToEnd())
            .Replace("{{agency}}", Text(options.Agency))
            .Replace("{{listen}}", Text(options.Listen))
            .Replace("{{broker}}", Text(options.Broker))
            .Replace("{{identityKey}}", Text(options.IdentityKey))
            .Replace("{{logKey}}", Text(options.LogKey))
            .Replace("{{logOrigin}}", Text(options.LogOrigin))
            .Replace("{{witnessKey}}", Text(options.WitnessKey))
            .Replace("{{contentKey}}", Text(options.ContentKey))
            .ToString();
    }

    private static string Text(string value) => JsonSerializer.Serialize(value, LocalAnswers.Format);
}
