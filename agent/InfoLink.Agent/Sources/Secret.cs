using InfoLink.Hosting;

namespace InfoLink.Agent.Sources;

/// <summary>What an existing system wants to see before it answers, kept outside <c>agent.json</c>. No message shows it.</summary>
internal static class Secret
{
    /// <summary>Does the text say where a secret stands, rather than being it?</summary>
    public static bool IsReference(string text) => SecretPlace.IsReference(text);

    /// <summary>What the text refers to; the text itself where it is no reference.</summary>
    /// <exception cref="InvalidOperationException">As <see cref="SecretPlace.Read"/>.</exception>
    public static string Read(string text, AgentOptions options) => SecretPlace.Read(text, options.Folder);
}
