using System.Buffers;
using Grpc.Core;
using InfoLink.Codes;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Tokens;
using InfoLink.Hosting.Members;
using InfoLink.Transparency;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Numbering.Individuals;

/// <summary>
/// <c>infolink.v1.NumberingService</c> on the wire: who calls, what it may, message to values, the act on record before it happens, the table, values to message.
/// Numbers leave only to those who tell people theirs.
/// </summary>
internal sealed class NumberingEdge(ConversionTable table, MemberHost member, ActRecords acts, NoticeLimits limits) : NumberingService.NumberingServiceBase
{
    /// <summary>Of persons in one call, and of rows on one page.</summary>
    public const int MostAtOnce = TokenRules.MaxSubjects;

    private const int LongestReference = 64;
    private const int ChangeIdLength = 16;
    private static readonly SearchValues<char> InReference = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-");

    public override Task<AssignReply> Assign(AssignRequest request, ServerCallContext context) => Faults.NamedAsync(async () =>
    {
        var caller = member.CallerOf(context, MemberFlags.Registry);
        RequireCount(request.Persons.Count, "persons");
        var persons = request.Persons.Select(person => new Registration(IsAddressee(person.Addressee) ? Code(person.RecordCode) : null, person.Addressee)).ToList();
        await RecordAsync(caller, "assign", $"{persons.Count} persons");
        var numbered = await table.AssignAsync(persons, limits.MostWaiting, context.CancellationToken);
        var reply = new AssignReply();
        for (var i = 0; i < numbered.Length; i++)
        {
            reply.Outcomes.Add(IsAddressee(request.Persons[i].Addressee) ? numbered[i].Outcome : NumberingOutcome.NumberingAddresseeMalformed);
        }

        if (caller.Has(MemberFlags.NumberNotifier))
        {
            reply.Numbers.Add(numbered.Select(one => one.Number?.Reveal() ?? ""));
        }

        return reply;
    });

    public override Task<FollowReply> Follow(FollowRequest request, ServerCallContext context) => Faults.NamedAsync(async () =>
    {
        var caller = member.CallerOf(context, MemberFlags.Registry);
        if (Code(request.OldRecordCode) is not { } old || Code(request.NewRecordCode) is not { } next)
        {
            return new FollowReply { Outcome = NumberingOutcome.NumberingCodeMalformed };
        }

        await RecordAsync(caller, "follow", "1 person");
        return new FollowReply { Outcome = await table.FollowAsync(old, next, context.CancellationToken) };
    });

    public override Task<ChangeReply> Change(ChangeRequest request, ServerCallContext context) => Faults.NamedAsync(async () =>
    {
        var caller = member.CallerOf(context, MemberFlags.Registry);
        if (request.ChangeId.Length != ChangeIdLength
            || request.Ground is not (NumberGround.NumberOnRequest or NumberGround.NumberAfterLeak)
            || (request.CaseReference.Length > 0 && !IsReference(request.CaseReference)))
        {
            throw new RefusedException(new Refusal(RefusalName.RequestMalformed, "change_id, ground or case_reference"));
        }

        if (!IsAddressee(request.Person?.Addressee ?? ""))
        {
            return new ChangeReply { Outcome = NumberingOutcome.NumberingAddresseeMalformed };
        }

        if (Code(request.Person!.RecordCode) is not { } code)
        {
            return new ChangeReply { Outcome = NumberingOutcome.NumberingCodeMalformed };
        }

        await RecordAsync(caller, request.Ground == NumberGround.NumberOnRequest ? "change on request" : "change after a leak", "1 person", request.CaseReference);
        var wish = new WishedChange(code, request.ChangeId.ToByteArray(), request.Ground, request.CaseReference, request.Person.Addressee);
        var changed = await table.ChangeAsync(wish, limits.MostWaiting, context.CancellationToken);
        return new ChangeReply { Outcome = changed.Outcome, Number = caller.Has(MemberFlags.NumberNotifier) ? changed.Number?.Reveal() ?? "" : "" };
    });

    public override Task<NotificationsReply> Notifications(NotificationsRequest request, ServerCallContext context) => Faults.NamedAsync(async () =>
    {
        var caller = member.CallerOf(context, MemberFlags.NumberNotifier);
        RequireCount((int)Math.Min(request.AtMost, int.MaxValue), "at_most");
        await RecordAsync(caller, "read notices", $"state {request.State}, {request.AtMost} at most");
        var page = await table.NoticesAsync(request.State, request.After, (int)request.AtMost, context.CancellationToken);
        return new NotificationsReply
        {
            Notices =
            {
                page.Select(notice => new Notice
                {
                    Id = notice.Id,
                    Number = IndividualNumber.FromBase(notice.Number).Reveal(),
                    Addressee = notice.Addressee,
                    State = notice.State,
                    Sendings = (uint)notice.Sendings,
                    SinceMs = notice.Since.ToUnixTimeMilliseconds(),
                }),
            },
        };
    });

    public override Task<MarkNotificationReply> MarkNotification(MarkNotificationRequest request, ServerCallContext context) => Faults.NamedAsync(async () =>
    {
        var caller = member.CallerOf(context, MemberFlags.NumberNotifier);
        RequireCount(request.Marks.Count, "marks");
        await RecordAsync(caller, "mark notices", $"{request.Marks.Count} notices");
        var taken = await table.MarkAsync([.. request.Marks.Select(mark => (mark.Id, mark.State))], limits.KeepEnded, context.CancellationToken);
        return new MarkNotificationReply { Taken = { taken } };
    });

    private static void RequireCount(int count, string of)
    {
        if (count is < 1 or > MostAtOnce)
        {
            throw new RefusedException(new Refusal(RefusalName.SubjectCount, of));
        }
    }

    private static ResidentRecordCode? Code(string text) => ResidentRecordCode.TryParse(text, out var code) ? code : null;

    /// <summary>The registry's reference is opaque; but what must not stand in a notice is not taken for one.</summary>
    private static bool IsAddressee(string text) =>
        IsReference(text) && !IndividualNumber.IsWrittenIn(text) && !ResidentRecordCode.TryParse(TypedDigits.In(text) is { IsOnlyDigits: true } typed ? typed.Digits : "", out _);

    private static bool IsReference(string text) => text.Length is > 0 and <= LongestReference && !text.AsSpan().ContainsAnyExcept(InReference);

    private Task RecordAsync(Member caller, string what, string about, string reason = "") =>
        acts.RecordAsync(new OperatorAct { Operator = $"member {caller.Id}", What = what, About = about, Reason = reason });
}

/// <summary>What notices may take up.</summary>
/// <param name="MostWaiting">Notices that wait to be sent; beyond it nobody is numbered.</param>
/// <param name="KeepEnded">How long a notice that has ended is kept.</param>
internal sealed record NoticeLimits(long MostWaiting, TimeSpan KeepEnded);
