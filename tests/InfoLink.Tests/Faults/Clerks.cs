using System.Net.Http.Json;
using System.Text.Json;
using InfoLink.Hosting;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;

namespace InfoLink.Tests.Faults;

/// <summary>
/// People at the requester who ask their agent over its local socket, whether it is there or not, and write every question and its end into the diary:
/// one question at a time by hand, or one after the other until they are told to stop.
/// </summary>
internal sealed class Clerks(string socket, Diary diary, int persons) : IAsyncDisposable
{
    /// <summary>Between two questions of one clerk.</summary>
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(30);

    /// <summary>After a refusal: so many refusals a minute stand each on record, more are counted (SPEC §3.4).</summary>
    private static readonly TimeSpan AfterRefusal = TimeSpan.FromMilliseconds(1500);

    private readonly HttpClient _client = LocalSocket.Client(socket, TestNetwork.Patience);
    private CancellationTokenSource? _stop;
    private Task _asking = Task.CompletedTask;

    /// <summary>Asks about one person, once.</summary>
    public async Task<Ending> AskAsync(int person)
    {
        var question = diary.Begin(person);
        question.Ending = await EndOfAsync(question);
        return question.Ending;
    }

    /// <summary>Asks until it is answered.</summary>
    public async Task AnsweredAsync(int person = 1)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (await AskAsync(person) is var ending and not Ending.Answered)
        {
            if (TimeProvider.System.GetElapsedTime(began) > 2 * TestNetwork.Patience)
            {
                throw new TimeoutException($"No question was answered; the last one: {ending}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
        }
    }

    /// <summary>So many clerks begin to ask, about one person after the other.</summary>
    /// <param name="clerks">How many.</param>
    /// <param name="breath">What each waits between two questions, at least.</param>
    public void Begin(int clerks, TimeSpan breath = default)
    {
        var stop = _stop = new CancellationTokenSource();
        _asking = Task.WhenAll(Enumerable.Range(1, clerks).Select(clerk => Task.Run(() => AskOnAsync(clerk, breath > Breath ? breath : Breath, stop.Token))));
    }

    /// <summary>They finish what they have asked.</summary>
    public async Task StopAsync()
    {
        if (_stop is not null)
        {
            await _stop.CancelAsync();
            await _asking;
            _stop.Dispose();
            _stop = null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _client.Dispose();
    }

    private async Task AskOnAsync(int person, TimeSpan breath, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var ending = await AskAsync(1 + (person++ % persons));
            await Task.Delay(ending is Ending.Answered ? breath : AfterRefusal, TimeProvider.System, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<Ending> EndOfAsync(Question question)
    {
        var asked = new
        {
            person = $"Y-{question.Person}",
            entry = Walk.Entry,
            provider = NetworkFolder.Provider,
            role = Walk.Role,
            conditions = new { taxYear = Walk.TaxYear },
            @operator = "児童手当係",
            terminal = "terminal-12",
            use = "児童手当の認定請求の審査",
            caseReference = question.Id,
        };
        try
        {
            using var reply = await _client.PostAsJsonAsync(new Uri("http://agent/v1/fetch"), asked);
            var answer = await reply.Content.ReadFromJsonAsync<JsonElement>();
            var exchange = answer.TryGetProperty("exchangeId", out var id) ? id.GetString() : null;
            return answer.TryGetProperty("refused", out var refused)
                ? new Ending.Refused(refused.GetString()!, answer.GetProperty("detail").GetString()!, exchange)
                : new Ending.Answered(
                    exchange!, answer.GetProperty("kinds").GetProperty(Walk.Kind).GetProperty("total-income").GetProperty("value").GetString()!);
        }
        catch (Exception gone) when (gone is HttpRequestException or TaskCanceledException or JsonException or IOException)
        {
            return new Ending.Lost($"{gone.GetType().Name}: {gone.Message}");
        }
    }
}
