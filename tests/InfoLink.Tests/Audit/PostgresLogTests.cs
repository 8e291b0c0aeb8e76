using Dapper;
using InfoLink.Audit.Bundles;
using InfoLink.Audit.Logs;
using InfoLink.Contracts.Notes;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.Transparency.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace InfoLink.Tests.Audit;

/// <summary>The same check over PostgreSQL, where several logs lie in one database.</summary>
public sealed class PostgresLogTests
{
    [Fact]
    public async Task A_log_in_PostgreSQL_is_checked_beside_another()
    {
        var database = await SharedPostgres.CreateDatabaseAsync();
        using var folder = new TemporaryFolder();
        using var key = Ed25519PrivateKey.Create();
        var known = await WriteAsync("shard-1", 600);
        var other = await WriteAsync("shard-2", 50);
        Assert.Empty((await CheckAsync(known)).Findings);
        Assert.Empty((await CheckAsync(other)).Findings);
        var reader = await PostgresEntryStore.ReadAsync(database, known.Origin, CancellationToken.None);
        await BundleExport.WriteAsync(reader, folder.Path("bundle"), null, TimeProvider.System, CancellationToken.None);
        Assert.Empty((await LogCheck.FolderAsync(folder.Path("bundle"), known, [], CancellationToken.None)).Findings);

        await AssertFoundAsync("UPDATE entry SET open_part = set_byte(open_part, 3, get_byte(open_part, 3) # 1) WHERE shard = 1 AND serial = 77", "record-changed", 77);
        await AssertFoundAsync("DELETE FROM entry WHERE shard = 1 AND serial = 30", "record-missing", 30);
        await AssertFoundAsync("UPDATE entry SET shard = 2, serial = 60 WHERE shard = 1 AND serial = 20", "record-missing", 20);
        await AssertFoundAsync("UPDATE tile SET hashes = set_byte(hashes, 9, get_byte(hashes, 9) # 1) WHERE shard = 1 AND number = 0", "tile-changed", 0);

        // What was moved lies behind the other log's end.
        Assert.Equal("record-added", (await CheckAsync(other)).First!.Name);

        async Task<KnownLog> WriteAsync(string origin, int count)
        {
            var signer = new NoteSigner(origin, NoteKeyKind.Log, key);
            await using var log = await Transparency.AccessLog.OpenAsync(
                await PostgresEntryStore.OpenAsync(database, origin, CancellationToken.None), signer, TimeProvider.System, NullLogger<Transparency.AccessLog>.Instance);
            await Task.WhenAll(SomeRecords.Some(0, count).Select(log.AppendAsync));
            await log.PublishAsync(log.Checkpoint, CancellationToken.None);
            return new KnownLog(signer.Key);
        }

        async Task AssertFoundAsync(string sql, string name, long serial)
        {
            await using var connection = new NpgsqlConnection(database);
            Assert.Equal(1, await connection.ExecuteAsync(sql));
            var first = (await CheckAsync(known)).First!;
            Assert.Equal((name, (long?)serial), (first.Name, first.Serial));
        }

        async Task<LogReport> CheckAsync(KnownLog log) => await LogCheck.DatabaseAsync(
            await PostgresEntryStore.ReadAsync(database, log.Origin, CancellationToken.None), log, [], "PostgreSQL", CancellationToken.None);
    }
}
