using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;

namespace InfoLink.Tests.Faults;

/// <summary>Where a world's records lie, whoever runs it: processes, or hosts in the test itself.</summary>
internal sealed record WorldPlaces(NetworkFolder Folder)
{
    /// <summary>The broker's log in PostgreSQL; null: in its folder.</summary>
    public string? BrokerPostgres { get; init; }

    /// <summary>The provider's log and ledger in PostgreSQL; null: in its folder.</summary>
    public string? ProviderPostgres { get; init; }

    /// <summary>Every Redis that holds tokens now: one, the primary of a pair, the masters of a cluster.</summary>
    public IReadOnlyList<RedisServer> Redis { get; init; } = [];

    /// <summary>Where the provider's ledger lies, if not in PostgreSQL.</summary>
    public string LedgerPath => Folder.AgencyPath(NetworkFolder.Provider, "data/ledger.db");

    /// <summary>Where a custodian's log lies, if not in PostgreSQL.</summary>
    public string LogPath(string custodian) => string.Equals(custodian, "broker", StringComparison.Ordinal)
        ? Folder.Path("broker", "data", "access-log.db")
        : Folder.AgencyPath(custodian, "data/access-log.db");

    /// <summary>The connection string of a custodian's log; null: a file.</summary>
    public string? PostgresOf(string custodian) => custodian switch
    {
        "broker" => BrokerPostgres,
        NetworkFolder.Provider => ProviderPostgres,
        _ => null,
    };
}
