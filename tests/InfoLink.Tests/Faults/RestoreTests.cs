using Dapper;
using InfoLink.Agent;
using InfoLink.Agent.Backup;
using InfoLink.Agent.Links;
using InfoLink.Agent.Manual;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Notes;
using InfoLink.Tests.AccessLog;
using InfoLink.Tests.EndToEnd;
using InfoLink.Transparency;
using InfoLink.Transparency.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace InfoLink.Tests.Faults;

/// <summary>What a restore never does, whatever goes wrong: continue a log that others saw more of, use a name twice, forget that marks are missing.</summary>
public sealed class RestoreTests : IDisposable
{
    private const string Origin = "test/agency/131002";
    private readonly TemporaryFolder _folder = new();
    private readonly AgentOptions _options;
    private int _made;

    public RestoreTests()
    {
        _options = new AgentOptions { Agency = "131002", Folder = _folder.Path() };
        _options.Write(Config);
        KeyFile.WriteNewKey(_folder.Path("log.key"));
        KeyFile.CreateFolder(Data());
    }

    private string Config => _folder.Path("agent.json");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_restore_that_failed_half_way_is_done_again_with_the_same_word_and_never_with_another()
    {
        var backup = await BackupAsync(records: 3);
        await GrowAsync(2);
        LoseTheDisk();
        Directory.CreateDirectory(Data("queue.db.restoring"));
        await RefusedAsync("'queue.db' cannot be put back", backup, SinceBackup.LogTailLost);
        Assert.Empty(Directory.GetFiles(Data(), "head-*.checkpoint"));
        Assert.False(File.Exists(Data("links.db")));
        Directory.Delete(Data("queue.db.restoring"));

        // What the first attempt knew, the second does; so does a start, and a folder that what an agent saw last is moved to.
        await RefusedAsync("Say --log-tail-lost again", backup, SinceBackup.Nothing);
        await RefusedAsync("Say --log-tail-lost again", backup, SinceBackup.Unknown);
        Assert.Contains("was ended when a backup was put back", (await Assert.ThrowsAsync<InvalidOperationException>(() => GrowAsync(1))).Message, StringComparison.Ordinal);
        LoseTheDisk("head-*");
        await RefusedAsync("Say --log-tail-lost again", backup, SinceBackup.Nothing);

        var restored = await PutBackAsync(backup, SinceBackup.LogTailLost);
        Assert.True(restored.MarksUnreviewed);
        Assert.Equal(3, (await (await SqliteEntryStore.ReadAsync(restored.KeptLog!, TestContext.Current.CancellationToken)).StateAsync(TestContext.Current.CancellationToken)).Size);
        Assert.False(File.Exists(Data("access-log.db")));
        Assert.True(File.Exists(Data("links.db")));
    }

    [Fact]
    public async Task No_log_that_is_begun_has_the_name_or_the_key_of_another_however_soon_it_follows()
    {
        var backup = await BackupAsync(records: 3);
        LoseTheDisk();
        var first = await PutBackAsync(backup, SinceBackup.LogTailLost, new Standing());
        LoseTheDisk();
        var second = await PutBackAsync(backup, SinceBackup.LogTailLost, new Standing());
        Assert.NotEqual(first.NextLog!.Key.Name, second.NextLog!.Key.Name, StringComparer.Ordinal);
        Assert.NotEqual(first.NextLog.KeyFile, second.NextLog.KeyFile, StringComparer.Ordinal);
        Assert.NotEqual(KeyFile.ReadKey(_folder.Path(first.NextLog.KeyFile)), KeyFile.ReadKey(_folder.Path(second.NextLog.KeyFile)));
    }

    [Fact]
    public async Task A_head_that_cannot_be_verified_is_no_head_that_is_not_there()
    {
        var backup = await BackupAsync(records: 3);
        await GrowAsync(2);
        LoseTheDisk("head-*");
        var head = Directory.GetFiles(Data(), "head-*.checkpoint").Single();
        var note = await File.ReadAllBytesAsync(head, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(head, note[..^10], TestContext.Current.CancellationToken);
        foreach (var since in Enum.GetValues<SinceBackup>())
        {
            await RefusedAsync(head, backup, since);
        }

        Assert.Equal(note[..^10], await File.ReadAllBytesAsync(head, TestContext.Current.CancellationToken));
        await File.WriteAllBytesAsync(head, note, TestContext.Current.CancellationToken);
        await RefusedAsync("it had published 5 records, and the backup has 3", backup, SinceBackup.Nothing);
    }

    [Fact]
    public async Task A_backup_of_a_log_that_is_not_the_agents_now_is_refused()
    {
        var backup = await BackupAsync(records: 3);
        LoseTheDisk();
        _options.LogOrigin = Origin + "/20261123-101112-0a1b2c3d";
        foreach (var since in Enum.GetValues<SinceBackup>())
        {
            await RefusedAsync($"The backup's log is '{Origin}'", backup, since);
        }
    }

    [Fact]
    public async Task A_log_that_has_ended_is_in_later_backups_and_comes_back()
    {
        var first = await BackupAsync(records: 3);
        LoseTheDisk();
        var kept = Path.GetFileName((await PutBackAsync(first, SinceBackup.LogTailLost)).KeptLog!);
        _options.LogOrigin = Origin + "/next";
        var second = await BackupAsync(records: 2);
        LoseTheDisk();
        await PutBackAsync(second, SinceBackup.Nothing);
        Assert.Equal(3, (await (await SqliteEntryStore.ReadAsync(Data(kept), TestContext.Current.CancellationToken)).StateAsync(TestContext.Current.CancellationToken)).Size);

        // Nobody had looked through the marks when it was taken: that is in it too.
        Assert.True(File.Exists(Data("marks-unreviewed")));
    }

    [Fact]
    public async Task Marks_are_in_no_doubt_only_where_the_operator_says_that_nothing_ran()
    {
        var backup = await BackupAsync(records: 3);
        LoseTheDisk();
        Assert.False((await PutBackAsync(backup, SinceBackup.Nothing)).MarksUnreviewed);
        Assert.False(File.Exists(Data("marks-unreviewed")));

        // A head that the backup contains says that nothing others saw is lost; not that no mark is.
        await GrowAsync(0);
        LoseTheDisk("head-*");
        Assert.True((await PutBackAsync(backup, SinceBackup.Unknown)).MarksUnreviewed);
        Assert.True(File.Exists(Data("marks-unreviewed")));
    }

    [Fact]
    public async Task What_a_backup_writes_is_its_owners_alone_from_the_first_byte()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Modes are Unix's.");
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        await using (var file = new SqliteConnection($"Data Source={Data("remedy.db")};Pooling=False"))
        {
            await file.OpenAsync(TestContext.Current.CancellationToken);
            await file.ExecuteAsync("CREATE TABLE t(x BLOB); INSERT INTO t SELECT randomblob(4000) FROM (VALUES (1), (2), (3), (4), (5), (6), (7), (8))");
        }

        // It ends as soon as the damaged file is copied: what is there then is as it was written.
        await using (var file = File.OpenWrite(Data("remedy.db")))
        {
            file.Position = 4096;
            file.Write(new byte[4096]);
        }

        var to = _folder.Path("open");
        Directory.CreateDirectory(to);
        File.SetUnixFileMode(Config, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        await Assert.ThrowsAsync<InvalidOperationException>(() => AgentBackup.TakeAsync(_options, Config, to, TimeProvider.System, TestContext.Current.CancellationToken));
        Assert.Equal(["agent.json", "remedy.db"], Directory.GetFiles(to).Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal), StringComparer.Ordinal);
        foreach (var file in Directory.GetFiles(to))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    private string Data(string name = "") => _folder.Path("data", name);

    /// <summary>What an agent holds: links, a queue, and a log of which everything is published.</summary>
    private async Task<string> BackupAsync(int records)
    {
        LinkTable.Open(Data("links.db"), TimeProvider.System);
        QueueStore.Open(Data("queue.db"));
        await GrowAsync(records);
        SqliteConnection.ClearAllPools();
        var to = _folder.Path($"backup-{_made++}");
        await AgentBackup.TakeAsync(_options, Config, to, TimeProvider.System, TestContext.Current.CancellationToken);
        return to;
    }

    private async Task GrowAsync(int records)
    {
        using var key = Ed25519PrivateKey.FromSeed(KeyFile.ReadKey(_folder.Path("log.key")));
        var signer = new NoteSigner(_options.LogOrigin.Length == 0 ? Origin : _options.LogOrigin, NoteKeyKind.Log, key);
        var store = SqliteEntryStore.Open(Data("access-log.db"), signer.Key.Name);
        await using var log = await Transparency.AccessLog.OpenAsync(store, signer, TimeProvider.System, NullLogger<Transparency.AccessLog>.Instance, head: new LogHead(Data(), signer.Key));
        await Task.WhenAll(Enumerable.Range(0, records).Select(_ => log.AppendAsync(LogOnDisk.Entry())));
        await log.PublishAsync(log.Checkpoint, TestContext.Current.CancellationToken);
    }

    private void LoseTheDisk(string but = "nothing")
    {
        SqliteConnection.ClearAllPools();
        var lost = _folder.Path($"lost-{_made++}");
        Directory.Move(Data(), lost);
        KeyFile.CreateFolder(Data());
        foreach (var saved in Directory.GetFiles(lost, but))
        {
            File.Copy(saved, Data(Path.GetFileName(saved)));
        }
    }

    private Task<Restored> PutBackAsync(string backup, SinceBackup since, TimeProvider? time = null) =>
        AgentRestore.PutBackAsync(_options, backup, since, time ?? TimeProvider.System, TestContext.Current.CancellationToken);

    private async Task RefusedAsync(string because, string backup, SinceBackup since) =>
        Assert.Contains(because, (await Assert.ThrowsAsync<InvalidOperationException>(() => PutBackAsync(backup, since))).Message, StringComparison.Ordinal);

    private sealed class Standing : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 11, 23, 10, 11, 12, TimeSpan.Zero);
    }
}
