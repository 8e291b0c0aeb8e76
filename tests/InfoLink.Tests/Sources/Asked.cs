using System.Text;
using InfoLink.Agent;
using InfoLink.Agent.Sources;
using InfoLink.Authoring;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Tests.Sources;

/// <summary>The question that sources are asked in these tests, and the sample catalog's layouts.</summary>
internal static class Asked
{
    public const string Tax = "municipal-inhabitant-tax";

    public static StatuteCatalog Catalog { get; } = ((Loaded<StatuteCatalog>.Whole)CatalogFile.Parse("catalog.yaml", File.ReadAllBytes(RepositoryRoot.Path("samples", "Network", "catalog.yaml")))).Value;

    public static InformationRequest For(string person, InquiryConditions? conditions = null, string kind = Tax) => new()
    {
        Person = person,
        Kind = KindId.Parse(kind),
        Conditions = conditions ?? new InquiryConditions { TaxYear = 2026 },
        Entry = EntryId.Parse("106.municipality.108-1-ro"),
        Role = SubjectRole.Parse("claimant"),
        Requester = AgencyId.Parse("141003"),
    };

    /// <summary>Reads as the agent would.</summary>
    public static async Task<Items?> ReadAsync(SourceOptions source, string person, InquiryConditions? conditions = null, AgentOptions? agent = null)
    {
        await using var opened = ConfiguredSource.Open(source, agent ?? new AgentOptions(), TimeProvider.System);
        return await opened.ReadAsync(For(person, conditions, source.Kind), CancellationToken.None);
    }

    /// <summary>Item=value or item:reason, in the items' order.</summary>
    public static string Text(Items? items)
    {
        var text = new StringBuilder();
        foreach (var (item, answer) in items!.OrderBy(each => each.Key, StringComparer.Ordinal))
        {
            text.Append(text.Length == 0 ? "" : " ").Append(item).Append(answer is ItemAnswer.Value value ? $"={value.Text}" : $":{((ItemAnswer.Absent)answer).Reason}");
        }

        return text.ToString();
    }
}
