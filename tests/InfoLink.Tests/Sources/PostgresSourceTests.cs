using InfoLink.Agent;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;
using InquiryConditions = InfoLink.Contracts.Catalog.InquiryConditions;

namespace InfoLink.Tests.Sources;

/// <summary>An agency's own PostgreSQL, with a table as such systems have them.</summary>
public sealed class PostgresSourceTests : IDisposable
{
    private const string Secret = "SECRET-VALUE";

    private const string Table = """
        CREATE TABLE kazei(atena char(15), nendo smallint, kubun char(2), kinto numeric(11,2), shotoku varchar(11), goukei bigint, haigu boolean, fuyo int, fuyo16 int, kettei date, memo bytea);
        INSERT INTO kazei VALUES ('S-1', 2026, '3', 3000.00, '000124500', -480000, false, NULL, 2, '2026-05-15', 'x'), ('S-2', 2026, '9', 0, '', 0, true, 0, 0, NULL, NULL);
        INSERT INTO kazei SELECT 'S-3', nendo, kubun, kinto, shotoku, goukei, haigu, fuyo, fuyo16, kettei, memo FROM kazei;
        CREATE TABLE person(id text, name text, kana text, address text, birth_date date, sex int);
        INSERT INTO person VALUES ('S-1', '甲野 花子', 'コウノ ハナコ', '東京都世田谷区', '1990-04-17', 2);
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_row_is_mapped_into_the_layout_by_a_connection_that_stands_in_a_file()
    {
        var (source, agent) = await KazeiAsync();
        Assert.Empty(source.Errors(agent));
        Assert.Empty(ItemMap.Misfits(source, Asked.Catalog));
        var items = await Asked.ReadAsync(source, "S-1", agent: agent);
        Assert.Equal(
            "assessed-on=2026-05-15 dependants:not-recorded dependants-under-16=2 income-levy=124500 per-capita-levy=3000 spouse-in-same-livelihood=false tax-year=2026 taxation-class=3 total-income=-480000",
            Asked.Text(items));
        Assert.Empty(Layout.Check(Asked.Catalog.Kinds[KindId.Parse(Asked.Tax)], items!));
        Assert.Null(await Asked.ReadAsync(source, "S-9", agent: agent));
        Assert.Null(await Asked.ReadAsync(source, "S-1", new InquiryConditions { TaxYear = 2020 }, agent));
        Assert.Null(await Asked.ReadAsync(source, "' OR '1'='1", agent: agent));
        Assert.DoesNotContain("S-3", (await Assert.ThrowsAsync<InvalidOperationException>(() => Asked.ReadAsync(source, "S-3", agent: agent))).Message, StringComparison.Ordinal);
        Assert.Contains("taxation-class: 'codes' has no conversion", (await Assert.ThrowsAsync<MappingException>(() => Asked.ReadAsync(source, "S-2", agent: agent))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_query_that_would_write_is_refused_by_the_session()
    {
        var (source, agent) = await KazeiAsync();
        source.Query = "DELETE FROM kazei WHERE atena = @person RETURNING nendo";
        var fault = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => Asked.ReadAsync(source, "S-1", agent: agent));
        Assert.Equal(Npgsql.PostgresErrorCodes.ReadOnlySqlTransaction, fault.SqlState);
    }

    [Fact]
    public async Task No_error_shows_a_connection_string()
    {
        string[] wrong =
        [
            $"Host=127.0.0.1;Password={Secret};Nonsense={Secret}", $"Host=127.0.0.1;Port={Secret}", $"Host=127.0.0.1;Password=a;{Secret}", Secret, $"Database={Secret}", $"Host=127.0.0.1;Timeout={Secret}",
        ];
        var agent = new AgentOptions { Folder = _folder.Path() };
        foreach (var text in wrong)
        {
            File.Delete(_folder.Path("db.secret"));
            KeyFile.WriteNew(_folder.Path("db.secret"), text);
            foreach (var given in (string[])[text, "file:db.secret"])
            {
                Assert.DoesNotContain("SECRET", Assert.IsType<string>(OwnDatabase.PostgresError(given, agent)), StringComparison.Ordinal);
            }
        }

        // One that is well formed and leads nowhere.
        var source = new SourceOptions { Kind = Asked.Tax, Postgres = $"Host=127.0.0.1;Port=1;Username=agent;Password={Secret}", Query = "SELECT 1" };
        Assert.Null(OwnDatabase.PostgresError(source.Postgres, agent));
        var fault = await Assert.ThrowsAnyAsync<Exception>(() => Asked.ReadAsync(source, "S-1", agent: agent));
        Assert.DoesNotContain("SECRET", fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_agencys_persons_may_stand_in_PostgreSQL_too()
    {
        var (_, agent) = await KazeiAsync();
        agent.Persons = new SqlPersonOptions { Postgres = "file:db.secret", Query = "SELECT name, kana, address, birth_date, sex FROM person WHERE id = @person" };
        Assert.DoesNotContain(agent.Errors(), error => error.StartsWith("persons", StringComparison.Ordinal));
        await using (var opened = ConfiguredSources.Open(new Dictionary<KindId, IInformationSource>(), null, agent, TimeProvider.System))
        {
            var person = await opened.Persons!.FindAsync("S-1", CancellationToken.None);
            Assert.Equal(("甲野 花子", "1990-04-17", "2"), (person!.Name, person.BirthDate, person.Sex));
            Assert.Null(await opened.Persons.FindAsync("S-9", CancellationToken.None));
        }

        agent.Persons.Postgres = "env:INFOLINK_TEST_NOT_SET";
        Assert.Contains(agent.Errors(), error => error.StartsWith("persons: postgres: The environment variable", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_exchange_is_answered_from_it_and_what_does_not_map_is_refused_by_item_and_logged_without_a_value()
    {
        var (source, agent) = await KazeiAsync();
        await using var network = await AgentNetwork.StartAsync(new AgentNetworkOptions
        {
            Kinds = [],
            Provider = options =>
            {
                source.Postgres = $"file:{Path.Combine(agent.Folder, "db.secret")}";
                options.Sources.Add(source);
            },
        });
        network.Network.Journal.Expect("does not map");
        await network.LinkAsync(1, 2);
        var answer = await network.Requester.Agent.FetchAsync("Y-1", AgentNetwork.TaxEntry, NetworkFolder.Provider, new InquiryConditions { TaxYear = 2026 }, AgentNetwork.Clerk, "claimant");
        Assert.Equal("124500", answer.Value(Asked.Tax, "income-levy"));

        var refused = await Assert.ThrowsAnyAsync<Contracts.Refusals.RefusedException>(
            () => network.Requester.Agent.FetchAsync("Y-2", AgentNetwork.TaxEntry, NetworkFolder.Provider, new InquiryConditions { TaxYear = 2026 }, AgentNetwork.Clerk, "claimant"));
        Assert.Equal((RefusalName.LayoutViolation, $"{Asked.Tax}: taxation-class: NotInCodeList"), (refused.Refusal.Name, refused.Refusal.Detail));
        Assert.Contains(network.Network.Journal.Lines, line => line.Text.Contains("taxation-class: 'codes' has no conversion", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_agent_whose_map_does_not_fit_the_layouts_does_not_start_and_says_all_of_it()
    {
        var (source, agent) = await KazeiAsync();
        source.Map!.Remove("dependants");
        source.Map["taxation-class"].Codes["9"] = "9";
        await using var network = TestNetwork.PrepareOnly();
        var options = network.Folder.AgentOptions(NetworkFolder.Provider);
        options.Sources.Clear();
        source.Postgres = $"file:{Path.Combine(agent.Folder, "db.secret")}";
        options.Sources.Add(source);
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(
            () => Agent.AgentHost.StartAsync(options, new Dictionary<KindId, IInformationSource>(), TimeProvider.System, network.Journal.Loggers));
        Assert.Contains("codes: '9' is not a value of this item", fault.Message, StringComparison.Ordinal);
        Assert.Contains("the required item 'dependants' is missing", fault.Message, StringComparison.Ordinal);
    }

    private async Task<(SourceOptions Source, AgentOptions Agent)> KazeiAsync()
    {
        var connection = await SharedPostgres.CreateDatabaseAsync();
        await PostgresServer.ExecuteAsync(connection, Table);
        KeyFile.WriteNew(_folder.Path("db.secret"), $"{connection}\n");
        var source = new SourceOptions
        {
            Kind = Asked.Tax,
            Postgres = "file:db.secret",
            Query = "SELECT * FROM kazei WHERE atena = @person AND nendo = @taxYear",
            Map = new Dictionary<string, ItemMapOptions>(StringComparer.Ordinal)
            {
                ["tax-year"] = new() { From = "nendo" },
                ["taxation-class"] = new() { From = "kubun", Codes = { ["1"] = "1", ["2"] = "2", ["3"] = "3" } },
                ["per-capita-levy"] = new() { From = "kinto" },
                ["income-levy"] = new() { From = "shotoku", Number = true, WhenNull = "not-yet-determined" },
                ["total-income"] = new() { From = "goukei" },
                ["spouse-in-same-livelihood"] = new() { From = "haigu" },
                ["dependants"] = new() { From = "fuyo" },
                ["dependants-under-16"] = new() { From = "fuyo16" },
                ["assessed-on"] = new() { From = "kettei", WhenNull = "omit" },
            },
        };
        return (source, new AgentOptions { Folder = _folder.Path() });
    }
}
