using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Tokens;
using InfoLink.Hosting.Trust;
using InfoLink.V1;
using BasicAttributes = InfoLink.Matching.BasicAttributes;
using InquiryConditions = InfoLink.Contracts.Catalog.InquiryConditions;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Requesting;

/// <summary>Makes questions whole before anything of them leaves: what stands in them is something that the agency's own catalog and member list have, and they go to one provider.</summary>
internal sealed class Questions(TrustBase trust, ProviderChoosing choosing)
{
    private static readonly Dictionary<string, BasicAttributes> Nobody = [];

    public Outcome<Question> Complete(IReadOnlyList<string> persons, Inquiry inquiry, Asker who)
    {
        if (persons.Count is < 1 or > TokenRules.MaxSubjects)
        {
            return new Refusal(RefusalName.SubjectCount);
        }

        if (persons.Distinct(StringComparer.Ordinal).Count() < persons.Count)
        {
            return new Refusal(RefusalName.SubjectRepeated);
        }

        for (var i = 0; i < persons.Count; i++)
        {
            if (IndividualNumber.IsWrittenIn(persons[i]))
            {
                return new Refusal(RefusalName.NumberAsKey, $"persons[{i}]");
            }
        }

        if (string.IsNullOrWhiteSpace(who.Operator) || string.IsNullOrWhiteSpace(who.Terminal) || string.IsNullOrWhiteSpace(who.Use))
        {
            return new Refusal(RefusalName.RequestMalformed, "operator, terminal and use");
        }

        if (trust.WhyNotFresh() is { } stale)
        {
            return stale;
        }

        if (!trust.Catalog.Entries.TryGetValue(inquiry.Entry, out var entry))
        {
            return new Refusal(RefusalName.EntryUnknown);
        }

        if (inquiry.Provider is { } named && Reach(named) is Outcome<Member>.Refused { Refusal: var unreachable })
        {
            return unreachable;
        }

        // What the entry says alone, nobody needs to repeat. What it does not say goes no further: a slip of a clerk's may be a person's number.
        var role = inquiry.Role ?? (entry.Roles is [var only] ? only.Role : null);
        if (role is not { } known || entry.Roles.All(choice => choice.Role != known))
        {
            return new Refusal(RefusalName.RoleNotInEntry, string.Join(", ", entry.Roles.Select(choice => choice.Role)));
        }

        return KindsOf(entry, inquiry.Kinds) is { } kinds
            ? new Question(inquiry, entry, known, kinds)
            : new Refusal(RefusalName.KindNotInEntry, string.Join(", ", entry.Kinds));
    }

    /// <summary>
    /// Finds who is asked, and where the agency refreshes before it asks, the persons' newest attributes: one question to the registry for both. Nothing of it is asked where provider and
    /// attributes are there already.
    /// </summary>
    /// <param name="question">As the clerk put it.</param>
    /// <param name="persons">Those of its persons whom the agency has a code for.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<Outcome<AddressedQuestion>> AddressAsync(Question question, IReadOnlyList<string> persons, CancellationToken cancellation)
    {
        // Nothing leaves for an agency that is closed by its own word.
        if ((question.Inquiry.Provider ?? question.Inquiry.Found?.Provider) is { } known && Open(known) is Outcome<Member>.Refused { Refusal: var not })
        {
            return not;
        }

        var rule = choosing.RuleOf(question.Kinds);
        if (question.Inquiry.Provider is { } named)
        {
            var newest = question.IsChecked ? await choosing.NewestAsync(persons, cancellation) : Nobody;
            return Addressed(new ProviderChoice(named, Department: null, ProviderRule.Named, AsOf: null) { IsOverride = rule != ProviderRule.Named }, newest);
        }

        if (question.Inquiry.Found is { } found)
        {
            return Addressed(found, question.IsChecked ? await choosing.NewestAsync(persons, cancellation) : Nobody);
        }

        var chosen = await choosing.ChooseAsync(persons, question.Entry, rule, question.Inquiry.Conditions, question.IsChecked, cancellation);
        if (chosen is not Outcome<ChosenProviders>.Done { Value: { Choices: [var first, ..] choices } all })
        {
            return ((Outcome<ChosenProviders>.Refused)chosen).Refusal;
        }

        return choices.All(choice => choice.Provider == first.Provider)
            ? Addressed(choices.All(choice => choice == first) ? first : first with { Department = null }, all.Newest)
            : new Refusal(RefusalName.RequestMalformed, "provider: these persons lead to several; ask each by itself");

        Outcome<AddressedQuestion> Addressed(ProviderChoice choice, IReadOnlyDictionary<string, BasicAttributes> newest) => Open(choice.Provider) switch
        {
            Outcome<Member>.Done { Value: var provider } => new AddressedQuestion(question.Inquiry, provider, question.Role, question.Kinds, question.IsChecked, choice, newest),
            Outcome<Member>.Refused no => no.Refusal,
            _ => throw new InvalidOperationException("An outcome is done or refused."),
        };
    }

    /// <summary>The choices alone, one for each of 1 to 1,000 persons, in order: for a clerk who wants to see it before asking, and for lines that are to be put together.</summary>
    public async Task<Outcome<IReadOnlyList<ProviderChoice>>> ChooseAsync(IReadOnlyList<string> persons, EntryId entry, IReadOnlyList<KindId> kinds, InquiryConditions conditions, CancellationToken cancellation)
    {
        if (persons.Any(person => IndividualNumber.IsWrittenIn(person)))
        {
            return new Refusal(RefusalName.NumberAsKey, "person");
        }

        if (trust.WhyNotFresh() is { } stale)
        {
            return stale;
        }

        if (!trust.Catalog.Entries.TryGetValue(entry, out var known))
        {
            return new Refusal(RefusalName.EntryUnknown);
        }

        if (KindsOf(known, kinds) is not { } asked)
        {
            return new Refusal(RefusalName.KindNotInEntry, string.Join(", ", known.Kinds));
        }

        return await choosing.ChooseAsync(persons, known, choosing.RuleOf(asked), conditions, withAttributes: false, cancellation) switch
        {
            Outcome<ChosenProviders>.Done done => new Outcome<IReadOnlyList<ProviderChoice>>.Done(done.Value.Choices),
            Outcome<ChosenProviders>.Refused no => no.Refusal,
            _ => throw new InvalidOperationException("An outcome is done or refused."),
        };
    }

    /// <summary>The kinds asked for, all where none is named; null where one is not the entry's.</summary>
    public static IReadOnlyList<KindId>? KindsOf(StatuteEntry entry, IReadOnlyList<KindId> kinds) => kinds.All(entry.Kinds.Contains)
        ? [.. (kinds.Count > 0 ? kinds : entry.Kinds).Distinct().OrderBy(kind => kind.Value, StringComparer.Ordinal)]
        : null;

    private Outcome<Member> Open(AgencyId id) => Reach(id) switch
    {
        Outcome<Member>.Done { Value: var provider } when trust.WhyClosed(provider) is { } closed => closed,
        var reached => reached,
    };

    private Outcome<Member> Reach(AgencyId id) =>
        !trust.Members.TryFind(id, out var provider) ? new Refusal(RefusalName.MemberUnknown, "provider")
        : provider.Endpoint is null ? new Refusal(RefusalName.ProviderUnreachable, "no endpoint in the directory")
        : provider;
}

/// <summary>A question that is whole, but for who is asked.</summary>
internal sealed record Question(Inquiry Inquiry, StatuteEntry Entry, SubjectRole Role, IReadOnlyList<KindId> Kinds)
{
    public bool IsChecked => Entry.Requirements.IdentityCheck;
}

/// <summary>A question to one provider.</summary>
/// <param name="Inquiry">As the clerk put it.</param>
/// <param name="Provider">Who is asked.</param>
/// <param name="Role">Whose data.</param>
/// <param name="Kinds">Ascending by id.</param>
/// <param name="IsChecked">The entry asks for an identity check.</param>
/// <param name="Choice">How the provider was found.</param>
/// <param name="Newest">The registry's attributes, by local identifier, of those for whom it was asked and who were found.</param>
internal sealed record AddressedQuestion(
    Inquiry Inquiry, Member Provider, SubjectRole Role, IReadOnlyList<KindId> Kinds, bool IsChecked, ProviderChoice Choice, IReadOnlyDictionary<string, BasicAttributes> Newest)
{
    public override string ToString() => "AddressedQuestion(redacted)";
}
