using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting.Limits;
using InfoLink.Transparency;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Broker.Limits;

/// <summary>
/// The broker's limits, together. What begins (Authorize) and what finishes (Redeem, Settle) have places apart, so that a rush of new questions never
/// keeps those under way from ending; a call is turned away before its message is looked at, with a time to come again, and counted, not recorded by itself.
/// </summary>
internal sealed class ExchangeLimits : IAsyncDisposable
{
    private readonly CallPlaces _begin;
    private readonly CallPlaces _finish;
    private readonly RefusalRecords _refusals;

    public ExchangeLimits(LimitOptions options, RefusalRecords refusals, TimeProvider time, ILoggerFactory loggers)
    {
        _refusals = refusals;
        _begin = new CallPlaces(options.Authorize, options.AuthorizeOfAll, time);
        _finish = new CallPlaces(options.Finish, options.FinishOfAll, time);
        Codes = new RefusedCodes(options, Meter, time, loggers.CreateLogger<RefusedCodes>());
        Persons = new PersonLimits(options, time);
    }

    public LimitMeter Meter { get; } = new();

    /// <summary>Who presented codes that were refused.</summary>
    public RefusedCodes Codes { get; }

    /// <summary>How many persons are asked for.</summary>
    public PersonLimits Persons { get; }

    /// <summary>A place for an Authorize.</summary>
    public async ValueTask<Outcome<CallPlace>> BeginAsync(AgencyId caller, CancellationToken cancellation) =>
        Codes.WhyPaused(caller) is { } paused ? Shed(caller, paused) : Counted(caller, await _begin.EnterAsync(caller, cancellation));

    /// <summary>A place for a Redeem or a Settle. An agency that is slowed finishes what others began with it.</summary>
    public async ValueTask<Outcome<CallPlace>> FinishAsync(AgencyId caller, CancellationToken cancellation) =>
        Counted(caller, await _finish.EnterAsync(caller, cancellation));

    public async ValueTask DisposeAsync()
    {
        await _begin.DisposeAsync();
        await _finish.DisposeAsync();
        await Persons.DisposeAsync();
        Meter.Dispose();
    }

    private Outcome<CallPlace> Counted(AgencyId caller, Outcome<CallPlace> outcome) =>
        outcome is Outcome<CallPlace>.Refused { Refusal: var refusal } ? Shed(caller, refusal) : outcome;

    private Refusal Shed(AgencyId caller, Refusal refusal)
    {
        _refusals.Count(caller, refusal.Name);
        Meter.Shed(caller);
        return refusal;
    }
}
