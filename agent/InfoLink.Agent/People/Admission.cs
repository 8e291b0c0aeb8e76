using InfoLink.Agent.People.Releasing;
using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Transparency;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.People;

/// <summary>Before anything of a question leaves: may this operator ask it, is there a case for it, and has a second person released it where one has to? Who may not stands on record with what was tried; no person does.</summary>
internal sealed class Admission(AgencyPeople people, OpenCases cases, Releases releases, RefusalRecords refusals, AgencyId self)
{
    /// <returns>Why the whole is not asked; or how the operator stands on record, and about whom is not asked.</returns>
    /// <exception cref="LogUnavailableException">A refusal is not on record.</exception>
    public async Task<Outcome<Admitted>> AdmitAsync(Question question, IReadOnlyList<string> persons, Asker who, CancellationToken cancellation)
    {
        if (who.IsAdmitted)
        {
            return new Admitted(question, who, new Dictionary<string, Refusal>(StringComparer.Ordinal));
        }

        var recorded = people.RecordedAs(who);
        if (people.WhyNotAsk(who, question.Entry.Id) is { } not)
        {
            return await RefuseAsync(not);
        }

        var looked = await cases.LookAsync(question.Entry, persons, who.CaseReference, cancellation);
        if (looked is not Outcome<IReadOnlyDictionary<string, Refusal>>.Done { Value: var closed })
        {
            return await RefuseAsync(((Outcome<IReadOnlyDictionary<string, Refusal>>.Refused)looked).Refusal);
        }

        if (closed.Count == persons.Count)
        {
            return await RefuseAsync(closed.Values.First());
        }

        return await releases.WhyNotAsync(question, persons, who) is { } waits ? await RefuseAsync(waits) : new Admitted(question, who with { Operator = recorded, IsAdmitted = true }, closed);

        async Task<Refusal> RefuseAsync(Refusal refusal)
        {
            var about = new OpenPart { Entry = question.Entry.Id.Value, Role = question.Role.Value, Requester = self.Value };
            about.Kinds.Add(question.Kinds.Select(kind => kind.Value));
            var particulars = new Particulars { Operator = recorded, Terminal = who.Terminal, Use = who.Use, CaseReference = who.CaseReference };
            return await refusals.RefuseAsync(self, about, refusal, persons.Count, particulars);
        }
    }
}

/// <summary>What may be asked.</summary>
/// <param name="Question">It is whole.</param>
/// <param name="Who">As it goes on record; who brings this is let in again without another look.</param>
/// <param name="Closed">About whom not, and why; by the agency's own identifier.</param>
internal sealed record Admitted(Question Question, Asker Who, IReadOnlyDictionary<string, Refusal> Closed)
{
    public override string ToString() => "Admitted(redacted)";
}
