using Dapper;
using InfoLink.Audit.Logs;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Merkle;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Tiles;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Rpc;
using InfoLink.Transparency;
using InfoLink.Transparency.Sqlite;
using Microsoft.Data.Sqlite;
using Xunit;

namespace InfoLink.Tests.Audit;

/// <summary>
/// A log of 700 records (two full tiles, and 188 behind them) with published checkpoints of 300 and 640. Whatever is changed in its database is
/// found, and the first record or tile concerned is named.
/// </summary>
public sealed class TamperedDatabaseTests : IAsyncLifetime
{
    private const int Size = 700;
    private const int InTiles = 512;
    private const int Trials = 8;
    private readonly TemporaryFolder _folder = new();
    private WrittenLog _log = null!;
    private SizedCheckpoint _later = null!;
    private int _copies;

    public async ValueTask InitializeAsync()
    {
        _log = await WrittenLog.OpenAsync(_folder.Path("log.db"), "", "audit-1", new ManualTime());
        await _log.AppendAsync(SomeRecords.Some(0, 300));
        await _log.PublishAsync();
        await _log.AppendAsync(SomeRecords.Some(300, 340));
        await _log.PublishAsync();
        await _log.AppendAsync(SomeRecords.Some(640, 60));
        _later = _log.Log.Checkpoint;
        await _log.CloseAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _log.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task An_untouched_log_is_sound()
    {
        var report = await CheckAsync(_log.Path, new KeptCheckpoint("later", _later.Note));

        Assert.Empty(report.Findings);
        Assert.True(report.Sound);
        Assert.Equal((700, 640, 60, 1), (report.Records, report.Checkpoint, report.Unpublished, report.Compared));
    }

    [Theory]
    [InlineData("event")]
    [InlineData("time_ms")]
    [InlineData("exchange_id")]
    [InlineData("open_digest")]
    [InlineData("private_root")]
    [InlineData("salt")]
    [InlineData("open_part")]
    [InlineData("particulars")]
    [InlineData("particulars_salt")]
    [InlineData("subjects")]
    public async Task A_flipped_bit_in_any_column_of_a_record_names_the_record(string column)
    {
        var dice = new Dice(column.Length);
        for (var trial = 0; trial < Trials; trial++)
        {
            var serial = column switch { "particulars" or "particulars_salt" or "subjects" => (4 * dice.Below(Size / 4)) + 1, _ => dice.Below(Size) };
            var report = await TamperAsync(connection => FlipAsync(connection, "entry", column, $"serial = {serial}", dice));
            Assert.Equal(("record-changed", (long?)serial), (report.First!.Name, report.First.Serial));
            Assert.Equal(1, report.Count);
        }
    }

    [Fact]
    public async Task A_record_that_is_not_there_is_named()
    {
        foreach (var serial in Serials(new Dice(1)))
        {
            var report = await TamperAsync(connection => connection.ExecuteAsync($"DELETE FROM entry WHERE serial = {serial}"));
            Assert.Equal(("record-missing", (long?)serial), (report.First!.Name, report.First.Serial));
            Assert.Equal(1, report.Count);
        }
    }

    [Theory]
    [InlineData("serial", 10)]
    [InlineData("shard", 20)]
    public async Task A_record_that_was_moved_away_is_missing_where_it_stood(string column, int seed)
    {
        foreach (var serial in Serials(new Dice(seed)))
        {
            var report = await TamperAsync(connection => connection.ExecuteAsync($"UPDATE entry SET {column} = {column} + 5000 WHERE serial = {serial}"));
            Assert.Equal(("record-missing", (long?)serial), (report.First!.Name, report.First.Serial));
            Assert.Contains(report.Findings, finding => finding.Name is "record-added");
        }
    }

    [Theory]
    [InlineData(Size)]
    [InlineData(Size + 1000)]
    [InlineData(-1)]
    public async Task A_record_too_many_is_named(int serial)
    {
        var report = await TamperAsync(connection => connection.ExecuteAsync($"""
            INSERT INTO entry SELECT shard, {serial}, event, time_ms, exchange_id, open_digest, private_root, salt, open_part, particulars, particulars_salt, subjects
            FROM entry WHERE serial = 5
            """));
        Assert.Equal(("record-added", (long?)serial), (report.First!.Name, report.First.Serial));
    }

    [Fact]
    public async Task Swapped_records_are_named_by_the_first()
    {
        var dice = new Dice(3);
        for (var trial = 0; trial < Trials; trial++)
        {
            var first = dice.Below(InTiles - 1);
            var second = first + 1 + dice.Below(InTiles - first - 1);
            var report = await TamperAsync(connection => SwapAsync(connection, first, second));
            Assert.Equal(("record-changed", (long?)first), (report.First!.Name, report.First.Serial));
        }
    }

    [Fact]
    public async Task Records_swapped_behind_the_last_tile_lie_in_the_range_that_is_named()
    {
        var dice = new Dice(4);
        for (var trial = 0; trial < Trials; trial++)
        {
            var (first, second) = trial % 2 == 0 ? (520 + dice.Below(50), 580 + dice.Below(50)) : (641 + dice.Below(20), 670 + dice.Below(30));
            var report = await TamperAsync(connection => SwapAsync(connection, first, second));
            Assert.Equal(trial % 2 == 0 ? "records-rewritten" : "root-changed", report.First!.Name);
            Assert.InRange(first, report.First.Serial!.Value, report.First.LastSerial!.Value);
        }
    }

    [Theory]
    [InlineData(false, false, 100, "record-changed", 100, 100)]
    [InlineData(true, false, 100, "records-rewritten", 0, 299)]
    [InlineData(true, false, 400, "records-rewritten", 300, 639)]
    [InlineData(false, false, 530, "records-rewritten", 300, 639)]
    [InlineData(true, true, 100, "records-rewritten", 0, 299)]
    [InlineData(true, true, 690, "records-rewritten", 640, 699)]
    public async Task A_record_written_anew_with_all_its_hashes_is_found_by_what_was_signed(
        bool tilesToo, bool rootToo, long serial, string name, long first, long last)
    {
        var report = await TamperAsync(
            async connection =>
            {
                await RewriteAsync(connection, serial);
                if (tilesToo && serial < InTiles)
                {
                    await MakeTileAnewAsync(connection, serial / 256);
                }

                if (rootToo)
                {
                    await MakeRootAnewAsync(connection);
                }
            },
            new KeptCheckpoint("later", _later.Note));
        Assert.Equal((name, (long?)first), (report.First!.Name, report.First.Serial));
        Assert.Equal(last, report.First.LastSerial ?? first);
    }

    [Theory]
    [InlineData("root")]
    [InlineData("hashes")]
    public async Task A_flipped_bit_in_a_tile_names_the_tile(string column)
    {
        var dice = new Dice(5);
        for (var trial = 0; trial < Trials; trial++)
        {
            var number = dice.Below(2);
            var report = await TamperAsync(connection => FlipAsync(connection, "tile", column, $"level = 0 AND number = {number}", dice));
            Assert.Equal(("tile-changed", $"tile/0/00{number}"), (report.First!.Name, report.First.Path));
        }
    }

    [Theory]
    [InlineData("DELETE FROM tile WHERE number = 1", "tile-missing", "tile/0/001")]
    [InlineData("UPDATE tile SET hashes = substr(hashes, 1, 8191) WHERE number = 1", "tile-truncated", "tile/0/001")]
    [InlineData("UPDATE tile SET hashes = zeroblob(8193) WHERE number = 1", "tile-changed", "tile/0/001")]
    [InlineData("UPDATE tile SET hashes = (SELECT hashes FROM tile WHERE number = 0), root = (SELECT root FROM tile WHERE number = 0) WHERE number = 1", "tile-changed", "tile/0/001")]
    [InlineData("INSERT INTO tile SELECT shard, level, 2, root, hashes FROM tile WHERE number = 1", "tile-added", "tile/0/2")]
    [InlineData("INSERT INTO tile SELECT shard, 1, 0, root, hashes FROM tile WHERE number = 1", "tile-added", "tile/1/0")]
    [InlineData("UPDATE tile SET level = 9 WHERE number = 0", "tile-missing", "tile/0/000")]
    [InlineData("UPDATE tile SET number = 77 WHERE number = 0", "tile-missing", "tile/0/000")]
    [InlineData("UPDATE tile SET shard = 8 WHERE number = 0", "tile-missing", "tile/0/000")]
    public async Task A_tile_that_is_not_where_or_what_it_must_be_is_named(string sql, string name, string path)
    {
        var report = await TamperAsync(connection => connection.ExecuteAsync(sql));
        Assert.Equal((name, path), (report.First!.Name, report.First.Path));
    }

    [Theory]
    [InlineData("UPDATE log SET size = 650", "size-changed", 650)]
    [InlineData("UPDATE log SET size = 300", "size-changed", 300)]
    [InlineData("UPDATE log SET size = 701", "size-changed", 700)]
    [InlineData("UPDATE log SET size = 4611686018427388604", "size-changed", 700)]
    [InlineData("UPDATE log SET size = -9", "size-changed", 0)]
    [InlineData("UPDATE log SET shard = 3", "record-missing", 0)]
    public async Task A_changed_row_of_the_log_is_found(string sql, string name, long serial)
    {
        var report = await TamperAsync(connection => connection.ExecuteAsync(sql));
        Assert.Equal((name, (long?)serial), (report.First!.Name, report.First.Serial));
    }

    [Fact]
    public async Task A_flipped_bit_in_the_logs_root_is_found()
    {
        var dice = new Dice(6);
        for (var trial = 0; trial < Trials; trial++)
        {
            Assert.Equal("root-changed", (await TamperAsync(connection => FlipAsync(connection, "log", "root", "true", dice))).First!.Name);
        }

        Assert.Equal("root-changed", (await TamperAsync(connection => connection.ExecuteAsync("UPDATE log SET root = x'00'"))).First!.Name);
    }

    [Fact]
    public async Task Another_logs_database_is_named_as_such()
    {
        var report = await TamperAsync(connection => connection.ExecuteAsync("UPDATE log SET origin = 'audit-2'"));
        Assert.Equal("other-log", report.First!.Name);
        Assert.Contains("audit-2", report.First.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_flipped_bit_in_a_checkpoint_is_found_whichever_it_is()
    {
        var dice = new Dice(7);
        for (var trial = 0; trial < 4 * Trials; trial++)
        {
            var size = trial % 2 == 0 ? 300 : 640;
            var report = await TamperAsync(connection => FlipAsync(connection, "checkpoint", "note", $"size = {size}", dice));
            Assert.Matches("^(checkpoint-changed|checkpoint-signature|other-log)$", report.First!.Name);
            Assert.Equal($"checkpoint of {size}", report.First.Path);
        }
    }

    [Theory]
    [InlineData("UPDATE checkpoint SET size = size + 1 WHERE size = 300", "checkpoint-changed")]
    [InlineData("UPDATE checkpoint SET note = x'' WHERE size = 300", "checkpoint-changed")]
    [InlineData("UPDATE checkpoint SET shard = 4 WHERE size = 300", "checkpoint-added")]
    [InlineData("DELETE FROM checkpoint", "checkpoint-missing")]
    public async Task A_checkpoint_that_does_not_fit_is_found(string sql, string name) =>
        Assert.Equal(name, (await TamperAsync(connection => connection.ExecuteAsync(sql))).First!.Name);

    [Fact]
    public async Task Checkpoints_whose_times_are_not_in_order_are_only_noted_since_clocks_are_set_back() // Nothing signs the time.
    {
        var report = await TamperAsync(connection => connection.ExecuteAsync("UPDATE checkpoint SET time_ms = time_ms + 100000000 WHERE size = 300"), mustFind: false);
        Assert.Equal("checkpoint-order", Assert.Single(report.Findings).Name);
        Assert.True(report.Sound);
    }

    [Fact]
    public async Task Another_logs_checkpoint_is_named_as_such()
    {
        using var key = Ed25519PrivateKey.Create();
        var foreign = SignedCheckpoint.Sign(new Checkpoint("audit-2", 640, MerkleTree.EmptyRoot), new NoteSigner("audit-2", NoteKeyKind.Log, key));
        Assert.Equal("other-log", (await TamperAsync(connection => connection.ExecuteAsync("UPDATE checkpoint SET note = @foreign WHERE size = 640", new { foreign }))).First!.Name);
        Assert.Equal("other-log", (await CheckAsync(_log.Path, new KeptCheckpoint("given", foreign))).First!.Name);

        // The same name under another key.
        var forged = SignedCheckpoint.Sign(new Checkpoint("audit-1", 640, MerkleTree.EmptyRoot), new NoteSigner("audit-1", NoteKeyKind.Log, key));
        Assert.Equal("checkpoint-signature", (await CheckAsync(_log.Path, new KeptCheckpoint("given", forged))).First!.Name);
    }

    [Fact]
    public async Task A_rewound_database_is_found_by_a_later_checkpoint_and_only_by_it()
    {
        foreach (var size in (int[])[300, 512, 640, 699])
        {
            var older = await OlderAsync(size);
            Assert.True((await CheckAsync(older)).Sound);
            var report = await CheckAsync(older, new KeptCheckpoint("later", _later.Note));
            Assert.Equal(("rewound", (long?)size, (long?)(Size - 1)), (report.First!.Name, report.First.Serial, report.First.LastSerial ?? report.First.Serial));
        }
    }

    [Fact]
    public async Task A_log_that_signed_another_history_is_a_fork_and_both_checkpoints_are_shown()
    {
        var other = SignedCheckpoint.Sign(new Checkpoint("audit-1", 500, Sha256Digest.Of([9])), _log.Signer);
        var report = await CheckAsync(_log.Path, new KeptCheckpoint("elsewhere", other));
        Assert.Equal(("fork", "elsewhere"), (report.First!.Name, report.First.Path));
        Assert.Equal(2, report.First.Checkpoints!.Count);
        Assert.Contains("\n500\n", report.First.Checkpoints[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Content_that_is_gone_before_its_time_is_found_and_expired_records_are_only_noted()
    {
        const string Expire = "UPDATE entry SET salt = NULL, open_part = NULL, particulars = NULL, particulars_salt = NULL, subjects = NULL WHERE serial";
        var expired = await TamperAsync(connection => connection.ExecuteAsync(Expire + " < 100"), mustFind: false);
        Assert.True(expired.Sound);
        Assert.Equal(100, expired.Expired);
        Assert.Equal("record-expired", Assert.Single(expired.Findings).Name);

        var removed = await TamperAsync(connection => connection.ExecuteAsync(Expire + " = 100"));
        Assert.Equal(("record-missing", (long?)100), (removed.First!.Name, removed.First.Serial));
        Assert.Equal("record-changed", (await TamperAsync(connection => connection.ExecuteAsync("UPDATE entry SET salt = NULL WHERE serial = 9"))).First!.Name);
    }

    [Fact]
    public async Task A_log_in_use_is_checked_as_far_as_it_stood()
    {
        await using var live = await WrittenLog.OpenAsync(_folder.Path("live.db"), "", "live-1", new ManualTime());
        await live.AppendAsync(SomeRecords.Some(0, 600));
        await live.PublishAsync();
        var writing = live.AppendAsync(SomeRecords.Some(600, 3000));
        while (!writing.IsCompleted)
        {
            var report = await LogCheck.DatabaseAsync(live.Log.Store, live.Known, [], "live", CancellationToken.None);
            Assert.Empty(report.Findings);
        }

        await writing;
    }

    private static IEnumerable<int> Serials(Dice dice) => [0, Size - 1, .. Enumerable.Range(0, Trials).Select(_ => dice.Below(Size))];

    private Task<LogReport> TamperAsync(Func<SqliteConnection, Task> tamper, params KeptCheckpoint[] kept) => TamperAsync(tamper, mustFind: true, kept);

    private async Task<LogReport> TamperAsync(Func<SqliteConnection, Task> tamper, bool mustFind, params KeptCheckpoint[] kept)
    {
        var path = _folder.Path($"copy-{_copies++}.db");
        File.Copy(_log.Path, path);
        await using (var connection = new SqliteConnection($"Data Source={path};Pooling=False"))
        {
            await connection.OpenAsync();
            await tamper(connection);
        }

        var report = await CheckAsync(path, kept);
        Assert.False(mustFind && report.Sound, "Nothing was found.");
        return report;
    }

    private async Task<LogReport> CheckAsync(string path, params KeptCheckpoint[] kept) =>
        await LogCheck.DatabaseAsync(await SqliteEntryStore.ReadAsync(path, CancellationToken.None), _log.Known, kept, path, CancellationToken.None);

    /// <summary>The file as it was when the log had so many records.</summary>
    private async Task<string> OlderAsync(int size)
    {
        var path = _folder.Path($"older-{size}.db");
        File.Copy(_log.Path, path);
        await using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        await connection.OpenAsync();
        await connection.ExecuteAsync($"DELETE FROM entry WHERE serial >= {size}; DELETE FROM tile WHERE (number + 1) * 256 > {size}; DELETE FROM checkpoint WHERE size > {size}; UPDATE log SET size = {size}");
        await MakeRootAnewAsync(connection);
        return path;
    }

    private static async Task FlipAsync(SqliteConnection connection, string table, string column, string where, Dice dice)
    {
        var value = await connection.ExecuteScalarAsync($"SELECT {column} FROM {table} WHERE {where}");
        object flipped = value switch
        {
            byte[] bytes => dice.Flip(bytes),
            long number => number ^ (1L << dice.Below(40)),
            _ => throw new InvalidOperationException($"{table}.{column} holds nothing to flip."),
        };
        await connection.ExecuteAsync($"UPDATE {table} SET {column} = @flipped WHERE {where}", new { flipped });
    }

    private static Task SwapAsync(SqliteConnection connection, int first, int second) => connection.ExecuteAsync(
        $"UPDATE entry SET serial = -1 WHERE serial = {first}; UPDATE entry SET serial = {first} WHERE serial = {second}; UPDATE entry SET serial = {second} WHERE serial = -1");

    /// <summary>Another record in the place of one, whole and consistent with itself.</summary>
    private static Task RewriteAsync(SqliteConnection connection, long serial)
    {
        var entry = SomeRecords.At(serial);
        var parameters = new
        {
            serial,
            exchange = entry.Open.ExchangeId.ToByteArray(),
            digest = AccessEntry.OpenDigest(entry.Bytes).ToArray(),
            root = entry.PrivateRoot.ToArray(),
            salt = entry.Salt,
            open = entry.OpenPart,
            particulars = entry.Particulars,
            particularsSalt = entry.ParticularsSalt,
            subjects = entry.PackedSubjects,
        };
        return connection.ExecuteAsync(
            """
            UPDATE entry SET exchange_id = @exchange, open_digest = @digest, private_root = @root, salt = @salt, open_part = @open,
              particulars = @particulars, particulars_salt = @particularsSalt, subjects = @subjects WHERE serial = @serial
            """,
            parameters);
    }

    private static async Task MakeTileAnewAsync(SqliteConnection connection, long number)
    {
        var leaves = (await LeavesAsync(connection)).Skip((int)number * TileId.FullWidth).Take(TileId.FullWidth).ToList();
        var (hashes, root) = (leaves.SelectMany(leaf => leaf.ToArray()).ToArray(), RootOf(leaves).ToArray());
        await connection.ExecuteAsync("UPDATE tile SET hashes = @hashes, root = @root WHERE level = 0 AND number = @number", new { hashes, root, number });
    }

    private static async Task MakeRootAnewAsync(SqliteConnection connection) =>
        await connection.ExecuteAsync("UPDATE log SET root = @root", new { root = RootOf(await LeavesAsync(connection)).ToArray() });

    private static async Task<IReadOnlyList<Sha256Digest>> LeavesAsync(SqliteConnection connection)
    {
        var rows = await connection.QueryAsync<(byte[], byte[])>("SELECT open_digest, private_root FROM entry ORDER BY serial");
        return [.. rows.Select(row => MerkleTree.LeafHash(AccessEntry.Make(Sha256Digest.FromBytes(row.Item1), Sha256Digest.FromBytes(row.Item2))))];
    }

    private static Sha256Digest RootOf(IEnumerable<Sha256Digest> leaves)
    {
        var range = new CompactRange();
        foreach (var leaf in leaves)
        {
            range.Append(leaf);
        }

        return range.Root();
    }
}
