using System.Text.Json;

namespace InfoLink.Agent.Host;

/// <summary>How a command ends: 0 well, 1 not, with cause and way out on standard error.</summary>
internal static class Ending
{
    public static Task<int> OfAsync(Func<Task> command) => CodeOfAsync(async () =>
    {
        await command();
        return 0;
    });

    /// <summary>The same, where there are several ways to end well.</summary>
    public static async Task<int> CodeOfAsync(Func<Task<int>> command)
    {
        try
        {
            return await command();
        }
        catch (HttpRequestException fault)
        {
            await Console.Error.WriteLineAsync($"No agent answers on its local socket. Run this on its host, as its user, while it runs. ({fault.Message})");
            return 1;
        }
        catch (Exception fault) when (fault is InvalidOperationException or IOException or UnauthorizedAccessException or FormatException or JsonException)
        {
            await Console.Error.WriteLineAsync(fault.Message);
            return 1;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("Stopped. Nothing is lost; run the same command again to go on.");
            return 1;
        }
    }
}
