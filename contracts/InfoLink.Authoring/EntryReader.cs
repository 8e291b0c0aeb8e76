using System.Collections.Immutable;
using System.Text.RegularExpressions;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Authoring;

/// <summary>The entries of a catalog, with everything they refer to.</summary>
internal sealed partial class EntryReader(
    Dictionary<CategoryId, AgencyCategory?> categories,
    Dictionary<KindId, InformationKind?> kinds,
    Dictionary<string, AuthoredTask> tasks)
{
    private const int Most = 100_000;
    private const int MostDesignations = 50;
    private const int MostRoles = 50;
    private const int MostKinds = 50;
    private const int LongestDeadlineDays = 365;
    private const int LongestHoldDays = 3_650;

    public List<StatuteEntry> Read(Spot? section)
    {
        var entries = new List<StatuteEntry>();
        foreach (var (_, key, value) in section?.Map(Most) ?? [])
        {
            var id = key.Value<EntryId>(EntryId.TryParse, "an entry id: 1 to 64 characters of a-z, 0-9, '.' and '-'");
            if (Entry(id.GetValueOrDefault(), value) is { } entry && id is not null)
            {
                entries.Add(entry);
            }
        }

        return entries;
    }

    private StatuteEntry? Entry(EntryId id, Spot spot)
    {
        var fields = spot.Fields(
            "row", "leaf", "citation", "task", "information", "requester", "provider", "roles", "kinds", "conditions", "modes",
            "requires", "answerDeadlineDays", "validity", "impactAssessment", "display", "carriesIndividualNumber");
        if (fields is null)
        {
            return null;
        }

        var task = TaskReader.Reference(fields.Required("task"), tasks);
        var conditions = ConditionReader.Read(fields.Optional("conditions"));
        var numbers = fields.Optional("carriesIndividualNumber")?.Flag() ?? false;
        return new StatuteEntry
        {
            Id = id,
            Row = fields.Required("row")?.Value<Matched>(Row, "a row of the table as digits, with its branch: 106, 51-2")?.Text ?? "",
            ArticleLeaf = fields.Required("leaf")?.Value<Matched>(Leaf, "article, item and sub-item: 108-1-ro, 54-1")?.Text ?? "",
            Citation = fields.Both("citation"),
            Task = task.Task,
            Purpose = task.Purpose,
            Information = fields.Both("information"),
            Requester = Designations(fields.Required("requester")),
            Provider = Designations(fields.Required("provider")),
            Roles = Roles(fields.Required("roles")),
            Kinds = Kinds(fields.Required("kinds"), conditions, numbers),
            Conditions = conditions,
            Modes = Modes(fields.Required("modes")),
            Requirements = Requirements(fields.Optional("requires")),
            AnswerDeadlineDays = fields.Required("answerDeadlineDays")?.Integer(1, LongestDeadlineDays) ?? 1,
            Validity = ValidityReader.Read(fields.Required("validity")),
            ImpactAssessment = fields.Required("impactAssessment")?.OneOf(
                ("done", ImpactAssessment.Done), ("underway", ImpactAssessment.Underway), ("missing", ImpactAssessment.Missing)) ?? default,
            Display = Display(fields.Optional("display")),
            CarriesIndividualNumber = numbers,
        };
    }

    /// <summary>A plain name is a category; one organisation is written <c>{ agency: id }</c>.</summary>
    private ImmutableArray<Designation> Designations(Spot? section)
    {
        var designations = ImmutableArray.CreateBuilder<Designation>();
        foreach (var spot in section?.List(MostDesignations) ?? [])
        {
            Designation? designation = spot.Node is DocumentNode.Mapping
                ? spot.Fields("agency")?.Required("agency")?.Value<AgencyId>(AgencyId.TryParse, "an agency id") is { } agency
                    ? new Designation.Agency(agency)
                    : null
                : CategoryReader.Reference(spot, categories) is { } category ? new Designation.Category(category) : null;
            if (designation is not null && designations.Contains(designation))
            {
                spot.Fail("Stands in the list twice. Keep one of the two.");
            }
            else if (designation is not null)
            {
                designations.Add(designation);
            }
        }

        return designations.ToImmutable();
    }

    private static ImmutableArray<RoleName> Roles(Spot? section)
    {
        var roles = ImmutableArray.CreateBuilder<RoleName>();
        foreach (var (_, key, value) in section?.Map(MostRoles) ?? [])
        {
            if (key.Value<SubjectRole>(SubjectRole.TryParse, "a subject role: 1 to 64 characters of a-z, 0-9, '.' and '-'") is { } role
                && value.Both() is { } name)
            {
                roles.Add(new RoleName(role, name));
            }
        }

        return roles.ToImmutable();
    }

    private ImmutableArray<KindId> Kinds(Spot? section, ConditionRules conditions, bool mayCarryNumbers)
    {
        var held = section?.Distinct(MostKinds, spot =>
        {
            var id = KindReader.Reference(spot, kinds);
            if (id is not { } known || kinds[known] is not { } kind)
            {
                return id;
            }

            if ((kind.Needs & ~ConditionReader.Allowed(conditions)) is var lacking and not NeededConditions.None)
            {
                spot.Fail($"'{known}' cannot be answered without {ConditionReader.Text(lacking)}, and this entry does not allow it. Add it under 'conditions'.");
            }

            if (!mayCarryNumbers && kind.HoldsIndividualNumber)
            {
                spot.Fail($"'{known}' holds an individual number. Mark the entry 'carriesIndividualNumber: true' if the law lets it, or leave the kind out.");
            }

            return id;
        });
        return [.. held ?? []];
    }

    private static ExchangeModes Modes(Spot? spot)
    {
        var modes = (spot?.Distinct(3, mode => mode.OneOf(
                ("single", ExchangeModes.Single), ("bulk", ExchangeModes.Bulk), ("notice", ExchangeModes.Notice))) ?? [])
            .Aggregate(ExchangeModes.None, (sum, mode) => sum | mode);
        if (modes.HasFlag(ExchangeModes.Bulk) && !modes.HasFlag(ExchangeModes.Single))
        {
            spot?.Fail("'bulk' needs 'single' beside it: a batch may come down to one person.");
        }

        return modes;
    }

    private static Requirements Requirements(Spot? spot)
    {
        var required = spot?.Distinct(4, name => name.OneOf(("consent", 0), ("openCase", 1), ("manual", 2), ("identityCheck", 3))) ?? [];
        return new Requirements(required.Contains(0), required.Contains(1), required.Contains(2), required.Contains(3));
    }

    private static DisplayRule Display(Spot? spot)
    {
        if (spot?.Fields("holdDays", "ground") is not { } fields)
        {
            return DisplayRule.AtOnce;
        }

        return new DisplayRule(fields.Required("holdDays")?.Integer(1, LongestHoldDays) ?? 1, fields.Required("ground")?.Text());
    }

    private static bool Row(string text, out Matched matched) => Matches(RowForm(), text, out matched);

    private static bool Leaf(string text, out Matched matched) => Matches(LeafForm(), text, out matched);

    private static bool Matches(Regex form, string text, out Matched matched)
    {
        matched = new Matched(text);
        return form.IsMatch(text);
    }

    [GeneratedRegex(@"\A[1-9][0-9]{0,3}(-[1-9][0-9]{0,2})?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex RowForm();

    [GeneratedRegex(@"\A[1-9][0-9]{0,3}(-[1-9][0-9]{0,2})*(-[a-z]{1,3})?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LeafForm();

    private readonly record struct Matched(string Text);
}
