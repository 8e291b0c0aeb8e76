using System.Text.Json.Serialization;
using InfoLink.Contracts.Tokens;
using InfoLink.Hosting.Limits;

namespace InfoLink.Broker.Limits;

/// <summary>
/// What one broker process takes on, <c>limits</c> in <c>broker.json</c>. The defaults fit every local government and ministry on one machine; what
/// is not named keeps its default. Brokers side by side count each for itself.
/// </summary>
public sealed class LimitOptions
{
    /// <summary>What one agency may begin: Authorize.</summary>
    [JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
    public CallLimit Authorize { get; } = new() { PerSecond = 500, Burst = 2_000, AtOnce = 64, Waiting = 512 };

    /// <summary>
    /// What one agency may finish: Redeem and Settle, in places of their own and larger than <see cref="Authorize"/>, since one provider finishes what
    /// many requesters begin. Prevents that new questions keep those under way from ending.
    /// </summary>
    [JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
    public CallLimit Finish { get; } = new() { PerSecond = 2_000, Burst = 8_000, AtOnce = 256, Waiting = 2_048 };

    /// <summary>Authorize of all agencies together.</summary>
    [JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
    public WholeLimit AuthorizeOfAll { get; } = new() { AtOnce = 256, Waiting = 1_024 };

    /// <summary>Redeem and Settle of all agencies together: more than can be begun in the same time.</summary>
    [JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
    public WholeLimit FinishOfAll { get; } = new() { AtOnce = 1_024, Waiting = 8_192 };

    /// <summary>Persons a second that one agency may ask for, whole calls of up to 1,000 at a time; 0: no such limit. Prevents that one agency's bulk run takes an entry from the others.</summary>
    public int PersonsPerSecond { get; set; } = 10_000;

    /// <summary>Persons a second that all agencies may ask for under one entry; 0: no such limit. Prevents that the first day of one allowance stops every other task.</summary>
    public int EntryPersonsPerSecond { get; set; } = 40_000;

    /// <summary>
    /// Persons that one agency may ask for in one day of Japan, approved or not; 0: no such limit. Bounds what a cheating agency, or one whose
    /// system runs wild, learns before somebody looks.
    /// </summary>
    public int PersonsPerDay { get; set; } = 2_000_000;

    /// <summary>Link codes of one agency that may be refused within <see cref="RefusedCodesWithinMinutes"/> before it is slowed and the operator told; 1 to 1,000,000.</summary>
    public int RefusedCodes { get; set; } = 20;

    /// <summary>The window in which refused codes are counted, in minutes; 1 to 60. The operator is told once in it for each agency.</summary>
    public int RefusedCodesWithinMinutes { get; set; } = 10;

    /// <summary>Longest pause between two Authorize of a slowed agency, in seconds, 1 to 3,600; it begins with one second and doubles with each further refused code. Prevents trying codes out.</summary>
    public int LongestPauseSeconds { get; set; } = 60;

    /// <summary>Open connections of all; 100 to 100,000. Each needs a file handle: raise the process's limit with it.</summary>
    public int Connections { get; set; } = 10_000;

    /// <summary>Open connections of one member; 2 to 10,000. Prevents that one member's connections take all places. An agent uses one or two, and for a minute twice as many.</summary>
    public int ConnectionsOfOneMember { get; set; } = 64;

    internal TimeSpan RefusedCodesWithin => TimeSpan.FromMinutes(RefusedCodesWithinMinutes);

    internal TimeSpan LongestPause => TimeSpan.FromSeconds(LongestPauseSeconds);

    /// <summary>Everything that is wrong, each with its way out.</summary>
    internal IEnumerable<string> Errors()
    {
        foreach (var error in (IEnumerable<string>)
        [
            .. Authorize.Errors("limits.authorize"), .. Finish.Errors("limits.finish"),
            .. AuthorizeOfAll.Errors("limits.authorizeOfAll"), .. FinishOfAll.Errors("limits.finishOfAll"),
        ])
        {
            yield return error;
        }

        foreach (var (name, persons) in (IEnumerable<(string, int)>)
            [("personsPerSecond", PersonsPerSecond), ("entryPersonsPerSecond", EntryPersonsPerSecond), ("personsPerDay", PersonsPerDay)])
        {
            if (persons < 0 || (persons is > 0 and < TokenRules.MaxSubjects))
            {
                yield return $"limits.{name}: 0 for no such limit, or at least {TokenRules.MaxSubjects}, which one call may hold.";
            }
        }

        foreach (var (name, value, least, most) in (IEnumerable<(string, int, int, int)>)
            [
                ("refusedCodes", RefusedCodes, 1, 1_000_000), ("refusedCodesWithinMinutes", RefusedCodesWithinMinutes, 1, 60),
                ("longestPauseSeconds", LongestPauseSeconds, 1, 3_600), ("connections", Connections, 100, 100_000),
                ("connectionsOfOneMember", ConnectionsOfOneMember, 2, 10_000),
            ])
        {
            if (value < least || value > most)
            {
                yield return $"limits.{name}: {least:N0} to {most:N0}.";
            }
        }
    }
}
