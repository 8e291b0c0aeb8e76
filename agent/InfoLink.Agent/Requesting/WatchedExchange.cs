using InfoLink.Agent.People;
using InfoLink.Agent.Watching;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting.Trust;

namespace InfoLink.Agent.Requesting;

/// <summary>An exchange as a monitor sees it: one span, counted at its end however it ends.</summary>
internal sealed class WatchedExchange(IExchange exchange, TrustBase trust, AgentTelemetry telemetry, TimeProvider time) : IExchange
{
    public Task<Outcome<Admitted>> AdmitAsync(IReadOnlyList<string> persons, Inquiry inquiry, Asker who, CancellationToken cancellation) => exchange.AdmitAsync(persons, inquiry, who, cancellation);

    public async Task<Outcome<Fetched>> FetchAsync(IReadOnlyList<string> persons, Inquiry inquiry, Asker who, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        var entry = AgentTelemetry.NameOf(inquiry.Entry, trust);
        using var span = AgentTelemetry.Begin("infolink.ask");
        span?.SetTag(AgentTelemetry.Entry, entry);
        span?.SetTag(AgentTelemetry.Subjects, persons.Count);
        var ended = "fault";
        try
        {
            var fetched = await exchange.FetchAsync(persons, inquiry, who, cancellation);
            var refusal = (fetched as Outcome<Fetched>.Refused)?.Refusal;
            if (fetched is Outcome<Fetched>.Done { Value: var done })
            {
                telemetry.Persons(AgentTelemetry.Asked, entry, done.Persons.Select(Word));
                span?.SetTag(AgentTelemetry.Exchange, done.ExchangeId?.ToString());
                span?.SetTag(AgentTelemetry.Provider, done.Choice is { } choice ? AgentTelemetry.NameOf(choice.Provider, trust) : null);
            }

            ended = refusal?.Text ?? AgentTelemetry.Done;
            AgentTelemetry.End(span, refusal);
            return fetched;
        }
        catch (RefusedException refused)
        {
            ended = refused.Refusal.Text;
            throw;
        }
        catch (OperationCanceledException)
        {
            ended = AgentTelemetry.GivenUp;
            throw;
        }
        finally
        {
            span?.SetTag(AgentTelemetry.Outcome, ended);
            telemetry.Ended(AgentTelemetry.Asked, entry, ended, time.GetElapsedTime(began));
        }
    }

    private static string Word(FetchedPerson person) => person switch
    {
        FetchedPerson.Answered => "answered",
        FetchedPerson.Pending => "pending",
        FetchedPerson.Refused refused => refused.Refusal.Text,
        _ => throw new InvalidOperationException("A person is answered, pending or refused."),
    };
}
