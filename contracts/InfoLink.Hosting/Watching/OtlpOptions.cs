using System.Net;

namespace InfoLink.Hosting.Watching;

/// <summary>
/// The collector that a host tells its metrics and spans by OTLP, as opentelemetry.io has it; nothing leaves where none is named. Only this says so: OpenTelemetry's own environment variables are not looked at.
/// </summary>
public sealed class OtlpOptions
{
    /// <summary>gRPC over HTTP/2.</summary>
    public const string Grpc = "grpc";

    /// <summary>Protobuf in HTTP/1.1 posts, to <c>v1/metrics</c> and <c>v1/traces</c> below the endpoint.</summary>
    public const string Http = "http/protobuf";

    /// <summary>https://host:port of the collector, usually 4317 (gRPC) or 4318 (HTTP); http:// only to this host. Empty: nothing is exported.</summary>
    public string Endpoint { get; set; } = "";

    /// <summary><c>grpc</c> or <c>http/protobuf</c>.</summary>
    public string Protocol { get; set; } = Grpc;

    /// <summary>Where the headers stand that the collector wants to see, a line <c>name: value</c> for each: <c>file:otlp.secret</c>, a file that its owner alone reads, <c>credential:NAME</c> or <c>env:NAME</c>. Empty: none.</summary>
    public string Headers { get; set; } = "";

    /// <summary>The certificate (PEM) under which the collector's own is issued, where it is the agency's own authority. Empty: those that the system trusts.</summary>
    public string Authority { get; set; } = "";

    /// <summary>How often metrics are told, in seconds; 5 to 3,600. Spans are told every five seconds.</summary>
    public int EverySeconds { get; set; } = 30;

    /// <summary>How long the collector may take for one message, in seconds; 1 to 60. What it has not taken by then is lost.</summary>
    public int DeadlineSeconds { get; set; } = 10;

    /// <summary>The share of exchanges whose spans are told, 0 (none, metrics alone) to 1 (all).</summary>
    public double Traces { get; set; } = 1;

    /// <summary>Is there a collector?</summary>
    public bool IsOn() => Endpoint.Length > 0;

    /// <summary>Everything that is wrong with it.</summary>
    /// <param name="folder">Where relative paths start from.</param>
    public IEnumerable<string> Errors(string folder)
    {
        if (!IsOn())
        {
            yield break;
        }

        if (!Uri.TryCreate(Endpoint, UriKind.Absolute, out var endpoint) || !IsCollector(endpoint))
        {
            yield return "otlp: endpoint: https://host:port, without a name, a query or anything else; http:// only to a loopback address of this host.";
        }

        if (Protocol is not (Grpc or Http))
        {
            yield return $"otlp: protocol: '{Grpc}' or '{Http}'.";
        }

        if (EverySeconds is < 5 or > 3_600)
        {
            yield return "otlp: everySeconds: 5 to 3,600.";
        }

        if (DeadlineSeconds is < 1 or > 60)
        {
            yield return "otlp: deadlineSeconds: 1 to 60.";
        }

        if (!(Traces is >= 0 and <= 1))
        {
            yield return "otlp: traces: 0 to 1.";
        }

        if (WhyNot(() => ReadHeaders(folder)) is { } header)
        {
            yield return $"otlp: headers: {header}";
        }

        if (WhyNot(() => ReadAuthority(folder)) is { } authority)
        {
            yield return $"otlp: authority: {authority}";
        }
    }

    /// <summary>What the collector wants to see.</summary>
    /// <exception cref="InvalidOperationException">The place cannot be read, or does not hold headers. The message shows nothing of it.</exception>
    public IReadOnlyList<KeyValuePair<string, string>> ReadHeaders(string folder)
    {
        if (Headers.Length == 0)
        {
            return [];
        }

        if (!SecretPlace.IsReference(Headers))
        {
            throw new InvalidOperationException("say where they stand (file:otlp.secret), not what they are.");
        }

        var headers = new List<KeyValuePair<string, string>>();
        using var trial = new HttpRequestMessage();
        foreach (var line in SecretPlace.Read(Headers, folder).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var at = line.IndexOf(':', StringComparison.Ordinal);
            var (name, value) = at > 0 ? (line[..at].TrimEnd(), line[(at + 1)..].TrimStart()) : ("", "");
            if (value.Length == 0 || value.Any(character => character is < ' ' or > '~') || !trial.Headers.TryAddWithoutValidation(name, value))
            {
                throw new InvalidOperationException("there, each line is a header, 'name: value'.");
            }

            headers.Add(new(name, value));
        }

        return headers;
    }

    /// <summary>Whom the collector's certificate must be from; null: anybody whom the system trusts.</summary>
    /// <exception cref="InvalidOperationException">The file cannot be read, or is no certificate.</exception>
    public System.Security.Cryptography.X509Certificates.X509Certificate2? ReadAuthority(string folder)
    {
        try
        {
            return Authority.Length == 0 ? null : System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem(File.ReadAllText(Path.Combine(folder, Authority)));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException or System.Security.Cryptography.CryptographicException)
        {
            throw new InvalidOperationException($"'{Path.Combine(folder, Authority)}' cannot be read as a certificate (PEM): {fault.Message}", fault);
        }
    }

    private static bool IsCollector(Uri endpoint) =>
        endpoint is { UserInfo.Length: 0, Query.Length: 0, Fragment.Length: 0, Host.Length: > 0 }
        && (endpoint.Scheme is "https" || (endpoint.Scheme is "http" && (endpoint.Host is "localhost" || (IPAddress.TryParse(endpoint.Host, out var address) && IPAddress.IsLoopback(address)))));

    private static string? WhyNot(Func<object?> read)
    {
        try
        {
            (read() as IDisposable)?.Dispose();
            return null;
        }
        catch (InvalidOperationException fault)
        {
            return fault.Message;
        }
    }
}
