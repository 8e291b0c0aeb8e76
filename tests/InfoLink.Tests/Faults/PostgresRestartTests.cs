using InfoLink.Tests.Fixtures;
using Xunit;

namespace InfoLink.Tests.Faults;

/// <summary>PostgreSQL, which has the broker's log and the provider's log and ledger, is killed and cut off in the middle of transactions.</summary>
[Collection(RealProcesses.FirstRow)]
public sealed class PostgresRestartTests
{
    [Fact]
    public async Task A_restart_in_the_middle_of_a_transaction_loses_nothing_that_was_said_and_the_service_returns_by_itself()
    {
        await using var world = await FaultWorld.StartAsync(new() { BrokerOnPostgres = true, ProviderOnPostgres = true, WithRedis = true });
        var postgres = world.Postgres!;
        foreach (var (what, fault) in ((string, Func<Task>)[])
            [
                ("kill -9", postgres.KillAsync),
                ("every session ended", () => PostgresServer.ExecuteAsync(
                    postgres.ConnectionString("postgres"),
                    "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'")),
            ])
        {
            world.Clerks.Begin(3);
            await Task.Delay(TimeSpan.FromMilliseconds(600), TimeProvider.System, TestContext.Current.CancellationToken);
            await world.HitAsync(Party.Postgres, what, fault);
            await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, TestContext.Current.CancellationToken);
            await postgres.StartAgainAsync();
            await world.Clerks.StopAsync();
            await world.Clerks.AnsweredAsync();
        }

        await world.SettleNowAsync();
        Assert.All(world.Asked, question => Assert.True(
            question.Ending is Ending.Answered or Ending.Refused { Name: "LOG-UNAVAILABLE" or "LEDGER-REOPENED" or "INTERNAL-FAULT" }, $"{question}"));
        await world.CheckAsync();
    }
}
