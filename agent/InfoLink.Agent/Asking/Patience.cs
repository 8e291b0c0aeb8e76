using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Transparency;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Asking;

/// <summary>
/// Waits out what passes by itself, ever longer and at least as long as a refusal asks for, up to a limit. Then trouble that concerns everybody stops the job; trouble of one provider becomes the result
/// of the lines that it concerns, and that provider is tried only once for each further exchange of this run.
/// </summary>
internal sealed class Patience(string job, AskJobs jobs, TimeSpan limit, IProgress<AskJob>? progress, TimeProvider time)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>No other line would fare better.</summary>
    private static readonly HashSet<RefusalName> Everybodys =
    [
        RefusalName.BrokerUnreachable, RefusalName.DirectoryStale, RefusalName.MembersExpired, RefusalName.CatalogExpired, RefusalName.LogStale, RefusalName.LogUnavailable,
        RefusalName.TokenStoreUnavailable, RefusalName.RegistryUnreachable, RefusalName.CodeAuthorityUnreachable, RefusalName.Overloaded,
    ];

    private readonly HashSet<AgencyId> _givenUp = [];

    /// <param name="provider">Who is asked; null: the registry, by which a provider is found.</param>
    /// <param name="ask">Harmless to repeat, but on record each time.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="RefusedException">Trouble of everybody's is not over after the limit.</exception>
    public async Task<Outcome<T>> TryAsync<T>(AgencyId? provider, Func<Task<Outcome<T>>> ask, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        for (var attempt = 0; ; attempt++)
        {
            var outcome = await OnceAsync(ask);
            if (outcome is not Outcome<T>.Refused { Refusal: { Retryable: true } refusal })
            {
                return outcome;
            }

            var isEverybodys = provider is null || Everybodys.Contains(refusal.Name);
            var left = limit - time.GetElapsedTime(began);
            if (left <= TimeSpan.Zero || (!isEverybodys && _givenUp.Contains(provider!.Value)))
            {
                if (isEverybodys)
                {
                    await jobs.TroubleAsync(job, refusal.Text);
                    throw new RefusedException(refusal);
                }

                _givenUp.Add(provider!.Value);
                return outcome;
            }

            await jobs.TroubleAsync(job, refusal.Text);
            if (await jobs.FindAsync(job, cancellation) is { } now)
            {
                progress?.Report(now);
            }

            var pause = TimeSpan.FromSeconds(1 << Math.Min(attempt, 5));
            pause = pause < LongestPause ? pause : LongestPause;
            pause = refusal.RetryAfter > pause ? refusal.RetryAfter : pause;
            await Task.Delay(pause < left ? pause : left, time, cancellation); // Once more at the end of the limit.
        }
    }

    private static async Task<Outcome<T>> OnceAsync<T>(Func<Task<Outcome<T>>> ask)
    {
        try
        {
            return await ask();
        }
        catch (LogUnavailableException)
        {
            return new Refusal(RefusalName.LogUnavailable); // Nothing is asked and nothing handed over that is not on record.
        }
    }
}
