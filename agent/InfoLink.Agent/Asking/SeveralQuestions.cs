using InfoLink.Agent.People;
using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Tokens;
using InfoLink.Transparency;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Asking;

/// <summary>One of several questions that are put together: a household, several providers, several entries.</summary>
/// <param name="Person">The agency's own identifier.</param>
/// <param name="Inquiry">What is asked about her.</param>
public sealed record PersonQuestion(string Person, Inquiry Inquiry)
{
    public override string ToString() => "PersonQuestion(redacted)";
}

/// <summary>What came of one of several questions.</summary>
/// <param name="Exchange">The exchange it went into; null where nothing was asked.</param>
/// <param name="Choice">Who was asked.</param>
/// <param name="Person">Answered, pending or refused.</param>
public sealed record PersonAnswer(ExchangeId? Exchange, ProviderChoice? Choice, FetchedPerson Person)
{
    public override string ToString() => "PersonAnswer(redacted)";
}

/// <summary>
/// Makes exchanges of several questions: those under one entry, to one provider, in one role and with the same conditions go together; where the law lets one person be asked about at a time, each goes alone. What is
/// refused for one does not stop another.
/// </summary>
internal sealed class SeveralQuestions(InfoLinkAgent.Running running)
{
    /// <summary>Questions at once, at most.</summary>
    public const int Most = 100;

    private const int Parallel = 4;

    public async Task<IReadOnlyList<PersonAnswer>> AskAsync(IReadOnlyList<PersonQuestion> questions, Asker who, CancellationToken cancellation)
    {
        var answers = new PersonAnswer[questions.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = cancellation };

        // Whom each leads to; who is named goes first. The registry is asked for nobody whom this operator may not ask about.
        var addressed = new (int At, PersonQuestion Question, Asker Who)?[questions.Count];
        await System.Threading.Tasks.Parallel.ForAsync(0, questions.Count, options, async (at, stop) =>
        {
            var question = questions[at];
            if (question.Inquiry.Provider is not null)
            {
                addressed[at] = (at, question, who);
                return;
            }

            switch (await TryAsync(() => ChooseAsync(question, who, stop)))
            {
                case Outcome<(ProviderChoice Choice, Asker Who)>.Done { Value: var (choice, admitted) }:
                    addressed[at] = (at, question with { Inquiry = question.Inquiry with { Found = choice } }, admitted);
                    break;
                case Outcome<(ProviderChoice Choice, Asker Who)>.Refused { Refusal: var refusal }:
                    answers[at] = Refused(question, refusal);
                    break;
            }
        });

        var exchanges = addressed.OfType<(int At, PersonQuestion Question, Asker Who)>()
            .GroupBy(one => (one.Question.Inquiry with { Kinds = [] }, Kinds: string.Join(' ', one.Question.Inquiry.Kinds)))
            .SelectMany(together => Exchanges([.. together]));
        await System.Threading.Tasks.Parallel.ForEachAsync(exchanges, options, async (exchange, stop) =>
        {
            var persons = exchange.Select(one => one.Question.Person).Distinct(StringComparer.Ordinal).ToList();
            var outcome = await TryAsync(() => running.Requesting.AskAsync(persons, exchange[0].Question.Inquiry, exchange[0].Who, running.Time, stop));
            foreach (var (at, question, _) in exchange)
            {
                answers[at] = outcome switch
                {
                    Outcome<Fetched>.Done { Value: var fetched } => new PersonAnswer(fetched.ExchangeId, fetched.Choice, fetched.Persons[persons.IndexOf(question.Person)]),
                    Outcome<Fetched>.Refused { Refusal: var refusal } => Refused(question, refusal),
                    _ => throw new InvalidOperationException("An outcome is done or refused."),
                };
            }
        });
        return answers;
    }

    private async Task<Outcome<(ProviderChoice Choice, Asker Who)>> ChooseAsync(PersonQuestion question, Asker who, CancellationToken cancellation)
    {
        var admitting = await running.Requesting.AdmitAsync([question.Person], question.Inquiry, who, cancellation);
        if (admitting is not Outcome<Admitted>.Done { Value: var admitted })
        {
            return ((Outcome<Admitted>.Refused)admitting).Refusal;
        }

        return await running.Questions.ChooseAsync([question.Person], question.Inquiry.Entry, question.Inquiry.Kinds, question.Inquiry.Conditions, cancellation) switch
        {
            Outcome<IReadOnlyList<ProviderChoice>>.Done { Value: [var choice] } => (choice, admitted.Who),
            Outcome<IReadOnlyList<ProviderChoice>>.Refused { Refusal: var refusal } => refusal,
            _ => throw new InvalidOperationException("One person leads to one provider, or to a refusal."),
        };
    }

    private IEnumerable<(int At, PersonQuestion Question, Asker Who)[]> Exchanges(IReadOnlyList<(int At, PersonQuestion Question, Asker Who)> together)
    {
        var isAlone = running.Trust.Catalog.Entries.TryGetValue(together[0].Question.Inquiry.Entry, out var entry) && !entry.Modes.HasFlag(ExchangeModes.Bulk);
        return together.GroupBy(one => one.Question.Person, StringComparer.Ordinal).Chunk(isAlone ? 1 : TokenRules.MaxSubjects).Select(persons => persons.SelectMany(same => same).ToArray());
    }

    private static PersonAnswer Refused(PersonQuestion question, Refusal refusal) => new(Exchange: null, Choice: null, new FetchedPerson.Refused(question.Person, refusal));

    private static async Task<Outcome<T>> TryAsync<T>(Func<Task<Outcome<T>>> act)
    {
        try
        {
            return await act();
        }
        catch (ProviderNotMemberException elsewhere)
        {
            return elsewhere.Refusal with { Detail = elsewhere.Municipality }; // To the clerk, who has to ask there; to no log.
        }
        catch (RefusedException refused)
        {
            return refused.Refusal;
        }
        catch (LogUnavailableException)
        {
            return new Refusal(RefusalName.LogUnavailable); // Who is refused must stand on record, and does not.
        }
    }
}
