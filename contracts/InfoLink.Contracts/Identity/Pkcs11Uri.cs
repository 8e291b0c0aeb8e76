namespace InfoLink.Contracts.Identity;

/// <summary>
/// A private key in a PKCS#11 token, as RFC 7512 names it:
/// <c>pkcs11:token=agency;object=identity?pin-source=identity.pin</c>. The PIN stands in a file of its own, never in the URI.
/// </summary>
/// <remarks>
/// Which modules are asked is p11-kit's configuration (or <c>PKCS11_MODULE_PATH</c>); attributes that the OpenSSL engine would pass over
/// in silence are refused here.
/// </remarks>
public sealed class Pkcs11Uri
{
    private const string Scheme = "pkcs11:";
    private const string PinSource = "pin-source";
    private static readonly string[] Naming = ["token", "manufacturer", "serial", "model", "object", "id", "type"];

    private Pkcs11Uri(string text) => Text = text;

    /// <summary>For the engine: only of private keys, the PIN's file with its whole path.</summary>
    internal string Text { get; }

    public static bool Is(string text) => text.StartsWith(Scheme, StringComparison.Ordinal);

    /// <param name="text">The URI.</param>
    /// <param name="folder">Where a relative <c>pin-source</c> starts from.</param>
    /// <exception cref="InvalidOperationException">Not of this form, or the PIN's file is not in order; the message repeats neither URI nor PIN.</exception>
    public static Pkcs11Uri Parse(string text, string folder)
    {
        var uri = Read(text, folder, out var pinFile);
        if (pinFile is not null)
        {
            CheckPin(pinFile);
        }

        return uri;
    }

    /// <summary>What is wrong with the URI itself, for a check of a configuration that opens nothing; null: nothing.</summary>
    public static string? ErrorIn(string text)
    {
        try
        {
            _ = Read(text, "/", out _);
            return null;
        }
        catch (InvalidOperationException refused)
        {
            return refused.Message;
        }
    }

    /// <summary>Its name without the query: token and object, where no PIN can be.</summary>
    public override string ToString() => Text.Split('?')[0];

    private static Pkcs11Uri Read(string text, string folder, out string? pinFile)
    {
        var parts = text[Scheme.Length..].Split('?');
        var path = Attributes(parts[0], ';');
        var query = Attributes(parts.Length > 1 ? parts[1] : "", '&');
        pinFile = null;
        if (query.ContainsKey("pin-value"))
        {
            throw new InvalidOperationException("A PIN does not stand in a PKCS#11 URI. Write it to a file that its owner alone reads, and name that: pin-source=file.");
        }

        if (parts.Length > 2 || path.Keys.Except(Naming, StringComparer.Ordinal).Any() || query.Keys.Any(key => !string.Equals(key, PinSource, StringComparison.Ordinal)))
        {
            throw new InvalidOperationException(
                $"A PKCS#11 URI (RFC 7512) names a key by {string.Join(", ", Naming)} and may end in ?{PinSource}=file; nothing else is read. Modules are configured in p11-kit, or by PKCS11_MODULE_PATH.");
        }

        if (!path.ContainsKey("object") && !path.ContainsKey("id"))
        {
            throw new InvalidOperationException("A PKCS#11 URI names one key, by object=label or id=%01.");
        }

        if (!string.Equals(path.GetValueOrDefault("type", "private"), "private", StringComparison.Ordinal))
        {
            throw new InvalidOperationException("The identity key is a private key: type=private, or no type at all.");
        }

        path["type"] = "private";
        var whole = Scheme + string.Join(';', path.Select(attribute => $"{attribute.Key}={attribute.Value}"));
        if (!query.TryGetValue(PinSource, out var source))
        {
            throw new InvalidOperationException($"A PKCS#11 URI here names the file with the PIN, since nobody is at the terminal when a certificate is renewed: ?{PinSource}=file.");
        }

        var file = FilePath(Uri.UnescapeDataString(source));
        if (file.Length == 0 || file.Contains('\0', StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"{PinSource} of a PKCS#11 URI is a file's path.");
        }

        pinFile = Path.GetFullPath(Path.Combine(folder, file));
        return new Pkcs11Uri($"{whole}?{PinSource}={string.Join('/', pinFile.Split('/').Select(Uri.EscapeDataString))}");
    }

    /// <summary>A file's URI or path.</summary>
    private static string FilePath(string source) => source.StartsWith("file://", StringComparison.Ordinal) ? source["file://".Length..]
        : source.StartsWith("file:", StringComparison.Ordinal) ? source["file:".Length..]
        : source;

    private static Dictionary<string, string> Attributes(string text, char separator)
    {
        var attributes = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var attribute in text.Split(separator, StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = attribute.Split('=', 2);
            if (parts.Length != 2 || !attributes.TryAdd(parts[0], parts[1]))
            {
                throw new InvalidOperationException("A PKCS#11 URI (RFC 7512) is made of name=value, each name once, and special characters as %XX.");
            }
        }

        return attributes;
    }

    /// <summary>The engine reads the file as it is: with a line break at its end the token would count a wrong PIN.</summary>
    private static void CheckPin(string file)
    {
        var pin = KeyFile.Read(file);
        if (pin.Length == 0 || pin.AsSpan().ContainsAny('\r', '\n'))
        {
            throw new InvalidOperationException($"The PIN file '{file}' must hold the PIN and nothing else, no line break either: printf %s PIN > file.");
        }
    }
}
