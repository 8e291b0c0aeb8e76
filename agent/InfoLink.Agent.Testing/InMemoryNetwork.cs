using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Security.Cryptography;
using InfoLink.Authoring;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Trust;

namespace InfoLink.Agent.Testing;

/// <summary>
/// A platform in memory, for a developer's tests: agencies ask one another through a real <see cref="InfoLinkAgent"/>, by the real catalog decision, requirements, layouts and identity
/// checks. What the wire adds is not here: certificates, tokens, seals, records, limits of the broker. Names, numbers and values are made up; nobody real belongs into it.
/// </summary>
/// <remarks>
/// <code>
/// await using var network = InMemoryNetwork.StartSample();
/// var (yokohama, setagaya) = (network.Agency("141003"), network.Agency("131121"));
/// var person = network.AddPerson();
/// person.At(yokohama, "Y-1");
/// person.At(setagaya, "S-1").Answers("municipal-inhabitant-tax");
/// var answer = await yokohama.Agent.FetchAsync("Y-1", "106.municipality.108-1-ro", "131121", new() { TaxYear = 2026 }, new("clerk", "terminal", "use"), "claimant");
/// </code>
/// Everything may be called from several threads.
/// </remarks>
public sealed class InMemoryNetwork : IAsyncDisposable
{
    private static readonly Uri Somewhere = new("https://in-memory.invalid");
    private readonly ConcurrentDictionary<AgencyId, InMemoryAgency> _agencies = new();
    private readonly ConcurrentDictionary<LinkCode, TestPerson> _persons = new();
    private readonly P256PublicKey _nobodysKey;
    private readonly Lock _gate = new();

    private InMemoryNetwork(StatuteCatalog catalog, TimeProvider time, ILoggerFactory loggers)
    {
        (Catalog, Time, Loggers) = (catalog, time, loggers);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _nobodysKey = P256PublicKey.Of(key);
        Name = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        Desk = new PendingDesk(time);
        Broker = new InMemoryBroker(this);
    }

    /// <summary>The catalog in force.</summary>
    public StatuteCatalog Catalog { get; }

    /// <summary>The broker does not answer: BROKER-UNREACHABLE.</summary>
    public bool BrokerIsAway { get; set; }

    /// <summary>Days of the catalog and deadlines are counted by it.</summary>
    public TimeProvider Time { get; }

    internal ILoggerFactory Loggers { get; }

    /// <summary>Tells the stores in memory of several networks apart.</summary>
    internal string Name { get; }

    internal PendingDesk Desk { get; }

    internal InMemoryBroker Broker { get; }

    internal IEnumerable<InMemoryAgency> Agencies => _agencies.Values;

    /// <summary>A network without agencies.</summary>
    /// <param name="catalog">The platform's own, or one that the test has made.</param>
    /// <param name="time">The system's where it is null; a test may bring one that it moves.</param>
    /// <param name="loggers">For what an agent would tell its operator; null: nobody listens.</param>
    public static InMemoryNetwork Start(StatuteCatalog catalog, TimeProvider? time = null, ILoggerFactory? loggers = null) =>
        new(catalog, time ?? TimeProvider.System, loggers ?? Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);

    /// <summary>A network without agencies.</summary>
    /// <param name="catalogPath">The catalog as it is signed, as a draft, or as people write it (YAML). Signatures are not looked at.</param>
    /// <param name="time">As above.</param>
    /// <param name="loggers">As above.</param>
    /// <exception cref="FormatException">The file is no catalog; all its errors.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static InMemoryNetwork Start(string catalogPath, TimeProvider? time = null, ILoggerFactory? loggers = null) => DocumentFile.Open(catalogPath, DocumentKind.Catalog) switch
    {
        Loaded<DocumentFile>.Whole { Value.Catalog: { } catalog } => Start(catalog, time, loggers),
        Loaded<DocumentFile>.Broken broken => throw Errors(broken.Errors),
        _ => throw new FormatException($"'{catalogPath}' is not a catalog."),
    };

    /// <summary>The sample's catalog (child allowance, row 106 of the Order) with Yokohama (141003) and Setagaya (131121), both <c>municipality</c> and <c>welfare-authority</c>.</summary>
    /// <param name="time">As above.</param>
    /// <param name="loggers">As above.</param>
    public static InMemoryNetwork StartSample(TimeProvider? time = null, ILoggerFactory? loggers = null)
    {
        using var stream = typeof(InMemoryNetwork).Assembly.GetManifestResourceStream("sample-catalog.yaml")!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        var network = CatalogFile.Parse("sample-catalog.yaml", bytes) switch
        {
            Loaded<StatuteCatalog>.Whole whole => Start(whole.Value, time, loggers),
            Loaded<StatuteCatalog>.Broken broken => throw Errors(broken.Errors),
            _ => throw new InvalidOperationException("A file is whole or broken."),
        };
        network.AddAgency("141003", "municipality", "welfare-authority");
        network.AddAgency("131121", "municipality", "welfare-authority");
        return network;
    }

    /// <summary>An agency, in these categories for ever.</summary>
    /// <param name="id">e.g. <c>141003</c>.</param>
    /// <param name="categories">The catalog's, e.g. <c>municipality</c>: whom entries name as requester and provider.</param>
    /// <exception cref="FormatException">Not identifiers.</exception>
    /// <exception cref="ArgumentException">The agency is there already, or the catalog has no such category.</exception>
    public InMemoryAgency AddAgency(string id, params string[] categories)
    {
        var ids = categories.Select(CategoryId.Parse).ToList();
        if (ids.Where(category => !Catalog.Categories.ContainsKey(category)).ToList() is [var unknown, ..])
        {
            throw new ArgumentException($"The catalog has no category '{unknown}'. It has: {string.Join(", ", Catalog.Categories.Keys.Select(category => category.Value).Order(StringComparer.Ordinal))}.", nameof(categories));
        }

        lock (_gate)
        {
            var self = AgencyId.Parse(id);
            var agency = new InMemoryAgency(this, self, [.. ids.Select(category => new CategoryTerm(category, DateOnly.MinValue, Until: null))], Members([]));
            if (!_agencies.TryAdd(self, agency))
            {
                agency.Close();
                throw new ArgumentException($"The agency '{id}' is there already.", nameof(id));
            }

            Renew();
            return agency;
        }
    }

    /// <summary>An agency that was added.</summary>
    /// <exception cref="ArgumentException">There is none of this id.</exception>
    public InMemoryAgency Agency(string id) => Find(AgencyId.Parse(id)) ?? throw new ArgumentException($"There is no agency '{id}' in this network; add it first.", nameof(id));

    /// <summary>A made-up human being whom no agency knows yet: see <see cref="TestPerson.At"/>.</summary>
    public TestPerson AddPerson() => new(this);

    /// <summary>Its stores are gone.</summary>
    public ValueTask DisposeAsync()
    {
        foreach (var agency in _agencies.Values)
        {
            agency.Close();
        }

        return ValueTask.CompletedTask;
    }

    internal InMemoryAgency? Find(AgencyId id) => _agencies.GetValueOrDefault(id);

    /// <summary>Whose code it is; null: no code of this network.</summary>
    internal TestPerson? PersonOf(LinkCode code) => _persons.GetValueOrDefault(code);

    internal LinkCode NewCode(TestPerson person)
    {
        var code = new LinkCode(epoch: 1, RandomNumberGenerator.GetBytes(LinkCode.BlockLength));
        _persons[code] = person;
        return code;
    }

    /// <summary>Every agency believes what is so now.</summary>
    internal void Renew()
    {
        lock (_gate)
        {
            var members = Members(_agencies.Values);
            foreach (var agency in _agencies.Values)
            {
                agency.Trust.Believe(members);
            }
        }
    }

    private MemberList Members(IEnumerable<InMemoryAgency> agencies) => new(
        version: 1,
        new byte[32],
        "in-memory.invalid",
        new BrokerIdentity { IdentityKey = _nobodysKey, TokenKeys = FrozenDictionary<string, P256PublicKey>.Empty, Endpoint = Somewhere },
        agencies.Select(agency => new Member
        {
            Id = agency.Id,
            Name = new Bilingual(agency.Id.Value, agency.Id.Value),
            Categories = agency.Categories,
            IdentityKey = _nobodysKey,
            Endpoint = Somewhere,
            CodeEpochs = new CodeEpochs(Current: 1, Previous: null),
            Suspended = agency.IsSuspended,
            Closed = agency.ClosedUntil is { } until ? [new Closure(DateTimeOffset.MinValue, until)] : [],
            Flags = agency.IsNumberless ? [MemberFlags.DirectMatching, MemberFlags.Numberless] : [MemberFlags.DirectMatching],
        }));

    private static FormatException Errors(IReadOnlyCollection<AuthoringError> errors) => new(string.Join('\n', errors));
}
