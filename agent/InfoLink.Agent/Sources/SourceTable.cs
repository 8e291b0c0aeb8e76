using System.Collections.Frozen;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Sources;

/// <summary>
/// Which source answers which kind, in which layout; each has places of its own, each read has a time limit, and its answer is held against the layout before anyone sees it.
/// </summary>
internal sealed partial class SourceTable(
    IReadOnlyDictionary<KindId, IInformationSource> sources, TimeSpan limit, TimeProvider time, ILogger<SourceTable> logger)
{
    private readonly FrozenDictionary<KindId, Seat[]> _seats = sources.ToFrozenDictionary(source => source.Key, source => Seats(source.Value, time));

    /// <summary>Is there a source that answers in this catalog's layout?</summary>
    public bool Serves(KindId kind, StatuteCatalog catalog) => SeatOf(kind, catalog) is not null;

    /// <summary>All kinds for one person. A person for whom one kind has nothing is answered nothing: not available.</summary>
    public async Task<Contracts.Refusals.Outcome<IReadOnlyDictionary<KindId, Items>>> ReadAsync(
        StatuteCatalog catalog, IReadOnlyList<InformationRequest> requests, CancellationToken cancellation)
    {
        var answers = new Dictionary<KindId, Items>();
        foreach (var request in requests)
        {
            var seat = SeatOf(request.Kind, catalog) ?? throw new InvalidOperationException("A kind that is not served was refused before.");
            if (!await seat.Places.TryEnterAsync(cancellation))
            {
                return Full(seat, request.Kind);
            }

            Items? items;
            var began = time.GetTimestamp();
            try
            {
                items = await ReadAsync(seat, request with { LayoutFrom = catalog.EffectiveFrom }, cancellation);
                seat.Latest.Add(time.GetElapsedTime(began));
            }
            catch (MappingException fault)
            {
                seat.Latest.Add(time.GetElapsedTime(began));
                Log.NotMapped(logger, fault.Message);
                return new Refusal(RefusalName.LayoutViolation, $"{request.Kind}: {fault.Errors[0].Item}: {fault.Errors[0].Rule}");
            }
            catch (SourceFaultException fault)
            {
                seat.Latest.Fail(time.GetElapsedTime(began));
                return Failed(request.Kind, fault.Message);
            }
            catch (Exception fault) when (!cancellation.IsCancellationRequested)
            {
                // Its type only: what an existing system says may hold anything.
                seat.Latest.Fail(time.GetElapsedTime(began));
                return Failed(request.Kind, fault.GetType().Name);
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
    /// Does as reading these kinds would, for a person who is not answered for, so that neither time nor refusals tell who is here: it waits for the same places and holds one as long as one of the latest
    /// reads, drawn at random, took; where places are full, or the system has just failed, it meets that too. The existing system is asked about nobody else.
    /// </summary>
    /// <returns>What somebody who is here would have met; null: nothing.</returns>
    public async Task<Refusal?> WaitAsIfReadAsync(StatuteCatalog catalog, IEnumerable<KindId> kinds, CancellationToken cancellation)
    {
        foreach (var kind in kinds)
        {
            var seat = SeatOf(kind, catalog) ?? throw new InvalidOperationException("A kind that is not served was refused before.");
            if (!await seat.Places.TryEnterAsync(cancellation))
            {
                return Full(seat, kind);
            }

            try
            {
                (seat.Source as ConfiguredSource)?.CheckCopy();
                var (took, failed) = seat.Latest.Draw();
                await Task.Delay(took, time, cancellation);
                if (failed)
                {
                    return new Refusal(RefusalName.SourceUnavailable, kind.Value);
                }
            }
            catch (SourceFaultException fault)
            {
                return Failed(kind, fault.Message);
            }
            finally
            {
                seat.Places.Leave();
            }
        }

        return null;
    }

    /// <summary>Gives up at the limit even where the source does not heed its cancellation, as many database drivers do not; it holds its place until it lets go.</summary>
    private async Task<Items?> ReadAsync(Seat seat, InformationRequest request, CancellationToken cancellation)
    {
        using var timer = new CancellationTokenSource(limit, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timer.Token);
        var reading = Task.Run(() => seat.Source.ReadAsync(request, stop.Token), CancellationToken.None);
        _ = reading.ContinueWith(
            ended =>
            {
                _ = ended.Exception; // Seen: whoever still waits gets it too.
                seat.Places.Leave();
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return await reading.WaitAsync(stop.Token);
    }

    private Refusal Full(Seat seat, KindId kind)
    {
        Log.Full(logger, kind.Value, seat.Places.Limits.AtOnce, seat.Places.Limits.LongestWait.TotalSeconds);
        return new Refusal(RefusalName.SourceUnavailable, kind.Value);
    }

    private Refusal Failed(KindId kind, string fault)
    {
        Log.SourceFailed(logger, kind.Value, fault);
        return new Refusal(RefusalName.SourceUnavailable, kind.Value);
    }

    private Seat? SeatOf(KindId kind, StatuteCatalog catalog) => _seats.TryGetValue(kind, out var seats) ? Array.Find(seats, seat => seat.Days?.Covers(catalog) ?? true) : null;

    private static Seat[] Seats(IInformationSource source, TimeProvider time) => source is DatedSources dated
        ? [.. dated.All.Select(each => new Seat(each.Source, each.Days, new SourcePlaces(each.Days.Places, time), new LatestReads(time)))]
        : [new Seat(source, Days: null, new SourcePlaces((source as ConfiguredSource)?.Places ?? PlaceLimits.Usual, time), new LatestReads(time))];

    /// <summary>A source with its own places. Without days it is for every layout.</summary>
    private sealed record Seat(IInformationSource Source, SourceOptions? Days, SourcePlaces Places, LatestReads Latest);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The source for '{Kind}' did not answer: {Fault}")]
        public static partial void SourceFailed(ILogger logger, string kind, string fault);

        [LoggerMessage(2, LogLevel.Error, "The source for '{Kind}' gave something outside the layout: {Violation}; nothing was answered")]
        public static partial void OutsideLayout(ILogger logger, string kind, string violation);

        [LoggerMessage(3, LogLevel.Error, "What the existing system has does not map; nothing was answered. {Errors}")]
        public static partial void NotMapped(ILogger logger, string errors);

        [LoggerMessage(4, LogLevel.Warning, "The source for '{Kind}' is full: {AtOnce} reads are under way, and none ended within {Seconds} s, or too many wait already")]
        public static partial void Full(ILogger logger, string kind, int atOnce, double seconds);
    }
}
