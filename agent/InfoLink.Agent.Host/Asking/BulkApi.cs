using System.Runtime.CompilerServices;
using InfoLink.Agent.Asking;
using InfoLink.Agent.Host.Linking;
using InfoLink.Agent.Requesting;

namespace InfoLink.Agent.Host.Asking;

/// <summary>
/// Bulk questions over the local socket: <c>POST /v1/bulk</c> runs a job and answers with a line of JSON for each step; who leaves stops it, and the same again goes on with it. <c>GET /v1/bulk</c> tells how
/// far jobs are.
/// </summary>
internal static class BulkApi
{
    public static void Map(WebApplication host)
    {
        host.MapPost("/v1/bulk", (HttpRequest request, InfoLinkAgent agent, CancellationToken cancellation) =>
            LocalAnswers.TellAsync<JobWish, JobTold>(request, wish => wish.RunAsync(
                agent,
                wish.Read(),
                FetchApi.WhoAsks(request.HttpContext, wish.Operator, wish.Terminal, wish.Use, wish.CaseReference) ?? throw new FormatException("operator: the proxy names another, or nobody."),
                cancellation)));
        host.MapGet("/v1/bulk", (string? job, InfoLinkAgent agent, CancellationToken cancellation) => LocalAnswers.OfAsync(async () => job is null
            ? (await agent.AskJobsAsync(cancellation)).Select(JobTold.Of)
            : [JobTold.Of(await agent.AskJobAsync(job, cancellation) ?? throw new InvalidOperationException("There is no job of this name."))]));
    }

    /// <summary>A job: the agent reads <paramref name="File"/> and writes <paramref name="ResultFile"/>, both whole paths.</summary>
    internal sealed record JobWish(
        string Job,
        string File,
        string ResultFile,
        string Entry,
        string Operator,
        string Terminal,
        string Use,
        string? CaseReference = null,
        string? Provider = null,
        string? Role = null,
        LocalConditions? Conditions = null,
        string Encoding = "utf-8",
        Dictionary<string, string>? Columns = null,
        int? PatienceMinutes = null)
    {
        /// <exception cref="FormatException">What is wrong with it.</exception>
        public Inquiry Read()
        {
            if (Job.Length is 0 or > 200 || !Path.IsPathFullyQualified(File) || !Path.IsPathFullyQualified(ResultFile))
            {
                throw new FormatException("job: a name of at most 200 characters; file and resultFile: whole paths.");
            }

            if (new[] { Operator, Terminal, Use }.Any(text => string.IsNullOrWhiteSpace(text) || text.Length > 200) || CaseReference?.Length > 500)
            {
                throw new FormatException("Say who asks (operator), where (terminal) and what for (use); at most 200 characters each, and 500 for the case.");
            }

            if (PatienceMinutes is < 0 or > 10_080)
            {
                throw new FormatException("patienceMinutes: 0 to 10,080.");
            }

            return LocalQuestion.TryRead(Entry, Provider, Role, Conditions) ?? throw new FormatException("entry, provider, role or conditions: this is none.");
        }

        public async IAsyncEnumerable<JobTold> RunAsync(InfoLinkAgent agent, Inquiry inquiry, Asker who, [EnumeratorCancellation] CancellationToken cancellation)
        {
            var file = new AskFile(File, Encoding, Columns ?? []);
            var (lines, source) = await file.CheckAsync(cancellation);
            var question = new BulkQuestion(inquiry, ResultFile, source) { Lines = lines };
            question = PatienceMinutes is { } minutes ? question with { Patience = TimeSpan.FromMinutes(minutes) } : question;
            await foreach (var told in Steps.OfAsync<AskJob, JobTold>(
                progress => agent.AskAllAsync(Job, file.ReadAsync(cancellation), question, who, progress, cancellation), (job, _) => JobTold.Of(job), cancellation))
            {
                yield return told;
            }
        }
    }

    /// <summary>How far a job is. Counts by outcome agree with <c>done</c>; refusals say how often each was the reason.</summary>
    internal sealed record JobTold(
        string Job,
        string Entry,
        string ResultFile,
        string Operator,
        string Terminal,
        DateTimeOffset Begun,
        DateTimeOffset? EndedAt,
        long? Lines,
        long Done,
        IReadOnlyDictionary<string, long> Counts,
        IReadOnlyDictionary<string, long> Refusals,
        string? Trouble,
        bool Agrees,
        bool Ended)
    {
        public static JobTold Of(AskJob job) => new(
            job.Name,
            job.Entry,
            job.ResultFile,
            job.Operator,
            job.Terminal,
            job.Begun,
            job.Ended,
            job.Lines,
            job.Done,
            Enum.GetValues<LineOutcome>().ToDictionary(outcome => outcome.ToString().ToLowerInvariant(), job.Of, StringComparer.Ordinal),
            job.Counts.Where(count => count.Refusal.Length > 0).ToDictionary(count => count.Refusal, count => count.Count, StringComparer.Ordinal),
            job.Trouble.Length > 0 ? job.Trouble : null,
            job.Agrees,
            job.Ended is not null);
    }
}
