using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
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

    /// <summary>A provider may show another time at the edge of its opening.</summary>
    private static readonly TimeSpan ShortestClosure = TimeSpan.FromSeconds(1);

    /// <summary>As far as closures are announced. What is closed for longer is not waited for.</summary>
    private static readonly TimeSpan LongestClosure = Closure.Ahead;

    /// <summary>No other line would fare better.</summary>
    private static readonly HashSet<RefusalName> Everybodys =
    [
        RefusalName.BrokerUnreachable, RefusalName.DirectoryStale, RefusalName.MembersExpired, RefusalName.CatalogExpired, RefusalName.LogStale, RefusalName.LogUnavailable,
        RefusalName.TokenStoreUnavailable, RefusalName.RegistryUnreachable, RefusalName.CodeAuthorityUnreachable, RefusalName.Overloaded,
    ];

    private readonly HashSet<AgencyId> _givenUp = [];

    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Asks; while the provider is closed by its own word, waits until it opens. That passes by itself and is known beforehand: it counts towards no limit but its own.</summary>
    /// <param name="provider">Who is asked.</param>
    /// <param name="opening">When the provider opens, where the directory says it.</param>
    /// <param name="ask">Where the directory says that it is closed, nothing leaves.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>PROVIDER-CLOSED only where it is closed for longer than a job waits.</returns>
    /// <exception cref="RefusedException">Trouble of everybody's is not over after the limit.</exception>
    public async Task<Outcome<T>> AtOpeningAsync<T>(AgencyId provider, Func<DateTimeOffset?> opening, Func<Task<Outcome<T>>> ask, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            var outcome = await TryAsync(provider, ask, cancellation);
            if (outcome is not Outcome<T>.Refused { Refusal: { Name: RefusalName.ProviderClosed } closed } || _givenUp.Contains(provider))
            {
                return outcome;
            }

            var pause = closed.RetryAfter > ShortestClosure ? closed.RetryAfter : ShortestClosure;
            var left = opening() is { } opens && opens - Now > pause ? opens - Now : pause;
            if (time.GetElapsedTime(began) + left > LongestClosure)
            {
                _givenUp.Add(provider);
                return outcome;
            }

            var waiting = Task.Delay(pause, time, cancellation); // Not in one: a stop may end before it was to.
            await TellAsync($"{closed.Text} {closed.Detail}", cancellation);
            await waiting;
        }
    }

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
            if (outcome is not Outcome<T>.Refused { Refusal: { Retryable: true } refusal } || refusal.Name == RefusalName.ProviderClosed)
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

            await TellAsync(refusal.Text, cancellation);
            var pause = TimeSpan.FromSeconds(1 << Math.Min(attempt, 5));
            pause = pause < LongestPause ? pause : LongestPause;
            pause = refusal.RetryAfter > pause ? refusal.RetryAfter : pause;
            await Task.Delay(pause < left ? pause : left, time, cancellation); // Once more at the end of the limit.
        }
    }

    private async Task TellAsync(string trouble, CancellationToken cancellation)
    {
        await jobs.TroubleAsync(job, trouble);
        if (await jobs.FindAsync(job, cancellation) is { } now)
        {
            progress?.Report(now);
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
