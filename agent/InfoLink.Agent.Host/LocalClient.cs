using System.CommandLine;
using System.Runtime.CompilerServices;
using System.Text.Json;
using InfoLink.Hosting;

namespace InfoLink.Agent.Host;

/// <summary>How this program's commands speak to the running agent: over its local socket, which only the agent's own user enters.</summary>
internal sealed class LocalClient(AgentOptions options) : IDisposable
{
    /// <summary>A search may read a whole log.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(10);
    private readonly HttpClient _client = LocalSocket.Client(LocalApi.SocketOf(options), Timeout.InfiniteTimeSpan);

    public static Option<string> ConfigOption() => new("--config") { Description = "The running agent's agent.json.", Required = true };

    public static Option<string> OperatorOption() => new("--operator") { Description = "Who wants it.", DefaultValueFactory = _ => Environment.UserName };

    public static Option<string> ReasonOption() => new("--reason") { Description = "Why; it stands on record.", Required = true };

    public static LocalClient Of(string config) => new(AgentOptions.Read(config));

    /// <exception cref="InvalidOperationException">What the agent says is wrong.</exception>
    public async Task<JsonElement> GetAsync(string path, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Deadline);
        using var reply = await _client.GetAsync(new Uri(path, UriKind.Relative), patience.Token);
        return await ReadAsync(reply, patience.Token);
    }

    /// <exception cref="InvalidOperationException">What the agent says is wrong.</exception>
    public async Task<JsonElement> PostAsync<T>(string path, T wish, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Deadline);
        using var reply = await _client.PostAsJsonAsync(new Uri(path, UriKind.Relative), wish, LocalAnswers.Format, patience.Token);
        return await ReadAsync(reply, patience.Token);
    }

    /// <summary>Work that takes as long as it takes, step by step; who stops listening stops it.</summary>
    /// <exception cref="InvalidOperationException">Why it stopped.</exception>
    public async IAsyncEnumerable<JsonElement> FollowAsync<T>(string path, T wish, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative)) { Content = JsonContent.Create(wish, options: LocalAnswers.Format) };
        using var reply = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        using var lines = new StreamReader(await reply.Content.ReadAsStreamAsync(cancellation));
        while (await lines.ReadLineAsync(cancellation) is { } line)
        {
            yield return Checked(JsonSerializer.Deserialize<JsonElement>(line));
        }
    }

    public void Dispose() => _client.Dispose();

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage reply, CancellationToken cancellation) => reply.Content.Headers.ContentType?.MediaType is "application/json"
        ? Checked(await reply.Content.ReadFromJsonAsync<JsonElement>(cancellation))
        : throw new InvalidOperationException($"The agent answers {(int)reply.StatusCode} and says no more. Is it of this version?");

    private static JsonElement Checked(JsonElement answer) => answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.String
        ? throw new InvalidOperationException(error.GetString())
        : answer;
}
