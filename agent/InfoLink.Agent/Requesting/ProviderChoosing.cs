using InfoLink.Agent.Linking;
using InfoLink.Agent.Links;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting.Trust;
using InfoLink.Matching.Places;
using InfoLink.V1;
using BasicAttributes = InfoLink.Matching.BasicAttributes;
using InquiryConditions = InfoLink.Contracts.Catalog.InquiryConditions;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Requesting;

/// <summary>
/// Who holds a person's information, by the rule of its kind (SPEC §16):
/// <list type="number">
/// <item>The rule, and the day whose address decides.</item>
/// <item>The registry: in which municipality the address was on that day. With it, where the agency refreshes, the newest attributes.</item>
/// <item>A designated city's ward is its city's; the ward stays as department. Where the entry names no municipality but its prefecture, the prefecture.</item>
/// </list>
/// </summary>
/// <param name="trust">Catalog, member list, and who this agency is.</param>
/// <param name="registry">The resident registry.</param>
/// <param name="refresh">Attributes are refreshed before asking.</param>
/// <param name="time">The agent's clock.</param>
/// <param name="logger">For the operator: never a person, never a place.</param>
internal sealed partial class ProviderChoosing(TrustBase trust, AskRegistry registry, bool refresh, TimeProvider time, ILogger<ProviderChoosing> logger)
{
    /// <summary>A question waits so long for newer attributes; it can do without them.</summary>
    private static readonly TimeSpan RefreshPatience = TimeSpan.FromSeconds(10);

    private static readonly Dictionary<string, BasicAttributes> None = [];
    private int _away;

    /// <summary>The one rule of these kinds; <see cref="ProviderRule.Named"/> where there is none, or more than one.</summary>
    public ProviderRule RuleOf(IReadOnlyList<KindId> kinds) =>
        kinds.Select(kind => trust.Catalog.Kinds[kind].Provider).Distinct().ToList() is [var only] ? only : ProviderRule.Named;

    /// <summary>The newest attributes of those whom the registry finds; empty where nothing is refreshed here, or the registry does not answer.</summary>
    public async Task<IReadOnlyDictionary<string, BasicAttributes>> NewestAsync(IReadOnlyList<string> persons, CancellationToken cancellation)
    {
        if (!refresh)
        {
            return None;
        }

        using var patience = new CancellationTokenSource(RefreshPatience, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        Outcome<IReadOnlyList<RegistryWord>> told;
        try
        {
            told = await registry([.. persons.Select(LocalId.Of)], days: [], withAttributes: true, limit.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            told = new Refusal(RefusalName.RegistryUnreachable, "no answer in time");
        }

        switch (told)
        {
            case Outcome<IReadOnlyList<RegistryWord>>.Done done:
                Interlocked.Exchange(ref _away, 0);
                return NewestOf(persons, done.Value);
            case Outcome<IReadOnlyList<RegistryWord>>.Refused refused when Interlocked.Exchange(ref _away, 1) == 0:
                Log.NotRefreshed(logger, refused.Refusal.ToString());
                return None;
            default:
                return None;
        }
    }

    /// <param name="persons">1 to 1,000 local identifiers.</param>
    /// <param name="entry">Under which they are asked about.</param>
    /// <param name="rule">The rule of the kinds asked for.</param>
    /// <param name="conditions">With the tax year, where the rule is of one.</param>
    /// <param name="withAttributes">The entry asks for an identity check.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>A choice for each person, in order; or why there is none for one of them.</returns>
    /// <exception cref="ProviderNotMemberException">Who holds the information is no member.</exception>
    public async Task<Outcome<ChosenProviders>> ChooseAsync(
        IReadOnlyList<string> persons, StatuteEntry entry, ProviderRule rule, InquiryConditions conditions, bool withAttributes, CancellationToken cancellation)
    {
        // 1. Nobody is looked up for a question that could not be asked.
        var today = JapanTime.Today(time);
        if (WhyNot(entry, today) is { } not)
        {
            return not;
        }

        DateOnly day;
        switch (rule)
        {
            case ProviderRule.Sole:
                return Sole(entry, today) switch
                {
                    Outcome<ProviderChoice>.Done sole => new ChosenProviders([.. persons.Select(_ => sole.Value)], withAttributes ? await NewestAsync(persons, cancellation) : None),
                    Outcome<ProviderChoice>.Refused no => no.Refusal,
                    _ => throw new InvalidOperationException("An outcome is done or refused."),
                };
            case ProviderRule.CurrentAddress:
                day = today;
                break;
            case ProviderRule.AddressOnFirstOfJanuary when conditions.TaxYear is not { } year:
                return new Refusal(RefusalName.ConditionMissing, "taxYear");
            case ProviderRule.AddressOnFirstOfJanuary when conditions.TaxYear is not (>= 1900 and <= 9998) || new DateOnly(conditions.TaxYear.Value, 1, 1) > today:
                return new Refusal(RefusalName.ConditionOutOfRange, "taxYear");
            case ProviderRule.AddressOnFirstOfJanuary:
                day = new DateOnly(conditions.TaxYear!.Value, 1, 1);
                break;
            default:
                return new Refusal(RefusalName.ProviderRuleMissing, string.Join(", ", entry.Kinds));
        }

        // 2. Where the address was.
        var asked = await registry([.. persons.Select(LocalId.Of)], [day], refresh && withAttributes, cancellation);
        if (asked is not Outcome<IReadOnlyList<RegistryWord>>.Done { Value: var residents })
        {
            return ((Outcome<IReadOnlyList<RegistryWord>>.Refused)asked).Refusal;
        }

        // 3. Whose that is.
        var choices = new List<ProviderChoice>(persons.Count);
        foreach (var resident in residents)
        {
            switch (Of(resident, entry, rule, day, today))
            {
                case Outcome<ProviderChoice>.Done done:
                    choices.Add(done.Value);
                    break;
                case Outcome<ProviderChoice>.Refused no:
                    return no.Refusal;
            }
        }

        return new ChosenProviders(choices, NewestOf(persons, residents));
    }

    private Refusal? WhyNot(StatuteEntry entry, DateOnly today) =>
        !entry.IsUsable ? RefusalName.EntrySwitchedOff
        : trust.Members.TryFind(trust.Self, out var self) && Names(entry.Requester, self, today) ? null
        : new Refusal(RefusalName.RequesterNotInEntry);

    private Outcome<ProviderChoice> Sole(StatuteEntry entry, DateOnly today)
    {
        var named = trust.Members.Members.Where(member => Names(entry.Provider, member, today)).ToList();
        return named is [var sole]
            ? NotSelf(new ProviderChoice(sole.Id, Department: null, ProviderRule.Sole, AsOf: null))
            : new Refusal(RefusalName.ProviderRuleMissing, $"the entry names {named.Count} members");
    }

    private Outcome<ProviderChoice> Of(RegistryWord resident, StatuteEntry entry, ProviderRule rule, DateOnly day, DateOnly today)
    {
        if (resident.Verdict != MatchVerdict.Matched)
        {
            return new Refusal(RefusalName.ProviderAddressUnknown, string.Join(", ", resident.Reasons.Prepend(resident.Verdict == MatchVerdict.Ambiguous ? "several-persons" : "not-found").Distinct(StringComparer.Ordinal)));
        }

        var residence = resident.Residences[0];
        if (residence.Outcome != ResidenceOutcome.LivedInMunicipality)
        {
            return new Refusal(RefusalName.ProviderAddressUnknown, Why(residence.Outcome));
        }

        if (!LocalGovernmentCode.TryParse(residence.Municipality, out var place))
        {
            return new Refusal(RefusalName.AnswerInvalid, "registry");
        }

        var folded = DesignatedCities.Fold(place.ToString());
        var members = trust.Members;
        if (!members.TryFind(AgencyId.Parse(folded.Municipality), out var municipality))
        {
            throw new ProviderNotMemberException(folded.Municipality);
        }

        if (Names(entry.Provider, municipality, today))
        {
            return NotSelf(new ProviderChoice(municipality.Id, folded.Ward, rule, day));
        }

        // What a municipality does not do itself, its prefecture does there (都道府県知事等).
        var prefecture = LocalGovernmentCode.OfPrefecture(folded.Municipality.AsSpan(0, 2));
        return members.TryFind(AgencyId.Parse(prefecture.ToString()), out var above) && Names(entry.Provider, above, today)
            ? NotSelf(new ProviderChoice(above.Id, Department: null, rule, day))
            : new Refusal(RefusalName.ProviderNotInEntry);
    }

    private Outcome<ProviderChoice> NotSelf(ProviderChoice choice) => choice.Provider == trust.Self ? new Refusal(RefusalName.RequesterIsProvider) : choice;

    private static bool Names(IEnumerable<Designation> designations, Member member, DateOnly day) => designations.Any(designation => designation.Names(member.AsParty(), day));

    private static string Why(ResidenceOutcome outcome) => outcome switch
    {
        ResidenceOutcome.WithoutFixedAddress => "no-fixed-address",
        ResidenceOutcome.LivedAbroad => "abroad",
        ResidenceOutcome.NotYetBorn => "not-yet-born",
        ResidenceOutcome.NotAlive => "not-alive",
        ResidenceOutcome.BeforeTheRegister => "before-the-register",
        _ => "not-said",
    };

    /// <summary>Whom the registry does not find keeps what the agency has; who has died is found, and has attributes like anybody.</summary>
    private static Dictionary<string, BasicAttributes> NewestOf(IReadOnlyList<string> persons, IReadOnlyList<RegistryWord> residents) => persons
        .Zip(residents)
        .Where(pair => pair.Second.Newest is not null)
        .ToDictionary(
            pair => pair.First,
            pair => new BasicAttributes
            {
                Name = pair.Second.Newest!.Name,
                Kana = pair.Second.Newest.Kana,
                Address = pair.Second.Newest.Address,
                BirthDate = pair.Second.Newest.BirthDate,
                Sex = pair.Second.Newest.Sex,
            },
            StringComparer.Ordinal);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The registry does not tell newer attributes ({Why}); until it does, identity checks are made of the agency's own")]
        public static partial void NotRefreshed(ILogger logger, string why);
    }
}

/// <summary>Who is asked about each person, and what the registry told of them beside that.</summary>
internal sealed record ChosenProviders(IReadOnlyList<ProviderChoice> Choices, IReadOnlyDictionary<string, BasicAttributes> Newest)
{
    public override string ToString() => "ChosenProviders(redacted)";
}
