using System.Security.Cryptography;
using Google.Protobuf;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Requesting;

/// <summary>The list of pending exchanges as an exchange sees it: a new pending answer goes in, a collected one is noted.</summary>
internal sealed class PendingList(PendingStore store, PendingContent content, int most, Func<string, bool> tells, TimeProvider time)
{
    public static readonly TimeSpan FirstPause = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(6);

    /// <summary>How long before the deadline it is asked once more, whatever the pause would be.</summary>
    private static readonly TimeSpan LastTry = TimeSpan.FromHours(1);

    /// <summary>When there may be room again; people make it, not seconds.</summary>
    private static readonly TimeSpan Full = TimeSpan.FromHours(1);

    /// <summary>Nothing is asked whose pending answer could not be kept.</summary>
    public async Task<Refusal?> WhyNotAsync(StatuteEntry entry, Inquiry inquiry, CancellationToken cancellation) =>
        entry.Requirements.Manual && inquiry.Continues is null && await store.OpenCountAsync(cancellation) >= most
            ? new Refusal(RefusalName.Overloaded, "pending exchanges of this agency", Full)
            : null;

    /// <summary>Durable when it returns; nothing where nobody's answer is pending.</summary>
    /// <param name="exchange">The broker's name for it.</param>
    /// <param name="question">As it was put to the provider.</param>
    /// <param name="who">Who asked.</param>
    /// <param name="results">By place, with the local identifier.</param>
    public async Task KeepAsync(ExchangeId exchange, AddressedQuestion question, Asker who, IReadOnlyList<(uint Place, string Person, Outcome<Answer> Result)> results)
    {
        var pending = results.Where(result => Outcomes.Of(result.Result) == SubjectOutcome.PendingOutcome).ToList();
        if (pending.Count == 0)
        {
            return;
        }

        var deadline = pending.Min(result => ((FetchedPerson.Pending)Outcomes.Person(result.Person, result.Result)).Deadline);
        var now = time.GetUtcNow();
        var asked = question.Inquiry with { Provider = question.Provider.Id, Role = question.Role, Kinds = question.Kinds };
        var kept = new PendingQuestion(asked, who, pending.ToDictionary(result => result.Place, result => result.Person));
        await store.KeepAsync(
            new PendingRow(
                exchange, question.Provider.Id, asked.Entry, now, deadline, asked.CollectsItself || tells(who.Caller), NextTry(now, deadline, attempts: 0, TimeSpan.Zero), content.Seal(exchange, kept))
            { Caller = who.Caller },
            pending.Select(result => result.Place));
    }

    /// <summary>What an exchange that continued another brought, once that is on record.</summary>
    public async Task NoteAsync(Inquiry inquiry, IReadOnlyList<(string Person, Outcome<Answer> Result)> results)
    {
        var pending = inquiry.Continues!.Value;
        if (await store.FindAsync(pending, CancellationToken.None) is not { } row)
        {
            return;
        }

        var places = content.Open(pending, row.Content).Persons.ToDictionary(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);
        await store.NoteAsync(
            pending,
            results.Where(result => places.ContainsKey(result.Person)).Select(result => Noted(places[result.Person], result)).OfType<PendingResult>(),
            inquiry.KeepsAnswers ? time.GetUtcNow() : null);

        PendingResult? Noted(uint place, (string Person, Outcome<Answer> Result) result) => Outcomes.Person(result.Person, result.Result) switch
        {
            FetchedPerson.Answered => new PendingResult(place, PendingState.Answered)
            {
                Answer = inquiry.KeepsAnswers ? content.SealAnswer(pending, place, ((Outcome<Answer>.Done)result.Result).Value.ToByteArray()) : null,
            },
            FetchedPerson.Refused { Refusal: { Name: RefusalName.NotAvailable or RefusalName.AnswerDenied or RefusalName.NothingPending or RefusalName.IdentityMismatch } last } =>
                new PendingResult(place, PendingState.Refused, last.Text),
            _ => null, // Pending still, or trouble that may pass before the deadline.
        };
    }

    /// <summary>Ever rarer, at distances that no two agencies keep in step, and once more shortly before the deadline.</summary>
    public static DateTimeOffset NextTry(DateTimeOffset now, DateTimeOffset deadline, int attempts, TimeSpan atLeast)
    {
        var pause = FirstPause * Math.Pow(2, Math.Min(attempts, 10));
        pause = (pause < LongestPause ? pause : LongestPause) * (RandomNumberGenerator.GetInt32(800, 1_200) / 1_000.0);
        var next = now + (pause > atLeast ? pause : atLeast);
        var last = deadline - (LastTry * (RandomNumberGenerator.GetInt32(500, 1_000) / 1_000.0));
        return now < last && next > last ? last : next;
    }
}
