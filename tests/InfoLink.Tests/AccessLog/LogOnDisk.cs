using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Records;
using InfoLink.Tests.Fixtures;
using InfoLink.Tests.Rpc;
using InfoLink.Transparency;
using InfoLink.Transparency.Sqlite;
using InfoLink.V1;
using Microsoft.Extensions.Logging;
using Xunit;

namespace InfoLink.Tests.AccessLog;

/// <summary>An access log on a real SQLite file in a folder of its own, with a store that fails when told to and a clock that the test moves.</summary>
internal sealed class LogOnDisk : IAsyncDisposable
{
    public const string Origin = "test-1";

    /// <summary>How long a test waits for what must come.</summary>
    public static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("infolink-log-");

    private readonly Ed25519PrivateKey _key = Ed25519PrivateKey.Create();

    public LogOnDisk()
    {
        Signer = new NoteSigner(Origin, NoteKeyKind.Log, _key);
        Open();
    }

    public NoteSigner Signer { get; }

    public Journal Journal { get; } = new();

    public ManualTime Time { get; } = new();

    public SqliteEntryStore Real { get; private set; } = null!;

    public FaultyEntryStore Store { get; private set; } = null!;

    public Transparency.AccessLog Log { get; private set; } = null!;

    public string Folder => _folder.FullName;

    public string Path => System.IO.Path.Combine(_folder.FullName, "access-log.db");

    /// <summary>After the log was disposed of: a new program on the same file.</summary>
    public void Open()
    {
        Real = SqliteEntryStore.Open(Path, Origin);
        Store = new FaultyEntryStore(Real);
        Log = Transparency.AccessLog.OpenAsync(Store, Signer, Time, Journal.Loggers.CreateLogger<Transparency.AccessLog>()).GetAwaiter().GetResult();
    }

    public Task<IReadOnlyList<StoredEntry>> AllAsync() => Log.Store.ReadAsync(0, 10_000, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await Log.DisposeAsync();
        _folder.Delete(recursive: true);
        Journal.AssertNoUnexpectedError();
    }

    /// <summary>Some entry about one subject.</summary>
    public static NewEntry Entry(AccessEvent what = AccessEvent.Approved, ExchangeId? exchange = null, long timeMs = 1) => new(
        new OpenPart { Event = what, TimeMs = timeMs, ExchangeId = (exchange ?? ExchangeId.New()).ToArray().ToByteString() },
        [new NewSubject(new SubjectLeaf(0, SubjectOutcome.Unspecified))]);

    public static async Task UntilAsync(Func<bool> condition)
    {
        var waited = System.Diagnostics.Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(waited.Elapsed < Soon, "It did not happen in time.");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }
}
