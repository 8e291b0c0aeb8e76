using InfoLink.Contracts.Catalog;

namespace InfoLink.Broker.Catalog;

/// <summary>
/// The statute catalog in force: of the versions held, the newest whose moment has come. A request reads <see cref="Current"/> once, and its decision,
/// token and record name that one version; the set is replaced whole.
/// </summary>
internal sealed class CatalogInForce(CatalogSet first, TimeProvider time)
{
    private volatile CatalogSet _held = first;

    public StatuteCatalog Current => _held.InForce(time.GetUtcNow());

    public void Replace(CatalogSet next) => _held = next;
}
