using InfoLink.Contracts.Identity;

namespace InfoLink.Agent.Sources;

/// <summary>What an existing system wants to see before it answers, kept outside <c>agent.json</c>. No message shows it.</summary>
internal static class Secret
{
    private const string InFile = "file:";
    private const string InEnvironment = "env:";

    /// <summary>Does the text say where a secret stands, rather than being it?</summary>
    public static bool IsReference(string text) => text.StartsWith(InFile, StringComparison.Ordinal) || text.StartsWith(InEnvironment, StringComparison.Ordinal);

    /// <summary>What the text refers to; the text itself where it is no reference.</summary>
    /// <exception cref="InvalidOperationException">The file is missing or open to others, or the variable is not set; or it is empty.</exception>
    public static string Read(string text, AgentOptions options)
    {
        if (text.StartsWith(InFile, StringComparison.Ordinal))
        {
            var path = options.Full(text[InFile.Length..]);
            if (path.Contains('\0', StringComparison.Ordinal))
            {
                throw new InvalidOperationException("A file's name holds no NUL.");
            }

            return KeyFile.Read(path).TrimEnd('\r', '\n') is { Length: > 0 } content ? content : throw new InvalidOperationException($"The file '{path}' is empty.");
        }

        if (text.StartsWith(InEnvironment, StringComparison.Ordinal))
        {
            var name = text[InEnvironment.Length..];
            return name.Length > 0 && Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : throw new InvalidOperationException($"The environment variable '{name}' is not set.");
        }

        return text;
    }
}
