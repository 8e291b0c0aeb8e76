using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent.Manual;

/// <summary>Questions that people answer, <c>manual</c> in <c>agent.json</c>. What is not named keeps its default.</summary>
public sealed class ManualOptions
{
    /// <summary>Entries for which a second person confirms what the first one decided.</summary>
    public IList<string> FourEyes { get; set; } = [];

    /// <summary>Persons whose question may wait at a time, of all requesters; 1 to 1,000,000. Beyond it the requester is told to ask later, whoever is asked about.</summary>
    public int Most { get; set; } = 50_000;

    /// <summary>The same of one requester, so that none takes all places; 1 to 1,000,000.</summary>
    public int MostOfOneRequester { get; set; } = 10_000;

    /// <summary>On the other side: exchanges of this agency whose answer is waited for at a time; 1 to 1,000,000. Beyond it nothing more is asked that people answer.</summary>
    public int MostPending { get; set; } = 10_000;

    internal IEnumerable<string> Errors()
    {
        foreach (var entry in FourEyes.Where(entry => !EntryId.TryParse(entry, out _)))
        {
            yield return $"manual.fourEyes: '{entry}' is not an entry id.";
        }

        foreach (var (name, value) in ((string, int)[])[("most", Most), ("mostOfOneRequester", MostOfOneRequester), ("mostPending", MostPending)])
        {
            if (value is < 1 or > 1_000_000)
            {
                yield return $"manual.{name}: 1 to 1,000,000.";
            }
        }
    }
}
