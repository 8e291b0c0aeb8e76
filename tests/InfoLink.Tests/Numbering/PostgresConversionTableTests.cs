using Dapper;
using InfoLink.Numbering.Individuals;
using InfoLink.Tests.Fixtures;
using Npgsql;
using Xunit;

namespace InfoLink.Tests.Numbering;

public sealed class PostgresConversionTableTests : ConversionTableContract, IAsyncLifetime
{
    private string _database = "";

    public async ValueTask InitializeAsync() => _database = await SharedPostgres.CreateDatabaseAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Processes_side_by_side_number_the_same_people_once()
    {
        await using var one = Open();
        await using var other = Open();
        await using var third = Open();
        await AllSeeTheSameAsync([one, other, third]);
    }

    [Fact]
    public async Task A_followed_code_is_not_numbered_by_another_process_at_the_same_moment()
    {
        await using var one = Open();
        await using var other = Open();
        for (var round = 0; round < 20; round++)
        {
            var codes = Codes(2, from: (ulong)round * 2);
            var first = (await Table(one).AssignAsync(Persons(codes[..1]), Plenty, default))[0].Number!;
            var follow = Task.Run(() => Table(one).FollowAsync(codes[0], codes[1], default));
            var assign = Task.Run(() => Table(other).AssignAsync(Persons(codes), Plenty, default));
            await Task.WhenAll(follow, assign);

            // Either the code was followed, and its number is the person's; or it was somebody else's a moment before, and is not followed.
            var now = await Table(one).AssignAsync(Persons(codes[1..]), Plenty, default);
            Assert.Equal(await follow == V1.NumberingOutcome.NumberingGiven, first.Equals(now[0].Number));
        }
    }

    private protected override INumberStore Open(byte[] keyCheck) => PostgresNumberStore.Open(_database, keyCheck);

    private protected override async Task<string> DumpAsync()
    {
        await using var connection = new NpgsqlConnection(_database);
        var rows = new List<string>();
        foreach (var table in (string[])["number", "code", "notice", "conversion"])
        {
            rows.AddRange(await connection.QueryAsync<string>($"SELECT t::text FROM {table} t"));
        }

        return string.Join('\n', rows);
    }
}
