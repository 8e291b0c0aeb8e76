using System.Diagnostics;
using InfoLink.Agent.Watching;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting.Trust;

namespace InfoLink.Agent.Providing;

/// <summary>An answer to another agency as a monitor sees it: one span, counted at its end however it ends.</summary>
internal sealed class WatchedAnswers(ProvidingProtocol protocol, TrustBase trust, AgentTelemetry telemetry, TimeProvider time)
{
    public async Task<Outcome<SealedAnswers>> AnswerAsync(Peer peer, Fetch fetch, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();

        // The receipt is the requester's word until it has been checked: of it only a name that the catalog has is shown.
        var about = AccessEntry.TryParse(fetch.Receipt.OpenPart.Span);
        var entry = Contracts.Identifiers.EntryId.TryParse(about?.Entry, out var id) ? AgentTelemetry.NameOf(id, trust) : AgentTelemetry.Unknown;
        using var span = AgentTelemetry.Begin("infolink.answer", ActivityKind.Server);
        span?.SetTag(AgentTelemetry.Entry, entry);
        span?.SetTag(AgentTelemetry.Requester, peer.Id.Value);
        var ended = "fault";
        try
        {
            var answered = await protocol.AnswerAsync(peer, fetch, cancellation);
            var refusal = AgentTelemetry.End(span, (answered as Outcome<SealedAnswers>.Refused)?.Refusal);
            if (answered is Outcome<SealedAnswers>.Done { Value: var done })
            {
                span?.SetTag(AgentTelemetry.Subjects, done.Subjects.Count);
                span?.SetTag(AgentTelemetry.Exchange, Contracts.Identifiers.ExchangeId.FromBytes(about!.ExchangeId.Span).ToString());
            }

            ended = refusal?.Text ?? AgentTelemetry.Done;
            return answered;
        }
        catch (OperationCanceledException)
        {
            ended = AgentTelemetry.GivenUp;
            throw;
        }
        finally
        {
            span?.SetTag(AgentTelemetry.Outcome, ended);
            telemetry.Ended(AgentTelemetry.Answered, entry, ended, time.GetElapsedTime(began));
        }
    }
}
