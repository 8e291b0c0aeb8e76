using System.Net;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Hosting;
using InfoLink.Hosting.Limits;
using InfoLink.Hosting.Trust;
using InfoLink.Numbering.Corporations;
using InfoLink.Numbering.Individuals;
using InfoLink.Transparency;
using InfoLink.Transparency.Postgres;
using InfoLink.Transparency.Sqlite;

namespace InfoLink.Numbering;

/// <summary>A running numbering authority. The whole composition is <see cref="ComposeAsync"/>, on one screen.</summary>
public sealed class NumberingHost : IAsyncDisposable
{
    /// <summary>Largest message received: 1,000 persons stay far below it.</summary>
    private const int MaxMessage = 512 * 1024;

    private readonly WebApplication _server;
    private readonly IEnumerable<object> _owned;

    private NumberingHost(WebApplication server, TrustFolder trust, AccessLog log, IEnumerable<object> owned) =>
        (_server, Trust, Log, _owned) = (server, trust, log, owned);

    /// <summary>Where the authority serves.</summary>
    public Uri Endpoint => new(_server.Urls.Single());

    /// <summary>The platform authority's documents, as this host holds them.</summary>
    public TrustFolder Trust { get; }

    /// <summary>The log of acts, for those who check it.</summary>
    public AccessLog Log { get; }

    /// <summary>Makes the authority's keys. Nothing is ever overwritten.</summary>
    /// <returns>The public halves, for the member list.</returns>
    /// <exception cref="IOException">A key is there already.</exception>
    public static NumberingPublicKeys Create(NumberingOptions options, string platform) => NumberingKeys.Create(options, platform);

    /// <param name="options">The configuration.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">For faults.</param>
    /// <param name="members">Who is a member now; null: the member list of the trust folder, as it is taken in.</param>
    /// <exception cref="InvalidOperationException">Configuration, keys, member list or store are not in order: all errors at once.</exception>
    /// <exception cref="IOException">Another process has the table, or the port.</exception>
    public static async Task<NumberingHost> StartAsync(NumberingOptions options, TimeProvider time, ILoggerFactory loggers, Func<MemberList>? members = null)
    {
        var owned = new Stack<object>();
        try
        {
            return await ComposeAsync(options, time, loggers, members, owned);
        }
        catch
        {
            await Ending.DisposeAllAsync(owned); // A start that fails half way holds nothing: neither the table nor a key.
            throw;
        }
    }

    /// <summary>Runs until the process is asked to stop.</summary>
    public Task WaitForShutdownAsync(CancellationToken cancellation) => _server.WaitForShutdownAsync(cancellation);

    public async ValueTask DisposeAsync()
    {
        await _server.DrainAsync();
        await Ending.DisposeAllAsync(_owned);
    }

    /// <summary>The composition; what it puts on the stack ends with the authority, the last made first.</summary>
    private static async Task<NumberingHost> ComposeAsync(
        NumberingOptions options, TimeProvider time, ILoggerFactory loggers, Func<MemberList>? members, Stack<object> owned)
    {
        StartErrors.Refuse("The numbering authority's configuration has errors", options.Errors());
        var trust = TrustFolder.Open(options.Full(options.Trust), time);
        if (trust.Held is not { Members.Value: { } list } held)
        {
            throw new InvalidOperationException($"'{options.Full(options.Trust)}' does not hold an authority and a member list. Put in what the authority has signed.");
        }

        var current = members ?? (() => trust.Held!.Members!.Value);
        var self = AgencyId.Parse(options.Agency);
        var identity = Own(OwnIdentity.Open(
            SpiffeName.ForAgency(held.Platform, self), options.Folder, options.IdentityKey, options.NextIdentityKey, loggers.CreateLogger<OwnIdentity>()));
        var issuer = list.TryFind(self, out var listed) ? identity.For(listed.IdentityKeys) : null;
        var keys = Own(NumberingKeys.Read(options, held.Platform));
        StartErrors.Refuse("The numbering authority does not fit the member list", NumberingFit.Errors(self, list, issuer, keys.Log.Key));
        KeyFile.CreateFolder(options.Full(options.Data));
        var certificates = Own(new LeafCertificates(issuer!, time, TimeSpan.FromSeconds(options.LeafLifetimeSeconds), loggers.CreateLogger<LeafCertificates>()));

        // Stores.
        var seal = Own(new RecordCodeSeal(keys.Table));
        var store = Own(OpenNumbers(options, seal));
        var corporations = Own(CorporateRegister.Open(options, time));
        IEntryStore entries = options.Postgres.Length == 0
            ? SqliteEntryStore.Open(options.DataFile("access-log.db"), keys.Log.Key.Name)
            : await PostgresEntryStore.OpenAsync(options.Postgres, keys.Log.Key.Name, CancellationToken.None);
        var log = Own(await AccessLog.OpenAsync(
            entries, keys.Log, time, loggers.CreateLogger<AccessLog>(), head: new LogHead(options.Full(options.Data), keys.Log.Key)));

        // The wire.
        var peers = new PeerCertificates(time);
        var callers = new Callers(current, peers);
        var table = new ConversionTable(store, seal, time, NumberDraw.Next);
        var limits = new NoticeLimits(options.MostWaitingNotices, TimeSpan.FromDays(options.KeepEndedNoticesDays));
        var server = Own(MutualPort.Build(
            [
                ServedEdge.Of(new NumberingEdge(table, callers, new ActRecords(log, self.Value, time), limits)),
                ServedEdge.Of(new CorporateEdge(corporations, callers)),
            ],
            IPEndPoint.Parse(options.Listen),
            certificates,
            leaf => peers.Decide(current(), leaf) is PeerDecision.Known,
            new PortLimits { MaxMessage = MaxMessage, Connections = options.Connections, ConnectionsOfOneMember = Math.Max(1, options.Connections / 4) },
            time,
            loggers));
        server.TellHealthOf(log);
        await server.StartAsync();
        return new NumberingHost(server, trust, log, owned);

        T Own<T>(T part)
            where T : notnull
        {
            owned.Push(part);
            return part;
        }
    }

    private static INumberStore OpenNumbers(NumberingOptions options, RecordCodeSeal seal) => options.Postgres.Length == 0
        ? SqliteNumberStore.Open(options.DataFile("numbers.db"), seal.KeyCheck())
        : PostgresNumberStore.Open(options.Postgres, seal.KeyCheck());
}
