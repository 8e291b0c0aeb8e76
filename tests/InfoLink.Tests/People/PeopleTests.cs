using System.Text;
using Dapper;
using InfoLink.Agent;
using InfoLink.Agent.Asking;
using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Samples.Network;
using InfoLink.Tests.Asking;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Requesting;
using InfoLink.V1;
using Microsoft.Data.Sqlite;
using Xunit;
using InquiryConditions = InfoLink.Contracts.Catalog.InquiryConditions;

namespace InfoLink.Tests.People;

/// <summary>Who of an agency may ask what: over the real wire, with the refusals on the agency's own record.</summary>
public sealed class PeopleTests
{
    private static readonly Inquiry Tax = new()
    {
        Entry = EntryId.Parse(AgentNetwork.TaxEntry),
        Provider = AgencyId.Parse(NetworkFolder.Provider),
        Role = SubjectRole.Parse("claimant"),
        Conditions = new InquiryConditions { TaxYear = 2026 },
    };

    [Theory]
    [InlineData("k-0417", "kodomo-7", null)]
    [InlineData("k-0417", "madoguchi-1", "OPERATOR-NOT-ALLOWED terminal")]
    [InlineData("z-0001", "zei-1", "OPERATOR-NOT-ALLOWED entry")]
    [InlineData("k-0999", "kodomo-7", "OPERATOR-UNKNOWN")]
    [InlineData("k-0001", "kodomo-7", "OPERATOR-UNKNOWN")] // Left in March.
    [InlineData("k-2000", "kodomo-7", "OPERATOR-UNKNOWN")] // Comes next April.
    [InlineData("moved", "kodomo-7", null)] // Another department until September.
    public async Task Who_may_ask_is_said_by_role_terminal_and_day(string @operator, string terminal, string? refused)
    {
        await using var network = await StartAsync();
        Assert.Equal(refused, await AskAsync(network, new Asker(@operator, terminal, "認定請求の審査", "2026-KJ-1")));
        var broker = await network.AllOfBrokerAsync();
        var own = await AgentNetwork.AllOfAsync(network.Requester);
        if (refused is null)
        {
            Assert.Contains(broker, entry => entry.Open.Event == AccessEvent.Approved);
            return;
        }

        // Nothing has left, and what was tried stands on record: who, where, under which entry, and not about whom.
        Assert.DoesNotContain(broker, entry => entry.Open.Event == AccessEvent.Approved);
        var record = Assert.Single(own, entry => entry.Open.Event == AccessEvent.Refused);
        Assert.Equal((AgentNetwork.TaxEntry, NetworkFolder.Requester), (record.Open.Entry, record.Open.Caller));
        Assert.Equal((terminal, "2026-KJ-1"), (record.Particulars!.Terminal, record.Particulars.CaseReference));
        Assert.Empty(record.Subjects);
    }

    [Theory]
    [InlineData("name", "山田 花子 (k-0417)")]
    [InlineData("id", "k-0417")]
    [InlineData("department", "子ども家庭課")]
    [InlineData("attribute", "係長")]
    public async Task An_operator_stands_on_record_as_the_agency_chose(string record, string recorded)
    {
        await using var network = await StartAsync(people => people.Record = record);
        Assert.Null(await AskAsync(network, new Asker("k-0417", "kodomo-7", "認定請求の審査")));
        foreach (var what in new[] { AccessEvent.Asked, AccessEvent.Received })
        {
            Assert.Equal(recorded, (await AgentNetwork.OneAsync(network.Requester.Log.Store, what)).Particulars!.Operator);
        }
    }

    [Fact]
    public async Task Whom_a_directory_vouches_for_needs_no_line_in_the_file()
    {
        await using var network = await StartAsync();
        var claims = new OperatorClaims("佐藤 太郎", "子ども家庭課", "", ["child-allowance", "no-such-role"]);
        Assert.Null(await AskAsync(network, new Asker("sato", "kodomo-1", "審査") { Claims = claims }));
        Assert.Equal("佐藤 太郎 (sato)", (await AgentNetwork.OneAsync(network.Requester.Log.Store, AccessEvent.Asked)).Particulars!.Operator);
        Assert.Equal("OPERATOR-NOT-ALLOWED entry", await AskAsync(network, new Asker("sato", "kodomo-1", "審査") { Claims = claims with { Roles = ["no-such-role"] } }));
        Assert.Equal("OPERATOR-NOT-ALLOWED entry", await AskAsync(network, new Asker("k-0417", "kodomo-7", "審査") { Claims = claims with { Roles = [] } })); // The file's roles are not added.
    }

    [Fact]
    public async Task A_new_file_of_operators_is_taken_while_the_agent_runs_and_one_with_errors_is_not()
    {
        await using var network = await StartAsync();
        var path = network.Folder.AgencyPath(NetworkFolder.Requester, "operators.csv");
        var before = await File.ReadAllTextAsync(path);
        Assert.Equal("OPERATOR-UNKNOWN", await AskAsync(network, new Asker("k-3000", "kodomo-7", "審査")));
        await ReplaceAsync(before + "k-3000,新人,係員,子ども家庭課,child-allowance,kodomo-*,,\n");
        Assert.Null(await AskAsync(network, new Asker("k-3000", "kodomo-7", "審査")));

        // A slip in one line: those before it stay, and it is an alarm.
        network.Network.Journal.Expect("ALARM: the operators' file has changed and is not taken");
        await ReplaceAsync(before + "k-3000,新人,係員,子ども家庭課,child-alowance,kodomo-*,,\n");
        Assert.Null(await AskAsync(network, new Asker("k-3000", "kodomo-7", "審査")));
        Assert.Null(await AskAsync(network, new Asker("k-0417", "kodomo-7", "審査")));

        async Task ReplaceAsync(string text)
        {
            await File.WriteAllTextAsync(path + ".new", text);
            File.Move(path + ".new", path, overwrite: true);
            network.RequesterClock.Leap(TimeSpan.FromSeconds(2));
        }
    }

    [Fact]
    public async Task An_open_case_is_looked_for_in_the_agencys_own_system_before_anything_leaves()
    {
        await using var network = await StartAsync(cases: new CaseOptions
        {
            Sqlite = "cases.db",
            Query = "SELECT 1 FROM kenmei WHERE bangou = @case AND atena = @person AND shuuryou IS NULL",
            Always = true,
        });
        Assert.Equal("CASE-REFERENCE-MISSING", await AskAsync(network, new Asker("k-0417", "kodomo-7", "審査")));
        Assert.Equal("CASE-NOT-OPEN", await AskAsync(network, new Asker("k-0417", "kodomo-7", "審査", "2026-KJ-2"))); // Ended.
        Assert.Equal("CASE-NOT-OPEN", await AskAsync(network, new Asker("k-0417", "kodomo-7", "審査", "2026-KJ-3"))); // Another person's.
        Assert.Null(await AskAsync(network, new Asker("k-0417", "kodomo-7", "審査", "2026-KJ-1")));

        // In a household, the one without a case is not asked about.
        var household = await network.Requester.Agent.FetchAsync(["Y-1", "Y-2"], Tax, new Asker("k-0417", "kodomo-7", "審査", "2026-KJ-1"));
        Assert.IsType<FetchedPerson.Answered>(household.Persons[0]);
        Assert.Equal(RefusalName.CaseNotOpen, Assert.IsType<FetchedPerson.Refused>(household.Persons[1]).Refusal.Name);
        Assert.DoesNotContain(network.Reads, read => string.Equals(read.Person, "S-2", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_entry_that_requires_an_open_case_is_not_asked_without_its_reference()
    {
        await using var network = await AgentNetwork.StartAsync(new AgentNetworkOptions { Witnessed = false, Prepare = AgentNetwork.RequireCaseForTax });
        await network.LinkAsync(1);
        Assert.Equal("CASE-REFERENCE-MISSING", await AskAsync(network, AgentNetwork.Clerk with { CaseReference = " " }));
        Assert.Null(await AskAsync(network, AgentNetwork.Clerk));
    }

    [Fact]
    public async Task A_database_of_cases_that_does_not_answer_stops_the_question()
    {
        await using var network = await StartAsync(cases: new CaseOptions { Sqlite = "cases.db", Query = "SELECT 1 FROM gone WHERE a = @case AND b = @person", Always = true });
        network.Network.Journal.Expect("The database of cases did not answer");
        Assert.Equal("SOURCE-UNAVAILABLE cases", await AskAsync(network, new Asker("k-0417", "kodomo-7", "審査", "2026-KJ-1")));
    }

    [Fact]
    public async Task Who_may_not_ask_does_not_learn_from_the_registry_either_where_somebody_lives()
    {
        using var files = new TemporaryFolder();
        await using var world = await ChoosingWorld.StartAsync(folder =>
        {
            File.WriteAllText(folder.AgencyPath(NetworkFolder.Requester, "operators.csv"), "id,roles\nmay,asks\nmay-not,other\n");
            var options = folder.AgentOptions(NetworkFolder.Requester);
            options.People = new PeopleOptions { Operators = "operators.csv", Record = "id", Roles = { ["asks"] = new RoleOptions { Ask = { "*" } }, ["other"] = new RoleOptions() } };
            options.Write(folder.AgencyPath(NetworkFolder.Requester, "agent.json"));
        });
        world.Live(ChoosingWorld.Setagaya);
        var inquiry = new Inquiry { Entry = EntryId.Parse(ChoosingWorld.TaxEntry), Role = SubjectRole.Parse(Walk.Role), Conditions = ChoosingWorld.Year2026 };
        Assert.Equal(("OPERATOR-NOT-ALLOWED", "OPERATOR-NOT-ALLOWED", 0), (await InBulkAsync("may-not"), await TogetherAsync("may-not"), world.Asked()));
        Assert.Equal(2, (await AgentNetwork.AllOfAsync(world.Network.Running.Requester)).Count(entry => entry.Open.Event == AccessEvent.Refused));
        Assert.Equal(("answered", "answered", 2), (await InBulkAsync("may"), await TogetherAsync("may"), world.Asked()));

        async Task<string> InBulkAsync(string @operator)
        {
            BulkLine[] lines = [new(2, ExistingSystems.ClaimantAtYokohama)];
            var results = files.Path($"{@operator}.csv");
            await world.Yokohama.AskAllAsync(@operator, lines.ToAsyncEnumerable(), new BulkQuestion(inquiry, results, "s"), ChoosingWorld.Clerk with { Operator = @operator });
            return AskingWorld.Read(results)[1] is var fields && fields[3].Length > 0 ? fields[3] : fields[2];
        }

        async Task<string> TogetherAsync(string @operator) =>
            Assert.Single(await world.Yokohama.FetchSeveralAsync([new PersonQuestion(ExistingSystems.ClaimantAtYokohama, inquiry)], ChoosingWorld.Clerk with { Operator = @operator })).Person switch
            {
                FetchedPerson.Refused refused => refused.Refusal.Text,
                _ => "answered",
            };
    }

    [Fact]
    public void What_is_wrong_with_people_is_said_all_at_once_by_line_and_without_a_name()
    {
        using var folder = new TemporaryFolder();
        var people = new PeopleOptions { Operators = folder.Path("operators.csv"), Roles = { ["child-allowance"] = new RoleOptions { Ask = { "106.*" } } } };
        Write("id,name,attribute,department,roles,terminals,from,until\nk-1,マーク,,,child-allowance,,,\nk-2,マーク,,,nobody,,,\n,マーク,,,child-allowance,,,\nk-3,マーク,,,child-allowance,,2026-13-01,\n"
            + "k-1,マーク,,,child-allowance,,2026-04-01,\nk-4,\"マーク\nk-5,,,,child-allowance,,,\nk-6,マーク,,,child-allowance,,2027-01-01,2026-01-01\n");
        var errors = Errors();
        Assert.Equal([3, 4, 5, 6, 7, 8, 9], errors.Select(error => int.Parse(error.Split("line ")[1].Split(':')[0], System.Globalization.CultureInfo.InvariantCulture)));
        Assert.DoesNotContain("マーク", string.Join('\n', errors), StringComparison.Ordinal);

        Write("id,roles\nk-1,child-allowance\n");
        Assert.Contains("no 'name', which is the name", Assert.Single(Errors()), StringComparison.Ordinal);
        people.Record = "id";
        Assert.Empty(Errors());
        Write("番号,役割\nk-1,child-allowance\n", CodePagesEncodingProvider.Instance.GetEncoding(932));
        people.Columns["id"] = "番号";
        people.Columns["roles"] = "役割";
        Assert.Contains("bytes that are not utf-8", Assert.Single(Errors()), StringComparison.Ordinal);
        people.Encoding = "shift_jis";
        Assert.Empty(Errors());
        people.Columns["shoes"] = "靴";
        Assert.Contains("there is no 'shoes'", Assert.Single(Errors()), StringComparison.Ordinal);

        var wrong = new PeopleOptions { Record = "face", Roles = { ["two words"] = new RoleOptions { Ask = { "106.*.ro", "" } } } };
        Assert.Equal(4, wrong.Errors(new AgentOptions()).Count());

        List<string> Errors() => [.. people.Errors(new AgentOptions { Folder = folder.Path("") })];

        void Write(string text, Encoding? encoding = null) => File.WriteAllText(people.Operators, text, encoding ?? new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
    }

    private static async Task<string?> AskAsync(AgentNetwork network, Asker who)
    {
        try
        {
            var fetched = await network.Requester.Agent.FetchAsync(["Y-1"], Tax, who);
            Assert.IsType<FetchedPerson.Answered>(fetched.Persons[0]);
            return null;
        }
        catch (RefusedException refused)
        {
            return $"{refused.Refusal.Text} {refused.Refusal.Detail}".TrimEnd();
        }
    }

    private static async Task<AgentNetwork> StartAsync(Action<PeopleOptions>? change = null, CaseOptions? cases = null)
    {
        var network = await AgentNetwork.StartAsync(new AgentNetworkOptions
        {
            Witnessed = false,
            Prepare = folder =>
            {
                File.WriteAllText(folder.AgencyPath(NetworkFolder.Requester, "operators.csv"), """
                    id,name,attribute,department,roles,terminals,from,until
                    k-0417,山田 花子,係長,子ども家庭課,child-allowance,kodomo-*,,
                    z-0001,税務 一郎,主事,課税課,tax-office,,,
                    k-0001,去年 の人,係員,子ども家庭課,child-allowance,,,2026-03-31
                    k-2000,来年 の人,係員,子ども家庭課,child-allowance,,2027-04-01,
                    moved,異動 した人,係員,課税課,tax-office,,2026-04-01,2026-08-31
                    moved,異動 した人,係員,子ども家庭課,child-allowance tax-office,,2026-09-01,

                    """);
                using var database = new SqliteConnection($"Data Source={folder.AgencyPath(NetworkFolder.Requester, "cases.db")};Pooling=false");
                database.Execute("CREATE TABLE kenmei(bangou TEXT, atena TEXT, shuuryou TEXT); INSERT INTO kenmei VALUES ('2026-KJ-1', 'Y-1', NULL), ('2026-KJ-2', 'Y-1', '2026-10-01'), ('2026-KJ-3', 'Y-2', NULL)");
            },
            Requester = options =>
            {
                options.Cases = cases;
                options.People = new PeopleOptions
                {
                    Operators = "operators.csv",
                    Roles =
                    {
                        ["child-allowance"] = new RoleOptions { Ask = { "106.municipality.*" } },
                        ["tax-office"] = new RoleOptions { Answer = { "*" } },
                    },
                };
                change?.Invoke(options.People);
            },
        });
        await network.LinkAsync(1, 2);
        return network;
    }
}
