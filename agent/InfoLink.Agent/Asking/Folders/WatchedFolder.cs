using System.Collections.Concurrent;
using InfoLink.Contracts.Refusals;
using InfoLink.Transparency;

namespace InfoLink.Agent.Asking.Folders;

/// <summary>
/// A folder of files of questions (SPEC §21). Each file that is put into <c>in</c> goes this way, and from wherever a stop leaves it:
/// <list type="number">
/// <item>Taken: renamed, looked at and copied into <c>work</c> (<see cref="FolderTaking"/>).</item>
/// <item>Asked about, as a bulk job that is named after the file and its content (<see cref="BulkAsking"/>).</item>
/// <item>Its results, whole, renamed into <c>out</c>.</item>
/// <item>The file itself into <c>done</c>.</item>
/// </list>
/// </summary>
internal sealed partial class WatchedFolder : IAsyncDisposable
{
    /// <summary>After trouble of everybody's, which the job itself has waited out as long as it does.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly FolderOptions _options;
    private readonly FolderPlaces _places;
    private readonly FolderTaking _taking;
    private readonly FileStream _held;
    private readonly BulkAsking _bulk;
    private readonly TimeProvider _time;
    private readonly ILogger<WatchedFolder> _logger;
    private readonly Rounds _rounds;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, Task> _running = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _waiting = new(StringComparer.Ordinal);
    private string? _unsafe;
    private int _left;

    private WatchedFolder(FolderOptions options, FolderPlaces places, FileStream held, BulkAsking bulk, TimeProvider time, ILogger<WatchedFolder> logger)
    {
        (_options, _places, _held, _bulk, _time, _logger) = (options, places, held, bulk, time, logger);
        _taking = new FolderTaking(options, places, bulk, time);
        _rounds = new Rounds(LookAsync, TimeSpan.FromSeconds(options.EverySeconds), time, fault => Log.LookFailed(logger, options.Name, fault.GetType().Name));
    }

    /// <exception cref="InvalidOperationException">Another agent watches the folder.</exception>
    public static WatchedFolder Open(AgentOptions agent, FolderOptions options, BulkAsking bulk, TimeProvider time, ILogger<WatchedFolder> logger)
    {
        var places = FolderPlaces.Open(agent, options);
        try
        {
            var held = new FileStream(Path.Combine(places.Work, ".held"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return new WatchedFolder(options, places, held, bulk, time, logger);
        }
        catch (IOException taken)
        {
            throw new InvalidOperationException($"folders: {options.Name}: another agent watches this folder. Give each a folder of its own.", taken);
        }
    }

    public void Start() => _rounds.Start();

    public async ValueTask DisposeAsync()
    {
        await _rounds.DisposeAsync();
        await _stop.CancelAsync();
        await Task.WhenAll(_running.Values);
        _stop.Dispose();
        await _held.DisposeAsync();
    }

    /// <summary>Takes what is whole, and asks about what was taken.</summary>
    public async Task LookAsync(CancellationToken cancellation)
    {
        if (_places.WhyNotSafe() is { } open)
        {
            if (!string.Equals(_unsafe, open, StringComparison.Ordinal))
            {
                Log.NotSafe(_logger, _options.Name, open);
            }

            _unsafe = open;
            return;
        }

        _unsafe = null;
        var left = await _taking.TakeAsync(cancellation);
        if (left > 0 && left != _left)
        {
            Log.NotTaken(_logger, _options.Name, left);
        }

        _left = left;

        foreach (var (ended, _) in _running.Where(running => running.Value.IsCompleted).ToList())
        {
            _running.TryRemove(ended, out _);
        }

        foreach (var file in _taking.Questions().Where(IsDue).Take(Math.Max(0, _options.AtOnce - _running.Count)))
        {
            _running[file.Question] = Task.Run(() => AskAsync(file, _stop.Token), CancellationToken.None);
        }

        Forget();
    }

    private bool IsDue(FolderFile file) => !_running.ContainsKey(file.Question) && (!_waiting.TryGetValue(file.Question, out var since) || _time.GetElapsedTime(since) >= Pause);

    private async Task AskAsync(FolderFile file, CancellationToken cancellation)
    {
        try
        {
            await JobAsync(file, cancellation);
            _waiting.TryRemove(file.Question, out _);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The agent stops; the file is where it was.
        }
        catch (Exception fault) when (fault is RefusedException { Refusal.Retryable: true } or LogUnavailableException or IOException or UnauthorizedAccessException)
        {
            _waiting[file.Question] = _time.GetTimestamp();
            Log.Waits(_logger, _options.Name, fault is RefusedException refused ? refused.Refusal.Text : fault.GetType().Name);
        }
        catch (Exception fault)
        {
            GiveUp(file, fault);
        }
    }

    private async Task JobAsync(FolderFile file, CancellationToken cancellation)
    {
        var question = Path.Combine(_places.Work, file.Question);
        var result = Path.Combine(_places.Work, file.Result(_options.Results));
        var lines = new AskFile(question, _options.Encoding, new Dictionary<string, string>(_options.Columns, StringComparer.Ordinal));
        var (count, source) = await lines.CheckAsync(cancellation);
        await _bulk.RunAsync(file.Job(_options.Name), lines.ReadAsync(cancellation), _options.Question(source, result) with { Lines = count }, _options.Asker, progress: null, cancellation);
        if (File.Exists(result))
        {
            FolderPlaces.Put(result, _places.Out, file.ResultName(_options.Results), file.OtherName(_options.Results), _options.GroupReads);
        }

        if (_options.KeepDays == 0)
        {
            File.Delete(question);
            return;
        }

        File.SetLastWriteTimeUtc(question, _time.GetUtcNow().UtcDateTime); // From here its days count.
        FolderPlaces.Put(question, _places.Done, file.Name, $"{file.Digest}.{file.Name}", groupReads: false);
    }

    /// <summary>No later try would fare better: the file goes to <c>failed</c>, and what was answered until then beside it.</summary>
    private void GiveUp(FolderFile file, Exception fault)
    {
        var why = fault switch
        {
            RefusedException { Refusal: var refusal } => $"{refusal.Text} {refusal.Detail}\n{refusal.CauseJa} {refusal.WayOutJa}\n{refusal.CauseEn} {refusal.WayOutEn}",
            FormatException or InvalidOperationException => fault.Message,
            _ => "a fault of the agent's own, which its log has.",
        };
        Log.GivenUp(_logger, _options.Name, fault.GetType().Name);
        try
        {
            var result = Path.Combine(_places.Work, file.Result(_options.Results));
            if (File.Exists(result))
            {
                why += "\nSome lines were asked about before; what came of them stands beside this file.";
                FolderPlaces.Put(result, _places.Failed, $"{file.Name}.partial.{_options.Results}", $"{file.Name}.{file.Digest}.partial.{_options.Results}", _options.GroupReads);
            }

            _taking.Fail(Path.Combine(_places.Work, file.Question), file.Name, why);
            _waiting.TryRemove(file.Question, out _);
        }
        catch (Exception disk) when (disk is IOException or UnauthorizedAccessException)
        {
            _waiting[file.Question] = _time.GetTimestamp();
            Log.LookFailed(_logger, _options.Name, disk.GetType().Name);
        }
    }

    private void Forget()
    {
        var before = _time.GetUtcNow().UtcDateTime - TimeSpan.FromDays(_options.KeepDays);
        foreach (var old in new DirectoryInfo(_places.Done).EnumerateFiles().Where(file => file.LastWriteTimeUtc < before).ToList())
        {
            old.Delete();
        }
    }

    /// <remarks>Files' names are the systems' own, and may say anything: no log has them.</remarks>
    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "ALARM: the watched folder {Folder} is not safe, and nothing is taken from it: {Why}")]
        public static partial void NotSafe(ILogger logger, string folder, string why);

        [LoggerMessage(2, LogLevel.Warning, "The watched folder {Folder}: {Files} files cannot be taken now; the next look tries again")]
        public static partial void NotTaken(ILogger logger, string folder, int files);

        [LoggerMessage(3, LogLevel.Warning, "The watched folder {Folder}: a file waits ({Why}); it goes on by itself. See infolink-agent status")]
        public static partial void Waits(ILogger logger, string folder, string why);

        [LoggerMessage(4, LogLevel.Warning, "The watched folder {Folder}: a file was put into 'failed' ({Fault}), with the reason beside it")]
        public static partial void GivenUp(ILogger logger, string folder, string fault);

        [LoggerMessage(5, LogLevel.Error, "The watched folder {Folder} could not be looked after ({Fault}); the next look tries again")]
        public static partial void LookFailed(ILogger logger, string folder, string fault);
    }
}
