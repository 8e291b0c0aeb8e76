using System.Net.Http.Json;
using System.Text.Json;
using InfoLink.Broker;
using InfoLink.Hosting;

namespace InfoLink.Tool.Operating;

/// <summary>A running broker, over its operator's socket. What it refuses is a <see cref="RefusedException"/> with its own words.</summary>
internal sealed class OperatorCalls : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web);
    private readonly HttpClient _client;
    private readonly string _socket;

    public OperatorCalls(BrokerOptions options)
    {
        _socket = options.OperatorSocket;
        _client = LocalSocket.Client(_socket, Deadline);
    }

    /// <summary>Does a broker listen there?</summary>
    public async Task<bool> RunsAsync(CancellationToken cancellation)
    {
        try
        {
            using var reply = await _client.GetAsync(new Uri("/v1/status", UriKind.Relative), cancellation);
            return reply.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    public Task<JsonElement> GetAsync(string path, CancellationToken cancellation) => ReadAsync(() => _client.GetAsync(new Uri(path, UriKind.Relative), cancellation), cancellation);

    public Task<JsonElement> ActAsync(object act, CancellationToken cancellation) =>
        ReadAsync(() => _client.PostAsJsonAsync(new Uri("/v1/acts", UriKind.Relative), act, Format, cancellation), cancellation);

    public Task<JsonElement> PublishAsync(string who, byte[] document, CancellationToken cancellation) => ReadAsync(
        async () =>
        {
            using var body = new ByteArrayContent(document);
            return await _client.PostAsync(new Uri($"/v1/publish?operator={Uri.EscapeDataString(who)}", UriKind.Relative), body, cancellation);
        },
        cancellation);

    public void Dispose() => _client.Dispose();

    private async Task<JsonElement> ReadAsync(Func<Task<HttpResponseMessage>> call, CancellationToken cancellation)
    {
        try
        {
            using var reply = await call();
            var answer = await reply.Content.ReadFromJsonAsync<JsonElement>(Format, cancellation);
            return reply.IsSuccessStatusCode
                ? answer
                : throw new RefusedException(answer.TryGetProperty("error", out var error) ? error.GetString()! : $"The broker answers {(int)reply.StatusCode}.");
        }
        catch (Exception fault) when (fault is HttpRequestException or JsonException)
        {
            throw new InvalidOperationException($"No broker answers at '{_socket}'. Run this on its host, as its user, while it runs. ({fault.Message})", fault);
        }
    }
}
