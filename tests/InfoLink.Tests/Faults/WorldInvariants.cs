using InfoLink.Samples.Network;
using InfoLink.V1;

namespace InfoLink.Tests.Faults;

/// <summary>Something that must not be.</summary>
/// <param name="Rule">Its short name.</param>
/// <param name="Detail">What exactly, in ids and places.</param>
internal sealed record Breach(string Rule, string Detail)
{
    public override string ToString() => $"{Rule}: {Detail}";
}

/// <summary>
/// Goes over a whole world at rest, after whatever was done to it: the logs of all three, the ledger, Redis, and what the diary says was asked, answered
/// and handed out.
/// <list type="number">
/// <item>Each log against itself and what was signed, and all against one another, by the product's own audit (<see cref="WorldAudit"/>).</item>
/// <item>Each log's rows, counted by SQL: none missing, none changed, none twice.</item>
/// <item>Each exchange: no token without a durable approval, nothing redeemed, answered, received or settled twice or out of order.</item>
/// <item>Each question of the diary: asked once on record, ended once on record as it was told, its values those of the person asked about.</item>
/// <item>The ledger: no token twice, none answered that is not spent, none spent that has no end.</item>
/// <item>Redis: nothing without an end of its time, nothing redeemed that the ledger does not know under the same attempt.</item>
/// </list>
/// What a crash may cost is bounded by the diary: a party that was never hit owes every end.
/// </summary>
internal static class WorldInvariants
{
    /// <summary>The world must be at rest: nobody asks, and what was to be settled is.</summary>
    public static async Task<IReadOnlyList<Breach>> FindAsync(WorldPlaces places, Diary diary, WorldExpectation? expectation = null)
    {
        var expected = expectation ?? WorldExpectation.Nothing;
        var world = await WorldOnRecord.ReadAsync(places);
        var breaches = new List<Breach>(await WorldAudit.FindAsync(places, diary, expected));
        foreach (var log in world.Logs)
        {
            Rows(log, breaches);
        }

        new ExchangeInvariants(world, diary, expected, breaches).Look();
        new QuestionInvariants(world, diary, breaches).Look();
        new TokenInvariants(world, diary, expected, breaches).Look();
        return breaches;
    }

    /// <summary>2. Each row is there once, and is what its digest says.</summary>
    private static void Rows(LogOnRecord log, List<Breach> breaches)
    {
        if (log.Records.Count != log.Size)
        {
            breaches.Add(new("rows-missing", $"The log of {log.Custodian} says {log.Size} and has {log.Records.Count} rows."));
        }

        var gap = log.Records.Select((record, place) => (record.Serial, Place: (long)place)).FirstOrDefault(row => row.Serial != row.Place);
        if (gap != default)
        {
            breaches.Add(new("rows-missing", $"In the log of {log.Custodian} record {gap.Place} is not there."));
        }

        breaches.AddRange(log.Records.Where(record => !record.DigestFits).Select(record => new Breach("row-changed", $"{log.Custodian} {record.Serial}")));
        if (!string.Equals(log.Custodian, WorldOnRecord.Broker, StringComparison.Ordinal))
        {
            // What was answered is kept on both sides, sealed, once for each person who was answered.
            breaches.AddRange(log.Records
                .Where(record => record.Open.Event is AccessEvent.Answered or AccessEvent.Received)
                .Where(record => record.Subjects.Count(subject => subject.Outcome == SubjectOutcome.AnsweredOutcome) > log.Contents[record.Serial].Count())
                .Select(record => new Breach("content-missing", $"{log.Custodian} {record.Serial}")));
        }
    }
}

/// <summary>What a test's own fault must leave behind, and would be a breach elsewhere.</summary>
internal sealed record WorldExpectation
{
    public static WorldExpectation Nothing { get; } = new();

    /// <summary>Findings and classes of difference of the audit, by name.</summary>
    public IReadOnlyCollection<string> AuditFindings { get; init; } = [];

    /// <summary>The ledger is an old copy: what was spent since the copy is not in it.</summary>
    public bool LedgerRestored { get; init; }

    /// <summary>The parties' clocks are not one.</summary>
    public bool ClocksApart { get; init; }

    /// <summary>The provider or the broker is away: what is answered need not be settled yet.</summary>
    public bool Unsettled { get; init; }

    /// <summary>Bundles end where their publications do, so long before the end of the world; null: nothing lies behind them.</summary>
    public TimeSpan? Margin { get; init; }

    /// <summary>The provider of this world.</summary>
    public static string Provider => NetworkFolder.Provider;
}
