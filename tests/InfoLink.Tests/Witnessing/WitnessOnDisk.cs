using System.Collections.Concurrent;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Notes;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.Transparency.Sqlite;
using InfoLink.Transparency.Witnessing;
using InfoLink.V1;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Xunit;

namespace InfoLink.Tests.Witnessing;

/// <summary>A witness on a real file, with a clock that the test moves, and the logs that it looks after.</summary>
internal sealed class WitnessOnDisk : IDisposable
{
    public static readonly SpiffeName Broker = SpiffeName.ForBroker("infolink.example");
    public static readonly SpiffeName Agency = SpiffeName.ForAgency("infolink.example", AgencyId.Parse("141003"));
    private readonly TemporaryFolder _folder = new();
    private readonly Ed25519PrivateKey _key = Ed25519PrivateKey.Create();
    private readonly ConcurrentQueue<ForkEvidence> _forks = new();
    private readonly int _perSecond;
    private readonly string _name;

    public WitnessOnDisk(string name = "witness-1", int perSecond = Transparency.Witnessing.Witness.MostPerSecond)
    {
        (_name, _perSecond) = (name, perSecond);
        Open();
    }

    public LeapingClock Clock { get; } = LeapingClock.Standing();

    public Journal Journal { get; } = new();

    public Dictionary<string, WitnessedLog> Logs { get; } = new(StringComparer.Ordinal);

    public NoteKey Key => new NoteSigner(_name, NoteKeyKind.Cosigner, _key).Key;

    public WitnessStore Store { get; private set; } = null!;

    public Witness Witness { get; private set; } = null!;

    /// <summary>What it told of.</summary>
    public IReadOnlyCollection<ForkEvidence> Forks => _forks;

    /// <summary>A log that the witness looks after.</summary>
    public HandMadeLog Log(string origin = "log-1", SpiffeName? owner = null)
    {
        var log = new HandMadeLog(origin, owner ?? Broker);
        Logs[origin] = log.Known;
        return log;
    }

    /// <summary>A new program on the same file.</summary>
    public void Restart()
    {
        Store.Dispose();
        Open();
    }

    /// <summary>The same witness in another process, on another store.</summary>
    public Witness With(WitnessStore store) => new(
        new NoteSigner(_name, NoteKeyKind.Cosigner, _key),
        origin => Logs.GetValueOrDefault(origin),
        store,
        _forks.Enqueue,
        Clock,
        Journal.Loggers.CreateLogger<Witness>(),
        _perSecond);

    public WitnessResult Add(WitnessRequest request, SpiffeName? caller = null) => Witness.Add(caller ?? Broker, request);

    public void AssertCosigned(HandMadeLog log, int size, WitnessResult result)
    {
        var cosigned = Assert.IsType<WitnessResult.Cosigned>(result);
        var text = SignedNote.TryParse(log.Checkpoint(size))!.Text;
        Assert.Equal(Clock.GetUtcNow(), Cosignature.Verify(text, cosigned.Signature, Key));
    }

    public static void AssertRefused(RefusalName name, string detail, WitnessResult result)
    {
        var refused = Assert.IsType<WitnessResult.Refused>(result);
        Assert.Equal((name, detail), (refused.Refusal.Name, refused.Refusal.Detail));
    }

    /// <summary>The next writes fail as on a full disk, until it is mended.</summary>
    public void Break() => Execute("CREATE TRIGGER full_i BEFORE INSERT ON seen BEGIN SELECT RAISE(ABORT, 'disk full'); END; CREATE TRIGGER full_u BEFORE UPDATE ON seen BEGIN SELECT RAISE(ABORT, 'disk full'); END");

    public void Mend() => Execute("DROP TRIGGER full_i; DROP TRIGGER full_u");

    public void Dispose()
    {
        Store.Dispose();
        _folder.Dispose();
        _key.Dispose();
        Journal.AssertNoUnexpectedError();
    }

    private void Open()
    {
        Store = SqliteWitnessStore.Open(_folder.Path("witness.db"));
        Witness = With(Store);
    }

    private void Execute(string sql)
    {
        using var file = new SqliteConnection($"Data Source={_folder.Path("witness.db")};Pooling=false");
        Dapper.SqlMapper.Execute(file, sql);
    }
}
