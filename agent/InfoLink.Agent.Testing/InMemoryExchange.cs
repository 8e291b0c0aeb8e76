using InfoLink.Agent.Links;
using InfoLink.Agent.People;
using InfoLink.Agent.Providing;
using InfoLink.Agent.Requesting;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Tokens;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Testing;

/// <summary>
/// An exchange without a wire. The requester's questions, the provider's checks, its answers and the requester's look at them are the real agent's own parts; between them stand values
/// instead of messages:
/// <list type="number">
/// <item>The question is made whole; local persons to own codes; where no provider is named, the kinds' rule finds one.</item>
/// <item>The broker's decision.</item>
/// <item>Identity checks, where the entry has them, sealed to the provider.</item>
/// <item>The provider's checks, then each subject: scripted, pending, or from its source.</item>
/// <item>The requester's own look at form and layout.</item>
/// </list>
/// </summary>
internal sealed class InMemoryExchange(InMemoryNetwork network, InMemoryAgency requester) : IExchange
{
    public Task<Outcome<Admitted>> AdmitAsync(IReadOnlyList<string> persons, Inquiry inquiry, Asker who, CancellationToken cancellation) => Task.FromResult(requester.Questions.Complete(persons, inquiry, who) switch
    {
        Outcome<Question>.Refused { Refusal: var refusal } => refusal,
        Outcome<Question>.Done { Value: var complete } when OpenCases.WhyNotNamed(complete.Entry.Requirements.OpenCase, who.CaseReference) is { } unnamed => unnamed,
        Outcome<Question>.Done { Value: var complete } => (Outcome<Admitted>)new Admitted(complete, who, new Dictionary<string, Refusal>(StringComparer.Ordinal)),
        _ => throw new InvalidOperationException("An outcome is done or refused."),
    });

    public async Task<Outcome<Fetched>> FetchAsync(IReadOnlyList<string> persons, Inquiry inquiry, Asker who, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();

        // 1. The question.
        var admitting = await AdmitAsync(persons, inquiry, who, cancellation);
        if (admitting is not Outcome<Admitted>.Done { Value.Question: var complete })
        {
            return ((Outcome<Admitted>.Refused)admitting).Refusal;
        }

        var linked = new List<(string Person, LinkCode Code)>();
        foreach (var person in persons)
        {
            if (await requester.Links.CodeOfAsync(person, cancellation) is { } code)
            {
                linked.Add((person, code));
            }
        }

        if (linked.Count == 0)
        {
            return new Fetched(null, [.. persons.Select(person => new FetchedPerson.Refused(person, RefusalName.LinkMissing))]);
        }

        var addressed = await requester.Questions.AddressAsync(complete, [.. linked.Select(person => person.Person)], cancellation);
        if (addressed is not Outcome<AddressedQuestion>.Done { Value: var question })
        {
            return ((Outcome<AddressedQuestion>.Refused)addressed).Refusal;
        }

        // 2. The broker.
        var authorized = network.Broker.Authorize(requester, question, [.. linked.Select(person => person.Code)]);
        if (authorized is not Outcome<InMemoryApproval>.Done { Value: var approval })
        {
            return ((Outcome<InMemoryApproval>.Refused)authorized).Refusal;
        }

        // 3.–4. The provider.
        var answered = await AnswerAsync(question, approval, index => linked[(int)index].Person, cancellation);
        if (answered is not Outcome<SubjectResult[]>.Done { Value: var results })
        {
            return ((Outcome<SubjectResult[]>.Refused)answered).Refusal;
        }

        // 5. Believed, and handed over. Whom the provider holds for somebody else is not asked about through this link again.
        var read = results.ToDictionary(result => linked[(int)result.Index].Person, result => Believe(result, approval.Claims), StringComparer.Ordinal);
        foreach (var (person, result) in read.Where(subject => Outcomes.Of(subject.Value) == SubjectOutcome.MismatchOutcome))
        {
            await requester.Links.QuarantineAsync(LocalId.Of(person), new LinkAct("automatic", $"identity mismatch at {question.Provider.Id}"), CancellationToken.None);
        }

        var refused = linked.Select(person => person.Person).Where(person => !read.ContainsKey(person)).ToHashSet(StringComparer.Ordinal);
        return new Fetched(
            approval.Claims.ExchangeId,
            [
                .. persons.Select(person =>
                    read.TryGetValue(person, out var result) ? Outcomes.Person(person, result)
                    : new FetchedPerson.Refused(person, refused.Contains(person) ? RefusalName.LinkCodeRefused : RefusalName.LinkMissing)),
            ])
        { Choice = question.Choice };
    }

    private async Task<Outcome<SubjectResult[]>> AnswerAsync(AddressedQuestion question, InMemoryApproval approval, Func<uint, string> localIdOf, CancellationToken cancellation)
    {
        var provider = network.Find(question.Provider.Id)!;
        var answering = provider.Answering;
        var claims = approval.Claims;
        _ = ExchangeToken.TryParse($"in-memory.{claims.ExchangeId}", out var token);
        IReadOnlyList<SealedIdentityCheck> checks = [];
        if (question.IsChecked)
        {
            var making = requester.Answering.IdentityChecks;
            (uint, string)[] subjects = [.. approval.Subjects.Select(subject => (subject.Index, localIdOf(subject.Index)))];
            var made = making.WhyNot() is { } not ? not
                : provider.IsAway ? new Refusal(RefusalName.ProviderUnreachable)
                : await making.SealAsync(provider.CheckingKey.PublicKey, token!.Sha256, subjects, question.Newest, cancellation);
            if (made is not Outcome<IReadOnlyList<SealedIdentityCheck>>.Done { Value: var sealedChecks })
            {
                return ((Outcome<IReadOnlyList<SealedIdentityCheck>>.Refused)made).Refusal;
            }

            checks = sealedChecks;
        }

        if (provider.IsAway)
        {
            return new Refusal(RefusalName.ProviderUnreachable);
        }

        var fetch = new Fetch(token!, new Receipt(), RecipientKey: [], question.Inquiry.Conditions) { IdentityChecks = checks };
        if ((answering.Checks.WhyBlocked(approval.Requester) ?? answering.Checks.WhyNotAllowed(new Peer(approval.Requester, Sha256Digest.Zero), claims, fetch.Conditions)) is { } refusal)
        {
            return refusal;
        }

        // Whom the test has said something about, and whom the agency's own parts decide about.
        var results = new List<SubjectResult>();
        var open = new List<(uint Index, LinkCode Code)>();
        foreach (var (index, person) in approval.Subjects)
        {
            var code = person.CodeAt(provider.Id);
            var here = await provider.Links.PersonOfAsync(code, cancellation) is { } known ? provider.Find(known.Id) : null;
            if (await ScriptedAsync(provider, here, person, index, code, claims, fetch.Conditions, cancellation) is { } scripted)
            {
                results.Add(scripted);
            }
            else
            {
                open.Add((index, code));
            }
        }

        if (open.Count > 0)
        {
            var those = fetch with { IdentityChecks = [.. checks.Where(check => open.Any(subject => subject.Index == check.Index))] };
            results.AddRange(await answering.Answers.ReadAsync(claims, those, open, cancellation));
        }

        foreach (var pending in results.Where(result => result.Outcome == SubjectOutcome.PendingOutcome))
        {
            var deadline = DateTimeOffset.FromUnixTimeSeconds(AnswerMessages.TryRead(pending.Payload)!.Pending.Deadline);
            network.Desk.Put(claims.ExchangeId, PersonAt(approval, pending.Index), requester.Id, claims.Entry, claims.Conditions, deadline);
        }

        return results.OrderBy(result => result.Index).ToArray();
    }

    /// <summary>What the test says of this person at the provider; null: nothing, the agency's own parts decide.</summary>
    private async Task<SubjectResult?> ScriptedAsync(
        InMemoryAgency provider, KnownPerson? here, TestPerson person, uint index, LinkCode code, TokenClaims claims, Contracts.Catalog.InquiryConditions conditions, CancellationToken cancellation)
    {
        if (claims.Continues is { } before)
        {
            return await CollectAsync(provider, here, person, before, index, code, claims, conditions, cancellation);
        }

        if (here?.Refused is { } refused)
        {
            return Refused(index, code, refused);
        }

        var deadline = JapanTime.EndOf(JapanTime.Today(network.Time).AddDays(network.Catalog.Entries[claims.Entry].AnswerDeadlineDays));
        return here is { Waits: true } ? new SubjectResult(index, code, SubjectOutcome.PendingOutcome, AnswerMessages.Write(deadline)) : null;
    }

    /// <summary>Collecting: still pending until the first deadline, answered from the sources when the human has decided to, as often as it is collected.</summary>
    private async Task<SubjectResult> CollectAsync(
        InMemoryAgency provider, KnownPerson? here, TestPerson person, ExchangeId before, uint index, LinkCode code, TokenClaims claims, Contracts.Catalog.InquiryConditions conditions, CancellationToken cancellation)
    {
        if (network.Desk.Find(before, person, requester.Id, claims.Entry, claims.Conditions) is not { } deadline || here is { Decision: HumanDecision.Lapse })
        {
            return Refused(index, code, PendingDesk.NothingPending);
        }

        if (here is not { Decision: HumanDecision.Answer })
        {
            return new SubjectResult(index, code, SubjectOutcome.PendingOutcome, AnswerMessages.Write(deadline));
        }

        InformationRequest[] requests =
        [
            .. claims.Kinds.Select(kind => new InformationRequest
            {
                Person = here.LocalId, Kind = kind, Conditions = conditions, Entry = claims.Entry, Role = claims.Role, Requester = claims.Requester,
            }),
        ];
        return await provider.Answering.Sources.ReadAsync(network.Catalog, requests, cancellation) switch
        {
            Outcome<IReadOnlyDictionary<KindId, Items>>.Done done => new SubjectResult(index, code, SubjectOutcome.AnsweredOutcome, AnswerMessages.Write(done.Value)),
            Outcome<IReadOnlyDictionary<KindId, Items>>.Refused refused => Refused(index, code, refused.Refusal),
            _ => throw new InvalidOperationException("An outcome is done or refused."),
        };
    }

    /// <summary>What the requester makes of an answer that it has opened.</summary>
    private Outcome<Answer> Believe(SubjectResult result, TokenClaims claims)
    {
        var answer = AnswerMessages.TryRead(result.Payload)!;
        return answer.ResultCase == Answer.ResultOneofCase.Answered && AnswerReading.WhyOutsideLayout(answer.Answered, claims.Kinds, requester.Trust.Catalog) is { } outside
            ? outside
            : answer;
    }

    private static SubjectResult Refused(uint index, LinkCode code, Refusal why) => new(
        index,
        code,
        why.Name switch
        {
            RefusalName.NotAvailable => SubjectOutcome.NotAvailableOutcome,
            RefusalName.IdentityMismatch => SubjectOutcome.MismatchOutcome,
            _ => SubjectOutcome.RefusedOutcome,
        },
        AnswerMessages.Write(why));

    private static TestPerson PersonAt(InMemoryApproval approval, uint index) => approval.Subjects.First(subject => subject.Index == index).Person;
}
