using System.Security.Cryptography;
using InfoLink.Broker.Codes;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using Xunit;

namespace InfoLink.Tests.Codes;

/// <summary>What a register that is kept promises, wherever its rows lie.</summary>
public abstract class KeptRegisterContract : IAsyncLifetime
{
    private static readonly RegisterEntry Frozen = new(1, RegisterState.Frozen, ExpiresAt: DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_123));

    public abstract ValueTask InitializeAsync();

    public abstract ValueTask DisposeAsync();

    [Fact]
    public async Task What_was_written_is_there_when_it_is_opened_again()
    {
        var (tag, successor) = (Fresh(), Fresh());
        var ended = new RegisterEntry(2, RegisterState.Superseded, new Succession(successor, FreshSeal(), FreshSeal()));
        await using (var register = await OpenAsync())
        {
            Assert.Equal(RegisterWrite.Written, await register.PutAsync(tag, null, Frozen, CancellationToken.None));
            Assert.Equal(RegisterWrite.Written, await register.PutAsync(tag, Frozen, ended, CancellationToken.None));
        }

        await using var again = await OpenAsync();
        Assert.Equal<RegisterEntry?[]>([ended, null], await again.FindAsync(new[] { tag, successor }, CancellationToken.None));
    }

    [Fact]
    public async Task What_was_not_expected_or_may_not_follow_is_not_written()
    {
        var tag = Fresh();
        await using var register = await OpenAsync();
        await register.PutAsync(tag, null, Frozen, CancellationToken.None);
        Assert.Equal(RegisterWrite.Conflict, await register.PutAsync(tag, null, Frozen, CancellationToken.None));
        Assert.Equal(RegisterWrite.Forbidden, await register.PutAsync(tag, Frozen, RegisterEntry.Unwritten, CancellationToken.None));
        Assert.Equal(Frozen, (await register.FindAsync(new[] { tag }, CancellationToken.None))[0]);
    }

    [Fact]
    public async Task Of_many_writers_that_expect_the_same_one_succeeds()
    {
        var tag = Fresh();
        await using var register = await OpenAsync();
        var results = await Task.WhenAll(Enumerable.Range(1, 8).Select(generation =>
            Task.Run(async () => await register.PutAsync(tag, null, new RegisterEntry((byte)generation, RegisterState.Active), CancellationToken.None))));
        Assert.Single(results, RegisterWrite.Written);
        Assert.Equal(7, results.Count(result => result == RegisterWrite.Conflict));
    }

    [Fact]
    public async Task Whom_a_person_succeeds_is_found_by_her_tag()
    {
        var (first, second, other, successor) = (Fresh(), Fresh(), Fresh(), Fresh());
        await using var register = await OpenAsync();
        SealedPerson[] seals = [FreshSeal(), FreshSeal()];
        await register.PutAsync(first, null, new RegisterEntry(0, RegisterState.Superseded, new Succession(successor, FreshSeal(), seals[0])), CancellationToken.None);
        await register.PutAsync(other, null, new RegisterEntry(0, RegisterState.Superseded, new Succession(Fresh(), FreshSeal(), FreshSeal())), CancellationToken.None);
        await register.PutAsync(second, null, new RegisterEntry(3, RegisterState.Superseded, new Succession(successor, FreshSeal(), seals[1])), CancellationToken.None);
        Assert.Equal([(first, seals[0]), (second, seals[1])], await register.BeforeAsync(successor, CancellationToken.None));
        Assert.Empty(await register.BeforeAsync(first, CancellationToken.None));
    }

    internal abstract Task<KeptIdCodeRegister> OpenAsync();

    private static SealedPerson FreshSeal() => new(RandomNumberGenerator.GetBytes(SealedPerson.Length));

    internal static RegisterTag Fresh() => new(RandomNumberGenerator.GetBytes(RegisterTag.Length));
}

/// <summary>One broker's, in a file.</summary>
public sealed class SqliteRegisterTests : KeptRegisterContract
{
    private readonly TemporaryFolder _folder = new();

    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public override ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_register_that_is_full_refuses_one_more_and_keeps_what_it_has()
    {
        await using var register = await KeptIdCodeRegister.OpenAsync(SqliteRegisterRows.Open(_folder.Path("small.db")), TimeProvider.System, capacity: 1);
        var first = Fresh();
        await register.PutAsync(first, null, new RegisterEntry(1, RegisterState.Active), CancellationToken.None);
        Assert.Equal(RegisterWrite.Full, await register.PutAsync(Fresh(), null, new RegisterEntry(1, RegisterState.Active), CancellationToken.None));
        Assert.NotNull((await register.FindAsync(new[] { first }, CancellationToken.None))[0]);
    }

    internal override Task<KeptIdCodeRegister> OpenAsync() => KeptIdCodeRegister.OpenAsync(SqliteRegisterRows.Open(_folder.Path("register.db")), TimeProvider.System);
}

/// <summary>Brokers' side by side, in PostgreSQL.</summary>
public sealed class PostgresRegisterTests : KeptRegisterContract
{
    private string _database = "";

    public override async ValueTask InitializeAsync() => _database = await SharedPostgres.CreateDatabaseAsync();

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_write_that_has_returned_at_one_broker_is_seen_by_every_other()
    {
        await using var one = await OpenAsync();
        await using var other = await OpenAsync();
        for (var i = 0; i < 3; i++)
        {
            var (tag, entry) = (Fresh(), new RegisterEntry(1, RegisterState.Frozen));
            Assert.Null((await other.FindAsync(new[] { tag }, CancellationToken.None))[0]);
            Assert.Equal(RegisterWrite.Written, await one.PutAsync(tag, null, entry, CancellationToken.None));
            Assert.Equal(entry, (await other.FindAsync(new[] { tag }, CancellationToken.None))[0]);
        }
    }

    [Fact]
    public async Task Two_brokers_that_write_at_once_get_one_of_the_two()
    {
        await using var one = await OpenAsync();
        await using var other = await OpenAsync();
        var tag = Fresh();
        var results = await Task.WhenAll(
            one.PutAsync(tag, null, new RegisterEntry(1, RegisterState.Active), CancellationToken.None).AsTask(),
            other.PutAsync(tag, null, new RegisterEntry(2, RegisterState.Active), CancellationToken.None).AsTask());
        Assert.Equal([RegisterWrite.Written, RegisterWrite.Conflict], results.Order());
    }

    internal override async Task<KeptIdCodeRegister> OpenAsync() => await KeptIdCodeRegister.OpenAsync(await PostgresRegisterRows.OpenAsync(_database), TimeProvider.System);
}
