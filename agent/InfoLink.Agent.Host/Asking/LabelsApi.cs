using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent.Host.Asking;

/// <summary>What an entry's kinds and items are called, for whoever shows or enters them: <c>GET /v1/labels</c>.</summary>
internal static class LabelsApi
{
    public static void Map(IEndpointRouteBuilder host) =>
        host.MapGet("/v1/labels", (string entry, InfoLinkAgent agent) => Results.Json(Labels(agent.Catalog, entry), LocalAnswers.Format));

    private static IEnumerable<KindLabels> Labels(StatuteCatalog catalog, string entry) =>
        !EntryId.TryParse(entry, out var id) || !catalog.Entries.TryGetValue(id, out var found)
            ? []
            : found.Kinds.Select(kind => catalog.Kinds[kind]).Select(kind => new KindLabels(
                kind.Id.Value,
                kind.Name,
                [
                    .. kind.Items.Select(item => new ItemLabels(
                        item.Id,
                        item.Name,
                        (item.Type as ItemType.CodeList)?.Codes.ToDictionary(code => code.Code, code => code.Name, StringComparer.Ordinal),
                        [.. item.AbsenceReasons.Select(reason => reason.Id)])),
                ]));

    /// <summary>A kind's name, and those of its items in their order.</summary>
    internal sealed record KindLabels(string Kind, Bilingual Name, IReadOnlyList<ItemLabels> Items);

    /// <param name="Item">Its id.</param>
    /// <param name="Name">What it is called.</param>
    /// <param name="Codes">Code → its meaning, where it has codes.</param>
    /// <param name="Absent">The reasons for which it may be absent.</param>
    internal sealed record ItemLabels(string Item, Bilingual Name, IReadOnlyDictionary<string, Bilingual>? Codes, IReadOnlyList<string> Absent);
}
