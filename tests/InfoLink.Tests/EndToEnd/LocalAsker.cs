using System.Net.Http.Json;
using System.Text.Json;
using InfoLink.Hosting;
using InfoLink.Tests.Fixtures;

namespace InfoLink.Tests.EndToEnd;

/// <summary>An existing system that asks its agent over the local socket: once, or one question after the other until it is told to stop.</summary>
internal sealed class LocalAsker : IAsyncDisposable
{
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(100);
    private readonly HttpClient _client;
    private readonly string _person;
    private readonly List<string> _failures = [];
    private readonly CancellationTokenSource _stop = new();
    private Task _asking = Task.CompletedTask;
    private int _answered;

    /// <param name="socket">The agent's.</param>
    /// <param name="person">About whom it asks.</param>
    public LocalAsker(string socket, string person)
    {
        _person = person;
        _client = LocalSocket.Client(socket, TestNetwork.Patience);
    }

    /// <summary>Questions of <see cref="Begin"/> that were answered.</summary>
    public int Answered => Volatile.Read(ref _answered);

    /// <returns>"answered", or the refusal's name and detail.</returns>
    public async Task<string> AskAsync(string entry)
    {
        var question = new
        {
            person = _person,
            entry,
            provider = ReadmeNetwork.Setagaya,
            role = "claimant",
            conditions = new { taxYear = 2026 },
            @operator = "児童手当係",
            terminal = "terminal-12",
            use = "児童手当の認定請求の審査",
        };
        using var reply = await _client.PostAsJsonAsync(new Uri("http://agent/v1/fetch"), question);
        var answer = await reply.Content.ReadFromJsonAsync<JsonElement>();
        return answer.TryGetProperty("refused", out var refused)
            ? $"{refused.GetString()} {answer.GetProperty("detail").GetString()}".TrimEnd()
            : answer.GetProperty("outcome").GetString()!;
    }

    public void Begin(string entry) => _asking = Task.Run(async () =>
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var outcome = await AskAsync(entry);
                if (outcome is "answered")
                {
                    Interlocked.Increment(ref _answered);
                }
                else
                {
                    _failures.Add(outcome);
                }
            }
            catch (Exception fault)
            {
                _failures.Add(fault.ToString());
            }

            await Task.Delay(Breath, TimeProvider.System);
        }
    });

    /// <returns>What went wrong in any exchange, in words; empty: nothing.</returns>
    public async Task<IReadOnlyCollection<string>> StopAsync()
    {
        await _stop.CancelAsync();
        await _asking;
        return _failures;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
        _client.Dispose();
    }
}
