using Dapper;
using InfoLink.Contracts.Trust;
using InfoLink.Hosting.Trust;
using InfoLink.Transparency.Postgres;
using Npgsql;

namespace InfoLink.Broker.Membership;

/// <summary>
/// The authority's documents among brokers side by side: what is published at one of them, or held by one that starts, all others take within a
/// second. Each judges it by the authority's signatures as if an operator had brought it; the database is trusted with nothing. What does not fit a broker yet (a
/// master that was not copied to it) is an alarm, once, and is tried again until it fits.
/// </summary>
internal sealed partial class SharedDocuments : IAsyncDisposable
{
    private const string Schema = """
        CREATE TABLE IF NOT EXISTS trust_document(
          kind text NOT NULL, version integer NOT NULL, document bytea NOT NULL, PRIMARY KEY (kind, version));
        """;

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private readonly NpgsqlDataSource _source;
    private readonly TrustFolder _trust;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _ended = new();
    private readonly HashSet<(string Kind, int Version)> _refused = [];
    private readonly HashSet<(string Kind, int Version)> _unfit = [];
    private Task _running = Task.CompletedTask;

    private SharedDocuments(NpgsqlDataSource source, TrustFolder trust, TimeProvider time, ILogger logger) =>
        (_source, _trust, _time, _logger) = (source, trust, time, logger);

    /// <summary>Brings what this broker holds, and takes what others hold that is newer.</summary>
    /// <exception cref="InvalidOperationException">The database cannot be used. Never shows the connection string.</exception>
    public static async Task<SharedDocuments> OpenAsync(string connection, TrustFolder trust, TimeProvider time, ILogger<SharedDocuments> logger)
    {
        var shared = new SharedDocuments(PostgresDatabase.Open(connection, Patience), trust, time, logger);
        try
        {
            await using (var open = await shared._source.OpenConnectionAsync())
            {
                await open.ExecuteAsync(PostgresDatabase.Making("documents", Schema));
            }

            await shared.LookAsync(CancellationToken.None);
            return shared;
        }
        catch (NpgsqlException fault)
        {
            await shared.DisposeAsync();
            throw new InvalidOperationException($"The authority's documents cannot be shared in PostgreSQL: {fault.Message}", fault);
        }
        catch
        {
            await shared.DisposeAsync();
            throw;
        }
    }

    public void Start() => _running = RunAsync();

    /// <summary>Brings what this broker has just taken, so that others take it now.</summary>
    /// <returns>False: the database does not answer. It is brought when it does.</returns>
    public async Task<bool> TryBringAsync()
    {
        try
        {
            await using var open = await _source.OpenConnectionAsync(_ended.Token);
            await BringAsync(open, await ThereAsync(open, _ended.Token), _ended.Token);
            return true;
        }
        catch (Exception fault) when (fault is NpgsqlException or TimeoutException)
        {
            Log.NotLooked(_logger, fault);
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _running;
        _ended.Dispose();
        await _source.DisposeAsync();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(LookEvery, _time);
        var away = false;
        while (!_ended.IsCancellationRequested)
        {
            try
            {
                await timer.WaitForNextTickAsync(_ended.Token);
                await LookAsync(_ended.Token);
                away = false;
            }
            catch (OperationCanceledException) when (_ended.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault) // The database is away; what is held stays in force.
            {
                if (!away)
                {
                    Log.NotLooked(_logger, fault);
                }

                away = true;
            }
        }
    }

    private async Task LookAsync(CancellationToken cancellation)
    {
        await using var open = await _source.OpenConnectionAsync(cancellation);
        var there = await ThereAsync(open, cancellation);
        await TakeAsync(open, there, cancellation);
        await BringAsync(open, there, cancellation);
    }

    private static async Task<IReadOnlyList<(string Kind, int Version)>> ThereAsync(NpgsqlConnection open, CancellationToken cancellation) =>
        (await open.QueryAsync<(string Kind, int Version)>(
            new CommandDefinition("SELECT kind, version FROM trust_document ORDER BY kind, version", cancellationToken: cancellation))).AsList();

    /// <summary>Authorities first, each in its turn: they say whose signature counts.</summary>
    private async Task TakeAsync(NpgsqlConnection open, IReadOnlyList<(string Kind, int Version)> there, CancellationToken cancellation)
    {
        foreach (var (kind, version) in there.Where(row => row.Version > Newest(row.Kind) && !_refused.Contains(row)))
        {
            var document = await open.QuerySingleOrDefaultAsync<byte[]>(
                new CommandDefinition("SELECT document FROM trust_document WHERE kind = @kind AND version = @version", new { kind, version }, cancellationToken: cancellation));
            try
            {
                if (document is null)
                {
                    continue; // Another broker has tidied up.
                }

                if (!_trust.Accept(SignedDocument.Parse(document)))
                {
                    throw new DocumentException(DocumentFault.DoesNotFit, "It is of another version, which is held.");
                }

                Log.Taken(_logger, kind, version);
            }
            catch (DocumentException refused)
            {
                // What is signed and does not fit here may fit in a moment, when the operator has done what is missing; all else stays as it is.
                if ((refused.Fault == DocumentFault.DoesNotFit ? _unfit : _refused).Add((kind, version)))
                {
                    Log.Refused(_logger, kind, version, refused.Message);
                }
            }
        }
    }

    private async Task BringAsync(NpgsqlConnection open, IReadOnlyList<(string Kind, int Version)> there, CancellationToken cancellation)
    {
        const string Put = "INSERT INTO trust_document (kind, version, document) VALUES (@Kind, @Version, @Document) ON CONFLICT DO NOTHING";
        const string Prune = "DELETE FROM trust_document WHERE kind = @Kind AND version < @Oldest";
        var held = _trust.Held!;
        (DocumentHeader Header, SignedDocument Envelope)[] mine =
        [
            .. held.Authorities.Select(authority => (authority.Header, authority.Envelope)),
            .. held.Members is { } members ? [(members.Header, members.Envelope)] : Array.Empty<(DocumentHeader, SignedDocument)>(),
            .. held.CatalogDocuments.Select(catalog => (catalog.Header, catalog.Envelope)),
        ];
        foreach (var (header, envelope) in mine.Where(document => !there.Contains((document.Header.Kind.Name(), document.Header.Version))))
        {
            await open.ExecuteAsync(new CommandDefinition(
                Put, new { Kind = header.Kind.Name(), header.Version, Document = envelope.ToBytes() }, cancellationToken: cancellation));
        }

        // As in the folder: lists and catalogs that nobody asks for any more go; authorities are the chain.
        foreach (var kind in (DocumentKind[])[DocumentKind.Members, DocumentKind.Catalog])
        {
            var oldest = mine.Where(document => document.Header.Kind == kind).Select(document => document.Header.Version).DefaultIfEmpty(0).Min();
            if (there.Any(row => DocumentKinds.FromName(row.Kind) == kind && row.Version < oldest))
            {
                await open.ExecuteAsync(new CommandDefinition(Prune, new { Kind = kind.Name(), Oldest = oldest }, cancellationToken: cancellation));
            }
        }
    }

    private int Newest(string kind)
    {
        var held = _trust.Held!;
        return DocumentKinds.FromName(kind) switch
        {
            DocumentKind.Authority => held.Authority.Header.Version,
            DocumentKind.Members => held.Members?.Header.Version ?? 0,
            _ => held.CatalogDocuments.LastOrDefault()?.Header.Version ?? 0,
        };
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The {Kind} of version {Version}, published at another broker of the platform, is taken")]
        public static partial void Taken(ILogger logger, string kind, int version);

        [LoggerMessage(2, LogLevel.Critical, "ALARM: the database holds a {Kind} of version {Version} that is not taken: {Reason}")]
        public static partial void Refused(ILogger logger, string kind, int version, string reason);

        [LoggerMessage(3, LogLevel.Error, "Other brokers' documents could not be looked for; what is held stays in force, and it is tried again each second")]
        public static partial void NotLooked(ILogger logger, Exception exception);
    }
}
