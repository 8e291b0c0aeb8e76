using InfoLink.Tests.Fixtures;
using Xunit;

[assembly: AssemblyFixture(typeof(SharedPostgres))]

namespace InfoLink.Tests.Fixtures;

/// <summary>
/// One PostgreSQL for all tests that leave it running, started when the first asks and gone with the last; each test has a database of
/// its own.
/// </summary>
public sealed class SharedPostgres : IAsyncDisposable
{
    private static readonly Lazy<Task<PostgresServer>> TheOne = new(PostgresServer.StartAsync);

    /// <summary>The server itself, for its tools. It is not to be stopped.</summary>
    internal static Task<PostgresServer> ServerAsync() => TheOne.Value;

    /// <summary>A fresh, empty database.</summary>
    /// <returns>Its connection string.</returns>
    public static async Task<string> CreateDatabaseAsync() => await (await TheOne.Value).CreateDatabaseAsync();

    public async ValueTask DisposeAsync()
    {
        if (TheOne is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
        {
            await (await TheOne.Value).DisposeAsync();
        }
    }
}
