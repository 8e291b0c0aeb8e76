using InfoLink.Agent.Sources.Replicas;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent.Sources;

/// <summary>What an agency answers with: sources of the developer and those that <c>agent.json</c> names, which it opens and ends.</summary>
internal sealed class ConfiguredSources : IAsyncDisposable
{
    private readonly List<object> _owned = [];

    private ConfiguredSources(Dictionary<KindId, IInformationSource> all, IPersonSource? persons) => (All, Persons) = (all, persons);

    public IReadOnlyDictionary<KindId, IInformationSource> All { get; }

    /// <summary>Null: the agency's persons stand nowhere that the agent knows.</summary>
    public IPersonSource? Persons { get; private set; }

    /// <summary>The developer's sources and the configured ones together.</summary>
    /// <exception cref="InvalidOperationException">A kind has two sources, or one cannot be opened. Never shows a connection string or a secret.</exception>
    public static ConfiguredSources Open(IReadOnlyDictionary<KindId, IInformationSource> sources, IPersonSource? persons, AgentOptions options, TimeProvider time)
    {
        var all = new Dictionary<KindId, IInformationSource>(sources);
        var opened = new ConfiguredSources(all, persons);
        if (options.Sources.Any(source => source.Replica is not null))
        {
            ReplicaKey.MakeFirst(options);
        }

        foreach (var same in options.Sources.GroupBy(source => source.Kind, StringComparer.Ordinal))
        {
            List<(SourceOptions Days, ConfiguredSource Source)> each = [.. same.Select(source => (source, opened.Own(ConfiguredSource.Open(source, options, time))))];
            if (!all.TryAdd(KindId.Parse(same.Key), each is [({ From: null, Until: null }, var one)] ? one : new DatedSources(each)))
            {
                throw new InvalidOperationException($"The kind '{same.Key}' has two sources; keep one.");
            }
        }

        if (persons is null && options.Persons is { IsSource: true } configured)
        {
            opened.Persons = new SqlPersonSource(opened.Own(OwnDatabase.Open(configured, options)).Connect, configured.Query);
        }

        return opened;
    }

    public ValueTask DisposeAsync() => Hosting.Ending.DisposeAllAsync(_owned);

    private T Own<T>(T part)
        where T : notnull
    {
        _owned.Add(part);
        return part;
    }
}

/// <summary>One source of <c>agent.json</c>, opened: where a person's record stands, and what makes items of it.</summary>
internal sealed class ConfiguredSource : IInformationSource, IAsyncDisposable
{
    private readonly IRecordSource _records;
    private readonly object? _owned;

    private ConfiguredSource(SourceOptions options, IRecordSource records, ItemMap? map, string description, object? owned) =>
        (Places, _records, Map, Description, _owned) = (options.Places, records, map, description, owned);

    public PlaceLimits Places { get; }

    /// <summary>Null: fields are items.</summary>
    public ItemMap? Map { get; }

    /// <summary>For people; no secret.</summary>
    public string Description { get; }

    /// <exception cref="InvalidOperationException">It cannot be opened. Never shows a connection string or a secret.</exception>
    public static ConfiguredSource Open(SourceOptions options, AgentOptions agent, TimeProvider time)
    {
        var map = options.Map is { } given ? new ItemMap(given) : null;
        if (options.Http is { } http)
        {
            var client = new HttpRecords(http, agent, time);
            return new ConfiguredSource(options, client, map, $"GET {http.Url}", client);
        }

        if (options.Replica is { } replica)
        {
            var records = new ReplicaRecords(options.Id, replica, [.. ReplicaOptions.Of(options.Map)], ReplicaStore.Of(ReplicaStore.PathOf(agent)), ReplicaKey.Read(agent), time);
            return new ConfiguredSource(options, records, map, $"replica {options.Id}, what was delivered last", owned: null);
        }

        var database = OwnDatabase.Open(options, agent);
        return new ConfiguredSource(options, new SqlRecords(database.Connect, options.Query), map, $"{database.Description}, one query", database);
    }

    public async Task<Items?> ReadAsync(InformationRequest request, CancellationToken cancellation) =>
        await FindAsync(request, cancellation) is not { } record ? null : Map is null ? record.ToItems() : Map.ToItems(request.Kind, record);

    /// <summary>As the system has it, before anything is made of it.</summary>
    public Task<SourceRecord?> FindAsync(InformationRequest request, CancellationToken cancellation) => _records.FindAsync(request, cancellation);

    /// <summary>What reading a replica about anybody would meet; of other systems nothing is known without asking.</summary>
    /// <exception cref="SourceFaultException">It cannot be answered from.</exception>
    public void CheckCopy() => (_records as ReplicaRecords)?.Check();

    public ValueTask DisposeAsync() => Hosting.Ending.DisposeAllAsync(_owned is null ? [] : [_owned]);
}
