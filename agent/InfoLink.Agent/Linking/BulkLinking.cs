using InfoLink.Agent.Links;
using InfoLink.Contracts.Refusals;
using InfoLink.V1;

namespace InfoLink.Agent.Linking;

/// <summary>
/// Links a whole population, a thousand at a time. The job goes on where it stopped, whatever stopped it: this process, the registry, the broker.
/// </summary>
internal sealed class BulkLinking(PersonLinking linking, LinkJobs jobs, TimeProvider time)
{
    /// <summary>How often a batch is tried again while registry or broker are away.</summary>
    private const int Attempts = 5;

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    /// <param name="name">The operator's name for the job; the same name goes on with it.</param>
    /// <param name="source">The persons, in the same order each time it is read.</param>
    /// <param name="act">Who links, and why.</param>
    /// <param name="progress">After each batch.</param>
    /// <param name="cancellation">Stops between two batches; nothing is lost.</param>
    /// <returns>The job at its end, whose counts agree.</returns>
    /// <exception cref="RefusedException">It cannot go on now; what is done stays done.</exception>
    /// <exception cref="InvalidOperationException">The source is not the one that the job was begun with.</exception>
    public async Task<LinkJob> RunAsync(
        string name, IAsyncEnumerable<LocalPerson> source, LinkAct act, IProgress<LinkJob>? progress, CancellationToken cancellation)
    {
        var job = await jobs.BeginAsync(name, act, cancellation);
        if (job.Ended)
        {
            return job;
        }

        var batch = new List<LocalPerson>(PersonLinking.MostPersons);
        var ids = new HashSet<LocalId>();
        long at = 0;
        await foreach (var person in source.WithCancellation(cancellation))
        {
            if (at++ < job.Next)
            {
                if (at == job.Next && !string.Equals(person.Id.Value, job.Last, StringComparison.Ordinal))
                {
                    throw new InvalidOperationException($"The source has changed since the job '{name}' was begun: person {at} is another one. Begin a new job under another name.");
                }

                continue;
            }

            // One identifier twice in a batch would hide the second result; the batch ends before it.
            if (!ids.Add(person.Id) || batch.Count == PersonLinking.MostPersons)
            {
                job = await BatchAsync(job, batch, act, progress, cancellation);
                batch.Clear();
                ids.Clear();
                ids.Add(person.Id);
            }

            batch.Add(person);
        }

        if (at < job.Next)
        {
            throw new InvalidOperationException($"The source has changed since the job '{name}' was begun: it has {at} persons, and {job.Next} are done. Begin a new job under another name.");
        }

        if (batch.Count > 0)
        {
            job = await BatchAsync(job, batch, act, progress, cancellation);
        }

        await jobs.EndAsync(job, CancellationToken.None);
        return await jobs.FindAsync(name, CancellationToken.None) ?? job;
    }

    public Task<IReadOnlyList<PersonLinked>> TroublesAsync(string name, long after, int limit, CancellationToken cancellation) => jobs.TroublesAsync(name, after, limit, cancellation);

    private async Task<LinkJob> BatchAsync(LinkJob job, List<LocalPerson> batch, LinkAct act, IProgress<LinkJob>? progress, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            var outcome = await linking.LinkAsync(batch, job.Next, act, (writing, results) => LinkJobs.Advance(writing, job, results), cancellation);
            if (outcome is Outcome<IReadOnlyList<PersonLinked>>.Done)
            {
                var next = await jobs.FindAsync(job.Name, CancellationToken.None) ?? throw new InvalidOperationException($"The job '{job.Name}' is gone.");
                progress?.Report(next);
                return next;
            }

            // A ticket that grew old on the way, or that was spent by a try whose answer was lost: the batch is harmless to repeat, with a new one.
            var refusal = ((Outcome<IReadOnlyList<PersonLinked>>.Refused)outcome).Refusal;
            if (attempt >= Attempts || !(refusal.Retryable || refusal.Name is RefusalName.TicketExpired or RefusalName.TicketSpent))
            {
                throw new RefusedException(refusal);
            }

            var pause = TimeSpan.FromSeconds(1 << (attempt - 1));
            pause = refusal.RetryAfter > pause ? refusal.RetryAfter : pause;
            await Task.Delay(pause < LongestPause ? pause : LongestPause, time, cancellation);
        }
    }
}
