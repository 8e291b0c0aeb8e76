using InfoLink.Agent;
using InfoLink.Agent.Linking;
using InfoLink.Agent.Links;
using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Catalog;
using InfoLink.Samples.Network;
using InfoLink.Samples.Registry;
using InfoLink.Samples.Registry.Keeping;
using InfoLink.Tests.Fixtures;
using InfoLink.Tests.Registry;

namespace InfoLink.Tests.Requesting;

/// <summary>The sample's network with the registry beside it, each on its own port, and a claimant whose life a test tells.</summary>
internal sealed class ChoosingWorld : IAsyncDisposable
{
    /// <summary>Tax of the claimant, without an identity check.</summary>
    public const string TaxEntry = Walk.Entry;

    /// <summary>Tax, with an identity check.</summary>
    public const string CheckedEntry = Samples.Network.People.CheckedEntry;

    /// <summary>The resident record, where the person lives now.</summary>
    public const string ResidentEntry = "106.municipality.108-1-ha";

    public const string Tsurumi = "141011";
    public const string Setagaya = "131121";
    public const string KawasakiWard = "141313";

    public static readonly Asker Clerk = new("児童手当係", "terminal-12", "児童手当の認定請求の審査");
    public static readonly InquiryConditions Year2026 = new() { TaxYear = 2026 };
    private readonly SampleRegister _sample;
    private readonly RegistryHost _registry;

    private ChoosingWorld(SampleRegister sample, TestNetwork network, RegistryHost registry) => (_sample, Network, _registry) = (sample, network, registry);

    public TestNetwork Network { get; }

    public InfoLinkAgent Yokohama => Network.Running.Requester.Agent;

    public Register Register => _registry.Register;

    public static async Task<ChoosingWorld> StartAsync(Action<NetworkFolder>? prepare = null)
    {
        var sample = SampleRegister.Of(10);
        var network = await TestNetwork.StartWithAgentsAsync(new() { Prepare = prepare });
        var options = new RegistryOptions { Member = network.Folder.RegistryOptions(), Register = sample.Path("registry.db"), Audit = sample.Path("registry-audit.db") };
        var registry = RegistryHost.Open(options, network.Clock, network.Journal.Loggers);
        await registry.ServeAsync();
        return new ChoosingWorld(sample, network, registry);
    }

    /// <summary>Yokohama refreshes before it asks.</summary>
    public static void Refreshing(NetworkFolder folder)
    {
        var options = folder.AgentOptions(NetworkFolder.Requester);
        options.Persons!.Refresh = true;
        options.Write(folder.AgencyPath(NetworkFolder.Requester, "agent.json"));
    }

    public static void Edit(string path, string from, string to)
    {
        var text = File.ReadAllText(path);
        File.WriteAllText(path, text.Contains(from, StringComparison.Ordinal) ? text.Replace(from, to, StringComparison.Ordinal) : throw new InvalidOperationException($"'{from}' does not stand in {path}."));
    }

    /// <summary>The claimant's life: a first address from 2010, and moves. Yokohama and Setagaya know her as she is at the end.</summary>
    public void Live(string municipality, params (DateOnly Day, string Municipality)[] moves)
    {
        var code = Register.Enter(At(municipality), ChangeKind.Entered, new DateOnly(2010, 4, 1));
        foreach (var (day, to) in moves)
        {
            Register.Apply(code, new Change.Move(AddressIn(to), to, day, "転居"));
        }

        var now = Register.Find(code)!.Current;
        Know(NetworkFolder.Requester, ExistingSystems.ClaimantAtYokohama, now);
        Know(NetworkFolder.Provider, ExistingSystems.ClaimantAtSetagaya, now);
    }

    public void Know(string agency, string id, Attributes attributes) => ExistingSystems.Enter(Network.Folder, agency, new LocalPerson
    {
        Id = LocalId.Of(id),
        Name = attributes.Name,
        Kana = attributes.Kana,
        Address = attributes.Address,
        BirthDate = attributes.BirthDate,
        Sex = attributes.Sex,
    });

    public static Attributes At(string municipality, string name = "甲野　花子", string kana = "コウノ　ハナコ") => new(name, kana, AddressIn(municipality), "1985-06-07", "女", municipality);

    /// <summary>How often the registry was asked.</summary>
    public int Asked()
    {
        using var audit = Samples.Registry.Matching.MatchAudit.Open(_sample.Path("registry-audit.db"));
        return audit.Newest(int.MaxValue).Count;
    }

    public Task StopRegistryAsync() => _registry.DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        await _registry.DisposeAsync();
        await Network.DisposeAsync();
        _sample.Dispose();
    }

    private static string AddressIn(string municipality) => municipality.Length == 0 ? "住所不定"
        : Municipalities.Find(municipality) is { } place ? $"{place.Prefecture}{place.Name}栄町三丁目１４番１号" : throw new InvalidOperationException("No such municipality.");
}
