using System.Collections.Immutable;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Contracts.Catalog;

/// <summary>What is asked of the catalog: nothing in it is personal.</summary>
public sealed record CatalogQuestion
{
    public required CatalogParty Requester { get; init; }

    public required CatalogParty Provider { get; init; }

    public required EntryId Entry { get; init; }

    public required SubjectRole Role { get; init; }

    /// <summary>At least one; asking for none is not asking for all.</summary>
    public required ImmutableArray<KindId> Kinds { get; init; }

    public required InquiryConditions Conditions { get; init; }

    /// <summary>Exactly one mode; see <see cref="ModeFor"/>.</summary>
    public required ExchangeModes Mode { get; init; }

    /// <summary>The day of asking, as a civil date in Japan; see <see cref="JapanTime"/>.</summary>
    public required DateOnly Date { get; init; }

    /// <summary>The day of the claim that the question serves; only transitional rules look at it.</summary>
    public DateOnly? ClaimedOn { get; init; }

    /// <summary>One person is a single inquiry, more are a bulk one.</summary>
    public static ExchangeModes ModeFor(int subjects) => subjects > 1 ? ExchangeModes.Bulk : ExchangeModes.Single;
}

/// <summary>Why the catalog says no. Each has one row of the same name in the refusal table.</summary>
public enum CatalogDenial
{
    CatalogExpired,
    RequesterIsProvider,
    EntryUnknown,
    EntryNotInForce,
    EntrySwitchedOff,
    RequesterNotInEntry,
    ProviderNotInEntry,
    RoleNotInEntry,
    KindNotInEntry,
    ModeNotAllowed,
    ConditionMissing,
    ConditionNotAllowed,
    ConditionOutOfRange,
}

/// <summary>The catalog's answer. Broker and provider put the same question to the same function, each over its own catalog.</summary>
public abstract record CatalogDecision
{
    private CatalogDecision()
    {
    }

    /// <param name="Entry">The entry that allows it.</param>
    /// <param name="Kinds">The kinds asked for, each once, ascending by id.</param>
    public sealed record Allowed(StatuteEntry Entry, ImmutableArray<InformationKind> Kinds) : CatalogDecision;

    /// <param name="Reason">The first check that failed, in the order of <see cref="CatalogDenial"/>.</param>
    /// <param name="Detail">What exactly, in names of the catalog: a kind, a condition. Never a value; may be empty.</param>
    public sealed record Denied(CatalogDenial Reason, string Detail = "") : CatalogDecision;

    /// <summary>Decides. Pure: the same catalog and question always give the same answer; no entry is treated specially.</summary>
    public static CatalogDecision Decide(StatuteCatalog catalog, CatalogQuestion question)
    {
        if (question.Date > catalog.Expires)
        {
            return new Denied(CatalogDenial.CatalogExpired);
        }

        if (question.Requester.Id == question.Provider.Id)
        {
            return new Denied(CatalogDenial.RequesterIsProvider);
        }

        if (!catalog.Entries.TryGetValue(question.Entry, out var entry))
        {
            return new Denied(CatalogDenial.EntryUnknown);
        }

        // A catalog that is not yet in force puts none of its entries in force.
        if (question.Date < catalog.EffectiveFrom || !entry.Validity.Covers(question.Date, question.ClaimedOn))
        {
            return new Denied(CatalogDenial.EntryNotInForce);
        }

        if (!entry.IsUsable)
        {
            return new Denied(CatalogDenial.EntrySwitchedOff);
        }

        return DenialOfParties(entry, question)
            ?? DenialOfSubstance(catalog, entry, question)
            ?? KindsAndConditions(catalog, entry, question);
    }

    private static Denied? DenialOfParties(StatuteEntry entry, CatalogQuestion question)
    {
        if (!Names(entry.Requester, question.Requester, question.Date))
        {
            return new Denied(CatalogDenial.RequesterNotInEntry);
        }

        return Names(entry.Provider, question.Provider, question.Date) ? null : new Denied(CatalogDenial.ProviderNotInEntry);
    }

    private static bool Names(ImmutableArray<Designation> designations, CatalogParty party, DateOnly date)
    {
        foreach (var designation in designations)
        {
            if (designation.Names(party, date))
            {
                return true;
            }
        }

        return false;
    }

    private static Denied? DenialOfSubstance(StatuteCatalog catalog, StatuteEntry entry, CatalogQuestion question)
    {
        if (!entry.Roles.Any(role => role.Role == question.Role))
        {
            // What the entry has, and not what was asked: that may be anything, a person's number too.
            return new Denied(CatalogDenial.RoleNotInEntry, string.Join(", ", entry.Roles.Select(role => role.Role)));
        }

        foreach (var kind in question.Kinds)
        {
            if (!entry.Kinds.Contains(kind))
            {
                return new Denied(CatalogDenial.KindNotInEntry, catalog.Kinds.ContainsKey(kind) ? kind.Value : "");
            }

            // To a member that keeps no numbers the entry does not hold the kinds that have one, whichever side it is on.
            if ((question.Requester.IsNumberless || question.Provider.IsNumberless) && catalog.Kinds[kind].HoldsIndividualNumber)
            {
                return new Denied(CatalogDenial.KindNotInEntry, $"{kind} holds an individual number, and {(question.Requester.IsNumberless ? "the requester" : "the provider")} is number-less");
            }
        }

        if (question.Kinds.IsEmpty)
        {
            return new Denied(CatalogDenial.KindNotInEntry);
        }

        var oneMode = question.Mode is ExchangeModes.Single or ExchangeModes.Bulk or ExchangeModes.Notice;
        return oneMode && entry.Modes.HasFlag(question.Mode) ? null : new Denied(CatalogDenial.ModeNotAllowed, Name(question.Mode));
    }

    private static string Name(ExchangeModes mode) => mode switch
    {
        ExchangeModes.Single => "single",
        ExchangeModes.Bulk => "bulk",
        ExchangeModes.Notice => "notice",
        _ => "",
    };

    private static CatalogDecision KindsAndConditions(StatuteCatalog catalog, StatuteEntry entry, CatalogQuestion question)
    {
        var kinds = question.Kinds.Distinct()
            .OrderBy(kind => kind.Value, StringComparer.Ordinal)
            .Select(kind => catalog.Kinds[kind])
            .ToImmutableArray();
        var needed = kinds.Aggregate(NeededConditions.None, (sum, kind) => sum | kind.Needs);
        return ConditionCheck.Denial(entry.Conditions, needed, question) is { } denied ? denied : new Allowed(entry, kinds);
    }
}
