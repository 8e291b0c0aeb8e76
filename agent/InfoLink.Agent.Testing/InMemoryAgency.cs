using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using InfoLink.Agent.Asking;
using InfoLink.Agent.IdentityChecks;
using InfoLink.Agent.Linking;
using InfoLink.Agent.Links;
using InfoLink.Agent.People;
using InfoLink.Agent.Providing;
using InfoLink.Agent.Requesting;
using InfoLink.Agent.Service;
using InfoLink.Agent.Sources;
using InfoLink.Agent.Trust;
using InfoLink.Agent.Watching;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting.Trust;
using InfoLink.V1;
using BasicAttributes = InfoLink.Matching.BasicAttributes;

namespace InfoLink.Agent.Testing;

/// <summary>An agency of an <see cref="InMemoryNetwork"/>: it asks through <see cref="Agent"/>, and answers from its test persons or from the developer's own sources.</summary>
public sealed class InMemoryAgency
{
    private static readonly TimeSpan SourceTimeout = TimeSpan.FromSeconds(10);
    private readonly ConcurrentDictionary<string, KnownPerson> _known = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<InformationRequest> _reads = new();
    private readonly Dictionary<KindId, IInformationSource> _sources = [];
    private readonly HashSet<KindId> _fromPersons = [];
    private readonly HashSet<string> _blocked = new(StringComparer.Ordinal);
    private readonly List<IDisposable> _lives = [];
    private readonly Lock _gate = new();
    private IPersonSource? _persons;
    private AnsweringParts? _parts;
    private bool _isSuspended;
    private bool _isNumberless;
    private DateTimeOffset? _closedUntil;

    internal InMemoryAgency(InMemoryNetwork network, AgencyId id, ImmutableArray<CategoryTerm> categories, MemberList members)
    {
        (Network, Id, Categories) = (network, id, categories);
        Trust = new TrustBase(id, members, CatalogSet.Empty.With(network.Catalog, network.Time.GetUtcNow()), network.Time);
        Links = LinkTable.OpenInMemory($"{network.Name}-{id}-links", network.Time, out var links);
        var jobs = AskJobs.OpenInMemory($"{network.Name}-{id}-jobs", network.Time, out var jobsLife);
        CheckingKey = new CheckingKey(RandomNumberGenerator.GetBytes(32));
        _lives.AddRange([links, jobsLife, CheckingKey]);
        Questions = new Questions(Trust, new ProviderChoosing(Trust, AskRegistryAsync, refresh: false, network.Time, network.Loggers.CreateLogger<ProviderChoosing>()));
        Telemetry = new AgentTelemetry();
        _lives.Add(Telemetry);
        var exchange = new WatchedExchange(new InMemoryExchange(network, this), Trust, Telemetry, network.Time);
        var bulk = new BulkAsking(Trust, Links, Questions, exchange, jobs, network.Time);
        Agent = new InfoLinkAgent(() => new InfoLinkAgent.Running(exchange, Links, Questions, bulk, Trust, network.Time));
    }

    /// <summary>The agency's id.</summary>
    public AgencyId Id { get; }

    /// <summary>For asking: the real face. Linking, verifying, rotating and remedies are not there in memory.</summary>
    public InfoLinkAgent Agent { get; }

    /// <summary>The agency's agent does not answer others: PROVIDER-UNREACHABLE.</summary>
    public bool IsAway { get; set; }

    /// <summary>The broker's operator has suspended the agency: MEMBER-SUSPENDED, on either side.</summary>
    public bool IsSuspended
    {
        get => _isSuspended;
        set
        {
            _isSuspended = value;
            Network.Renew();
        }
    }

    /// <summary>By its own word the agency is closed until then, and nobody asks it: PROVIDER-CLOSED. At most 400 days ahead; null, or past: it is open.</summary>
    public DateTimeOffset? ClosedUntil
    {
        get => _closedUntil;
        set
        {
            _closedUntil = value;
            Network.Renew();
        }
    }

    /// <summary>By the member list the agency keeps no individual numbers.</summary>
    public bool IsNumberless
    {
        get => _isNumberless;
        set
        {
            _isNumberless = value;
            Network.Renew();
        }
    }

    /// <summary>What its sources and test persons were asked, in order.</summary>
    public IReadOnlyCollection<InformationRequest> Reads => _reads;

    internal InMemoryNetwork Network { get; }

    internal ImmutableArray<CategoryTerm> Categories { get; }

    internal TrustBase Trust { get; }

    internal LinkTable Links { get; }

    internal Questions Questions { get; }

    internal CheckingKey CheckingKey { get; }

    internal AgentTelemetry Telemetry { get; }

    /// <summary>What it answers with, as it is now.</summary>
    internal AnsweringParts Answering
    {
        get
        {
            lock (_gate)
            {
                return _parts ??= MakeParts();
            }
        }
    }

    /// <summary>What the developer's own code answers: the same calls as behind <c>AddInfoLinkAgent</c>. The agency then asks it exactly as a real agent does.</summary>
    /// <param name="map">Maps kinds and persons.</param>
    /// <exception cref="InvalidOperationException">A kind has a source, or test persons who answer it, already.</exception>
    public InMemoryAgency Answers(Action<InfoLinkBuilder> map)
    {
        var builder = new InfoLinkBuilder();
        map(builder);
        lock (_gate)
        {
            foreach (var (kind, source) in builder.Sources)
            {
                if (_fromPersons.Contains(kind) || !Network.Catalog.Kinds.ContainsKey(kind) || !_sources.TryAdd(kind, source))
                {
                    throw new InvalidOperationException(
                        Network.Catalog.Kinds.ContainsKey(kind) ? $"'{Id}' answers the kind '{kind}' already." : $"There is a source for the kind '{kind}', which the catalog does not define.");
                }
            }

            _persons = builder.Persons ?? _persons;
            _parts = null;
        }

        return this;
    }

    /// <summary>The agency cuts a peer or an entry off by itself: BLOCKED-BY-PROVIDER.</summary>
    /// <param name="peerOrEntry">An agency's id or an entry's.</param>
    public InMemoryAgency Blocks(string peerOrEntry)
    {
        lock (_gate)
        {
            _blocked.Add(peerOrEntry);
            _parts = null;
            return this;
        }
    }

    /// <summary>A person whom the agency knows.</summary>
    /// <exception cref="ArgumentException">There is none of this identifier.</exception>
    public KnownPerson Person(string localId) => Find(localId) ?? throw new ArgumentException("The agency knows nobody under this identifier.", nameof(localId));

    internal KnownPerson? Find(string localId) => _known.GetValueOrDefault(localId);

    internal KnownPerson Know(TestPerson person, string localId, BasicAttributes? attributes)
    {
        // The store is in memory: nothing is waited for.
        if (_known.Values.FirstOrDefault(known => ReferenceEquals(known.Person, person) && !string.Equals(known.LocalId, localId, StringComparison.Ordinal)) is { } other)
        {
            Links.JoinAsync(LocalId.Of(localId), LocalId.Of(other.LocalId), LinkAct.ByProgram).GetAwaiter().GetResult();
        }
        else
        {
            Links.PutAsync(localId, person.CodeAt(Id)).GetAwaiter().GetResult();
        }

        return _known[localId] = new KnownPerson(this, person, localId, attributes);
    }

    internal void Mark(string localId, bool withheld, bool manualOnly) =>
        Links.MarkAsync(localId, withheld: withheld ? true : null, manualOnly: manualOnly ? true : null).GetAwaiter().GetResult();

    internal void ServeFromPersons(KindId kind)
    {
        lock (_gate)
        {
            if (_sources.ContainsKey(kind))
            {
                throw new InvalidOperationException($"'{Id}' has a source for the kind '{kind}': it is asked. Let it answer for this person.");
            }

            if (_fromPersons.Add(kind))
            {
                _parts = null;
            }
        }
    }

    internal void Close()
    {
        foreach (var life in _lives)
        {
            life.Dispose();
        }
    }

    private AnsweringParts MakeParts()
    {
        var sources = _sources
            .Concat(_fromPersons.Select(kind => KeyValuePair.Create(kind, (IInformationSource)new DelegateSource((request, _) => Task.FromResult(Find(request.Person)?.AnswerOf(request.Kind))))))
            .ToDictionary(pair => pair.Key, pair => (IInformationSource)new DelegateSource((request, cancellation) =>
            {
                _reads.Enqueue(request);
                return pair.Value.ReadAsync(request, cancellation);
            }));
        var persons = _persons ?? new KnownAttributes(this);

        // A source that hangs is given up by the real clock, whichever clock the test moves; and nobody waits for a delay that hides who is here.
        var table = new SourceTable(sources, SourceTimeout, TimeProvider.System, Network.Loggers.CreateLogger<SourceTable>());
        var switches = LocalSwitches.Open(
            path: "",
            _blocked.Where(id => AgencyId.TryParse(id, out _)).Select(AgencyId.Parse),
            _blocked.Where(id => EntryId.TryParse(id, out _)).Select(EntryId.Parse));
        return new AnsweringParts(
            new FetchChecks(Trust, switches, ServiceHours.AlwaysOpen, table, Network.Time, restored: null),
            new SubjectAnswers(
                Trust,
                Links,
                new IdentityChecking(CheckingKey, persons, Links, SourceTimeout, TimeProvider.System),
                table,
                queue: null, // What waits is on the desk.
                new AgencyPeople(options: null, path: "", Network.Time, Network.Loggers.CreateLogger<AgencyPeople>()),
                new WithoutDelays(Network.Time),
                Network.Loggers.CreateLogger<SubjectAnswers>()),
            table,
            new IdentityCheckMaking(
                persons,
                (_, _, _) => throw new NotSupportedException("In memory the provider's key is at hand."),
                SourceTimeout,
                TimeProvider.System,
                Network.Loggers.CreateLogger<IdentityCheckMaking>()));
    }

    /// <summary>The registry knows where its test persons live.</summary>
    private async Task<Outcome<IReadOnlyList<RegistryWord>>> AskRegistryAsync(
        IReadOnlyList<LocalId> ids, IReadOnlyList<DateOnly> days, bool withAttributes, CancellationToken cancellation)
    {
        var words = new List<RegistryWord>();
        foreach (var id in ids)
        {
            var person = await Links.CodeOfAsync(id, cancellation) is { } code ? Network.PersonOf(code) : null;
            words.Add(person is null
                ? RegistryWord.NotInOwnSystem
                : new RegistryWord(MatchVerdict.Matched, PersonStanding.Resident, [.. days.Select(day => ResidenceOf(person, day))], []));
        }

        return words;
    }

    private static Residence ResidenceOf(TestPerson person, DateOnly day) => person.MunicipalityOn(day) is { } municipality
        ? new Residence { Outcome = ResidenceOutcome.LivedInMunicipality, Municipality = municipality }
        : new Residence { Outcome = ResidenceOutcome.BeforeTheRegister };

    private sealed class KnownAttributes(InMemoryAgency agency) : IPersonSource
    {
        public Task<BasicAttributes?> FindAsync(string person, CancellationToken cancellation) => Task.FromResult(agency.Find(person)?.Attributes);
    }
}

/// <summary>The provider's half, made of the real parts.</summary>
internal sealed record AnsweringParts(FetchChecks Checks, SubjectAnswers Answers, SourceTable Sources, IdentityCheckMaking IdentityChecks);

/// <summary>The days of a clock, and none of its waits.</summary>
internal sealed class WithoutDelays(TimeProvider time) : TimeProvider
{
    public override TimeZoneInfo LocalTimeZone => time.LocalTimeZone;

    public override DateTimeOffset GetUtcNow() => time.GetUtcNow();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        System.CreateTimer(callback, state, dueTime == Timeout.InfiniteTimeSpan ? dueTime : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
}
