using System.Globalization;
using System.Security.Cryptography;
using Dapper;
using InfoLink.Codes;
using InfoLink.Contracts.Identifiers;
using InfoLink.Samples.Network;
using InfoLink.Samples.Registry;
using InfoLink.Samples.Registry.Keeping;
using InfoLink.V1;
using Microsoft.Data.Sqlite;
using Xunit;

namespace InfoLink.Tests.Canary;

/// <summary>
/// How marked persons come to numbers and link codes: they stand on the registry, the numbering authority numbers them, whoever tells people their numbers reads
/// the notices, and each agency's own program links its persons by tickets. Registry, code authority, numbering authority and those programs are processes.
/// </summary>
internal sealed class Institutions(CanaryWorld world) : IAsyncDisposable
{
    public static readonly string[] Names = [NetworkFolder.Registry, NetworkFolder.CodeAuthority, NetworkFolder.Numbering];
    private readonly Dictionary<string, Party> _parties = new(StringComparer.Ordinal);

    /// <summary>The institutions, and the programs that linked: <c>clerk-141003</c>.</summary>
    public IReadOnlyDictionary<string, Party> Parties => _parties;

    /// <summary>The registry's part that its sample has no program for.</summary>
    public HandMadeClient RegistryByHand { get; private set; } = null!;

    public static string ClerkOf(string agency) => "clerk-" + agency;

    /// <summary>Writes who is on the register, and what each institution is told.</summary>
    public void Configure(Func<string, Uri, Uri> tap, string broker, string numberingPostgres)
    {
        var folder = world.Folder;
        var codes = folder.CodeAuthorityOptions();
        codes.Member.Broker = broker;
        codes.Write(folder.InstitutionPath(NetworkFolder.CodeAuthority, "code-authority.json"));
        var numbering = folder.NumberingOptions();
        numbering.Member.Broker = broker;
        numbering.Postgres = numberingPostgres;
        numbering.Write(folder.InstitutionPath(NetworkFolder.Numbering, "numbering.json"));
        var registry = new RegistryOptions { Member = folder.RegistryOptions() };
        registry.Member.Broker = broker;
        registry.Write(folder.InstitutionPath(NetworkFolder.Registry, "registry.json"));
        foreach (var (name, listen) in ((string, string)[])[(NetworkFolder.Registry, registry.Member.Listen), (NetworkFolder.CodeAuthority, codes.Member.Listen), (NetworkFolder.Numbering, numbering.Member.Listen)])
        {
            folder.Redirect(name, tap(name, new Uri($"https://{listen}")));
        }

        Register.Make(folder.InstitutionPath(NetworkFolder.Registry, "registry.db"), world.People.Where(person => person.Part is not CanaryRun.Mistyped).Select(Resident)).Dispose();
    }

    public async Task StartAsync()
    {
        var folder = world.Folder;
        RegistryByHand = new HandMadeClient(NetworkFolder.Registry, folder.IdentityOfInstitution(NetworkFolder.Registry), folder.Members(), TimeProvider.System);
        await Task.WhenAll(
            BeginAsync(NetworkFolder.Registry, "samples/Registry", "InfoLink.Samples.Registry", "run", "--config", folder.InstitutionPath(NetworkFolder.Registry, "registry.json")),
            BeginAsync(NetworkFolder.CodeAuthority, "broker/InfoLink.CodeAuthority", "infolink-codes", "run", "--config", folder.InstitutionPath(NetworkFolder.CodeAuthority, "code-authority.json")),
            BeginAsync(NetworkFolder.Numbering, "broker/InfoLink.Numbering", "infolink-numbering", "--config", folder.InstitutionPath(NetworkFolder.Numbering, "numbering.json")));
    }

    /// <summary>Everybody on the register gets a number; one is changed after a leak, and so is each whose digits would not be found for certain.</summary>
    public async Task NumberAsync()
    {
        using var notifier = new HandMadeClient(world.Folder, NetworkFolder.Requester, TimeProvider.System);
        var people = world.People.Where(person => person.Part is not CanaryRun.Mistyped).ToList();
        var assign = new AssignRequest();
        assign.Persons.Add(people.Select(ToNumber));
        Assert.All((await RegistryByHand.AssignAsync(assign)).Outcomes, outcome => Assert.Equal(NumberingOutcome.NumberingGiven, outcome));
        Assert.Empty((await RegistryByHand.AssignAsync(assign)).Numbers);
        await ChangeAsync(people[0]);
        while (true)
        {
            var notices = (await notifier.NotificationsAsync(new NotificationsRequest { State = NoticeState.NoticeToSend, AtMost = 1_000 })).Notices
                .ToDictionary(notice => notice.Addressee, notice => notice.Number, StringComparer.Ordinal);
            foreach (var person in people)
            {
                person.Number = notices[AddresseeOf(person)];
            }

            if (people.FindIndex(person => person.Number[0] == '0' || person.Number[^1] == '0' || person.Number[^2] == '0') is var again && again < 0)
            {
                return;
            }

            await ChangeAsync(people[again]);
        }
    }

    /// <summary>All agencies link their persons, each from its own system; at the requester one of them under another person's attributes.</summary>
    public async Task LinkAsync()
    {
        var clerks = await Task.WhenAll(CanaryWorld.Agencies.Select(async agency =>
        {
            var persons = world.Path($"linking-{agency}.db");
            CreatePersons(persons, agency);
            return await BeginAsync(ClerkOf(agency), "tests/LinkClerk", "LinkClerk", world.Folder.AgencyPath(agency, "agent.json"), persons, "initial");
        }));
        foreach (var clerk in clerks)
        {
            var ready = clerk.Output.Split('\n').Single(line => line.StartsWith("READY", StringComparison.Ordinal));
            var asked = world.People.Count(person => IdAt(clerk.Name[^6..], person) is not null);
            Assert.Contains($"asked={asked} matched={asked} given={asked} linked={asked} ", ready, StringComparison.Ordinal);
        }
    }

    /// <summary>The clerks' programs end; the agencies' agents take over.</summary>
    public Task StopClerksAsync() => Task.WhenAll(_parties.Where(party => !Names.Contains(party.Key, StringComparer.Ordinal)).Select(party => party.Value.StopAsync()));

    /// <summary>kill -9: what they wrote last lies in write-ahead logs.</summary>
    public Task KillAsync() => Task.WhenAll(Names.Select(name => _parties[name].KillAsync()));

    /// <summary>What the code authority's operator does to one person's codes.</summary>
    public async Task<string> OperateAsync(string verb, MarkedPerson person)
    {
        var (code, output) = await Tool.TryAsync(
            "dotnet",
            [Party.Built("broker/InfoLink.CodeAuthority", "infolink-codes"), verb, "--config", world.Folder.InstitutionPath(NetworkFolder.CodeAuthority, "code-authority.json"), "--operator", "tanaka", "--reason", "a drill"],
            person.RecordCode + "\n");
        Assert.True(code == 0, output);
        return output;
    }

    public async ValueTask DisposeAsync()
    {
        RegistryByHand?.Dispose();
        foreach (var party in _parties.Values)
        {
            await party.DisposeAsync();
        }
    }

    /// <summary>What an agency calls a person; null: it does not know her.</summary>
    private static string? IdAt(string agency, MarkedPerson person) => (agency, person.Part) switch
    {
        (_, CanaryRun.Mistyped) or (NetworkFolder.Requester, CanaryRun.Other) or (NetworkFolder.Provider, CanaryRun.Stranger) => null,
        (NetworkFolder.Requester, _) => person.AtRequester,
        (NetworkFolder.Provider, _) => person.AtProvider,
        _ => person.AtThird,
    };

    private static PersonToNumber ToNumber(MarkedPerson person) => new() { RecordCode = person.RecordCode, Addressee = AddresseeOf(person) };

    private static string AddresseeOf(MarkedPerson person) => $"letter-{person.Part}";

    private static Resident Resident(MarkedPerson person, int place) => new()
    {
        Code = ResidentRecordCode.Parse(person.RecordCode),
        Household = place,
        Current = new Attributes(person.Name, person.Name, person.FullAddress, $"{person.Born:yyyy-MM-dd}", MarkedPerson.Sex, "141046"),
        Since = new DateOnly(2020, 4, 1),
        By = ChangeKind.Recorded,
        Standing = Standing.Resident,
    };

    private async Task ChangeAsync(MarkedPerson person) => Assert.Equal(
        NumberingOutcome.NumberingGiven,
        (await RegistryByHand.ChangeAsync(new ChangeRequest
        {
            ChangeId = RandomNumberGenerator.GetBytes(16).ToByteString(),
            Person = ToNumber(person),
            Ground = NumberGround.NumberAfterLeak,
            CaseReference = "incident-4",
        })).Outcome);

    private void CreatePersons(string path, string agency)
    {
        using var persons = new SqliteConnection($"Data Source={path};Pooling=false");
        persons.Execute("CREATE TABLE person(person TEXT PRIMARY KEY, name TEXT, kana TEXT, address TEXT, birth_date TEXT, sex TEXT)");
        foreach (var person in world.People.Where(person => IdAt(agency, person) is not null))
        {
            var meant = agency is NetworkFolder.Requester && person.Part is CanaryRun.Mistaken ? world[CanaryRun.Other] : person;
            persons.Execute(
                "INSERT INTO person VALUES (@id, @Name, @Name, @FullAddress, @born, @sex)",
                new { id = IdAt(agency, person), meant.Name, meant.FullAddress, born = meant.Born.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), sex = MarkedPerson.Sex });
        }
    }

    private async Task<Party> BeginAsync(string name, string folder, string assembly, params string[] arguments)
    {
        var party = await Party.StartAsync(name, Party.Built(folder, assembly), world.Path("traces", name), arguments);
        lock (_parties)
        {
            return _parties[name] = party;
        }
    }
}
