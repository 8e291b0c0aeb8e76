using Grpc.Core;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Samples.Registry.Keeping;
using InfoLink.V1;
using Microsoft.Data.Sqlite;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Samples.Registry.Matching;

/// <summary>
/// <c>infolink.v1.RegistryService</c> on the wire, and its whole story: (1) who calls, and whether it may; (2) what it asks; (3) a place, and the pace; (4) each person compared with the register;
/// (5) the call on record, durable; (6) a ticket for those who match, where links are asked for; (7) the reply. Nothing of it is kept but step 5.
/// </summary>
/// <param name="register">Who is on the register.</param>
/// <param name="tickets">The code authority.</param>
/// <param name="audit">Step 5.</param>
/// <param name="limits">Step 3.</param>
/// <param name="identify">Who calls, by its certificate and the member list that holds now; throws the refusal of whoever is nobody.</param>
/// <param name="time">The registry's clock.</param>
/// <param name="logger">For the operator: agencies, never persons.</param>
public sealed partial class RegistryEdge(
    Register register, MakeTicket tickets, MatchAudit audit, RegistryLimits limits, Func<ServerCallContext, Member> identify, TimeProvider time, ILogger<RegistryEdge> logger)
    : RegistryService.RegistryServiceBase
{
    /// <summary>Persons of one call at most.</summary>
    public const int MostPersons = 1000;

    /// <summary>Days of one call at most.</summary>
    public const int MostDays = 3;

    private readonly PersonSearch _search = new(register);

    public override async Task<MatchReply> Match(MatchRequest request, ServerCallContext context)
    {
        // 1. Who calls, and whether it may.
        var caller = identify(context);
        if (!caller.Has(MemberFlags.DirectMatching))
        {
            Log.NotFlagged(logger, caller.Id.Value);
            throw new Refusal(RefusalName.MemberNotEntitled, MemberFlags.DirectMatching).ToRpcException();
        }

        // 2. What it asks.
        if (request.Purpose is not (MatchPurpose.LinkPurpose or MatchPurpose.RefreshPurpose or MatchPurpose.ResidencePurpose))
        {
            throw new Refusal(RefusalName.RequestMalformed, "purpose").ToRpcException();
        }

        if (request.Persons.Count is 0 or > MostPersons)
        {
            throw new Refusal(RefusalName.SubjectCount).ToRpcException();
        }

        var days = DaysOf(request);

        // 3. A place, and the pace.
        using var place = ValueOf(await limits.EnterAsync(caller.Id, request.Persons.Count, context.CancellationToken));

        // 4. Each person.
        var found = _search.Search(request.Persons, request.Purpose, days, context.CancellationToken);

        // 5. On record before anything leaves.
        Record(caller, request.Purpose, found);

        // 6. The ticket.
        var reply = new MatchReply();
        var matched = found.OfType<Found.Person>().Select(person => person.Code).ToList();
        if (request.Purpose == MatchPurpose.LinkPurpose && matched.Count > 0)
        {
            reply.Ticket = ValueOf(await tickets(caller.Id, matched, context.CancellationToken));
        }

        // 7. The reply.
        reply.Persons.AddRange(found.Select(each => Write(each, request.Purpose)));
        return reply;
    }

    /// <summary>A link is not made by where somebody lived; a residence is always that of a day; and what will be after tomorrow nobody knows (tomorrow: clocks differ at midnight).</summary>
    private List<DateOnly> DaysOf(MatchRequest request)
    {
        var latest = JapanTime.CivilDate(time.GetUtcNow()).AddDays(1);
        var days = new List<DateOnly>();
        foreach (var text in request.AsOf)
        {
            if (DateOnly.TryParseExact(text, "yyyy-MM-dd", out var day) && day <= latest && !days.Contains(day))
            {
                days.Add(day);
            }
        }

        var good = request.Purpose switch
        {
            MatchPurpose.LinkPurpose => request.AsOf.Count == 0,
            MatchPurpose.ResidencePurpose => days.Count > 0,
            _ => true,
        };
        return good && days.Count == request.AsOf.Count && days.Count <= MostDays ? days : throw new Refusal(RefusalName.RequestMalformed, "asOf").ToRpcException();
    }

    private void Record(Member caller, MatchPurpose purpose, IReadOnlyList<Found> found)
    {
        var counts = new VerdictCounts(found.Count(each => each is Found.Person), found.Count(each => each is Found.Several), found.Count(each => each is Found.Nobody));
        try
        {
            audit.Append(new AuditRow(time.GetUtcNow(), caller.Id.Value, purpose, counts));
        }
        catch (SqliteException fault)
        {
            Log.NotRecorded(logger, fault.Message);
            throw new Refusal(RefusalName.LogUnavailable).ToRpcException();
        }
    }

    private static PersonMatch Write(Found found, MatchPurpose purpose)
    {
        switch (found)
        {
            case Found.Person person:
                var match = new PersonMatch { Verdict = MatchVerdict.Matched, Standing = person.Standing, Reasons = { person.Reasons } };
                if (purpose == MatchPurpose.RefreshPurpose)
                {
                    var now = person.Current;
                    match.Current = new BasicAttributes { Name = now.Name, Kana = now.Kana, Address = now.Address, BirthDate = now.BirthDate, Sex = now.Sex };
                    match.Municipality = now.Municipality;
                }

                match.Residences.Add(person.Residences);
                return match;
            case Found.Several several:
                return new PersonMatch { Verdict = MatchVerdict.Ambiguous, Candidates = (uint)several.Count, Reasons = { several.Reasons } };
            case Found.Nobody nobody:
                return new PersonMatch { Verdict = MatchVerdict.NotFound, Reasons = { nobody.Reasons } };
            default:
                throw new InvalidOperationException("A search finds a person, several or nobody.");
        }
    }

    private static T ValueOf<T>(Outcome<T> outcome) => outcome switch
    {
        Outcome<T>.Done done => done.Value,
        Outcome<T>.Refused refused => throw refused.Refusal.ToRpcException(),
        _ => throw new InvalidOperationException("An outcome is done or refused."),
    };

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Agency} asked for matching and is not flagged for it; it was refused")]
        public static partial void NotFlagged(ILogger logger, string agency);

        [LoggerMessage(2, LogLevel.Error, "The audit cannot be written, so nobody is answered: {Cause}")]
        public static partial void NotRecorded(ILogger logger, string cause);
    }
}
