using System.Collections.Concurrent;
using InfoLink.Agent.Links;
using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting.Trust;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Asking;

/// <summary>
/// Asks about any number of lines, up to 1,000 persons in an exchange. A job goes on where it stopped, whatever stopped it; the order of effects (SPEC §17):
/// <list type="number">
/// <item>The exchange, which is on record before its values are handed over.</item>
/// <item>Its lines in the result file, flushed to disk.</item>
/// <item>The place, durable: the file's length, which lines are done, the counts.</item>
/// </list>
/// A crash between 1 and 3 asks those lines again, which is on record as a second exchange; what stands in the file behind the place is cut off first.
/// </summary>
internal sealed class BulkAsking(TrustBase trust, LinkTable links, Questions questions, IExchange requesting, AskJobs jobs, TimeProvider time)
{
    /// <summary>Lines that are looked at together, so that exchanges fill although providers and conditions are mixed. Part of what a place means: it never changes.</summary>
    private const int Window = 10_000;

    private readonly ConcurrentDictionary<string, bool> _running = new(StringComparer.Ordinal);

    /// <summary>Jobs that run now.</summary>
    public int Running => _running.Count;

    public Task<AskJob?> FindAsync(string name, CancellationToken cancellation) => jobs.FindAsync(name, cancellation);

    public Task<IReadOnlyList<AskJob>> AllAsync(CancellationToken cancellation) => jobs.AllAsync(cancellation);

    /// <exception cref="RefusedException">It cannot go on now; what is done stays done.</exception>
    /// <exception cref="InvalidOperationException">It runs already, or is not the job that was begun.</exception>
    public async Task<AskJob> RunAsync(
        string name, IAsyncEnumerable<BulkLine> lines, BulkQuestion question, Asker who, IProgress<AskJob>? progress, CancellationToken cancellation)
    {
        if (!_running.TryAdd(name, true))
        {
            throw new InvalidOperationException($"The job '{name}' is running. See how far it is: infolink-agent status --job.");
        }

        try
        {
            var form = FormOf(question);
            var place = await jobs.BeginAsync(name, question, form.Columns, who, cancellation);
            if (await jobs.FindAsync(name, cancellation) is { Ended: not null } ended)
            {
                return ended;
            }

            using var file = place.Written is { } written ? ResultFile.GoOn(question.ResultFile, written) : ResultFile.Create(question.ResultFile, form.Heading);
            if (place.Written is null)
            {
                place = place with { Written = form.Heading.Length };
                await jobs.AdvanceAsync(name, place, []);
            }

            var exchanges = new BulkExchanges(trust, links, questions, requesting, question, who, new Patience(name, jobs, question.Patience, progress, time));
            return await ToEndAsync(new Job(name, question, form, file, exchanges, progress), place, lines, cancellation);
        }
        finally
        {
            _running.TryRemove(name, out _);
        }
    }

    private async Task<AskJob> ToEndAsync(Job job, AskPlace place, IAsyncEnumerable<BulkLine> lines, CancellationToken cancellation)
    {
        var window = new List<BulkLine>();
        long at = 0;
        await foreach (var line in lines.WithCancellation(cancellation))
        {
            if (at++ < place.Next)
            {
                continue;
            }

            window.Add(line);
            if (window.Count == Window)
            {
                place = await WindowAsync(job, place, window, cancellation);
                window.Clear();
            }
        }

        if (at < place.Next || (job.Question.Lines is { } expected && expected != at))
        {
            throw new InvalidOperationException($"The source of the job '{job.Name}' has {at} lines now, and not as many as it had. Begin a new job under another name.");
        }

        await WindowAsync(job, place, window, cancellation);
        await jobs.EndAsync(job.Name, at);
        return await jobs.FindAsync(job.Name, CancellationToken.None) ?? throw Gone(job.Name);
    }

    private async Task<AskPlace> WindowAsync(Job job, AskPlace place, List<BulkLine> window, CancellationToken cancellation)
    {
        List<(int At, BulkLine Line)> open = [.. window.Index().Where(line => !place.IsDone(line.Index)).Select(line => (line.Index, line.Item))];
        if (open.Count > 0 && !string.Equals(FormOf(job.Question).Columns, job.Form.Columns, StringComparison.Ordinal))
        {
            throw ResultForm.LayoutChanged(); // Before anybody is asked for what could not be written.
        }

        await foreach (var results in job.Exchanges.AskAsync(open, cancellation))
        {
            // What was answered is written, whoever has given up by now.
            List<(int At, LineResult Result)> ordered = [.. results.OrderBy(result => result.At)];
            var written = job.File.Append(job.Form.Write(ordered.Select(result => result.Result)));
            place = place.With(written, ordered.Select(result => result.At));
            await jobs.AdvanceAsync(job.Name, place, ordered.Select(result => result.Result));
            job.Progress?.Report(await jobs.FindAsync(job.Name, CancellationToken.None) ?? throw Gone(job.Name));
            cancellation.ThrowIfCancellationRequested();
        }

        place = place with { Next = place.Next + window.Count, Beyond = [] };
        await jobs.AdvanceAsync(job.Name, place, []);
        return place;
    }

    private ResultForm FormOf(BulkQuestion question)
    {
        if (!Path.IsPathFullyQualified(question.ResultFile))
        {
            throw new FormatException("The result file needs a whole path.");
        }

        if (!trust.Catalog.Entries.TryGetValue(question.Inquiry.Entry, out var entry))
        {
            throw new RefusedException(RefusalName.EntryUnknown);
        }

        var kinds = Questions.KindsOf(entry, question.Inquiry.Kinds) ?? throw new RefusedException(new Refusal(RefusalName.KindNotInEntry, string.Join(", ", entry.Kinds)));
        return ResultForm.Of(question.ResultFile, kinds.Select(kind => trust.Catalog.Kinds[kind]));
    }

    private static InvalidOperationException Gone(string name) => new($"The job '{name}' is gone.");

    private sealed record Job(string Name, BulkQuestion Question, ResultForm Form, ResultFile File, BulkExchanges Exchanges, IProgress<AskJob>? Progress);
}
