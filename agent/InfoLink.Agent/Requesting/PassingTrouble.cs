using InfoLink.Contracts.Refusals;
using InfoLink.Transparency;
using InfoLink.V1;

namespace InfoLink.Agent.Requesting;

/// <summary>Asks again where nothing was spent and the trouble passes by itself within seconds: a ledger younger than the token, a directory or catalog that is on its way.</summary>
internal static class PassingTrouble
{
    private const int MaxAgain = 2;
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(25);

    /// <exception cref="RefusedException">LOG-UNAVAILABLE: nothing is asked and nothing handed over that is not on record.</exception>
    public static async Task<Outcome<Fetched>> AskAsync(
        this IExchange requesting, IReadOnlyList<string> persons, Inquiry inquiry, Asker who, TimeProvider time, CancellationToken cancellation)
    {
        try
        {
            for (var again = 0; ; again++)
            {
                var outcome = await requesting.FetchAsync(persons, inquiry, who, cancellation);
                if (again == MaxAgain
                    || outcome is not Outcome<Fetched>.Refused { Refusal: { Name: RefusalName.LedgerReopened or RefusalName.DirectoryStale or RefusalName.CatalogMismatch } refusal }
                    || refusal.RetryAfter > LongestWait)
                {
                    return outcome;
                }

                await Task.Delay(refusal.RetryAfter, time, cancellation);
            }
        }
        catch (LogUnavailableException fault)
        {
            throw new RefusedException(RefusalName.LogUnavailable, fault);
        }
    }
}
