using Dapper;
using InfoLink.Agent.Links;
using InfoLink.Broker;
using InfoLink.Broker.Codes;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Trust;
using InfoLink.Samples.Network;
using InfoLink.Samples.Registry;
using InfoLink.Samples.Registry.Generating;
using InfoLink.Samples.Registry.Keeping;
using InfoLink.Tests.Fixtures;
using InfoLink.Tests.Rotation;
using InfoLink.V1;
using Microsoft.Data.Sqlite;
using Xunit;

namespace InfoLink.Tests.Faults;

/// <summary>
/// An agency links its population while another's codes change and both others exchange, and whoever takes part is killed in the middle: registry, code
/// authority, broker, the linking agency, the agency whose codes change. Each job goes on where it stopped, and its counts agree.
/// </summary>
[Collection(RealProcesses.SecondRow)]
public sealed class BulkJobsTests
{
    private const int Residents = 4_000;
    private const int Changing = 40_000;
    private readonly List<Resident> _people = [.. new Generator(20_260_606).Residents(Residents)];

    [Fact]
    public async Task Whoever_is_killed_in_the_middle_the_jobs_go_on_and_their_counts_agree()
    {
        await using var world = await FaultWorld.StartAsync(new() { WithRedis = true, Prepare = Prepare });
        var folder = world.Folder;
        var persons = CreatePersons(folder);
        var running = new List<PartyProcess>();
        await using var ends = new Ends(running);
        var registry = Begun(await PartyProcess.StartRegistryAsync(folder));
        var codes = Begun(await PartyProcess.StartCodeAuthorityAsync(folder));
        world.Clerks.Begin(1, TimeSpan.FromMilliseconds(300));

        // Linking: after each thousand another party dies.
        var linking = Begun(PartyProcess.BeginLinking(folder, NetworkFolder.Bystander, persons, "initial"));
        await linking.SaidAsync("AT 1000");
        await registry.DisposeAsync();
        Begun(await PartyProcess.StartRegistryAsync(folder));
        await linking.SaidAsync("AT 2000");
        await codes.DisposeAsync();
        await linking.DisposeAsync();
        Begun(await PartyProcess.StartCodeAuthorityAsync(folder));
        linking = Begun(PartyProcess.BeginLinking(folder, NetworkFolder.Bystander, persons, "initial"));
        await linking.SaidAsync("AT 3000");
        await world.KillAndStartAsync(Party.Broker);

        // Each person of the source stands in one count, and nobody was linked twice.
        var counts = Counts(await linking.SaidAsync("READY"));
        Assert.Equal(("True", Residents, 0), (counts["agrees"], int.Parse(counts["asked"]), int.Parse(counts["verified"])));
        Assert.InRange(int.Parse(counts["linked"]), Residents * 9 / 10, Residents);
        Assert.Equal((counts["given"], counts["linked"]), (counts["matched"], counts["given"]));
        Assert.Equal(int.Parse(counts["linked"]) + Samples, await LinkTable.Open(folder.AgencyPath(NetworkFolder.Bystander, "data/links.db")).CountAsync());
        await linking.DisposeAsync();

        var (asked, given, frozen) = await GiveAndFreezeAsync(world);

        // A change of codes: the broker dies, and then the agent.
        await AnnounceAsync(world);
        await UntilSomeAsync(folder, 1);
        await world.KillAndStartAsync(Party.Broker);
        await UntilSomeAsync(folder, 20_000);
        await world.KillAndStartAsync(Party.Requester);
        world.BrokerWire.Delay = TimeSpan.Zero;
        await Eventually.HoldsAsync(async () => (await CountAsync(folder)).Left == 0, "everybody is converted", 2 * TestNetwork.Patience);
        var end = await CountAsync(folder);
        Assert.Equal((end.Had, 0L), (end.Converted, end.Refused));
        Assert.True(end.Had >= Changing);

        await StillGivenAndFrozenAsync(world, asked, given, frozen);
        await world.CheckAsync();

        PartyProcess Begun(PartyProcess process)
        {
            running.Add(process);
            return process;
        }
    }

    /// <summary>However the test ends, nobody is left running.</summary>
    private sealed class Ends(List<PartyProcess> running) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            foreach (var process in running)
            {
                await process.DisposeAsync();
            }
        }
    }

    /// <summary>Whom the sample links beforehand.</summary>
    private const int Samples = 3;

    /// <summary>A ticket is good for one agency: it is given its code, and loses the reply. And somebody's codes are frozen.</summary>
    private async Task<(GiveRequest Asked, GiveReply Given, LinkCode Frozen)> GiveAndFreezeAsync(FaultWorld world)
    {
        var (agency, other) = (world.Network.Bystander, world.Network.Requester);
        Resident[] plain = [.. _people.Where(IsPlain).Take(2)];
        var match = await agency.MatchAsync(new MatchRequest { Purpose = MatchPurpose.LinkPurpose, Persons = { Attributes(plain[0]) } });
        Assert.Equal(MatchVerdict.Matched, Assert.Single(match.Persons).Verdict);
        var asked = new GiveRequest { Ticket = match.Ticket, AttemptId = Attempt(1) };
        await Refused.ByAsync(RefusalName.TicketNotForCaller, () => other.GiveAsync(asked));
        var given = await agency.GiveAsync(asked);
        var config = world.Folder.InstitutionPath(NetworkFolder.CodeAuthority, "code-authority.json");
        var (code, output) = await Canary.Tool.TryAsync(
            "dotnet",
            [Canary.Party.Built("broker/InfoLink.CodeAuthority", "infolink-codes"), "freeze", "--config", config, "--operator", "tanaka", "--reason", "a drill"],
            plain[1].Code.Reveal() + "\n");
        Assert.True(code == 0, output);
        var links = LinkTable.Open(world.Folder.AgencyPath(NetworkFolder.Bystander, "data/links.db"));
        return (asked, given, (await links.CodeOfAsync(IdOf(_people.IndexOf(plain[1])), CancellationToken.None))!.Value);
    }

    /// <summary>The broker has died in between: the same attempt gets the same codes, another one nothing, and who was frozen is.</summary>
    private static async Task StillGivenAndFrozenAsync(FaultWorld world, GiveRequest asked, GiveReply given, LinkCode frozen)
    {
        using var anew = new HandMadeClient(world.Folder, NetworkFolder.Bystander, TimeProvider.System);
        Assert.Equal(given, await anew.GiveAsync(asked));
        await Refused.ByAsync(RefusalName.TicketSpent, () => anew.GiveAsync(new GiveRequest { Ticket = asked.Ticket, AttemptId = Attempt(2) }));
        await Refused.ByAsync(RefusalName.LinkCodeRefused, () => anew.AuthorizeAsync(anew.Ask(frozen)));
    }

    private static Google.Protobuf.ByteString Attempt(byte last) => Google.Protobuf.ByteString.CopyFrom([.. new byte[15], last]);

    /// <summary>Residents on the register, codes that will change, and who is reached where in this world.</summary>
    private void Prepare(NetworkFolder folder)
    {
        Assert.Equal(Rotating.Next, BrokerSetup.AddMaster(folder.BrokerOptions()));
        var broker = folder.BrokerOptions().Address;
        var codes = folder.CodeAuthorityOptions();
        codes.Member.Broker = broker;
        codes.Write(folder.InstitutionPath(NetworkFolder.CodeAuthority, "code-authority.json"));
        var registry = new RegistryOptions { Member = folder.RegistryOptions() };
        registry.Member.Broker = broker;
        registry.Write(folder.InstitutionPath(NetworkFolder.Registry, "registry.json"));
        Register.Make(folder.InstitutionPath(NetworkFolder.Registry, "registry.db"), _people).Dispose();

        using var masters = new CodeMasters();
        masters.Add(Rotating.Old, KeyFile.ReadKey(folder.Path("broker", "keys", "masters", $"{Rotating.Old}.key")));
        var own = new LinkCode[Changing];
        new LinkCodeCipher(masters).EncodeAll([.. Enumerable.Range(1_000, Changing).Select(TestNetwork.Person)], AgencyId.Parse(NetworkFolder.Requester), Rotating.Old, own);
        LinkTable.Open(folder.AgencyPath(NetworkFolder.Requester, "data/links.db")).WriteAsync(
            writing =>
            {
                for (var i = 0; i < own.Length; i++)
                {
                    writing.Put(LocalId.Of($"Z-{i}"), own[i], LinkAct.ByProgram);
                }
            },
            CancellationToken.None).GetAwaiter().GetResult();
    }

    /// <summary>The requester's codes are to change.</summary>
    private static async Task AnnounceAsync(FaultWorld world)
    {
        world.BrokerWire.Delay = TimeSpan.FromMilliseconds(100); // So that each ten thousand, in a dozen pieces, take their time.
        Rotating.Write(world.Folder, Rotating.Announced, "", NetworkFolder.Requester);
        var list = world.Folder.Path("announced.json");
        await File.WriteAllBytesAsync(list, world.Folder.Sign(DocumentKind.Members).ToBytes());
        await Canary.Tool.RunAsync("dotnet", [Canary.Party.Built("tools/infolink", "infolink"), "broker", "publish", list, "--broker", world.Folder.Path("broker")]);
    }

    private static Task<CodeCounts> CountAsync(NetworkFolder folder) =>
        LinkTable.Open(folder.AgencyPath(NetworkFolder.Requester, "data/links.db")).CountCodesAsync(Rotating.Next, CancellationToken.None);

    private static async Task UntilSomeAsync(NetworkFolder folder, long converted)
    {
        await Eventually.HoldsAsync(async () => (await CountAsync(folder)).Converted >= converted, $"{converted} converted");
        Assert.True((await CountAsync(folder)).Left > 0, "The change was over before anybody could be killed in the middle of it.");
    }

    /// <summary>The linking agency's own system: everybody, as the register writes them.</summary>
    private string CreatePersons(NetworkFolder folder)
    {
        var path = folder.Path("persons.db");
        using var persons = new SqliteConnection($"Data Source={path};Pooling=false");
        persons.Open();
        using var transaction = persons.BeginTransaction();
        persons.Execute("CREATE TABLE person(person TEXT PRIMARY KEY, name TEXT, kana TEXT, address TEXT, birth_date TEXT, sex TEXT)");
        for (var i = 0; i < _people.Count; i++)
        {
            var now = _people[i].Current;
            persons.Execute("INSERT INTO person VALUES (@id, @Name, @Kana, @Address, @BirthDate, @Sex)", new { id = IdOf(i), now.Name, now.Kana, now.Address, now.BirthDate, now.Sex });
        }

        transaction.Commit();
        return path;
    }

    private static bool IsPlain(Resident person) => person.Standing == Standing.Resident && person.Current.Municipality.Length > 0 && !person.Current.BirthDate.EndsWith("00", StringComparison.Ordinal);

    private static string IdOf(int place) => $"K-{place:00000}";

    private static BasicAttributes Attributes(Resident person) => new()
    {
        Name = person.Current.Name,
        Kana = person.Current.Kana,
        Address = person.Current.Address,
        BirthDate = person.Current.BirthDate,
        Sex = person.Current.Sex,
    };

    private static Dictionary<string, string> Counts(string line) =>
        line.TrimEnd().Split(' ').Skip(1).Select(count => count.Split('=')).ToDictionary(count => count[0], count => count[1], StringComparer.Ordinal);
}
