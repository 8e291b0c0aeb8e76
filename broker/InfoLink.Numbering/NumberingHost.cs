using InfoLink.Contracts.Membership;
using InfoLink.Hosting;
using InfoLink.Hosting.Members;
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

    private readonly MemberHost _member;
    private readonly IEnumerable<object> _owned;

    private NumberingHost(MemberHost member, AccessLog log, IEnumerable<object> owned) => (_member, Log, _owned) = (member, log, owned);

    /// <summary>Where the authority serves.</summary>
    public Uri Endpoint => _member.Endpoint;

    /// <summary>The platform that it is a member of.</summary>
    public string Platform => _member.Trust.Members.Platform;

    /// <summary>The log of acts, for those who check it.</summary>
    public AccessLog Log { get; }

    /// <summary>Makes the authority's keys. Nothing is ever overwritten.</summary>
    /// <returns>The public halves, for the member list.</returns>
    /// <exception cref="IOException">A key is there already.</exception>
    public static NumberingPublicKeys Create(NumberingOptions options, string platform) => NumberingKeys.Create(options, platform);

    /// <param name="options">The configuration.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">For faults.</param>
    /// <exception cref="InvalidOperationException">Configuration, keys, member list or store are not in order: all errors at once.</exception>
    /// <exception cref="IOException">Another process has the table, or the port.</exception>
    public static async Task<NumberingHost> StartAsync(NumberingOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        var owned = new Stack<object>();
        try
        {
            return await ComposeAsync(options, time, loggers, owned);
        }
        catch
        {
            await Ending.DisposeAllAsync(owned); // A start that fails half way holds nothing: neither the table nor a key.
            throw;
        }
    }

    /// <summary>Runs until the process is asked to stop.</summary>
    public Task WaitForShutdownAsync(CancellationToken cancellation) => _member.WaitForShutdownAsync(cancellation);

    public async ValueTask DisposeAsync()
    {
        await _member.DisposeAsync(); // No call is under way any more when the stores end.
        await Ending.DisposeAllAsync(_owned);
    }

    /// <summary>The composition; what it puts on the stack ends with the authority, the last made first.</summary>
    private static async Task<NumberingHost> ComposeAsync(NumberingOptions options, TimeProvider time, ILoggerFactory loggers, Stack<object> owned)
    {
        StartErrors.Refuse("The numbering authority's configuration has errors", options.Errors());
        NumberingKeys? keys = null;
        var member = Own(MemberHost.Open(options.Member, MemberFlags.NumberingAuthority, time, loggers, (members, listed) =>
        {
            keys ??= Own(NumberingKeys.Read(options, members.Platform));
            return listed.Logs.Contains(keys.Log.Key)
                ? []
                : [$"The log key '{keys.Log.Key}' is not in the member list (agencies.{listed.Id}.logs), so nobody could check what the authority has done."];
        }));

        // Stores.
        var seal = Own(new RecordCodeSeal(keys!.Table));
        var store = Own(OpenNumbers(options, seal));
        var corporations = Own(CorporateRegister.Open(options, time));
        IEntryStore entries = options.Postgres.Length == 0
            ? SqliteEntryStore.Open(options.Member.DataFile("access-log.db"), keys.Log.Key.Name)
            : await PostgresEntryStore.OpenAsync(options.Postgres, keys.Log.Key.Name, CancellationToken.None);
        var log = Own(await AccessLog.OpenAsync(
            entries, keys.Log, time, loggers.CreateLogger<AccessLog>(), head: new LogHead(options.Member.Full(options.Member.Data), keys.Log.Key)));

        // The wire.
        var table = new ConversionTable(store, seal, time, NumberDraw.Next);
        var limits = new NoticeLimits(options.MostWaitingNotices, TimeSpan.FromDays(options.KeepEndedNoticesDays));
        await member.ServeAsync(
            [
                ServedEdge.Of(new NumberingEdge(table, member, new ActRecords(log, options.Member.Id, time), limits)),
                ServedEdge.Of(new CorporateEdge(corporations, member)),
            ],
            MaxMessage);
        member.TellHealthOf(log);
        return new NumberingHost(member, log, owned);

        T Own<T>(T part)
            where T : notnull
        {
            owned.Push(part);
            return part;
        }
    }

    private static INumberStore OpenNumbers(NumberingOptions options, RecordCodeSeal seal) => options.Postgres.Length == 0
        ? SqliteNumberStore.Open(options.Member.DataFile("numbers.db"), seal.KeyCheck())
        : PostgresNumberStore.Open(options.Postgres, seal.KeyCheck());
}
