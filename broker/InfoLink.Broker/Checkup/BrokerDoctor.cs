using System.Net.Sockets;
using InfoLink.Broker.Keys;
using InfoLink.Broker.Membership;
using InfoLink.Broker.Tokens;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Trust;
using InfoLink.Hosting.Checkup;
using InfoLink.Hosting.Trust;
using InfoLink.Transparency.Postgres;
using InfoLink.Transparency.Sqlite;

namespace InfoLink.Broker.Checkup;

/// <summary>
/// <c>infolink doctor</c>: looks at everything that a broker stands on, running or not, from its own folder and as its own user, and changes nothing.
/// </summary>
public sealed class BrokerDoctor
{
    private const string Renewal = "The authority signs the next one (infolink member renew, or catalog build; authority sign), and then: infolink broker publish.";
    private readonly BrokerOptions _options;
    private readonly TimeProvider _time;
    private readonly CheckSheet _sheet = new();

    private BrokerDoctor(BrokerOptions options, TimeProvider time) => (_options, _time) = (options, time);

    public static async Task<CheckSheet> LookAsync(BrokerOptions options, TimeProvider time, CancellationToken cancellation)
    {
        var doctor = new BrokerDoctor(options, time);
        await doctor.LookAsync(cancellation);
        return doctor._sheet;
    }

    private TimeSpan Lifetime => TimeSpan.FromSeconds(_options.LeafLifetimeSeconds);

    private async Task LookAsync(CancellationToken cancellation)
    {
        if (_options.Errors() is { Count: > 0 } errors)
        {
            _sheet.Wrong("broker.json", string.Join('\n', errors), "Correct the file; then look again.");
            return;
        }

        _sheet.Ok("broker.json", "without errors");
        var runs = await RunsAsync(cancellation);
        if (OpenTrust() is not { Members: { Value: { } list } } held)
        {
            return;
        }

        using var keys = LoadKeys(held.Platform);
        var issuer = keys is null ? null : Fit(keys, list);
        await StoresAsync(cancellation);
        var members = await DirectoryAsync(list, cancellation);
        _sheet.Add([LogChecks.OfQuorum(members)]);
        if (issuer is null || keys is null)
        {
            return; // Nobody would believe a call.
        }

        using var certificates = new LeafCertificates(issuer, _time, Lifetime);
        if (runs)
        {
            await LogAsync(keys, members, cancellation);
            await SelfAsync(certificates.Current, members);
        }

        var peers = await PeerChecks.OfAsync(certificates.Current, members, except: null, _time);
        _sheet.Add([PeerProbe.JudgeClock("clock", peers.ClockAhead, "most agencies'")]);
        _sheet.Add(peers.Checks);
    }

    private async Task<bool> RunsAsync(CancellationToken cancellation)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_options.OperatorSocket), cancellation);
            _sheet.Ok("process", "a broker runs on this folder");
            return true;
        }
        catch (SocketException)
        {
            _sheet.Attention("process", "No broker runs on this folder.", $"infolink-broker --config {Path.Combine(_options.Folder, "broker.json")}");
            return false;
        }
    }

    private HeldTrust? OpenTrust()
    {
        const string WayOut = "Publish what the authority has signed: infolink broker publish authority.json members-N.json catalog-N.json --broker DIR";
        try
        {
            if (TrustFolder.Open(_options.Full(_options.Trust), _time).Held is { } held)
            {
                _sheet.Add(new TrustChecks(_time, Renewal).OfDocuments(held));
                return held;
            }

            _sheet.Wrong("authority", $"'{_options.Full(_options.Trust)}' does not hold an authority's document.", WayOut);
        }
        catch (InvalidOperationException fault)
        {
            _sheet.Wrong("authority", fault.Message, "Move the file away, and publish a good copy of it.");
        }

        return null;
    }

    private BrokerKeys? LoadKeys(string platform)
    {
        var folder = _options.Full(_options.Keys);
        var identity = Pkcs11Uri.Is(_options.IdentityKey) ? [] : (string[])[Path.Combine(folder, _options.IdentityKey)];
        string[] files =
        [
            .. Directory.GetFiles(folder, "*.pem").Concat(Directory.GetFiles(folder, "*.key", SearchOption.AllDirectories)).Concat(identity)
                .Concat(BrokerKeys.RawKeys.Select(name => Path.Combine(folder, name)))
                .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
        ];
        var found = KeyChecks.OfFiles(files).ToList();
        _sheet.Add(found);
        if (found.Exists(check => check.State == CheckState.Wrong))
        {
            return null;
        }

        try
        {
            return BrokerKeys.Load(folder, platform, _options.IdentityKey, _options.NextIdentityKey);
        }
        catch (InvalidOperationException fault)
        {
            _sheet.Wrong("keys", fault.Message, "Put the key back from the backup.");
            return null;
        }
    }

    /// <returns>The key to issue under; null: none that the list names.</returns>
    private IdentityKey? Fit(BrokerKeys keys, MemberList list)
    {
        var misfits = BrokerFit.Errors(keys, list, _options.LogOrigin);
        if (misfits.Count == 0)
        {
            _sheet.Ok("keys", "fit the member list");
        }

        foreach (var misfit in misfits)
        {
            _sheet.Wrong("keys", misfit, "Put the right key back from the backup, or have the authority sign a list that names this one (infolink member …).");
        }

        var issuer = keys.OwnIdentity.For(list.Broker.IdentityKeys);
        if (issuer is not null)
        {
            _sheet.Add([KeyChecks.OfIssuing(issuer, Lifetime, _time)]);
        }

        return issuer;
    }

    private async Task StoresAsync(CancellationToken cancellation)
    {
        var data = _options.Full(_options.Data);
        _sheet.Add(StoreChecks.OfFolder(data));
        _sheet.Add(StoreChecks.OfSqlite([Path.Combine(data, "access-log.db"), Path.Combine(data, "witness.db")]));
        if (_options.Postgres.Length > 0)
        {
            _sheet.Add(await StoreChecks.OfPostgresAsync(_options.Postgres, cancellation));
        }

        if (_options.Redis.Length == 0)
        {
            _sheet.Ok("tokens", "in memory: a restart forgets those under way, and they are asked for anew");
            return;
        }

        try
        {
            _sheet.Add([OfRedis(await RedisSettings.ReadAsync(_options.Redis))]);
        }
        catch (TokenStoreException fault)
        {
            _sheet.Wrong("Redis", $"{fault.Message} ({fault.InnerException?.GetType().Name})", "Start it, or correct 'redis' in broker.json (address, password, firewall). Until then nothing is approved (TOKEN-STORE-UNAVAILABLE).");
        }
    }

    internal static Check OfRedis(RedisSettings redis) =>
        redis.Away > 0 ? new Check("Redis", CheckState.Attention, $"{redis.Away} of {redis.Servers + redis.Away} servers do not answer.", "Start them, or take them out of the cluster and of 'redis' in broker.json.")
        : redis.MaxMemory is null ? new Check("Redis", CheckState.Attention, "It answers, and does not let its settings be read (CONFIG).", "See to it that maxmemory-policy is noeviction.")
        : redis is { MaxMemory: > 0, MaxMemoryPolicy: not "noeviction" } ? new Check("Redis", CheckState.Wrong, $"maxmemory-policy is {redis.MaxMemoryPolicy}: when it is full it forgets tokens that are still good (TOKEN-UNKNOWN).", "CONFIG SET maxmemory-policy noeviction; CONFIG REWRITE")
        : redis.StopsWhole ? new Check("Redis", CheckState.Attention, "cluster-require-full-coverage is yes: where a master and its replicas are lost, no token can be issued at all.", "CONFIG SET cluster-require-full-coverage no; CONFIG REWRITE, at each server")
        : !redis.AppendOnly ? new Check("Redis", CheckState.Attention, "appendonly is no: a restart of Redis forgets the tokens under way, and their exchanges fail and are asked for anew.", "CONFIG SET appendonly yes; CONFIG REWRITE")
        : new Check("Redis", CheckState.Ok, $"{redis.Servers} servers, noeviction, appendonly");

    /// <returns>The list as the directory leaves it.</returns>
    private async Task<MemberList> DirectoryAsync(MemberList list, CancellationToken cancellation)
    {
        BrokerDirectory? directory = null;
        try
        {
            directory = await ReadDirectoryAsync(cancellation) is { } stored ? DirectorySignature.Verify(SignedDocument.Parse(stored.Document), list, _time.GetUtcNow()) : null;
            _sheet.Add([new TrustChecks(_time, Renewal).OfDirectory(directory, "Start the broker; it signs it anew every ten minutes. If it runs, its log says why it does not.")]);
        }
        catch (Exception fault) when (fault is DocumentException or IOException or System.Data.Common.DbException)
        {
            _sheet.Wrong("directory", fault.Message, "Set this clock right if it is wrong. Else move the directory away (data/directory.json) and set the endpoints anew: infolink member endpoint.");
        }

        return list.With(directory ?? BrokerDirectory.Empty, _options.PublicAddress);
    }

    private async Task<StoredDirectory?> ReadDirectoryAsync(CancellationToken cancellation)
    {
        if (_options.Postgres.Length == 0)
        {
            return await new FileDirectoryStore(Path.Combine(_options.Full(_options.Data), "directory.json")).ReadAsync(cancellation);
        }

        await using var store = await PostgresDirectoryStore.OpenAsync(_options.Postgres, cancellation);
        return await store.ReadAsync(cancellation);
    }

    private async Task LogAsync(BrokerKeys keys, MemberList members, CancellationToken cancellation)
    {
        using var seed = Ed25519PrivateKey.FromSeed(keys.Log);
        var key = NoteKey.Of(_options.LogOrigin, NoteKeyKind.Log, seed.PublicKey.Span);
        try
        {
            var log = _options.Postgres.Length == 0
                ? await SqliteEntryStore.ReadAsync(Path.Combine(_options.Full(_options.Data), "access-log.db"), cancellation)
                : await PostgresEntryStore.ReadAsync(_options.Postgres, _options.LogOrigin, cancellation);
            _sheet.Add([await LogChecks.OfPublishedAsync(log, key, members, _time, cancellation)]);
        }
        catch (InvalidOperationException fault)
        {
            _sheet.Wrong("cosigned log", fault.Message, "Look at the log store above.");
        }
    }

    /// <summary>As an agency reaches it; the clock beside it is this host's own, so it is not compared.</summary>
    private async Task SelfAsync(LeafGeneration own, MemberList members)
    {
        var reach = await PeerProbe.ReachAsync(own, members.BrokerName, members.Broker.IdentityKeys, members.Broker.Endpoint!, _time);
        _sheet.Add([PeerProbe.Judge("own port", reach)]);
        if (reach is { Fault: null, Leaf: { } leaf })
        {
            _sheet.Add([KeyChecks.OfRunning(leaf, Lifetime, _time)]);
        }
    }
}
