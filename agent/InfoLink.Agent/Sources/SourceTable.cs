using System.Collections.Frozen;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Sources;

/// <summary>Which source answers which kind; each read has a time limit, and its answer is held against the layout before anyone sees it.</summary>
internal sealed partial class SourceTable(
    IReadOnlyDictionary<KindId, IInformationSource> sources, TimeSpan limit, TimeProvider time, ILogger<SourceTable> logger)
{
    private readonly FrozenDictionary<KindId, IInformationSource> _sources = sources.ToFrozenDictionary();
    private readonly FrozenDictionary<KindId, LatestReads> _latest = sources.ToFrozenDictionary(source => source.Key, _ => new LatestReads());

    // A source that hangs holds its place until it lets go: what runs stays bounded, whatever the source does.
    private readonly SemaphoreSlim _places = new(MaxReads, MaxReads);

    /// <summary>Reads of existing systems that run at the same time, those included that were given up and have not ended.</summary>
    private const int MaxReads = 64;

    public bool Serves(KindId kind) => _sources.ContainsKey(kind);

    /// <summary>All kinds for one person. A person for whom one kind has nothing is answered nothing: not available.</summary>
    public async Task<Contracts.Refusals.Outcome<IReadOnlyDictionary<KindId, Items>>> ReadAsync(
        StatuteCatalog catalog, IReadOnlyList<InformationRequest> requests, CancellationToken cancellation)
    {
        var answers = new Dictionary<KindId, Items>();
        foreach (var request in requests)
        {
            Items? items;
            try
            {
                var began = time.GetTimestamp();
                items = await ReadAsync(request, cancellation);
                _latest[request.Kind].Add(time.GetElapsedTime(began));
            }
            catch (MappingException fault)
            {
                Log.NotMapped(logger, fault.Message);
                return new Refusal(RefusalName.LayoutViolation, $"{request.Kind}: {fault.Errors[0].Item}: {fault.Errors[0].Rule}");
            }
            catch (SourceFaultException fault)
            {
                Log.SourceFailed(logger, request.Kind.Value, fault.Message);
                return new Refusal(RefusalName.SourceUnavailable, request.Kind.Value);
            }
            catch (Exception fault) when (!cancellation.IsCancellationRequested)
            {
                // Its type only: what an existing system says may hold anything.
                Log.SourceFailed(logger, request.Kind.Value, fault.GetType().Name);
                return new Refusal(RefusalName.SourceUnavailable, request.Kind.Value);
            }

            if (items is null)
            {
                return new Refusal(RefusalName.NotAvailable);
            }

            if (Layout.Check(catalog.Kinds[request.Kind], items) is [var first, ..])
            {
                Log.OutsideLayout(logger, request.Kind.Value, first.ToString());
                return new Refusal(RefusalName.LayoutViolation, $"{request.Kind}: {first}");
            }

            answers.Add(request.Kind, items);
        }

        return answers;
    }

    /// <summary>
    /// Takes as long as reading these kinds would: for a person who is not answered for, so that time does not tell who is here. Each wait is
    /// one of the kind's latest reads, drawn at random; the existing system is asked about nobody else.
    /// </summary>
    public async Task WaitAsIfReadAsync(IEnumerable<KindId> kinds, CancellationToken cancellation)
    {
        var wait = kinds.Aggregate(TimeSpan.Zero, (sum, kind) => sum + _latest[kind].Draw());
        await Task.Delay(wait, time, cancellation);
    }

    /// <summary>Gives up at the limit even where the source does not heed its cancellation, as many database drivers do not.</summary>
    private async Task<Items?> ReadAsync(InformationRequest request, CancellationToken cancellation)
    {
        using var timer = new CancellationTokenSource(limit, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timer.Token);
        await _places.WaitAsync(stop.Token);
        var reading = Task.Run(() => _sources[request.Kind].ReadAsync(request, stop.Token), CancellationToken.None);
        _ = reading.ContinueWith(
            ended =>
            {
                _ = ended.Exception; // Seen: whoever still waits gets it too.
                _places.Release();
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return await reading.WaitAsync(stop.Token);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The source for '{Kind}' did not answer: {Fault}")]
        public static partial void SourceFailed(ILogger logger, string kind, string fault);

        [LoggerMessage(2, LogLevel.Error, "The source for '{Kind}' gave something outside the layout: {Violation}; nothing was answered")]
        public static partial void OutsideLayout(ILogger logger, string kind, string violation);

        [LoggerMessage(3, LogLevel.Error, "What the existing system has does not map; nothing was answered. {Errors}")]
        public static partial void NotMapped(ILogger logger, string errors);
    }
}
