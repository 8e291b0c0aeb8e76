using System.Globalization;
using InfoLink.Contracts.Refusals;
using InfoLink.Samples.Network;
using InfoLink.V1;

namespace InfoLink.Tests.Faults;

/// <summary>4. Each question of the diary: on record once, with the end that was told, and with nobody else's values.</summary>
internal sealed class QuestionInvariants(WorldOnRecord world, Diary diary, List<Breach> breaches)
{
    /// <summary>Refusals of the agent's own before anything is asked, and so before anything is on record.</summary>
    private static readonly string[] BeforeAsked =
    [
        "LOG-UNAVAILABLE", "OVERLOADED", "LINK-MISSING", "DIRECTORY-STALE", "ENTRY-UNKNOWN", "MEMBER-UNKNOWN", "PROVIDER-UNREACHABLE", "REQUEST-MALFORMED",
    ];

    /// <summary>After these the requester's agent asks again by itself, in a new exchange: nothing was spent.</summary>
    private static readonly RefusalName[] AskedAgain = [RefusalName.LedgerReopened, RefusalName.DirectoryStale, RefusalName.CatalogMismatch];

    /// <summary>Refusals that only a provider or broker tells, each on its own record.</summary>
    private static readonly RefusalName[] TellersRecord =
        [RefusalName.LedgerReopened, RefusalName.TokenSpent, RefusalName.TokenExpired, RefusalName.TokenInvalid, RefusalName.TokenUnknown, RefusalName.LogStale, RefusalName.BlockedByProvider];

    /// <summary>Beyond so many of one name and member in a minute they are counted and written together, maybe later.</summary>
    private const int CountedBeyond = 60;

    public void Look()
    {
        var own = world.Of(NetworkFolder.Requester);
        var byQuestion = own.Records.Where(record => record.CaseReference.Length > 0).ToLookup(record => record.CaseReference, StringComparer.Ordinal);
        var known = diary.Questions.Select(question => question.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var stranger in byQuestion.Where(group => !known.Contains(group.Key)))
        {
            breaches.Add(new("unasked", $"{stranger.Key} stands in the requester's log, and nobody asked it."));
        }

        foreach (var question in diary.Questions)
        {
            Look(question, [.. byQuestion[question.Id]]);
        }

        TellersHaveIt(own);
    }

    private void Look(Question question, IReadOnlyList<OnRecord> records)
    {
        var asked = records.Count(record => record.Open.Event == AccessEvent.Asked);
        List<OnRecord> received = [.. records.Where(record => record.Open.Event == AccessEvent.Received)];
        List<OnRecord> failed = [.. records.Where(record => record.Open.Event == AccessEvent.Failed)];
        var again = failed.Count(record => AskedAgain.Contains(record.Open.Refusal));
        if (asked > 1 + again || received.Count > 1 || received.Count + failed.Count > asked)
        {
            Tell("question-twice", $"asked {asked}, received {received.Count}, failed {failed.Count} times, of which {again} times it was to ask again.");
        }

        switch (question.Ending)
        {
            case null:
                Tell("question-open", "it has no end in the diary.");
                break;

            case Ending.Answered answered:
                if (received is not [var one] || !string.Equals(one.Exchange, answered.Exchange, StringComparison.Ordinal))
                {
                    Tell("answer-unlogged", $"its values were handed over; received {received.Count} times.");
                }

                if (!string.Equals(answered.TotalIncome, FaultWorld.IncomeOf(question.Person), StringComparison.Ordinal))
                {
                    Tell("wrong-value", "the values are another person's.");
                }

                break;

            case Ending.Refused { Exchange: not null } refused:
                if (received is not [var told] || !string.Equals(told.Exchange, refused.Exchange, StringComparison.Ordinal))
                {
                    Tell("refusal-unlogged", "a person's refusal is not on record as received.");
                }

                break;

            case Ending.Refused refused when asked == 0:
                if (!BeforeAsked.Contains(refused.Name, StringComparer.Ordinal))
                {
                    Tell("refusal-unlogged", "it was refused as asked, and ASKED is not on record.");
                }

                break;

            case Ending.Refused refused:
                if (refused.Name is not "LOG-UNAVAILABLE" && (failed is not [.., var end] || !string.Equals(NameOf(end), refused.Name, StringComparison.Ordinal)))
                {
                    Tell("refusal-unlogged", $"on record as failed: {string.Join(", ", failed.Select(NameOf))}.");
                }

                break;

            case Ending.Lost:
                if (diary.FaultsOf(Party.Requester) == 0)
                {
                    Tell("question-lost", "nobody answered it, and nothing was done to the requester.");
                }

                break;

            default:
                throw new InvalidOperationException("An ending is answered, refused or lost.");
        }

        void Tell(string rule, string detail) => breaches.Add(new Breach(rule, $"{question}: {detail}"));
    }

    /// <summary>What a provider or broker refused and the requester has on record as its reason, the one who refused has on record too.</summary>
    private void TellersHaveIt(LogOnRecord own)
    {
        var refusals = world.Of(NetworkFolder.Provider).With(AccessEvent.Refused).Concat(world.Of(WorldOnRecord.Broker).With(AccessEvent.Refused)).ToList();
        foreach (var name in TellersRecord)
        {
            var told = own.With(AccessEvent.Failed).Where(record => record.Open.Refusal == name).ToList();
            var recorded = refusals.Where(record => record.Open.Refusal == name).ToList();
            var single = recorded.Select(record => record.Token).ToHashSet(StringComparer.Ordinal);
            var missing = told.Count(record => record.Exchange.Length > 0 && !single.Contains(record.Token));
            if (missing > 0 && recorded.Count < CountedBeyond)
            {
                breaches.Add(new("refusal-unlogged", string.Create(CultureInfo.InvariantCulture, $"{name}: {missing} of {told.Count} that the requester was told are on no record of whoever said it.")));
            }
        }
    }

    private static string NameOf(OnRecord record) => RefusalTable.TryOf(record.Open.Refusal, out var known) ? known!.Text : "no name";
}
