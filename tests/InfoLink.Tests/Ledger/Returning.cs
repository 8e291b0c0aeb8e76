using InfoLink.Agent.Ledger;
using InfoLink.Contracts.Tokens;
using InfoLink.Tests.EndToEnd;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Ledger;

/// <summary>A ledger comes back by itself.</summary>
internal static class Returning
{
    /// <summary>Asks with fresh tokens, past every mark, until one is spent.</summary>
    /// <returns>How often it was refused as reopened on the way.</returns>
    public static async Task<int> UntilItSpendsAsync(SpentLedger ledger, LeapingClock clock, Func<TokenClaims> fresh)
    {
        var reopened = 0;
        for (var patience = 0; patience < 300; patience++)
        {
            try
            {
                if (await ledger.WhyNotSpendAsync(fresh(), AttemptId.New()) is not { } refusal)
                {
                    return reopened;
                }

                Assert.Equal(RefusalName.LedgerReopened, refusal.Name);
                reopened++;
                clock.Leap(refusal.RetryAfter);
            }
            catch (LedgerUnavailableException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }

        throw new TimeoutException("The ledger did not come back.");
    }
}
