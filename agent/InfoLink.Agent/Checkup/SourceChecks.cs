using InfoLink.Agent.Sources;
using InfoLink.Agent.Sources.Replicas;
using InfoLink.Contracts.Catalog;
using InfoLink.Hosting.Checkup;

namespace InfoLink.Agent.Checkup;

/// <summary>What an agency answers from: whether it fits the catalog's layouts, now and when the next one is in force, and how old copies are (SPEC §18).</summary>
internal static class SourceChecks
{
    private const string Import = "infolink-agent replica import; look whether the existing system still exports, and whether somebody takes the file over.";

    public static IEnumerable<Check> Of(AgentOptions options, CatalogSet catalogs, TimeProvider time) => ReplicaDeliveries.Look(options, time).Select(Of).Prepend(OfFit(options, catalogs, time.GetUtcNow()));

    private static Check OfFit(AgentOptions options, CatalogSet catalogs, DateTimeOffset now)
    {
        const string Name = "sources";
        if (options.Sources.Count == 0)
        {
            return new Check(
                Name, CheckState.Attention, "agent.json connects no existing system: this agent asks, and answers nothing.", "If the agency is to answer: 'sources' in agent.json, or MapKind in a program of its own.");
        }

        if (SourceFit.Errors(options, catalogs.InForce(now)).ToList() is { Count: > 0 } misfits)
        {
            return new Check(Name, CheckState.Wrong, string.Join('\n', misfits), "Correct 'map' in agent.json; infolink-agent try shows what comes of it for one person.");
        }

        return SourceFit.ErrorsToCome(options, catalogs, now).ToList() is { Count: > 0 } toCome
            ? new Check(
                Name,
                CheckState.Attention,
                string.Join('\n', toCome),
                "Put a second source of the kind beside it, with 'from' that day, and give the one of now 'until' the day before; infolink-agent try --catalog shows what comes of it.")
            : new Check(Name, CheckState.Ok, string.Join(", ", options.Sources.Select(source => source.Id)));
    }

    private static Check Of(ReplicaStanding replica)
    {
        var name = $"replica {replica.Source}";
        var told = replica.InUse is { } delivery
            ? FormattableString.Invariant($"delivery {delivery.Number}, {delivery.Records} records, exported at {delivery.AsOf.UtcDateTime:yyyy-MM-dd HH:mm} UTC, {replica.AgeSeconds / 3600} hours ago")
            : "Nothing has been delivered, or it was recalled: nothing is answered from it";
        return replica.State switch
        {
            ReplicaState.Good => new Check(name, CheckState.Ok, told),
            ReplicaState.Late => new Check(name, CheckState.Attention, $"{told}: more than maxAgeHours ({replica.MaxAgeHours}).", Import),
            ReplicaState.TooOld => new Check(name, CheckState.Wrong, $"{told}: more than refuseAfterHours ({replica.RefuseAfterHours}), and nothing is answered from it.", Import),
            _ => new Check(name, CheckState.Wrong, $"{told}.", Import),
        };
    }
}
