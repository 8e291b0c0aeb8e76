using System.Collections.Frozen;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.V1;
using Polly;
using Polly.Timeout;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Sources;

/// <summary>Which source answers which kind; each read has a time limit, and its answer is held against the layout before anyone sees it.</summary>
internal sealed partial class SourceTable(
    IReadOnlyDictionary<KindId, IInformationSource> sources, TimeSpan limit, TimeProvider time, ILogger<SourceTable> logger)
{
    private readonly FrozenDictionary<KindId, IInformationSource> _sources = sources.ToFrozenDictionary();
    private readonly ResiliencePipeline _limit = new ResiliencePipelineBuilder { TimeProvider = time }
        .AddTimeout(new TimeoutStrategyOptions { Timeout = limit })
        .Build();

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
                items = await _limit.ExecuteAsync(async stop => await ReadAsync(request, stop), cancellation);
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

    /// <summary>Beside this thread, and left behind when its time is over: a source may block, and need not heed the cancellation.</summary>
    private Task<Items?> ReadAsync(InformationRequest request, CancellationToken stop) =>
        Task.Run(() => _sources[request.Kind].ReadAsync(request, stop), stop).WaitAsync(stop);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The source for '{Kind}' did not answer: {Fault}")]
        public static partial void SourceFailed(ILogger logger, string kind, string fault);

        [LoggerMessage(2, LogLevel.Error, "The source for '{Kind}' gave something outside the layout: {Violation}; nothing was answered")]
        public static partial void OutsideLayout(ILogger logger, string kind, string violation);
    }
}
