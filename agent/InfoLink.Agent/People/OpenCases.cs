using Dapper;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Refusals;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.People;

/// <summary>
/// Is there an open case about the person, in the agency's own system? Asked before anything leaves, where the entry requires an open case, or <see cref="CaseOptions.Always"/>. Without a database the reference must
/// be given, and stands on record.
/// </summary>
internal sealed partial class OpenCases : IAsyncDisposable
{
    private const int Parallel = 4;
    private readonly CaseOptions? _options;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly ILogger<OpenCases> _logger;
    private readonly OwnDatabase? _database;

    public OpenCases(AgentOptions options, TimeProvider time, ILogger<OpenCases> logger)
    {
        (_options, _time, _logger, _timeout) = (options.Cases, time, logger, TimeSpan.FromSeconds(options.SourceTimeoutSeconds));
        _database = _options is not null && OwnDatabase.Count(_options) > 0 ? OwnDatabase.Open(_options, options) : null;
    }

    /// <summary>The rule that holds wherever cases stand: where one is required, the question names it.</summary>
    public static Refusal? WhyNotNamed(bool isRequired, string reference) => isRequired && string.IsNullOrWhiteSpace(reference) ? new Refusal(RefusalName.CaseReferenceMissing) : null;

    /// <returns>Why nobody may be asked about; or who may not, and why.</returns>
    public async Task<Outcome<IReadOnlyDictionary<string, Refusal>>> LookAsync(StatuteEntry entry, IReadOnlyList<string> persons, string reference, CancellationToken cancellation)
    {
        var closed = new Dictionary<string, Refusal>(StringComparer.Ordinal);
        if (!entry.Requirements.OpenCase && _options is not { Always: true })
        {
            return closed;
        }

        if (WhyNotNamed(isRequired: true, reference) is { } not)
        {
            return not;
        }

        if (_database is null)
        {
            return closed;
        }

        var open = new bool[persons.Count];
        try
        {
            var options = new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = cancellation };
            // Some drivers hold the thread that asks, whatever they promise.
            await System.Threading.Tasks.Parallel.ForAsync(0, persons.Count, options, async (i, stop) =>
                open[i] = await Task.Run(() => IsOpenAsync(entry, persons[i], reference, stop), stop).WaitAsync(_timeout, _time, stop));
        }
        catch (Exception fault) when (!cancellation.IsCancellationRequested)
        {
            Log.NotAsked(_logger, fault.GetType().Name); // Its type only: what an existing system says may hold anything.
            return new Refusal(RefusalName.SourceUnavailable, "cases");
        }

        foreach (var (index, person) in persons.Index().Where(person => !open[person.Index]))
        {
            closed[person] = new Refusal(RefusalName.CaseNotOpen);
        }

        return closed;
    }

    public ValueTask DisposeAsync() => _database?.DisposeAsync() ?? default;

    private async Task<bool> IsOpenAsync(StatuteEntry entry, string person, string reference, CancellationToken cancellation)
    {
        await using var connection = _database!.Connect();
        await connection.OpenAsync(cancellation);
        var rows = await connection.QueryAsync<object>(new CommandDefinition(_options!.Query, new { person, @case = reference, entry = entry.Id.Value }, cancellationToken: cancellation));
        return rows.Any();
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The database of cases did not answer ({Fault}); nobody was asked about")]
        public static partial void NotAsked(ILogger logger, string fault);
    }
}
