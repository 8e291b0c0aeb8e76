using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Trust;
using InfoLink.Tool.Documents;

namespace InfoLink.Tool.Catalogs;

/// <summary>What a catalog says, for people.</summary>
internal static class CatalogTelling
{
    public static StatuteEntry Entry(StatuteCatalog catalog, string id) =>
        EntryId.TryParse(id, out var entry) && catalog.Entries.TryGetValue(entry, out var found)
            ? found
            : throw new RefusedException($"The catalog has no entry '{id}'. See 'infolink catalog show'.");

    public static IEnumerable<StatuteEntry> Transitional(StatuteCatalog catalog) =>
        catalog.Entries.Values.Where(entry => entry.Validity.Transitional is not null).OrderBy(entry => entry.Id.Value, StringComparer.Ordinal);

    /// <summary>From when until when, and which entries go on for older claims.</summary>
    public static void Dates(StatuteCatalog catalog, DocumentHeader? header)
    {
        DocumentTelling.Line("in force", $"from {catalog.EffectiveAt:yyyy-MM-dd HH:mm:ss} in Japan until {catalog.Expires:yyyy-MM-dd}");
        if (header is not null && catalog.EffectiveAt > header.Issued)
        {
            DocumentTelling.Line("", "distributed before; the version in force stays until then");
        }

        foreach (var entry in Transitional(catalog))
        {
            DocumentTelling.Line("transitional", $"{entry.Id}: {Validity(entry.Validity)}");
        }
    }

    public static void Entries(StatuteCatalog catalog)
    {
        foreach (var entry in catalog.Entries.Values.OrderBy(entry => entry.Id.Value, StringComparer.Ordinal))
        {
            Console.WriteLine($"{entry.Id}  {entry.Citation.Ja}");
            Console.WriteLine($"    {Names(catalog, entry.Requester)} → {Names(catalog, entry.Provider)}: {string.Join("、", entry.Kinds.Select(kind => catalog.Kinds[kind].Name.Ja))}");
            Console.WriteLine($"    {Validity(entry.Validity)}{(entry.ImpactAssessment == ImpactAssessment.Done ? "" : $"; off: impact assessment {entry.ImpactAssessment.ToString().ToLowerInvariant()}")}");
        }
    }

    public static void Full(StatuteCatalog catalog, StatuteEntry entry)
    {
        DocumentTelling.Line("entry", entry.Id.Value);
        DocumentTelling.Line("law", $"row {entry.Row}, leaf {entry.ArticleLeaf}");
        Both("citation", entry.Citation);
        Both("task", entry.Task);
        Both("purpose", entry.Purpose);
        Both("information", entry.Information);
        DocumentTelling.Line("requester", Names(catalog, entry.Requester));
        DocumentTelling.Line("provider", Names(catalog, entry.Provider));
        foreach (var role in entry.Roles)
        {
            Both($"role", role.Name, role.Role.Value);
        }

        foreach (var kind in entry.Kinds.Select(id => catalog.Kinds[id]))
        {
            Both("kind", kind.Name, kind.Id.Value);
            foreach (var item in kind.Items)
            {
                DocumentTelling.Line("", $"{(item.Required ? "*" : " ")} {item.Id}  {item.Name.Ja}  {item.Name.En}");
            }
        }

        DocumentTelling.Line("conditions", Conditions(entry.Conditions));
        DocumentTelling.Line("modes", entry.Modes.ToString().ToLowerInvariant());
        DocumentTelling.Line("requires", Requirements(entry.Requirements));
        DocumentTelling.Line("answer within", DocumentTelling.Count(entry.AnswerDeadlineDays, "day"));
        DocumentTelling.Line("valid", Validity(entry.Validity));
        DocumentTelling.Line("assessment", entry.ImpactAssessment.ToString().ToLowerInvariant());
        DocumentTelling.Line("display", entry.Display.HoldDays == 0 ? "at once" : $"after {DocumentTelling.Count(entry.Display.HoldDays, "day")}: {entry.Display.Ground}");
        if (entry.CarriesIndividualNumber)
        {
            DocumentTelling.Line("number", "an individual number may be among the values");
        }
    }

    public static string Validity(EntryValidity validity)
    {
        var range = validity.Until is { } until ? $"from {validity.From:yyyy-MM-dd} until {until:yyyy-MM-dd}" : $"from {validity.From:yyyy-MM-dd}";
        return validity.Transitional is { } rule
            ? $"{range}; afterwards for claims made before {rule.ClaimsBefore:yyyy-MM-dd} (なお従前の例による){(rule.Until is { } end ? $", until {end:yyyy-MM-dd}" : "")}"
            : range;
    }

    public static string Requirements(Requirements requirements) => string.Join(", ", new[]
    {
        requirements.Consent ? "consent" : "",
        requirements.OpenCase ? "open case" : "",
        requirements.Manual ? "manual release" : "",
        requirements.IdentityCheck ? "identity check" : "",
    }.Where(text => text.Length > 0).DefaultIfEmpty("nothing more"));

    private static string Conditions(ConditionRules rules) => string.Join("; ", new[]
    {
        rules.TaxYear.Use == ConditionUse.Forbidden ? "" : $"tax year {rules.TaxYear.From} to {rules.TaxYear.To}, {Use(rules.TaxYear.Use)}",
        rules.Period.Use == ConditionUse.Forbidden
            ? ""
            : $"period of at most {DocumentTelling.Count(rules.Period.MaxMonths, "month")} from {rules.Period.Earliest:yyyy-MM-dd} to {Day(rules.Period.Latest)}, {Use(rules.Period.Use)}",
        rules.AsOf.Use == ConditionUse.Forbidden ? "" : $"as of a day from {rules.AsOf.Earliest:yyyy-MM-dd} to {Day(rules.AsOf.Latest)}, {Use(rules.AsOf.Use)}",
    }.Where(text => text.Length > 0).DefaultIfEmpty("none"));

    private static string Use(ConditionUse use) => use.ToString().ToLowerInvariant();

    private static string Day(DateOnly? day) => day is { } known ? $"{known:yyyy-MM-dd}" : "the day of asking";

    private static string Names(StatuteCatalog catalog, IEnumerable<Designation> designations) => string.Join("、", designations.Select(designation => designation switch
    {
        Designation.Category { Id: var id } => catalog.Categories[id].Name.Ja,
        Designation.Agency { Id: var id } => id.Value,
        _ => "",
    }));

    private static void Both(string label, Bilingual text, string id = "")
    {
        DocumentTelling.Line(label, id.Length == 0 ? text.Ja : $"{id}  {text.Ja}");
        DocumentTelling.Line("", text.En);
    }
}
