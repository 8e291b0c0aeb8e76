using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace InfoLink.Tests.Faults;

/// <summary>
/// Everything that a world has on record, read from the databases by SQL of its own: no store, reader or check of the product stands in between.
/// </summary>
internal sealed class WorldOnRecord
{
    public const string Broker = "broker";

    public required IReadOnlyList<LogOnRecord> Logs { get; init; }

    /// <summary>The provider's ledger.</summary>
    public required IReadOnlyList<SpentRow> Spent { get; init; }

    /// <summary>Null: the broker's tokens lay in its memory.</summary>
    public required IReadOnlyList<RedisToken>? Redis { get; init; }

    public LogOnRecord Of(string custodian) => Logs.Single(log => string.Equals(log.Custodian, custodian, StringComparison.Ordinal));

    public static async Task<WorldOnRecord> ReadAsync(WorldPlaces places)
    {
        var logs = new List<LogOnRecord>();
        foreach (var custodian in (string[])[Broker, NetworkFolder.Requester, NetworkFolder.Provider])
        {
            logs.Add(await LogAsync(places, custodian));
        }

        return new WorldOnRecord
        {
            Logs = logs,
            Spent = await SpentAsync(places),
            Redis = places.Redis.Count > 0 ? [.. (await Task.WhenAll(places.Redis.Select(TokensAsync))).SelectMany(tokens => tokens)] : null,
        };
    }

    /// <summary>One log alone, while a test waits for something.</summary>
    public static async Task<LogOnRecord> LogAsync(WorldPlaces places, string custodian)
    {
        await using var database = await OpenAsync(places.PostgresOf(custodian), places.LogPath(custodian));
        var size = await database.ExecuteScalarAsync<long>("SELECT COALESCE(MAX(size), 0) FROM log");
        var rows = await database.QueryAsync<Row>(
            "SELECT serial, open_part AS OpenPart, open_digest AS OpenDigest, private_root AS PrivateRoot, salt, particulars, subjects FROM entry ORDER BY serial");
        var contents = await database.QueryAsync<long>("SELECT serial FROM content");
        return new LogOnRecord(custodian, size, [.. rows.Select(row => row.Read())], contents.ToLookup(serial => serial));
    }

    /// <summary>How many records of an event a custodian has.</summary>
    public static async Task<int> CountAsync(WorldPlaces places, string custodian, AccessEvent what)
    {
        await using var database = await OpenAsync(places.PostgresOf(custodian), places.LogPath(custodian));
        return await database.ExecuteScalarAsync<int>("SELECT COUNT(*) FROM entry WHERE event = @what", new { what = (int)what });
    }

    /// <summary>Entries in a log, and under its newest published checkpoint.</summary>
    public static async Task<(long Size, long Published)> SizesAsync(WorldPlaces places, string custodian)
    {
        await using var database = await OpenAsync(places.PostgresOf(custodian), places.LogPath(custodian));
        return (
            await database.ExecuteScalarAsync<long>("SELECT COALESCE(MAX(size), 0) FROM log"),
            await database.ExecuteScalarAsync<long>("SELECT COALESCE(MAX(size), 0) FROM checkpoint"));
    }

    /// <summary>Answers that the provider still has to tell the broker of.</summary>
    public static async Task<long> OpenAnswersAsync(WorldPlaces places)
    {
        await using var database = await OpenAsync(places.ProviderPostgres, places.LogPath(NetworkFolder.Provider));
        return await database.ExecuteScalarAsync<long>(
            """
            SELECT COUNT(*) FROM entry answered WHERE event = @answered AND NOT EXISTS (
              SELECT 1 FROM entry ended WHERE ended.exchange_id = answered.exchange_id AND ended.event IN (@settled, @unsettled, @failed))
            """,
            new { answered = (int)AccessEvent.Answered, settled = (int)AccessEvent.Settled, unsettled = (int)AccessEvent.Unsettled, failed = (int)AccessEvent.Failed });
    }

    private static async Task<IReadOnlyList<SpentRow>> SpentAsync(WorldPlaces places)
    {
        await using var database = await OpenAsync(places.ProviderPostgres, places.LedgerPath);
        return [.. await database.QueryAsync<SpentRow>("SELECT token, attempt, keep_ms AS KeepMs FROM spent")];
    }

    private static async Task<DbConnection> OpenAsync(string? postgres, string path)
    {
        DbConnection database = postgres is not null
            ? new NpgsqlConnection(postgres + ";Pooling=false")
            : new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false, DefaultTimeout = 10 }.ToString());
        await database.OpenAsync();
        return database;
    }

    /// <summary>Every token as Redis has it; bytes come as hex, so that one line is one token. What has no grant is a ticket for link codes that was used.</summary>
    private static async Task<IReadOnlyList<RedisToken>> TokensAsync(RedisServer redis)
    {
        var reply = Encoding.ASCII.GetString(await redis.AskAsync(
            "EVAL",
            """
            local all = {}
            for _, key in ipairs(redis.call('KEYS', '*')) do
              local attempt = redis.call('HGET', key, 'a') or ''
              local hex = string.gsub(attempt, '(.)', function(c) return string.format('%02X', string.byte(c)) end)
              if redis.call('HGET', key, 'g') ~= '' then all[#all + 1] = table.concat({key, redis.call('HGET', key, 'st') or '?', hex .. '.', redis.call('HGET', key, 'u') or '0', tostring(redis.call('PTTL', key))}, ' ') end
            end
            return table.concat(all, '\n')
            """,
            "0"));
        var lines = reply.Split('\n').Select(line => line.Trim()).ToArray();
        if (!lines[0].StartsWith('$'))
        {
            throw new InvalidOperationException($"Redis did not list its tokens: {lines[0]}");
        }

        return [.. lines.Skip(1).Where(line => line.Length > 0).Select(RedisToken.Parse)];
    }

    /// <summary>A row of <c>entry</c>, as it lies there.</summary>
    private sealed class Row
    {
        public long Serial { get; init; }

        public byte[] OpenPart { get; init; } = [];

        public byte[] OpenDigest { get; init; } = [];

        public byte[] PrivateRoot { get; init; } = [];

        public byte[] Salt { get; init; } = [];

        public byte[]? Particulars { get; init; }

        public byte[]? Subjects { get; init; }

        public OnRecord Read()
        {
            byte[] digest = SHA256.HashData([.. Salt, .. OpenPart]);
            return new OnRecord(
                Serial,
                V1.OpenPart.Parser.ParseFrom(OpenPart),
                Convert.ToHexString(SHA256.HashData([0, 1, .. digest, .. PrivateRoot])),
                digest.AsSpan().SequenceEqual(OpenDigest),
                Particulars is null ? "" : V1.Particulars.Parser.ParseFrom(Particulars).CaseReference,
                Subjects is null ? [] : [.. SubjectRecords.Parser.ParseFrom(Subjects).Subjects.Select(subject => SubjectLeaf.FromBytes(subject.Leaf.Span))]);
        }
    }
}

/// <summary>A custodian's log.</summary>
/// <param name="Custodian">"broker" or an agency's id.</param>
/// <param name="Size">By the log's own row.</param>
/// <param name="Records">By serial.</param>
/// <param name="Contents">Serials of sealed contents, each as often as it has one.</param>
internal sealed record LogOnRecord(string Custodian, long Size, IReadOnlyList<OnRecord> Records, ILookup<long, long> Contents)
{
    public IEnumerable<OnRecord> With(AccessEvent what) => Records.Where(record => record.Open.Event == what);
}

/// <summary>One record.</summary>
/// <param name="Serial">Its place in the log.</param>
/// <param name="Open">Its open part.</param>
/// <param name="Leaf">Its leaf hash in the log's tree, made again; hex.</param>
/// <param name="DigestFits">The row's digest is that of its salt and open part.</param>
/// <param name="CaseReference">At the requester: the question that it is about.</param>
/// <param name="Subjects">The leaf of each person.</param>
internal sealed record OnRecord(long Serial, OpenPart Open, string Leaf, bool DigestFits, string CaseReference, IReadOnlyList<SubjectLeaf> Subjects)
{
    /// <summary>In text form; empty where the record names none.</summary>
    public string Exchange => ExchangeId.TryFromBytes(Open.ExchangeId.Span, out var id) ? id.ToString() : "";

    public string Token => Convert.ToHexString(Open.TokenSha256.Span);

    /// <summary>Until when ledger and Redis keep its token, Unix milliseconds: ten minutes after its end.</summary>
    public long KeepMs => (Open.ExpiresAt + 600) * 1000;

    /// <summary>Index, outcome and, where it was answered, digest of each subject.</summary>
    public string Outcomes => string.Join(' ', Subjects.Select(leaf =>
        $"{leaf.Index}:{leaf.Outcome}:{(leaf.Outcome == SubjectOutcome.AnsweredOutcome ? Convert.ToHexString(leaf.Digest.Span) : "")}"));
}

/// <summary>A row of the ledger of spent tokens.</summary>
internal sealed class SpentRow
{
    public byte[] Token { get; init; } = [];

    public byte[] Attempt { get; init; } = [];

    public long KeepMs { get; init; }

    public string TokenText => Convert.ToHexString(Token);

    public string AttemptText => Convert.ToHexString(Attempt);
}

/// <summary>A token as Redis has it.</summary>
/// <param name="Key">The key, whole.</param>
/// <param name="Token">The token's store key in hex; empty where the key is none of ours.</param>
/// <param name="State">i(ssued), r(edeemed), x (revoked).</param>
/// <param name="Attempt">Hex; who redeemed it.</param>
/// <param name="KeepMs">Until when it is kept once it is redeemed, Unix milliseconds.</param>
/// <param name="LeftMs">Until it is dropped; -1: never.</param>
internal sealed record RedisToken(string Key, string Token, string State, string Attempt, long KeepMs, long LeftMs)
{
    private const string Prefix = "infolink:token:";

    public static RedisToken Parse(string line)
    {
        var parts = line.Split(' ');
        var token = parts[0].StartsWith(Prefix, StringComparison.Ordinal)
            ? Convert.ToHexString(System.Buffers.Text.Base64Url.DecodeFromChars(parts[0].AsSpan(Prefix.Length)))
            : "";
        return new RedisToken(
            parts[0], token, parts[1], parts[2].TrimEnd('.'), Number(parts[3]), Number(parts[4]));

        static long Number(string text) => long.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
    }
}
