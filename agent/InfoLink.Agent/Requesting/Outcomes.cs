using InfoLink.Contracts.Refusals;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Requesting;

/// <summary>What an opened answer means: for the record, and for the person asked about.</summary>
internal static class Outcomes
{
    public static SubjectOutcome Of(Outcome<Answer> result) => result switch
    {
        Outcome<Answer>.Done { Value.ResultCase: Answer.ResultOneofCase.Answered } => SubjectOutcome.AnsweredOutcome,
        Outcome<Answer>.Done { Value.ResultCase: Answer.ResultOneofCase.Pending } => SubjectOutcome.PendingOutcome,
        Outcome<Answer>.Done { Value.Refused.Name: RefusalName.NotAvailable } => SubjectOutcome.NotAvailableOutcome,
        Outcome<Answer>.Done { Value.Refused.Name: RefusalName.IdentityMismatch } => SubjectOutcome.MismatchOutcome,
        _ => SubjectOutcome.RefusedOutcome,
    };

    public static FetchedPerson Person(string person, Outcome<Answer> result) => result switch
    {
        Outcome<Answer>.Done { Value: { ResultCase: Answer.ResultOneofCase.Answered } answer } =>
            new FetchedPerson.Answered(person, new AnsweredKinds(AnswerMessages.TryRead(answer.Answered)!)),
        Outcome<Answer>.Done { Value: { ResultCase: Answer.ResultOneofCase.Pending } answer } =>
            new FetchedPerson.Pending(person, DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(answer.Pending.Deadline, 0, 253_402_300_799))),
        Outcome<Answer>.Done { Value.Refused: { } refused } =>
            new FetchedPerson.Refused(person, RefusalWire.FromMessage(refused) ?? new Refusal(RefusalName.AnswerInvalid, "refusal")),
        Outcome<Answer>.Refused { Refusal: var refusal } => new FetchedPerson.Refused(person, refusal),
        _ => new FetchedPerson.Refused(person, RefusalName.AnswerInvalid),
    };
}
