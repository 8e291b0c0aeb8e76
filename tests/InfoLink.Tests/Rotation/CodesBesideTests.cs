using System.Security.Cryptography;
using InfoLink.Agent.Links;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using Microsoft.Data.Sqlite;
using Xunit;

namespace InfoLink.Tests.Rotation;

/// <summary>A person's code of another epoch stands beside the one in use, and is hers alone.</summary>
public sealed class CodesBesideTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("infolink-test-");

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_person_is_found_by_both_codes_and_asked_for_with_that_of_the_current_epoch()
    {
        var (table, old, next) = await RotatedAsync();
        Assert.Equal("P-1", (await table.PersonOfAsync(old, CancellationToken.None))?.Id);
        Assert.Equal("P-1", (await table.PersonOfAsync(next, CancellationToken.None))?.Id);
        Assert.Equal(old, await table.CodeOfAsync("P-1", CancellationToken.None));
        table.CurrentEpoch = () => Rotating.Next;
        Assert.Equal(next, await table.CodeOfAsync("P-1", CancellationToken.None));
        await table.MarkAsync("P-1", LinkState.Quarantined);
        Assert.Null(await table.PersonOfAsync(next, CancellationToken.None));
    }

    [Fact]
    public async Task A_link_that_is_moved_loses_the_code_beside_it()
    {
        var (table, _, next) = await RotatedAsync();
        var others = Fresh(Rotating.Old);
        await table.PutAsync("P-1", others);
        Assert.Null(await table.PersonOfAsync(next, CancellationToken.None)); // Perhaps it was another person's all the time.
        Assert.Equal("P-1", (await table.PersonOfAsync(others, CancellationToken.None))?.Id);
    }

    [Fact]
    public async Task A_code_beside_another_is_nobody_elses()
    {
        var (table, _, next) = await RotatedAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => table.PutAsync("P-2", next));
        await table.PutAsync("P-1", next); // Hers already: nothing moves.
        Assert.Equal(2, (await table.HistoryAsync(LocalId.Of("P-1"))).Count);
    }

    [Fact]
    public async Task A_link_that_changed_while_the_broker_converted_keeps_what_it_has_and_comes_again()
    {
        var table = LinkTable.Open(Path("changed.db"));
        var (sent, now) = (Fresh(Rotating.Old), Fresh(Rotating.Old));
        await table.PutAsync("P-1", sent);
        var person = Assert.Single(await table.WithoutCodeAsync(Rotating.Next, 0, 10, CancellationToken.None)).Person;
        await table.PutAsync("P-1", now);
        await table.KeepCodesAsync([(person, sent, Fresh(Rotating.Next))], Rotating.Next, LinkAct.ByProgram, CancellationToken.None);
        await table.KeepCodesAsync([(person, sent, null)], Rotating.Next, LinkAct.ByProgram, CancellationToken.None);
        Assert.Equal(new CodeCounts(1, 0, 0, 1), await table.CountCodesAsync(Rotating.Next, CancellationToken.None));
        Assert.Equal(now, Assert.Single(await table.WithoutCodeAsync(Rotating.Next, 0, 10, CancellationToken.None)).Code);
    }

    [Fact]
    public async Task Only_codes_of_epochs_that_nobody_accepts_are_destroyed_and_how_many_is_kept()
    {
        var (table, old, next) = await RotatedAsync();
        Assert.Equal(0, await table.DestroyAsync(new CodeEpochs(Rotating.Old, null, Rotating.Next), 10, CancellationToken.None));
        Assert.Equal(1, await table.SwitchAsync(Rotating.Next, 10, CancellationToken.None));
        Assert.Equal(0, await table.SwitchAsync(Rotating.Next, 10, CancellationToken.None));
        Assert.Equal(0, await table.DestroyAsync(new CodeEpochs(Rotating.Next, Rotating.Old), 10, CancellationToken.None));
        Assert.NotNull(await table.PersonOfAsync(old, CancellationToken.None));
        Assert.Equal(1, await table.DestroyAsync(new CodeEpochs(Rotating.Next, null), 10, CancellationToken.None));
        await table.SweepAsync();
        Assert.Null(await table.PersonOfAsync(old, CancellationToken.None));
        Assert.NotNull(await table.PersonOfAsync(next, CancellationToken.None));
        Assert.Equal((Rotating.Old, 1L), ((await table.DestroyedAsync())[0].Epoch, (await table.DestroyedAsync())[0].Count));
    }

    [Fact]
    public async Task A_table_of_the_version_before_is_taken_on_with_its_codes()
    {
        var code = Fresh(Rotating.Old);
        using (var connection = new SqliteConnection($"Data Source={Path("second.db")}"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = """
                CREATE TABLE person(number INTEGER PRIMARY KEY, link_code BLOB NOT NULL UNIQUE, state INTEGER NOT NULL DEFAULT 0, why TEXT,
                  withheld INTEGER NOT NULL DEFAULT 0, manual_only INTEGER NOT NULL DEFAULT 0, verified_ms INTEGER NOT NULL DEFAULT 0);
                CREATE TABLE local_id(kind TEXT NOT NULL, value TEXT NOT NULL, person INTEGER NOT NULL, PRIMARY KEY (kind, value)) WITHOUT ROWID;
                INSERT INTO person(number, link_code) VALUES (1, @code);
                INSERT INTO local_id VALUES ('person', 'P-1', 1);
                PRAGMA user_version = 2
                """;
            command.Parameters.AddWithValue("@code", LinkTable.Bytes(code));
            command.ExecuteNonQuery();
        }

        for (var opened = 0; opened < 2; opened++)
        {
            var table = LinkTable.Open(Path("second.db"));
            Assert.Equal(code, await table.CodeOfAsync("P-1", CancellationToken.None));
            Assert.Equal(new CodeCounts(1, 0, 0, 1), await table.CountCodesAsync(Rotating.Next, CancellationToken.None));
        }
    }

    private async Task<(LinkTable Table, LinkCode Old, LinkCode Next)> RotatedAsync()
    {
        var table = LinkTable.Open(Path("links.db"));
        var (old, next) = (Fresh(Rotating.Old), Fresh(Rotating.Next));
        await table.PutAsync("P-1", old);
        var person = Assert.Single(await table.WithoutCodeAsync(Rotating.Next, 0, 10, CancellationToken.None)).Person;
        await table.KeepCodesAsync([(person, old, next)], Rotating.Next, LinkAct.ByProgram, CancellationToken.None);
        return (table, old, next);
    }

    private string Path(string file) => System.IO.Path.Combine(_folder.FullName, file);

    private static LinkCode Fresh(byte epoch) => new(epoch, RandomNumberGenerator.GetBytes(16));
}
