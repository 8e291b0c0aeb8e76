using System.Globalization;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent.Sources;

/// <summary>Do the configured sources fit the layouts: of the catalog in force, and of those that are to come?</summary>
internal static class SourceFit
{
    /// <summary>What does not fit one version: its maps, and kinds that a source has and none in its days.</summary>
    public static IEnumerable<string> Errors(AgentOptions options, StatuteCatalog catalog) => options.Sources.SelectMany(source => ItemMap.Misfits(source, catalog))
        .Concat(options.Sources.GroupBy(source => source.Kind, StringComparer.Ordinal)
            .Where(same => KindId.TryParse(same.Key, out var kind) && catalog.Kinds.ContainsKey(kind) && !same.Any(source => source.Covers(catalog)))
            .Select(same => string.Create(CultureInfo.InvariantCulture, $"sources, {same.Key}: none is for the catalog of {catalog.EffectiveFrom:yyyy-MM-dd} (version {catalog.Version}); see 'from' and 'until'.")));

    /// <summary>What does not fit the versions that are held and not yet in force: the agency has until then.</summary>
    public static IEnumerable<string> ErrorsToCome(AgentOptions options, CatalogSet catalogs, DateTimeOffset now) => NowAndToCome(catalogs, now).Skip(1)
        .SelectMany(catalog => Errors(options, catalog).Select(error => string.Create(CultureInfo.InvariantCulture, $"From {catalog.EffectiveFrom:yyyy-MM-dd} on: {error}")));

    /// <summary>The version in force, then those to come.</summary>
    public static IEnumerable<StatuteCatalog> NowAndToCome(CatalogSet catalogs, DateTimeOffset now) =>
        catalogs.Newest is null ? [] : catalogs.Versions.Where(catalog => catalog.Version >= catalogs.InForce(now).Version);
}

/// <summary>Sources of one kind that stand side by side around a revision: each for the catalogs that take effect in its days.</summary>
internal sealed class DatedSources(IReadOnlyList<(SourceOptions Days, ConfiguredSource Source)> sources) : IInformationSource
{
    public IReadOnlyList<(SourceOptions Days, ConfiguredSource Source)> All => sources;

    public Task<Items?> ReadAsync(InformationRequest request, CancellationToken cancellation) =>
        throw new InvalidOperationException("One of them is read, by the layout that is asked for.");
}
