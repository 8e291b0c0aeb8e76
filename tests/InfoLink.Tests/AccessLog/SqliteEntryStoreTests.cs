using Dapper;
using InfoLink.Transparency;
using InfoLink.Transparency.Sqlite;
using Microsoft.Data.Sqlite;
using Xunit;

namespace InfoLink.Tests.AccessLog;

/// <summary>The log's file: what is in it after a restart, who may open it, and what happens where it cannot be written.</summary>
public sealed class SqliteEntryStoreTests : IAsyncLifetime
{
    private LogOnDisk? _started;

    private LogOnDisk On => _started!;

    private Transparency.AccessLog Log => On.Log;

    public async ValueTask InitializeAsync() => _started = await LogOnDisk.StartAsync(StoreKind.Sqlite);

    public ValueTask DisposeAsync() => On.DisposeAsync();

    [Fact]
    public async Task Another_logs_file_is_not_opened_and_stays_as_it_is()
    {
        await On.AppendAsync(LogOnDisk.Entry());
        await Log.DisposeAsync();
        var refused = Assert.Throws<InvalidOperationException>(() => SqliteEntryStore.Open(On.Path, "test-2"));
        Assert.Contains(LogOnDisk.Origin, refused.Message, StringComparison.Ordinal);
        Assert.Contains(On.Path, refused.Message, StringComparison.Ordinal);
        await On.OpenAsync();
        Assert.Equal(1, (await On.AppendAsync(LogOnDisk.Entry())).Serial);
    }

    [Fact]
    public async Task A_later_programs_file_is_not_opened()
    {
        await Log.DisposeAsync();
        using (var connection = new SqliteConnection($"Data Source={On.Path};Pooling=False"))
        {
            connection.Execute("UPDATE log_schema SET version = 99");
        }

        Assert.Throws<InvalidOperationException>(() => SqliteEntryStore.Open(On.Path, LogOnDisk.Origin));
        using (var connection = new SqliteConnection($"Data Source={On.Path};Pooling=False"))
        {
            connection.Execute("UPDATE log_schema SET version = 2");
        }

        await On.OpenAsync();
    }

    [Fact]
    public void A_file_that_is_no_database_is_refused_by_its_name()
    {
        var path = Path.Combine(On.Folder, "no.db");
        File.WriteAllText(path, new string('x', 5000));
        Assert.Contains(path, Assert.Throws<InvalidOperationException>(() => SqliteEntryStore.Open(path, LogOnDisk.Origin)).Message, StringComparison.Ordinal);
        var nowhere = Path.Combine(On.Folder, "no", "such", "folder", "x.db");
        Assert.Contains(nowhere, Assert.ThrowsAny<InvalidOperationException>(() => SqliteEntryStore.Open(nowhere, LogOnDisk.Origin)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_process_does_not_open_a_log_that_is_being_written()
    {
        Assert.Contains(".lease", Assert.ThrowsAny<InvalidOperationException>(() => SqliteEntryStore.Open(On.Path, LogOnDisk.Origin)).Message, StringComparison.Ordinal);
        Assert.Equal(0, (await On.AppendAsync(LogOnDisk.Entry())).Serial);
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_is_said_and_comes_back_by_itself()
    {
        On.Journal.Expect("database is locked");
        await On.AppendAsync(LogOnDisk.Entry());
        using (var other = new SqliteConnection($"Data Source={On.Path};Pooling=False"))
        {
            other.Open();
            other.Execute("BEGIN IMMEDIATE");
            await Assert.ThrowsAsync<LogUnavailableException>(() => On.AppendAsync(LogOnDisk.Entry()).WaitAsync(LogOnDisk.Soon));
            Assert.False(Log.Healthy);
            Assert.Single(await On.AllAsync()); // Readers are not held up.
            other.Execute("ROLLBACK");
        }

        Assert.Equal(1, (await On.AppendAsync(LogOnDisk.Entry()).WaitAsync(LogOnDisk.Soon)).Serial);
        Assert.True(Log.Healthy);
    }

    [Fact]
    public async Task Every_commit_is_written_through_to_the_disk()
    {
        using var connection = new SqliteConnection($"Data Source={On.Path};Pooling=False");
        await connection.OpenAsync();
        Assert.Equal("wal", await connection.ExecuteScalarAsync<string>("PRAGMA journal_mode"));
        var writer = (SqliteConnection)typeof(SqliteEntryStore)
            .GetField("_writer", System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!
            .GetValue(On.Real)!;
        Assert.Equal(2, await writer.ExecuteScalarAsync<int>("PRAGMA synchronous")); // FULL
    }
}
