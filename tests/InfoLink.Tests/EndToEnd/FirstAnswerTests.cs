using InfoLink.Tests.Fixtures;
using Npgsql;
using Xunit;

namespace InfoLink.Tests.EndToEnd;

/// <summary>The page samples/FirstAnswer does as it says: a database and an exported file are connected without code, and both cities are answered.</summary>
public sealed class FirstAnswerTests
{
    [Fact]
    public async Task Two_agencies_connect_a_database_and_an_export_by_configuration_alone_and_answer_each_other()
    {
        await using var server = await PostgresServer.StartAsync();
        var postgres = await server.CreateDatabaseAsync();
        var database = new NpgsqlConnectionStringBuilder(postgres).Database;
        await using var page = new PageBlocks("samples/FirstAnswer/README.md", "first answer", [
            KeyValuePair.Create("PG", postgres),
            KeyValuePair.Create("PSQL", $"postgresql://postgres@127.0.0.1:{server.Port}/{database}"),
        ]);
        await page.RunAsync("commands", "platform", "setagaya system", "setagaya connects");
        Assert.Contains("This would be answered.", page.Output("setagaya connects"), StringComparison.Ordinal);
        await page.RunAsync("setagaya starts", "setagaya links", "yokohama connects", "yokohama starts", "yokohama links");
        Assert.Contains("10 records", page.Output("yokohama links"), StringComparison.Ordinal);

        // Each has the other's value for the person, under a number that the other never hears.
        await page.RunAsync("yokohama asks", "setagaya asks");
        var inDatabase = await PostgresServer.ExecuteAsync(postgres, "SELECT shotoku FROM setagaya.kazei WHERE atena = 'S-77310'");
        Assert.Contains($"income-levy               │ {inDatabase}", page.Output("yokohama asks"), StringComparison.Ordinal);
        var inFile = (await File.ReadAllLinesAsync(page.Path("existing", "yokohama-kazei.csv"), System.Text.Encoding.Latin1))[2].Split(',')[4];
        Assert.Contains($"income-levy               │ {inFile}", page.Output("setagaya asks"), StringComparison.Ordinal);

        await page.RunAsync("bulk");
        var answers = await File.ReadAllLinesAsync(page.Path("answers.csv"));
        Assert.Equal(5, answers.Length);
        Assert.Equal(3, answers.Count(line => line.Contains(",answered,", StringComparison.Ordinal)));
        Assert.Single(answers, line => line.Contains("Y-2026-9999,refused,LINK-MISSING", StringComparison.Ordinal));
    }
}
