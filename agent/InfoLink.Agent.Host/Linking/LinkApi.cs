using System.Runtime.CompilerServices;
using InfoLink.Agent.Linking;
using InfoLink.Agent.Links;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent.Host.Linking;

/// <summary>
/// Links over the local socket. What takes long tells how far it is, and at the end <c>ended</c>.
/// </summary>
internal static class LinkApi
{
    public static void Map(WebApplication host)
    {
        host.MapPost("/v1/links/jobs", (HttpRequest request, InfoLinkAgent agent, CancellationToken cancellation) =>
            LocalAnswers.TellAsync<JobWish, JobTold>(request, wish => wish.RunAsync(agent, cancellation)));
        host.MapPost("/v1/links/rotation", (HttpRequest request, InfoLinkAgent agent, CancellationToken cancellation) =>
            LocalAnswers.TellAsync<RotateWish, RotationTold>(request, _ => RotateAsync(agent, cancellation)));
        host.MapPost("/v1/links/absorption", (HttpRequest request, InfoLinkAgent agent, CancellationToken cancellation) =>
            LocalAnswers.TellAsync<AbsorbWish, AbsorbedTold>(request, wish => wish.RunAsync(agent, cancellation)));
        host.MapGet("/v1/links/troubles", (string job, long? after, InfoLinkAgent agent, CancellationToken cancellation) => LocalAnswers.OfAsync(
            async () => (await agent.LinkTroublesAsync(job, after ?? -1, limit: 1_000, cancellation)).Select(Trouble.Of)));
        MapPersons(host);
        host.MapGet("/v1/links/history", (string id, string? kind, InfoLinkAgent agent, CancellationToken cancellation) => LocalAnswers.OfAsync(
            async () => (await agent.Links.HistoryAsync(new LocalId(kind ?? LocalId.DefaultKind, id), cancellation)).Select(Change.Of)));
    }

    /// <summary>What a clerk sees of links in doubt and of one person, and decides. No identifier stands in an address: proxies keep those.</summary>
    public static void MapPersons(IEndpointRouteBuilder host)
    {
        host.MapGet("/v1/links/quarantine", (InfoLinkAgent agent, CancellationToken cancellation) => LocalAnswers.OfAsync(
            async () => (await agent.Links.QuarantinedAsync(cancellation: cancellation)).Select(link => new Doubtful(link.Id.Kind, link.Id.Value, link.Why))));
        host.MapPost("/v1/links/standing", (HttpRequest request, InfoLinkAgent agent, CancellationToken cancellation) => LocalAnswers.OfAsync<StandingWish, Standing>(
            request, async wish => await agent.Links.StandingAsync(wish.Id, cancellation) is { } standing
                ? Standing.Of(standing, await agent.Links.HistoryAsync(wish.Id, cancellation))
                : throw new InvalidOperationException("Nobody is linked under this identifier.")));
        host.MapPost("/v1/links/marks", (HttpRequest request, InfoLinkAgent agent, CancellationToken cancellation) =>
            LocalAnswers.OfAsync<MarkWish, MarkDone>(request, wish => wish.DoAsync(agent.Links, cancellation)));
    }

    private static IAsyncEnumerable<RotationTold> RotateAsync(InfoLinkAgent agent, CancellationToken cancellation) =>
        Steps.OfAsync<Rotation, RotationTold>(progress => agent.RotateAsync(progress, cancellation), (rotation, ended) => new RotationTold(rotation, ended), cancellation);

    internal sealed record RotateWish(string Operator, string Reason) : LocalWish(Operator, Reason);

    /// <summary>A population to link: under the same name a job goes on; the CSV file is read by the agent.</summary>
    internal sealed record JobWish(
        string Operator, string Reason, string Job, string File, string Encoding = "utf-8", string Kind = LocalId.DefaultKind, Dictionary<string, string>? Columns = null) : LocalWish(Operator, Reason)
    {
        public override void Check()
        {
            base.Check();
            if (Job.Length is 0 or > 200 || Kind.Length is 0 or > 100 || !Path.IsPathFullyQualified(File))
            {
                throw new FormatException("job: a name of at most 200 characters; kind: of at most 100; file: a whole path.");
            }
        }

        public async IAsyncEnumerable<JobTold> RunAsync(InfoLinkAgent agent, [EnumeratorCancellation] CancellationToken cancellation)
        {
            var file = new PersonFile(File, Encoding, Kind, Columns ?? []);
            var persons = await file.CheckAsync(cancellation);
            await foreach (var told in Steps.OfAsync<LinkJob, JobTold>(
                progress => agent.LinkAllAsync(Job, file.ReadAsync(cancellation), By, progress, cancellation), (job, _) => JobTold.Of(job, persons), cancellation))
            {
                yield return told;
            }
        }
    }

    /// <summary>An agency that was, its link table (read by the agent), and the kind that its identifiers get here, so that none is taken for one of this agency's.</summary>
    internal sealed record AbsorbWish(string Operator, string Reason, string From, string Table, string Kind) : LocalWish(Operator, Reason)
    {
        public override void Check()
        {
            base.Check();
            if (!AgencyId.TryParse(From, out _) || Kind.Length is 0 or > 100 || !System.IO.File.Exists(Table))
            {
                throw new FormatException("from: an agency's id; table: its link table's file, which is there; kind: a name for its identifiers, of at most 100 characters.");
            }
        }

        public IAsyncEnumerable<AbsorbedTold> RunAsync(InfoLinkAgent agent, CancellationToken cancellation) => Steps.OfAsync<Absorbed, AbsorbedTold>(
            progress => agent.AbsorbAsync(AgencyId.Parse(From), LinkTable.ReadAsync(Table, kind => string.Equals(kind, LocalId.DefaultKind, StringComparison.Ordinal) ? Kind : $"{Kind}-{kind}", cancellation), By, progress, cancellation),
            (absorbed, ended) => new AbsorbedTold(
                absorbed.Had, absorbed.Linked, absorbed.Joined, absorbed.Already, absorbed.Refused.Count, absorbed.Contradicted.Count, ended),
            cancellation);
    }

    internal enum MarkAct
    {
        Quarantine = 1,
        Release = 2,
        Withhold = 3,
        Disclose = 4,
        Manual = 5,
        Automatic = 6,
        Unlink = 7,
    }

    internal sealed record MarkWish(string Operator, string Reason, string Id, MarkAct Act, string Kind = LocalId.DefaultKind) : LocalWish(Operator, Reason)
    {
        public async Task<MarkDone> DoAsync(LinkTable links, CancellationToken cancellation)
        {
            var (id, by) = (new LocalId(Kind, Id), By);
            if (Act == MarkAct.Unlink)
            {
                var ended = await links.UnlinkAsync(id, by, cancellation);
                return new MarkDone(ended.Done, ended.Remedy?.Case, ended.Remedy?.Exchanges);
            }

            return new MarkDone(await (Act switch
            {
                MarkAct.Quarantine => links.QuarantineAsync(id, by, cancellation),
                MarkAct.Release => links.ReleaseAsync(id, by, cancellation),
                MarkAct.Withhold => links.MarkAsync(id, by, withheld: true, cancellation: cancellation),
                MarkAct.Disclose => links.MarkAsync(id, by, withheld: false, cancellation: cancellation),
                MarkAct.Manual => links.MarkAsync(id, by, manualOnly: true, cancellation: cancellation),
                MarkAct.Automatic => links.MarkAsync(id, by, manualOnly: false, cancellation: cancellation),
                _ => throw new FormatException($"act: {string.Join(", ", Enum.GetNames<MarkAct>())}."),
            }));
        }
    }

    /// <param name="Done">False: nobody is linked under the identifier.</param>
    /// <param name="Remedy">A link ended through which exchanges were made: the case that waits for a decision.</param>
    /// <param name="Exchanges">How many they are.</param>
    internal sealed record MarkDone(bool Done, long? Remedy = null, int? Exchanges = null);

    internal sealed record JobTold(string Job, long Persons, long Done, IReadOnlyDictionary<string, long> Counts, bool Agrees, bool Ended)
    {
        public static JobTold Of(LinkJob job, long persons) => new(
            job.Name, persons, job.Next, job.Counts.ToDictionary(pair => pair.Key.ToString(), pair => pair.Value, StringComparer.Ordinal), job.Agrees, job.Ended);
    }

    internal sealed record RotationTold(Rotation Rotation, bool Ended);

    internal sealed record AbsorbedTold(long Had, long Linked, long Joined, long Already, int Refused, int Contradicted, bool Ended);

    internal sealed record Trouble(long At, string Kind, string Id, LinkingResult Result, IReadOnlyList<string> Reasons)
    {
        public static Trouble Of(PersonLinked person) => new(person.At, person.Id.Kind, person.Id.Value, person.Result, person.Reasons);
    }

    /// <summary>About whom.</summary>
    internal sealed record StandingWish(string Person, string Kind = LocalId.DefaultKind)
    {
        internal LocalId Id => new(Kind, Person);

        public override string ToString() => "StandingWish(redacted)";
    }

    internal sealed record Standing(string State, string? Why, bool Withheld, bool ManualOnly, IReadOnlyList<Change> History)
    {
        public static Standing Of(LinkStanding standing, IReadOnlyList<LinkEvent> history) => new(
            standing.State.ToString().ToLowerInvariant(), standing.Why.Length > 0 ? standing.Why : null, standing.IsWithheld, standing.IsManualOnly, [.. history.Select(Change.Of)]);
    }

    internal sealed record Doubtful(string Kind, string Id, string Why);

    internal sealed record Change(DateTimeOffset Time, LinkChange What, string Operator, string Reason)
    {
        public static Change Of(LinkEvent change) => new(change.Time, change.What, change.Act.Operator, change.Act.Reason);
    }
}
