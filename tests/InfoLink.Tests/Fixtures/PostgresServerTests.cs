using Npgsql;
using Xunit;

namespace InfoLink.Tests.Fixtures;

/// <summary>What the tests on PostgreSQL rest on.</summary>
public sealed class PostgresServerTests
{
    [Fact]
    public async Task Every_test_has_an_empty_database_of_its_own_on_the_shared_server()
    {
        var (one, other) = (await SharedPostgres.CreateDatabaseAsync(), await SharedPostgres.CreateDatabaseAsync());
        await PostgresServer.ExecuteAsync(one, "CREATE TABLE mine(a integer)");
        await PostgresServer.ExecuteAsync(other, "CREATE TABLE mine(a integer)");
        Assert.Equal("on", await PostgresServer.ExecuteAsync(one, "SHOW fsync"));
    }

    [Fact]
    public async Task A_killed_server_answers_nothing_and_comes_back_with_its_data_and_another_in_its_place_without()
    {
        await using var server = await PostgresServer.StartAsync();
        var database = await server.CreateDatabaseAsync();
        await PostgresServer.ExecuteAsync(database, "CREATE TABLE kept AS SELECT 42 AS answer");
        var identifier = await IdentifierAsync(server);

        await server.KillAsync();
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => PostgresServer.ExecuteAsync(database, "SELECT 1"));
        await server.StartAgainAsync();
        Assert.Equal(42, await PostgresServer.ExecuteAsync(database, "SELECT answer FROM kept"));
        Assert.Equal(identifier, await IdentifierAsync(server));

        await server.StopAsync(immediate: false);
        await using var other = await PostgresServer.StartInPlaceOfAsync(server);
        Assert.NotEqual(identifier, await IdentifierAsync(server));
        await Assert.ThrowsAsync<PostgresException>(() => PostgresServer.ExecuteAsync(database, "SELECT answer FROM kept"));
    }

    private static Task<object?> IdentifierAsync(PostgresServer server) =>
        PostgresServer.ExecuteAsync(server.ConnectionString("postgres"), "SELECT system_identifier FROM pg_control_system()");
}
