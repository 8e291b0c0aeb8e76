using System.Runtime.CompilerServices;
using InfoLink.Agent.Links;
using InfoLink.Agent.People;
using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Tokens;
using InfoLink.Hosting.Trust;
using InfoLink.V1;
using InquiryConditions = InfoLink.Contracts.Catalog.InquiryConditions;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Asking;

/// <summary>
/// Makes exchanges of lines: those that go to one provider in one role, case and condition, go together. One person twice in them is asked about once, and both lines have the answer. Those for a provider that is closed go last, when it has opened.
/// </summary>
internal sealed class BulkExchanges(
    TrustBase trust, LinkTable links, Questions questions, IExchange requesting, BulkQuestion question, Asker who, Patience patience)
{
    private readonly List<Exchange> _closed = [];
    private readonly HashSet<AgencyId> _closedProviders = [];

    /// <returns>The lines in parts, each part when its exchange is done.</returns>
    public async IAsyncEnumerable<IReadOnlyList<(int At, LineResult Result)>> AskAsync(
        IReadOnlyList<(int At, BulkLine Line)> lines, [EnumeratorCancellation] CancellationToken cancellation)
    {
        _closed.Clear();
        _closedProviders.Clear();

        // 1. Lines that are none. An individual number goes no further, not even into the result.
        var unasked = new List<(int At, LineResult Result)>();
        var asked = new List<(int At, BulkLine Line)>();
        foreach (var (at, line) in lines)
        {
            var isNumber = IndividualNumber.IsWrittenIn(line.Person);
            if (line.Broken is not null)
            {
                unasked.Add((at, new LineResult(isNumber ? line with { Person = "" } : line, LineOutcome.Broken)));
            }
            else if (isNumber)
            {
                unasked.Add((at, LineResult.Of(line with { Person = "" }, new Refusal(RefusalName.NumberAsKey, "id"))));
            }
            else if (await links.CodeOfAsync(line.Person, cancellation) is null)
            {
                unasked.Add((at, LineResult.Of(line, RefusalName.LinkMissing)));
            }
            else
            {
                asked.Add((at, line));
            }
        }

        if (unasked.Count > 0)
        {
            yield return unasked;
        }

        // 2. Whom each leads to.
        foreach (var exact in asked.GroupBy(line => (Provider: line.Line.Provider ?? question.Inquiry.Provider, Role: line.Line.Role ?? question.Inquiry.Role, line.Line.TaxYear, Case: line.Line.CaseReference ?? who.CaseReference)))
        {
            var inquiry = question.Inquiry with { Provider = exact.Key.Provider, Role = exact.Key.Role, Conditions = ConditionsOf(exact.Key.TaxYear) };
            var clerk = who with { CaseReference = exact.Key.Case };
            if (inquiry.Provider is not null)
            {
                await foreach (var part in ExchangesAsync(inquiry, clerk, [.. exact], cancellation))
                {
                    yield return part;
                }

                continue;
            }

            var (chosen, asker) = (new List<(int At, BulkLine Line, ProviderChoice Choice)>(), clerk);
            foreach (var some in exact.Chunk(TokenRules.MaxSubjects))
            {
                var refused = new List<(int At, LineResult Result)>();
                var (admitted, open) = await AdmitAsync(inquiry, clerk, some, refused, cancellation);
                asker = admitted ?? asker;
                if (open.Length > 0)
                {
                    await ChooseAsync(inquiry, open, chosen, refused, cancellation);
                }

                if (refused.Count > 0)
                {
                    yield return refused;
                }
            }

            foreach (var there in chosen.GroupBy(line => line.Choice with { Department = null }))
            {
                var department = there.Select(line => line.Choice.Department).Distinct(StringComparer.Ordinal).ToList() is [var only] ? only : null;
                await foreach (var part in ExchangesAsync(inquiry with { Found = there.Key with { Department = department } }, asker, [.. there.Select(line => (line.At, line.Line))], cancellation))
                {
                    yield return part;
                }
            }
        }

        // 4. Those who were closed, in the order in which they open.
        foreach (var exchange in _closed.OrderBy(waits => OpeningOf(waits.Provider!.Value)))
        {
            cancellation.ThrowIfCancellationRequested();
            var fetched = await patience.AtOpeningAsync(exchange.Provider!.Value, () => OpeningOf(exchange.Provider.Value), () => FetchAsync(exchange, cancellation), cancellation);
            yield return exchange.ResultsOf(fetched);
        }
    }

    /// <summary>Who may not ask, or has no case, does not learn from the registry where somebody lives either.</summary>
    /// <returns>The clerk as admitted, null where she is not; and the lines that may be asked.</returns>
    private async Task<(Asker? Clerk, (int At, BulkLine Line)[] Open)> AdmitAsync(
        Inquiry inquiry, Asker clerk, (int At, BulkLine Line)[] lines, List<(int At, LineResult Result)> refused, CancellationToken cancellation)
    {
        string[] persons = [.. lines.Select(line => line.Line.Person).Distinct(StringComparer.Ordinal)];
        var admitting = await patience.TryAsync(provider: null, () => requesting.AdmitAsync(persons, inquiry, clerk, cancellation), cancellation);
        if (admitting is Outcome<Admitted>.Refused { Refusal: var refusal })
        {
            refused.AddRange(lines.Select(line => (line.At, LineResult.Of(line.Line, refusal))));
            return (null, []);
        }

        var (_, who, closed) = ((Outcome<Admitted>.Done)admitting).Value;
        refused.AddRange(lines.Where(line => closed.ContainsKey(line.Line.Person)).Select(line => (line.At, LineResult.Of(line.Line, closed[line.Line.Person]))));
        return (who, [.. lines.Where(line => !closed.ContainsKey(line.Line.Person))]);
    }

    private InquiryConditions ConditionsOf(int? taxYear) => taxYear is { } year ? question.Inquiry.Conditions with { TaxYear = year } : question.Inquiry.Conditions;

    /// <summary>3. The exchanges; each part is what came of one.</summary>
    private async IAsyncEnumerable<IReadOnlyList<(int At, LineResult Result)>> ExchangesAsync(
        Inquiry inquiry, Asker clerk, IReadOnlyList<(int At, BulkLine Line)> lines, [EnumeratorCancellation] CancellationToken cancellation)
    {
        // Where the law lets one person be asked about at a time, that is how it is done.
        var most = trust.Catalog.Entries.TryGetValue(inquiry.Entry, out var entry) && !entry.Modes.HasFlag(ExchangeModes.Bulk) ? 1 : TokenRules.MaxSubjects;
        foreach (var persons in lines.GroupBy(line => line.Line.Person, StringComparer.Ordinal).Chunk(most))
        {
            cancellation.ThrowIfCancellationRequested();
            var exchange = new Exchange(inquiry, clerk, persons);
            if (exchange.Provider is { } there && _closedProviders.Contains(there))
            {
                _closed.Add(exchange);
                continue;
            }

            var fetched = await patience.TryAsync(exchange.Provider, () => FetchAsync(exchange, cancellation), cancellation);
            if (exchange.Provider is { } provider && fetched is Outcome<Fetched>.Refused { Refusal.Name: RefusalName.ProviderClosed })
            {
                _closedProviders.Add(provider);
                _closed.Add(exchange);
                continue;
            }

            yield return exchange.ResultsOf(fetched);
        }
    }

    private Task<Outcome<Fetched>> FetchAsync(Exchange exchange, CancellationToken cancellation) => requesting.FetchAsync(exchange.Persons, exchange.Inquiry, exchange.Clerk, cancellation);

    /// <summary>Null where the directory does not say that it is closed: then it was refused there, or has opened.</summary>
    private DateTimeOffset? OpeningOf(AgencyId provider)
    {
        var now = patience.Now;
        return trust.Members.TryFind(provider, out var member) ? member.Closed.Where(closure => closure.Holds(now)).Select(closure => (DateTimeOffset?)closure.Until).FirstOrDefault() : null;
    }

    /// <summary>Persons who are asked about together.</summary>
    private sealed class Exchange(Inquiry inquiry, Asker clerk, IReadOnlyList<IGrouping<string, (int At, BulkLine Line)>> persons)
    {
        public Inquiry Inquiry => inquiry;

        public Asker Clerk => clerk;

        public AgencyId? Provider => inquiry.Found?.Provider ?? inquiry.Provider;

        public IReadOnlyList<string> Persons { get; } = [.. persons.Select(person => person.Key)];

        public IReadOnlyList<(int At, LineResult Result)> ResultsOf(Outcome<Fetched> fetched) =>
        [
            .. persons.SelectMany((person, index) => person.Select(line => (line.At, fetched switch
            {
                Outcome<Fetched>.Done { Value: var done } => Of(line.Line, done.Persons[index]) with { Exchange = done.ExchangeId, Provider = Provider },
                Outcome<Fetched>.Refused { Refusal: var refusal } => LineResult.Of(line.Line, refusal) with { Provider = Provider },
                _ => throw new InvalidOperationException("An outcome is done or refused."),
            }))),
        ];
    }

    private static LineResult Of(BulkLine line, FetchedPerson person) => person switch
    {
        FetchedPerson.Answered answered => new LineResult(line, LineOutcome.Answered) { Kinds = answered.Kinds },
        FetchedPerson.Pending pending => new LineResult(line, LineOutcome.Pending) { PendingUntil = pending.Deadline },
        FetchedPerson.Refused refused => LineResult.Of(line, refused.Refusal),
        _ => throw new InvalidOperationException("A person is answered, pending or refused."),
    };

    /// <summary>One question to the registry for all; where it fails for one of them, for each half, until that one is alone with the refusal.</summary>
    private async Task ChooseAsync(
        Inquiry inquiry,
        ReadOnlyMemory<(int At, BulkLine Line)> lines,
        List<(int At, BulkLine Line, ProviderChoice Choice)> chosen,
        List<(int At, LineResult Result)> refused,
        CancellationToken cancellation)
    {
        string[] persons = [.. lines.ToArray().Select(line => line.Line.Person).Distinct(StringComparer.Ordinal)];
        switch (await patience.TryAsync(provider: null, () => OneChoiceAsync(inquiry, persons, cancellation), cancellation))
        {
            case Outcome<IReadOnlyList<ProviderChoice>>.Done { Value: var choices }:
                var byPerson = persons.Zip(choices).ToDictionary(pair => pair.First, pair => pair.Second, StringComparer.Ordinal);
                chosen.AddRange(lines.ToArray().Select(line => (line.At, line.Line, byPerson[line.Line.Person])));
                break;
            case Outcome<IReadOnlyList<ProviderChoice>>.Refused { Refusal: var refusal } when persons.Length == 1:
                refused.AddRange(lines.ToArray().Select(line => (line.At, LineResult.Of(line.Line, refusal))));
                break;
            default:
                var half = lines.Length / 2;
                await ChooseAsync(inquiry, lines[..half], chosen, refused, cancellation);
                await ChooseAsync(inquiry, lines[half..], chosen, refused, cancellation);
                break;
        }
    }

    private async Task<Outcome<IReadOnlyList<ProviderChoice>>> OneChoiceAsync(Inquiry inquiry, IReadOnlyList<string> persons, CancellationToken cancellation)
    {
        try
        {
            return await questions.ChooseAsync(persons, inquiry.Entry, inquiry.Kinds, inquiry.Conditions, cancellation);
        }
        catch (ProviderNotMemberException elsewhere)
        {
            return elsewhere.Refusal with { Detail = elsewhere.Municipality }; // To the clerk, who has to ask there; to no log.
        }
    }
}
