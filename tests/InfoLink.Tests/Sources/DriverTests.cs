using System.Runtime.Loader;
using System.Text.Json;
using InfoLink.Agent;
using InfoLink.Agent.Sources;
using InfoLink.Agent.Sources.Drivers;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Refusals;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.Tests.Sources.Replicas;
using InfoLink.Tests.Tools;
using Xunit;

namespace InfoLink.Tests.Sources;

/// <summary>A database that the agent does not speak, by a driver that was put beside it: a real MariaDB, and a driver that neither the agent nor these tests refer to.</summary>
public sealed class DriverTests : IDisposable
{
    private const string Factory = "MySqlConnector.MySqlConnectorFactory, MySqlConnector";

    private const string Tables = """
        CREATE TABLE kazei(atena VARCHAR(15), nendo SMALLINT, kubun CHAR(2), kinto DECIMAL(11,2), shotoku VARCHAR(11), goukei BIGINT, haigu CHAR(1), fuyo INT, fuyo16 INT, kettei VARCHAR(20));
        INSERT INTO kazei VALUES ('S-1', 2026, '03', 3000.00, '000124500', -480000, '無', 0, 2, '令和8年5月15日'), ('S-2', 2026, '01', 0, NULL, 0, '有', 1, 0, NULL);
        CREATE TABLE person(id VARCHAR(15), name VARCHAR(100), kana VARCHAR(100), address VARCHAR(200), birth_date DATE, sex INT);
        INSERT INTO person VALUES ('S-1', '甲野 花子', 'コウノ ハナコ', '東京都世田谷区', '1990-04-17', 2);
        CREATE TABLE anken(bangou VARCHAR(20), atena VARCHAR(15), shuuryou DATE);
        INSERT INTO anken VALUES ('K-1', 'S-1', NULL);
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly AgentOptions _agent;

    public DriverTests()
    {
        _agent = new AgentOptions { Folder = _folder.Path() };
        var built = new DirectoryInfo(AppContext.BaseDirectory);
        Directory.CreateDirectory(_folder.Path("drivers", "mysql"));
        foreach (var file in Directory.GetFiles(RepositoryRoot.Path("tests", "MySqlDriver", "bin", built.Parent!.Name, built.Name), "*.dll").Where(file => Path.GetFileName(file) is not "MySqlDriver.dll"))
        {
            File.Copy(file, _folder.Path("drivers", "mysql", Path.GetFileName(file)));
        }

        _agent.Drivers.Add(new DriverOptions { Name = "mysql", Folder = "drivers/mysql", Factory = Factory, Sha256 = DriverFolder.Read(_folder.Path("drivers", "mysql")).Sha256 });
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Items_persons_and_cases_come_from_a_database_that_the_agent_does_not_speak()
    {
        await using var server = await MariaDbServer.StartAsync(Tables);
        var source = Source(server.Connection, "SELECT * FROM kazei WHERE atena = @person AND nendo = @taxYear");
        Assert.Empty(source.Errors(_agent));
        Assert.Empty(DriverOptions.ErrorsOf(_agent));
        Assert.Equal(
            "assessed-on=2026-05-15 dependants=0 dependants-under-16=2 income-levy=124500 per-capita-levy=3000 spouse-in-same-livelihood=false tax-year=2026 taxation-class=3 total-income=-480000",
            Asked.Text(await Asked.ReadAsync(source, "S-1", agent: _agent)));
        Assert.Contains("income-levy:not-yet-determined", Asked.Text(await Asked.ReadAsync(source, "S-2", agent: _agent)), StringComparison.Ordinal);
        Assert.Null(await Asked.ReadAsync(source, "' OR '1'='1", agent: _agent));
        Assert.Null(await Asked.ReadAsync(source, "S-1", new InquiryConditions { TaxYear = 2020 }, _agent));

        // What it needs is its own.
        var driver = Driver.Load(_agent.Drivers[0], _agent);
        Assert.NotSame(AssemblyLoadContext.Default, AssemblyLoadContext.GetLoadContext(driver.GetType().Assembly));
        Assert.DoesNotContain(AssemblyLoadContext.Default.Assemblies, assembly => assembly.GetName().Name is "MySqlConnector");

        _agent.Persons = new SqlPersonOptions { Driver = "mysql", Connection = server.Connection, Query = "SELECT name, kana, address, birth_date, sex FROM person WHERE id = @person" };
        await using var opened = ConfiguredSources.Open(new Dictionary<Contracts.Identifiers.KindId, IInformationSource>(), null, _agent, TimeProvider.System);
        var person = await opened.Persons!.FindAsync("S-1", CancellationToken.None);
        Assert.Equal(("甲野 花子", "1990-04-17", "2"), (person!.Name, person.BirthDate, person.Sex));

        _agent.Cases = new CaseOptions { Driver = "mysql", Connection = server.Connection, Query = "SELECT 1 FROM anken WHERE bangou = @case AND atena = @person AND shuuryou IS NULL", Always = true };
        Assert.Empty(_agent.Cases.Errors(_agent));
        await using var cases = new Agent.People.OpenCases(_agent, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<Agent.People.OpenCases>.Instance);
        var entry = Asked.Catalog.Entries.Values.First();
        Assert.Equal("S-2", Assert.Single(Assert.IsType<Outcome<IReadOnlyDictionary<string, Refusal>>.Done>(await cases.LookAsync(entry, ["S-1", "S-2"], "K-1", CancellationToken.None)).Value.Keys));

        // A role that can only read is what keeps it from writing.
        source.Query = "DELETE FROM kazei WHERE atena = @person";
        Assert.Equal("MySqlException", (await Assert.ThrowsAnyAsync<Exception>(() => Asked.ReadAsync(source, "S-1", agent: _agent))).GetType().Name);
        source.Query = "SELECT * FROM kazei WHERE atena = @person AND nendo = @taxYear";
        Assert.NotNull(await Asked.ReadAsync(source, "S-1", agent: _agent));
    }

    [Fact]
    public async Task The_command_says_what_agent_json_says_and_a_shell_finds_the_same_digest()
    {
        var (code, output, error) = await Infolink.RunAgentAsync("driver", _folder.Path("drivers", "mysql"));
        Assert.True(code == 0, error);
        var options = JsonSerializer.Deserialize<DriverOptions>(output[output.IndexOf('{', StringComparison.Ordinal)..], JsonSerializerOptions.Web)!;
        Assert.Equal(("mysql", Factory, _agent.Drivers[0].Sha256), (options.Name, options.Factory, options.Sha256));
        var shell = await Canary.Tool.RunAsync("sh", ["-c", $"cd '{_folder.Path("drivers", "mysql")}' && find * -type f | LC_ALL=C sort | xargs -d '\\n' sha256sum | sha256sum"]);
        Assert.StartsWith(options.Sha256, shell, StringComparison.Ordinal);

        Directory.CreateDirectory(_folder.Path("drivers", "none"));
        await File.WriteAllTextAsync(_folder.Path("drivers", "none", "read.me"), "nothing");
        (code, _, error) = await Infolink.RunAgentAsync("driver", _folder.Path("drivers", "none"));
        Assert.Equal(1, code);
        Assert.Contains("no", error, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("DbProviderFactory", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_that_are_others_or_that_others_could_change_are_not_loaded()
    {
        var driver = _agent.Drivers[0];
        var file = _folder.Path("drivers", "mysql", "MySqlConnector.dll");

        await Canary.Tool.RunAsync("chmod", ["o+w", file]);
        Fails("Others than its owner can write");
        await Canary.Tool.RunAsync("chmod", ["o-w", file]);

        File.CreateSymbolicLink(_folder.Path("drivers", "mysql", "more.dll"), file);
        Fails("is a link");
        File.Delete(_folder.Path("drivers", "mysql", "more.dll"));

        await File.WriteAllTextAsync(_folder.Path("drivers", "mysql", "more.dll"), "one more");
        Fails("If it was you who put them there, say so in agent.json");
        File.Delete(_folder.Path("drivers", "mysql", "more.dll"));
        Assert.Empty(DriverOptions.ErrorsOf(_agent));

        driver.Factory = "MySqlConnector.MySqlConnection, MySqlConnector";
        Assert.Contains("no provider factory", Assert.Throws<InvalidOperationException>(() => Driver.Load(driver, _agent)).Message, StringComparison.Ordinal);
        driver.Factory = "No.Such, MySqlConnector";
        Assert.Contains("cannot be loaded", Assert.Throws<InvalidOperationException>(() => Driver.Load(driver, _agent)).Message, StringComparison.Ordinal);

        void Fails(string why)
        {
            Assert.Contains(DriverOptions.ErrorsOf(_agent), error => error.StartsWith("drivers, mysql: ", StringComparison.Ordinal) && error.Contains(why, StringComparison.Ordinal));
            Assert.Contains(why, Assert.Throws<InvalidOperationException>(() => Driver.Load(driver, _agent)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_agent_json_says_wrongly_is_said_at_once_and_no_connection_string_is_shown()
    {
        Assert.Contains("give one of", Errors(new SourceOptions { Driver = "mysql", Connection = "x", Sqlite = "x" }), StringComparison.Ordinal);
        Assert.Contains("'oracle' is not among 'drivers'", Errors(new SourceOptions { Driver = "oracle", Connection = "x" }), StringComparison.Ordinal);
        Assert.Contains("go together", Errors(new SourceOptions { Driver = "mysql" }), StringComparison.Ordinal);
        Assert.Contains("go together", Errors(new SourceOptions { Sqlite = "x", Connection = "x" }), StringComparison.Ordinal);
        Assert.Contains("none.secret", Errors(new SourceOptions { Driver = "mysql", Connection = "file:none.secret" }), StringComparison.Ordinal);
        Assert.Contains("there twice", Of([_agent.Drivers[0], _agent.Drivers[0]]), StringComparison.Ordinal);
        Assert.Contains("there is no folder", Of([new DriverOptions { Name = "x", Folder = "nowhere", Factory = Factory }]), StringComparison.Ordinal);
        Assert.Contains("Type, Assembly", Of([new DriverOptions { Name = "X y", Folder = "drivers/mysql", Factory = "x" }]), StringComparison.Ordinal);

        foreach (var wrong in (string[])[$"Server={MariaDbServer.Password};Nonsense={MariaDbServer.Password}", MariaDbServer.Password, $"Port={MariaDbServer.Password}"])
        {
            var fault = Assert.Throws<InvalidOperationException>(() => OwnDatabase.Open(Source(wrong, "SELECT 1"), _agent));
            Assert.Contains("does not take its connection string", fault.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("SECRET", fault.ToString(), StringComparison.Ordinal);
        }

        string Errors(SourceOptions source) => string.Join('\n', source.Errors(_agent));

        string Of(DriverOptions[] drivers)
        {
            var agent = new AgentOptions { Folder = _agent.Folder };
            foreach (var driver in drivers)
            {
                agent.Drivers.Add(driver);
            }

            return string.Join('\n', DriverOptions.ErrorsOf(agent));
        }
    }

    private static SourceOptions Source(string connection, string query) => new() { Kind = Asked.Tax, Driver = "mysql", Connection = connection, Query = query, Map = ReplicaWorld.Map() };
}
