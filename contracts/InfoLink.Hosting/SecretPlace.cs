using InfoLink.Contracts.Identity;

namespace InfoLink.Hosting;

/// <summary>Where a password or a key stands, which is never the configuration itself. No message shows what stands there.</summary>
public static class SecretPlace
{
    private const string InFile = "file:";
    private const string InEnvironment = "env:";
    private const string OfManager = "credential:";

    /// <summary>Does the text say where a secret stands, rather than being it?</summary>
    public static bool IsReference(string text) =>
        text.StartsWith(InFile, StringComparison.Ordinal) || text.StartsWith(InEnvironment, StringComparison.Ordinal) || text.StartsWith(OfManager, StringComparison.Ordinal);

    /// <summary>
    /// What the text refers to: <c>file:NAME</c>, a file that its owner alone reads; <c>credential:NAME</c>, what the service manager has put there for this process alone (systemd's LoadCredential=);
    /// <c>env:NAME</c>. The text itself where it is no reference.
    /// </summary>
    /// <param name="text">The reference.</param>
    /// <param name="folder">Where relative paths start from.</param>
    /// <exception cref="InvalidOperationException">The file is missing or open to others, or the variable is not set; or it is empty.</exception>
    public static string Read(string text, string folder)
    {
        if (text.StartsWith(InFile, StringComparison.Ordinal))
        {
            var path = Path.Combine(folder, text[InFile.Length..]);
            return path.Contains('\0', StringComparison.Ordinal)
                ? throw new InvalidOperationException("A file's name holds no NUL.")
                : OrEmpty(KeyFile.Read(path), $"The file '{path}'");
        }

        if (text.StartsWith(InEnvironment, StringComparison.Ordinal))
        {
            var name = text[InEnvironment.Length..];
            return name.Length > 0 && Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : throw new InvalidOperationException($"The environment variable '{name}' is not set.");
        }

        return text.StartsWith(OfManager, StringComparison.Ordinal) ? Credential(text[OfManager.Length..]) : text;
    }

    /// <summary>The folder is the manager's, which lets in this process alone; the file's own mode says less (an access list shows as the group's).</summary>
    private static string Credential(string name)
    {
        if (name.Length == 0 || name.AsSpan().ContainsAny('/', '\\', '\0') || name is "." or "..")
        {
            throw new InvalidOperationException($"'{OfManager}' is followed by the name of a credential alone.");
        }

        var folder = Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY") is { Length: > 0 } given
            ? given
            : throw new InvalidOperationException("This process has no credentials: CREDENTIALS_DIRECTORY is not set. Under systemd, the unit's LoadCredential= gives them.");
        try
        {
            return OrEmpty(File.ReadAllText(Path.Combine(folder, name)), $"The credential '{name}'");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException($"The credential '{name}' cannot be read: {fault.Message}", fault);
        }
    }

    private static string OrEmpty(string content, string what) => content.TrimEnd('\r', '\n') is { Length: > 0 } secret ? secret : throw new InvalidOperationException($"{what} is empty.");
}
