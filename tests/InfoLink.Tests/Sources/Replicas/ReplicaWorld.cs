using System.Text;
using InfoLink.Agent;
using InfoLink.Agent.Sources;
using InfoLink.Agent.Sources.Replicas;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Notes;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.Transparency;
using InfoLink.Transparency.Sqlite;
using InfoLink.V1;
using Microsoft.Extensions.Logging;
using InquiryConditions = InfoLink.Contracts.Catalog.InquiryConditions;

namespace InfoLink.Tests.Sources.Replicas;

/// <summary>An agency whose tax system exports files: a folder, its replica and the log that its acts stand in. Nothing runs.</summary>
internal sealed class ReplicaWorld : IAsyncDisposable
{
    public const string Heading = "atena,nendo,kubun,kinto,shotoku,goukei,haigu,fuyo,fuyo16,kettei,memo";
    private static readonly Encoding Utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
    private readonly TemporaryFolder _folder = new();
    private readonly Ed25519PrivateKey _key = Ed25519PrivateKey.Create();
    private readonly Journal _journal = new();
    private readonly Transparency.AccessLog _log;

    private ReplicaWorld(Action<ReplicaOptions> change)
    {
        var replica = new ReplicaOptions { Key = "atena", TaxYear = "nendo", RefuseAfterHours = 72 };
        change(replica);
        Source = new SourceOptions { Kind = Asked.Tax, Replica = replica, Map = Map() };
        Options = new AgentOptions { Agency = NetworkFolder.Provider, Folder = _folder.Path() };
        Directory.CreateDirectory(_folder.Path("data"));
        Options.Sources.Add(Source);
        _log = Transparency.AccessLog.OpenAsync(
            SqliteEntryStore.Open(_folder.Path("log.db"), "test"), new NoteSigner("test", NoteKeyKind.Log, _key), Clock, _journal.Loggers.CreateLogger<Transparency.AccessLog>()).GetAwaiter().GetResult();
        ReplicaKey.MakeFirst(Options);
        Deliveries = Open();
    }

    public MovableClock Clock { get; } = new(TimeProvider.System);

    public AgentOptions Options { get; }

    public SourceOptions Source { get; }

    public ReplicaDeliveries Deliveries { get; private set; }

    public string Data => _folder.Path("data");

    public static ReplicaWorld Start(Action<ReplicaOptions>? change = null) => new(change ?? (_ => { }));

    public static Dictionary<string, ItemMapOptions> Map() => new(StringComparer.Ordinal)
    {
        ["tax-year"] = new() { From = "nendo" },
        ["taxation-class"] = new() { From = "kubun", Codes = { ["01"] = "1", ["02"] = "2", ["03"] = "3" } },
        ["per-capita-levy"] = new() { From = "kinto", Number = true },
        ["income-levy"] = new() { From = "shotoku", Number = true, WhenNull = "not-yet-determined" },
        ["total-income"] = new() { From = "goukei", Number = true },
        ["spouse-in-same-livelihood"] = new() { From = "haigu", True = ["有"], False = ["無"] },
        ["dependants"] = new() { From = "fuyo", Number = true },
        ["dependants-under-16"] = new() { From = "fuyo16", Number = true },
        ["assessed-on"] = new() { From = "kettei", Date = "era", WhenNull = "omit" },
    };

    /// <summary>One person's line, as the tax system exports it.</summary>
    public static string Line(string person, int income = 1_000_001, int year = 2026, string rest = "") => $"{person},{year},03,3000,000124500,{income},無,0,02,令和8年5月15日,{rest}";

    /// <summary>A file of these lines behind the heading.</summary>
    public string File(params IEnumerable<string> lines) => Bytes(Utf8.GetBytes(string.Concat(lines.Prepend(Heading).Select(line => line + "\r\n"))));

    public string Bytes(byte[] bytes)
    {
        var path = _folder.Path($"{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes))[..12]}.csv");
        System.IO.File.WriteAllBytes(path, bytes);
        return path;
    }

    public static byte[] ShiftJis(string text) => CodePagesEncodingProvider.Instance.GetEncoding(932)!.GetBytes(text);

    public Task<ReplicaStanding> ImportAsync(string file, Func<DeliveryWish, DeliveryWish>? change = null, IProgress<DeliveryProgress>? progress = null, CancellationToken cancellation = default)
    {
        var wish = new DeliveryWish(Source.Id, file, "税務係") { AsOf = Clock.GetUtcNow() };
        return Deliveries.ImportAsync(change?.Invoke(wish) ?? wish, progress, cancellation);
    }

    /// <summary>As a new process of the agent would come to the same folder.</summary>
    public void Reopen()
    {
        Deliveries.Dispose();
        Deliveries = Open();
        Deliveries.Sweep();
    }

    /// <summary>What would be answered about a person: item=value and so on; <c>nothing</c>; or why the source gives nothing.</summary>
    public async Task<string> AnswerAsync(string person, InquiryConditions? conditions = null)
    {
        await using var opened = ConfiguredSource.Open(Source, Options, Clock);
        try
        {
            return await opened.ReadAsync(Asked.For(person, conditions), CancellationToken.None) is { } items ? Asked.Text(items) : "nothing";
        }
        catch (SourceFaultException fault)
        {
            return fault.Message;
        }
    }

    /// <summary>The income that would be answered; null where nothing would.</summary>
    public async Task<string?> IncomeAsync(string person, int year = 2026) =>
        (await AnswerAsync(person, new InquiryConditions { TaxYear = year })).Split(' ').FirstOrDefault(item => item.StartsWith("total-income=", StringComparison.Ordinal))?[13..];

    public async Task<IReadOnlyList<OperatorAct>> ActsAsync() =>
        [.. (await _log.Store.ReadAsync(0, int.MaxValue, CancellationToken.None)).Where(entry => entry.Open.Event == AccessEvent.Act).Select(entry => entry.Open.Act)];

    public async ValueTask DisposeAsync()
    {
        Deliveries.Dispose();
        await _log.DisposeAsync();
        _key.Dispose();
        _folder.Dispose();
        _journal.AssertNoUnexpectedError();
    }

    private ReplicaDeliveries Open() => ReplicaDeliveries.Open(Options, () => CatalogSet.Empty.With(Asked.Catalog, Clock.GetUtcNow()), new ActRecords(_log, NetworkFolder.Provider, Clock), Clock);
}
