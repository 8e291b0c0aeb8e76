using Dapper;
using InfoLink.Audit.Bundles;
using InfoLink.Audit.Logs;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Rpc;
using InfoLink.Transparency;
using InfoLink.Transparency.Sqlite;
using InfoLink.V1;
using Microsoft.Data.Sqlite;
using Xunit;

namespace InfoLink.Tests.Audit;

/// <summary>A log large enough for a second level of tiles: 65,536 records and some more.</summary>
public sealed class LargeLogTests
{
    private const int Size = 65_536 + 300;

    [Fact]
    public async Task The_upper_tiles_of_a_log_are_checked_too()
    {
        using var folder = new TemporaryFolder();
        await using var log = await WrittenLog.OpenAsync(folder.Path("log.db"), "", "large-1", new ManualTime());
        await log.AppendAsync(Enumerable.Range(0, Size).Select(i => new NewEntry(
            new OpenPart { Event = AccessEvent.Refused, Custodian = "broker", TimeMs = i }, [new NewSubject(new SubjectLeaf((uint)i, SubjectOutcome.RefusedOutcome))])));
        await log.PublishAsync();
        await BundleExport.WriteAsync(log.Log.Store, folder.Path("bundle"), null, log.Time, CancellationToken.None);
        await log.CloseAsync();
        Assert.Empty((await CheckAsync()).Findings);
        Assert.Empty((await LogCheck.FolderAsync(folder.Path("bundle"), log.Known, [], CancellationToken.None)).Findings);

        var dice = new Dice(21);
        await using var connection = new SqliteConnection($"Data Source={log.Path};Pooling=False");
        var upper = await connection.ExecuteScalarAsync<byte[]>("SELECT hashes FROM tile WHERE level = 1");
        var (place, bit) = (dice.Below(256), dice.Below(8));
        byte[] flipped = [.. upper!];
        flipped[place * Sha256Digest.Size] ^= (byte)(1 << bit);
        await connection.ExecuteAsync("UPDATE tile SET hashes = @flipped WHERE level = 1", new { flipped });
        var first = (await CheckAsync()).First!;
        Assert.Equal(("tile-changed", "tile/1/000", (long?)(place * 256)), (first.Name, first.Path, first.Serial));

        await connection.ExecuteAsync("UPDATE tile SET hashes = @upper WHERE level = 1; DELETE FROM tile WHERE level = 0 AND number = 200", new { upper });
        first = (await CheckAsync()).First!;
        Assert.Equal(("tile-missing", "tile/0/200"), (first.Name, first.Path));

        await connection.ExecuteAsync("DELETE FROM entry WHERE serial = 51300");
        Assert.Equal(51_200, (await CheckAsync()).First!.Serial); // The tile over it is the first that is missing.
        var path = "tile/1/000";
        var bytes = await File.ReadAllBytesAsync(folder.Path("bundle", path));
        await File.WriteAllBytesAsync(folder.Path("bundle", path), dice.Flip(bytes));
        Assert.Equal(path, (await LogCheck.FolderAsync(folder.Path("bundle"), log.Known, [], CancellationToken.None)).First!.Path);

        async Task<LogReport> CheckAsync() =>
            await LogCheck.DatabaseAsync(await SqliteEntryStore.ReadAsync(log.Path, CancellationToken.None), log.Known, [], "log", CancellationToken.None);
    }
}
