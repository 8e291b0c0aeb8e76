using InfoLink.Agent.Sources;
using InfoLink.Agent.Trust;
using InfoLink.Agent.Typed;
using InfoLink.Contracts.Identifiers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace InfoLink.Agent;

/// <summary>Adds the agent to a .NET host.</summary>
public static class InfoLinkRegistration
{
    /// <summary>
    /// Runs an InfoLink agent inside the host: it starts and stops with it. Ask through <see cref="InfoLinkAgent"/>; answer what
    /// <see cref="InfoLinkBuilder.MapKind(string, Func{InformationRequest, CancellationToken, Task{Items}})"/> is given.
    /// </summary>
    /// <remarks>
    /// The host's start fails with an <see cref="InvalidOperationException"/> that names everything wrong with the options and how they fit the network, each with its remedy. Before the host has started, the
    /// agent's members throw the same, saying so.
    /// </remarks>
    public static InfoLinkBuilder AddInfoLinkAgent(this IServiceCollection services, Action<AgentOptions> configure)
    {
        var options = new AgentOptions();
        configure(options);
        return services.AddInfoLinkAgent(options);
    }

    /// <summary>As above, with options that are ready.</summary>
    public static InfoLinkBuilder AddInfoLinkAgent(this IServiceCollection services, AgentOptions options)
    {
        var builder = new InfoLinkBuilder();
        services.AddSingleton(provider => new HostedAgent(options, builder, provider.GetService<TimeProvider>() ?? TimeProvider.System, provider.GetRequiredService<ILoggerFactory>()));
        services.AddHostedService(provider => provider.GetRequiredService<HostedAgent>());
        services.AddSingleton(provider =>
        {
            var hosted = provider.GetRequiredService<HostedAgent>();
            return new InfoLinkAgent(() => hosted.Running);
        });
        services.AddTransient(provider => provider.GetRequiredService<HostedAgent>().Will);
        services.AddTransient(provider => provider.GetRequiredService<HostedAgent>().Readiness);
        return builder;
    }

    private sealed class HostedAgent(
        AgentOptions options, InfoLinkBuilder builder, TimeProvider time, ILoggerFactory loggers) : IHostedService
    {
        private AgentHost? _host;

        /// <summary>Looked up when somebody asks: services that want the agent are made before it runs.</summary>
        public InfoLinkAgent.Running Running => Host.Agent.Now;

        /// <summary>The same.</summary>
        public OwnWill Will => Host.Will;

        /// <summary>The same.</summary>
        public Watching.AgentReadiness Readiness => Host.Readiness;

        private AgentHost Host => _host ?? throw new InvalidOperationException("The agent has not started yet; ask after the host has.");

        public async Task StartAsync(CancellationToken cancellationToken) => _host = await AgentHost.StartAsync(options, builder.Sources, time, loggers, builder.Persons);

        public async Task StopAsync(CancellationToken cancellationToken)
        {
            if (_host is { } host)
            {
                await host.DisposeAsync();
            }
        }
    }
}

/// <summary>What the agent answers to others.</summary>
public sealed class InfoLinkBuilder
{
    private readonly Dictionary<KindId, IInformationSource> _sources = [];

    internal IReadOnlyDictionary<KindId, IInformationSource> Sources => _sources;

    internal IPersonSource? Persons { get; private set; }

    /// <summary>Where the basic attributes of the agency's persons stand, for entries with an identity check.</summary>
    /// <exception cref="InvalidOperationException">There is a source already.</exception>
    public InfoLinkBuilder MapPersons(IPersonSource source)
    {
        Persons = Persons is null ? source : throw new InvalidOperationException("There is a source of basic attributes already; keep one.");
        return this;
    }

    /// <summary>Answers a kind of information with a function. Null: nothing to answer automatically.</summary>
    /// <exception cref="ArgumentException">The kind has a source already.</exception>
    public InfoLinkBuilder MapKind(string kind, Func<InformationRequest, CancellationToken, Task<Items?>> read) => MapKind(kind, new DelegateSource(read));

    /// <summary>Answers a kind of information with a class that <c>infolink catalog classes</c> has written. Null: nothing to answer automatically.</summary>
    /// <exception cref="ArgumentException">The kind has a source already.</exception>
    public InfoLinkBuilder MapKind<T>(Func<InformationRequest, CancellationToken, Task<T?>> read)
        where T : class, IInformation<T> =>
        MapKind(T.Kind.Value, new DelegateSource(async (request, cancellation) => (await read(request, cancellation))?.ToItems()));

    /// <summary>Answers a kind of information from a source, e.g. a <see cref="SqlSource"/>.</summary>
    /// <exception cref="ArgumentException">The kind has a source already.</exception>
    public InfoLinkBuilder MapKind(string kind, IInformationSource source)
    {
        _sources.Add(KindId.Parse(kind), source);
        return this;
    }
}
