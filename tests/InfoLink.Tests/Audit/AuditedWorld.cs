using System.Collections.Frozen;
using System.Security.Cryptography;
using InfoLink.Audit.Bundles;
using InfoLink.Audit.Reconciling;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Records;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Rpc;
using InfoLink.Transparency;
using InfoLink.V1;

namespace InfoLink.Tests.Audit;

/// <summary>
/// A broker with two logs and two agencies, whose logs a test writes by hand: an honest exchange is a script, and a test leaves out, repeats or
/// bends what it wants to be found.
/// </summary>
internal sealed class AuditedWorld : IAsyncDisposable
{
    public const string TheBroker = "broker";
    public const string Yokohama = "141003";
    public const string Setagaya = "131121";
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, WrittenLog> _logs = new(StringComparer.Ordinal);
    private int _exports;

    public ManualTime Time { get; } = new();

    public MemberList Members { get; private set; } = null!;

    public string Folder => _folder.Path();

    public WrittenLog this[string name] => _logs[name];

    public static async Task<AuditedWorld> OpenAsync()
    {
        var world = new AuditedWorld();
        foreach (var (name, custodian) in (ReadOnlySpan<(string, string)>)[("broker-1", TheBroker), ("broker-2", TheBroker), (Yokohama, Yokohama), (Setagaya, Setagaya)])
        {
            world._logs[name] = WrittenLog.OpenAsync(world._folder.Path($"{name}.db"), custodian, $"infolink.example/{name}", world.Time).GetAwaiter().GetResult();
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var identity = P256PublicKey.Of(key);
        var broker = new BrokerIdentity
        {
            Endpoint = new Uri("https://broker.example"),
            IdentityKey = identity,
            TokenKeys = new Dictionary<string, P256PublicKey>(StringComparer.Ordinal) { ["k"] = identity }.ToFrozenDictionary(StringComparer.Ordinal),
            Logs = [world["broker-1"].Signer.Key, world["broker-2"].Signer.Key],
        };
        world.Members = new MemberList(1, new byte[32], "infolink.example", broker, [.. ((string[])[Yokohama, Setagaya]).Select(Member)]);
        await Task.CompletedTask;
        return world;

        Member Member(string id) => new()
        {
            Id = AgencyId.Parse(id),
            Name = new Bilingual(id, id),
            Categories = [new CategoryTerm(CategoryId.Parse("municipality"), new DateOnly(2001, 1, 6), null)],
            IdentityKey = identity,
            Endpoint = new Uri($"https://a{id}.example"),
            CodeEpochs = new CodeEpochs(7, null),
            Logs = [world[id].Signer.Key],
        };
    }

    /// <summary>An honest exchange's records, in the order in which they are written, from now on one second apart.</summary>
    public List<Step> Honest(string broker = "broker-1", int persons = 2)
    {
        var exchange = ExchangeId.New().ToArray().ToByteString();
        SubjectLeaf[] silent = [.. Enumerable.Range(0, persons).Select(i => new SubjectLeaf((uint)i, SubjectOutcome.Unspecified))];
        SubjectLeaf[] spoken =
        [
            .. Enumerable.Range(0, persons).Select(i => i == 1
                ? new SubjectLeaf(1, SubjectOutcome.NotAvailableOutcome)
                : new SubjectLeaf((uint)i, SubjectOutcome.AnsweredOutcome) { Digest = Sha256Digest.FromBytes(RandomNumberGenerator.GetBytes(32)) }),
        ];

        // A requester keeps the digest of every answer, a provider and the broker that of those with values.
        SubjectLeaf[] read = [.. spoken.Select(leaf => leaf.Outcome == SubjectOutcome.AnsweredOutcome ? leaf : leaf with { Digest = Sha256Digest.Of([1]) })];
        var question = new OpenPart
        {
            Event = AccessEvent.Asked,
            Custodian = Yokohama,
            TimeMs = Now(0),
            Entry = "106.municipality.108-1-ro",
            Role = "claimant",
            Requester = Yokohama,
            Provider = Setagaya,
            Kinds = { "municipal-inhabitant-tax" },
            ConditionsSha256 = Sha256Digest.Of([2]).ToByteString(),
            CatalogVersion = 1,
            CatalogSha256 = Sha256Digest.Of([3]).ToByteString(),
            Cnf = Sha256Digest.Of([4]).ToByteString(),
            Rek = Sha256Digest.FromBytes(RandomNumberGenerator.GetBytes(32)).ToByteString(),
            Count = (uint)persons,
        };
        var asked = new Step(Yokohama, question, silent);
        var approval = new OpenPart(question)
        {
            Event = AccessEvent.Approved,
            Custodian = TheBroker,
            TimeMs = Now(1),
            ExchangeId = exchange,
            TokenSha256 = Sha256Digest.FromBytes(RandomNumberGenerator.GetBytes(32)).ToByteString(),
            IssuedAt = Now(1) / 1000,
            ExpiresAt = (Now(1) / 1000) + 60,
            RequestCommitment = asked.Entry.LeafHash.ToByteString(),
        };
        return
        [
            asked,
            new Step(broker, approval, silent),
            Follow(broker, AccessEvent.Redeemed, TheBroker, 2, silent),
            Follow(Setagaya, AccessEvent.Answered, Setagaya, 3, spoken),
            Follow(Yokohama, AccessEvent.Received, Yokohama, 4, read),
            Follow(broker, AccessEvent.Settled, TheBroker, 5, spoken),
            Follow(Setagaya, AccessEvent.Settled, Setagaya, 6, []),
        ];

        Step Follow(string log, AccessEvent what, string custodian, int second, SubjectLeaf[] leaves) => new(
            log, new OpenPart(approval) { Event = what, Custodian = custodian, TimeMs = Now(second), Count = (uint)leaves.Length }, leaves);
    }

    public async Task WriteAsync(params IEnumerable<Step> steps)
    {
        foreach (var log in steps.GroupBy(step => step.Log, StringComparer.Ordinal))
        {
            await this[log.Key].AppendAsync(log.Select(step => step.Entry));
        }
    }

    /// <summary>Publishes and exports; the bundles' folders by log.</summary>
    public async Task<IReadOnlyDictionary<string, string>> ExportAsync(string? pins = null)
    {
        var folders = new Dictionary<string, string>(StringComparer.Ordinal);
        _exports++;
        foreach (var (name, log) in _logs)
        {
            await log.PublishAsync();
            folders[name] = _folder.Path($"bundle-{_exports}-{name}");
            await BundleExport.WriteAsync(log.Log.Store, folders[name], string.Equals(name, Setagaya, StringComparison.Ordinal) ? pins : null, Time, CancellationToken.None);
        }

        return folders;
    }

    public Task<ReconciliationReport> ReconcileAsync(IEnumerable<string> bundles, StatuteCatalog? catalog = null, Action<Difference>? each = null) =>
        Reconciliation.RunAsync([.. bundles], Members, new ReconciliationOptions { Catalogs = catalog is null ? [] : [catalog], Each = each }, CancellationToken.None);

    /// <summary>All of it: what is written, published, exported and reconciled.</summary>
    public async Task<ReconciliationReport> ReconcileAsync(params IEnumerable<Step> steps)
    {
        await WriteAsync(steps);
        return await ReconcileAsync((await ExportAsync()).Values);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var log in _logs.Values)
        {
            await log.DisposeAsync();
        }

        _folder.Dispose();
    }

    private long Now(int second) => (Time.GetUtcNow() + TimeSpan.FromSeconds(second)).ToUnixTimeMilliseconds();
}

/// <summary>One record to be written; it is made once, when it is first looked at.</summary>
internal sealed record Step(string Log, OpenPart Open, SubjectLeaf[] Leaves)
{
    private NewEntry? _entry;

    public NewEntry Entry => _entry ??= new NewEntry(Open, [.. Leaves.Select(leaf => new NewSubject(leaf))]);

    public bool Is(AccessEvent what, string custodian) => Open.Event == what && string.Equals(Open.Custodian, custodian, StringComparison.Ordinal);

    /// <summary>The same with another open part, and maybe other subjects.</summary>
    public Step With(Action<OpenPart> bend, SubjectLeaf[]? leaves = null)
    {
        var open = Open.Clone();
        bend(open);
        return new Step(Log, open, leaves ?? Leaves);
    }
}

/// <summary>Bending a script.</summary>
internal static class Steps
{
    public static Step Of(this List<Step> steps, AccessEvent what, string custodian) => steps.Single(step => step.Is(what, custodian));

    public static List<Step> Without(this List<Step> steps, AccessEvent what, string custodian) => [.. steps.Where(step => !step.Is(what, custodian))];

    public static List<Step> Until(this List<Step> steps, AccessEvent what, string custodian) => [.. steps.TakeWhile(step => !step.Is(what, custodian)), steps.Of(what, custodian)];

    public static List<Step> Bent(this List<Step> steps, AccessEvent what, string custodian, Action<OpenPart> bend, SubjectLeaf[]? leaves = null) =>
        [.. steps.Select(step => step.Is(what, custodian) ? step.With(bend, leaves) : step)];
}
