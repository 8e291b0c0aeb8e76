using InfoLink.Contracts.Identifiers;
using InfoLink.Matching;

namespace InfoLink.Agent.Testing;

/// <summary>A made-up human being. Agencies know her under identifiers of their own, each with a link code of its own.</summary>
public sealed class TestPerson
{
    private readonly InMemoryNetwork _network;
    private readonly Dictionary<AgencyId, LinkCode> _codes = [];
    private readonly List<(DateOnly From, string Municipality)> _addresses = [];
    private readonly Lock _gate = new();

    internal TestPerson(InMemoryNetwork network) => _network = network;

    /// <summary>The broker takes nobody's code of hers: LINK-CODE-REFUSED.</summary>
    public bool CodeIsRefused { get; set; }

    /// <summary>An agency knows her, under this identifier and linked.</summary>
    /// <param name="agency">Of the same network.</param>
    /// <param name="localId">The agency's own identifier. Several may be one person's: the code is the same.</param>
    /// <param name="attributes">As the agency's own system has her, for entries with an identity check; null: it has none.</param>
    /// <exception cref="ArgumentException">An agency of another network.</exception>
    /// <exception cref="Contracts.Refusals.RefusedException">NUMBER-AS-KEY: the identifier reads as an individual number.</exception>
    public KnownPerson At(InMemoryAgency agency, string localId, BasicAttributes? attributes = null)
    {
        if (!ReferenceEquals(agency.Network, _network))
        {
            throw new ArgumentException("The agency belongs to another network.", nameof(agency));
        }

        return agency.Know(this, localId, attributes);
    }

    /// <summary>Where her address is from a day on, for questions that leave the provider out: the registry knows it.</summary>
    /// <param name="municipality">Six digits; a ward's of a designated city where there are wards.</param>
    /// <param name="from">First day (Japan).</param>
    public TestPerson LivesIn(string municipality, DateOnly from = default)
    {
        lock (_gate)
        {
            _addresses.Add((from, LocalGovernmentCode.Parse(municipality).ToString()));
            return this;
        }
    }

    /// <summary>Null: the registry knows no address of that day.</summary>
    internal string? MunicipalityOn(DateOnly day)
    {
        lock (_gate)
        {
            return _addresses.Where(address => address.From <= day).OrderBy(address => address.From).LastOrDefault().Municipality;
        }
    }

    internal LinkCode CodeAt(AgencyId agency)
    {
        lock (_gate)
        {
            if (!_codes.TryGetValue(agency, out var code))
            {
                _codes[agency] = code = _network.NewCode(this);
            }

            return code;
        }
    }
}
