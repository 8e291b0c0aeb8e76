using InfoLink.Samples.Network;
using Xunit;

namespace InfoLink.Tests.Faults;

/// <summary>Waits until a world in which nobody asks any more has nothing left to do.</summary>
internal static class WorldRest
{
    /// <summary>An outbox that missed its hint looks again after a minute; publications come every ten seconds.</summary>
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(120);

    /// <param name="places">Where it lies.</param>
    /// <param name="settled">What was answered must be settled; else that every log is published to its end is enough.</param>
    public static async Task ComesAsync(WorldPlaces places, bool settled)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (await WhyNotAsync(places, settled) is { } why)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Within, $"The world does not come to rest: {why}");
            await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System);
        }
    }

    private static async Task<string?> WhyNotAsync(WorldPlaces places, bool settled)
    {
        if (settled && await WorldOnRecord.OpenAnswersAsync(places) is var open and > 0)
        {
            return $"{open} answers are not settled";
        }

        foreach (var custodian in (string[])[WorldOnRecord.Broker, NetworkFolder.Requester, NetworkFolder.Provider])
        {
            var (size, published) = await WorldOnRecord.SizesAsync(places, custodian);
            if (published < size)
            {
                return $"of {size} records of {custodian} {published} are published";
            }
        }

        return null;
    }
}
