using System.Text.Json.Serialization;
using InfoLink.Hosting.Limits;

namespace InfoLink.Agent;

/// <summary>What one agent process takes on, <c>limits</c> in <c>agent.json</c>. What is not named keeps its default. Agents side by side count each for itself.</summary>
public sealed class LimitOptions
{
    /// <summary>What one other agency may fetch. Its flood meets this before a token is looked at, and leaves the others alone.</summary>
    [JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
    public CallLimit Fetch { get; } = new() { PerSecond = 200, Burst = 1_000, AtOnce = 32, Waiting = 256 };

    /// <summary>Fetches of all together: what the existing system and this host bear.</summary>
    [JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
    public WholeLimit FetchOfAll { get; } = new() { AtOnce = 128, Waiting = 1_024 };

    /// <summary>Questions of the agency's own systems over the local API.</summary>
    [JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
    public WholeLimit Local { get; } = new() { AtOnce = 64, Waiting = 256 };

    /// <summary>Open connections of all; 100 to 100,000. Each needs a file handle.</summary>
    public int Connections { get; set; } = 5_000;

    /// <summary>Open connections of one member; 2 to 10,000. Prevents that one member's connections take all places.</summary>
    public int ConnectionsOfOneMember { get; set; } = 64;

    /// <summary>Everything that is wrong, each with its way out.</summary>
    internal IEnumerable<string> Errors()
    {
        foreach (var error in (IEnumerable<string>)
            [.. Fetch.Errors("limits.fetch"), .. FetchOfAll.Errors("limits.fetchOfAll"), .. Local.Errors("limits.local")])
        {
            yield return error;
        }

        if (Connections is < 100 or > 100_000)
        {
            yield return "limits.connections: 100 to 100,000.";
        }

        if (ConnectionsOfOneMember is < 2 or > 10_000)
        {
            yield return "limits.connectionsOfOneMember: 2 to 10,000.";
        }
    }
}
