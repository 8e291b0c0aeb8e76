using InfoLink.Contracts.Catalog;

namespace InfoLink.Broker.Catalog;

/// <summary>
/// The statute catalog in force, as one snapshot that is replaced whole: a request reads <see cref="Current"/> once, and its decision, token
/// and record name that one version. The signed catalog takes the place of the plain file.
/// </summary>
internal sealed class CatalogInForce(StatuteCatalog first)
{
    private volatile StatuteCatalog _current = first;

    public StatuteCatalog Current => _current;

    public void Replace(StatuteCatalog next) => _current = next;
}
