using System.Globalization;
using System.Net;
using System.Text.Json;

namespace InfoLink.Agent.Sources;

#pragma warning disable MA0054 // Causes stay inside: their messages may repeat what was sent or read.

/// <summary>Records by GET from a system that answers in JSON. What it says wrong is named; what it says never is.</summary>
internal sealed class HttpRecords : IRecordSource, IDisposable
{
    private const int MaxAnswer = 64 * 1024;
    private const int MaxHeadersKilobytes = 16;
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(2); // So that a name's new address is found.

    private static readonly JsonDocumentOptions Format = new() { MaxDepth = 32, AllowDuplicateProperties = false };
    private readonly string _url;
    private readonly TimeSpan _limit;
    private readonly TimeProvider _time;
    private readonly HttpClient _client;

    public HttpRecords(HttpSourceOptions options, AgentOptions agent, TimeProvider time)
    {
        _url = options.Url;
        _time = time;
        _limit = TimeSpan.FromSeconds(options.TimeoutSeconds > 0 ? options.TimeoutSeconds : agent.SourceTimeoutSeconds);
        var handler = new SocketsHttpHandler
        {
            // A person's identifier and the secret go to the configured host and nowhere else: no redirection, no proxy of the environment.
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            MaxResponseHeadersLength = MaxHeadersKilobytes,
            PooledConnectionLifetime = ConnectionLifetime,
            ActivityHeadersPropagator = null,
        };
        _client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan }; // The limit below covers the whole answer.
        _client.DefaultRequestHeaders.Accept.ParseAdd("application/json");
        if (options.Header.Length > 0)
        {
            _client.DefaultRequestHeaders.Add(options.Header, Secret.Read(options.Secret, agent));
        }
    }

    public async Task<SourceRecord?> FindAsync(InformationRequest request, CancellationToken cancellation)
    {
        using var timer = new CancellationTokenSource(_limit, _time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timer.Token);
        try
        {
            using var answer = await _client.GetAsync(Address(request), HttpCompletionOption.ResponseHeadersRead, stop.Token);
            return answer.StatusCode switch
            {
                HttpStatusCode.OK => Record(await BodyAsync(answer, stop.Token)),
                HttpStatusCode.NotFound => null,
                >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest => throw new SourceFaultException($"it redirects ({(int)answer.StatusCode}), which is not followed: give the address that answers."),
                var other => throw new SourceFaultException($"it answers with status {(int)other}."),
            };
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new SourceFaultException($"it did not answer within {_limit.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s.");
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException)
        {
            var what = (fault as HttpRequestException)?.HttpRequestError ?? HttpRequestError.ResponseEnded;
            throw new SourceFaultException($"it cannot be reached, or broke off ({what}).");
        }
    }

    public void Dispose() => _client.Dispose();

    private static async Task<byte[]> BodyAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        await using var body = await answer.Content.ReadAsStreamAsync(cancellation);
        var bytes = new byte[MaxAnswer + 1];
        var length = await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation);
        return length <= MaxAnswer ? bytes[..length] : throw new SourceFaultException($"its answer is larger than {MaxAnswer / 1024} KiB.");
    }

    private static SourceRecord Record(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body.Span.StartsWith("\uFEFF"u8) ? body[3..] : body, Format);
            var root = document.RootElement.Clone();
            return root.ValueKind != JsonValueKind.Object
                ? throw new SourceFaultException("its answer is JSON, but not one object.")
                : new SourceRecord(
                    root.EnumerateObject().ToDictionary(member => member.Name, member => JsonPath.Of(member.Value), StringComparer.Ordinal),
                    path => JsonPath.TryParse(path, out var place) ? place.In(root) : new RawValue.Missing());
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new SourceFaultException("its answer is not JSON in UTF-8, or names a member twice.");
        }
    }

    /// <summary>Every part of the question is one escaped piece, and no piece leads elsewhere.</summary>
    private Uri Address(InformationRequest request)
    {
        var url = HttpSourceOptions.Placeholder().Replace(_url, match => Uri.EscapeDataString(Of(match.Groups["name"].Value, request)));
        var path = Uri.UnescapeDataString(url.Split('?')[0]); // As servers do that look for the way up only afterwards.
        return path.Split('/', '\\').Any(piece => piece is "." or "..")
            ? throw new SourceFaultException("the person's identifier is not one that can stand in a URL.")
            : new Uri(url);
    }

    private static string Of(string name, InformationRequest request) => name switch
    {
        "person" => request.Person,
        "kind" => request.Kind.Value,
        "taxYear" => request.Conditions.TaxYear?.ToString(CultureInfo.InvariantCulture),
        "from" => SqlRecords.Iso(request.Conditions.Period?.From),
        "to" => SqlRecords.Iso(request.Conditions.Period?.To),
        _ => SqlRecords.Iso(request.Conditions.AsOf),
    } is { Length: > 0 } text ? text : throw new SourceFaultException($"the URL needs {{{name}}}, which this question does not have.");
}

/// <summary>Why an existing system gave nothing that can be used. The message holds nothing of what it said, and may be logged.</summary>
internal sealed class SourceFaultException(string message) : Exception(message);
