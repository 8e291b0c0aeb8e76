using InfoLink.Audit.Bundles;
using InfoLink.Audit.Logs;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Tiles;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.Tests.Rpc;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Audit;

/// <summary>A bundle of 700 records: whatever is changed in it is found, and the first record or tile is named. And what is kept of single records.</summary>
public sealed class TamperedBundleTests : IAsyncLifetime
{
    private const int Size = 700;
    private const int Trials = 10;
    private readonly TemporaryFolder _folder = new();
    private WrittenLog _log = null!;
    private string _bundle = "";
    private int _copies;

    public async ValueTask InitializeAsync()
    {
        _log = await WrittenLog.OpenAsync(_folder.Path("log.db"), "", "audit-1", new ManualTime());
        await _log.AppendAsync(SomeRecords.Some(0, Size));
        await _log.PublishAsync();
        await _log.AppendAsync(SomeRecords.Some(Size, 9)); // Behind the checkpoint: not exported.
        _bundle = _folder.Path("bundle");
        await BundleExport.WriteAsync(_log.Log.Store, _bundle, null, _log.Time, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _log.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_bundle_is_laid_out_as_tiles_with_records_beside_and_is_sound()
    {
        var files = Directory.EnumerateFiles(_bundle, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(_bundle, file)).Order(StringComparer.Ordinal);
        Assert.Equal(
            [
                "bundle.json", "checkpoint", "records/000", "records/001", "records/002.p/188", "tile/0/000", "tile/0/001", "tile/0/002.p/188", "tile/1/000.p/2",
                "tile/entries/000", "tile/entries/001", "tile/entries/002.p/188",
            ],
            files,
            StringComparer.Ordinal);
        var about = BundleAbout.TryParse(await File.ReadAllBytesAsync(Path.Combine(_bundle, "bundle.json")))!;
        Assert.Equal(("infolink-bundle/1", "audit-1", "broker", 700), (about.Format, about.Origin, about.Custodian, about.Size));
        var report = await CheckAsync(_bundle);
        Assert.Empty(report.Findings);
        Assert.Equal((700, 700), (report.Records, report.Checkpoint));
    }

    [Fact]
    public async Task A_bundle_holds_no_code_tag_seed_or_particular()
    {
        var marked = new Marked().AddText("an operator", "児童手当係").AddText("a terminal", "terminal-12");
        foreach (var subject in (await _log.Log.Store.ReadAsync(0, 40, CancellationToken.None)).SelectMany(entry => entry.Subjects))
        {
            foreach (var secret in ((byte[]?[])[subject.Seed, subject.Tag, subject.OwnLinkCode]).OfType<byte[]>())
            {
                foreach (var file in Directory.EnumerateFiles(_bundle, "*", SearchOption.AllDirectories))
                {
                    Assert.Equal(-1, (await File.ReadAllBytesAsync(file)).AsSpan().IndexOf(secret));
                }
            }
        }

        marked.AssertNotBelow(_bundle);
    }

    [Theory]
    [InlineData("records/000", 0, 255)]
    [InlineData("records/002.p/188", 512, 699)]
    [InlineData("tile/entries/001", 256, 511)]
    [InlineData("tile/0/000", 0, 255)]
    [InlineData("tile/0/002.p/188", 512, 699)]
    [InlineData("tile/1/000.p/2", 0, 699)]
    public async Task A_flipped_bit_names_the_file_and_where_there_is_one_the_record(string path, int first, int last)
    {
        var dice = new Dice(path.Length);
        for (var trial = 0; trial < Trials; trial++)
        {
            var report = await TamperAsync(folder => ChangeAsync(folder, path, dice.Flip));
            Assert.Equal(path, report.First!.Path);
            Assert.InRange(report.First.Serial!.Value, first, last);
            Assert.Matches("^(record-changed|records-truncated|record-missing|record-added|tile-changed|tile-truncated)$", report.First.Name);
        }
    }

    [Fact]
    public async Task A_flipped_bit_within_a_records_bytes_names_that_record()
    {
        var bytes = await File.ReadAllBytesAsync(Path.Combine(_bundle, "records/001"));
        var dice = new Dice(11);
        for (var trial = 0; trial < Trials; trial++)
        {
            // Where each record begins is known from its length; only its own bytes are touched.
            var (place, at) = (dice.Below(256), 0);
            for (var before = 0; before < place; before++)
            {
                at += LengthAt(bytes, at, out var skipped) + skipped;
            }

            var length = LengthAt(bytes, at, out var head);
            var offset = at + head + dice.Below(length);
            var report = await TamperAsync(folder => ChangeAsync(folder, "records/001", file =>
            {
                file[offset] ^= (byte)(1 << dice.Below(8));
                return file;
            }));
            Assert.Equal(("record-changed", (long?)(256 + place), "records/001"), (report.First!.Name, report.First.Serial, report.First.Path));
            Assert.Equal(1, report.Count);
        }
    }

    [Theory]
    [InlineData("records/001", "record-missing", 256)]
    [InlineData("tile/entries/001", "tile-missing", 256)]
    [InlineData("tile/0/001", "tile-missing", 256)]
    [InlineData("tile/1/000.p/2", "tile-missing", 0)]
    public async Task A_file_that_is_not_there_is_named(string path, string name, long serial)
    {
        var report = await TamperAsync(folder => Task.Run(() => File.Delete(Path.Combine(folder, path))));
        Assert.Equal((name, path, (long?)serial), (report.First!.Name, report.First.Path, report.First.Serial));
    }

    [Theory]
    [InlineData("records/001", "records-truncated")]
    [InlineData("tile/entries/001", "tile-truncated")]
    [InlineData("tile/0/001", "tile-truncated")]
    [InlineData("tile/1/000.p/2", "tile-truncated")]
    [InlineData("checkpoint", "checkpoint-changed")]
    [InlineData("bundle.json", "bundle-changed")]
    public async Task A_truncated_file_is_named(string path, string name)
    {
        foreach (var less in (int[])[1, 40])
        {
            var report = await TamperAsync(folder => ChangeAsync(folder, path, bytes => bytes[..^less]));
            Assert.Equal((name, path), (report.First!.Name, report.First.Path));
        }
    }

    [Theory]
    [InlineData("records/000", "records/001", "record-changed", 0)]
    [InlineData("tile/entries/000", "tile/entries/001", "tile-changed", 0)]
    [InlineData("tile/0/000", "tile/0/001", "tile-changed", 0)]
    public async Task Swapped_files_are_named_by_the_first(string one, string other, string name, long serial)
    {
        var report = await TamperAsync(folder => Task.Run(() =>
        {
            File.Move(Path.Combine(folder, one), Path.Combine(folder, "x"));
            File.Move(Path.Combine(folder, other), Path.Combine(folder, one));
            File.Move(Path.Combine(folder, "x"), Path.Combine(folder, other));
        }));
        Assert.Equal((name, one, (long?)serial), (report.First!.Name, report.First.Path, report.First.Serial));
    }

    [Theory]
    [InlineData("tile/0/003")]
    [InlineData("tile/0/002")]
    [InlineData("records/002.p/187")]
    [InlineData("link-codes.txt")]
    public async Task A_file_too_many_is_named(string path)
    {
        var report = await TamperAsync(folder => Task.Run(() => File.Copy(Path.Combine(folder, "tile/0/000"), Path.Combine(folder, path))));
        Assert.Equal(("tile-added", path), (report.First!.Name, report.First.Path));
    }

    [Theory]
    [InlineData("\"size\": 700", "\"size\": 701")]
    [InlineData("\"origin\": \"audit-1\"", "\"origin\": \"audit-2\"")]
    [InlineData("infolink-bundle/1", "infolink-bundle/2")]
    public async Task A_description_that_does_not_fit_is_found(string was, string now)
    {
        var report = await TamperAsync(async folder =>
        {
            var path = Path.Combine(folder, "bundle.json");
            await File.WriteAllTextAsync(path, (await File.ReadAllTextAsync(path)).Replace(was, now, StringComparison.Ordinal));
        });
        Assert.Equal(("bundle-changed", "bundle.json"), (report.First!.Name, report.First.Path));
        Assert.Equal("bundle-changed", (await TamperAsync(folder => Task.Run(() => File.Delete(Path.Combine(folder, "bundle.json"))))).First!.Name);
    }

    [Fact]
    public async Task A_checkpoint_that_was_flipped_taken_away_or_is_anothers_is_found()
    {
        var dice = new Dice(12);
        for (var trial = 0; trial < 3 * Trials; trial++)
        {
            Assert.Equal("checkpoint", (await TamperAsync(folder => ChangeAsync(folder, "checkpoint", dice.Flip))).First!.Path);
        }

        Assert.Equal("checkpoint-missing", (await TamperAsync(folder => Task.Run(() => File.Delete(Path.Combine(folder, "checkpoint"))))).First!.Name);
        using var key = Ed25519PrivateKey.Create();
        var foreign = SignedCheckpoint.Sign(new Checkpoint("audit-2", Size, Sha256Digest.Zero), new NoteSigner("audit-2", NoteKeyKind.Log, key));
        Assert.Equal("other-log", (await TamperAsync(folder => ChangeAsync(folder, "checkpoint", _ => foreign))).First!.Name);
        var anotherTree = SignedCheckpoint.Sign(new Checkpoint("audit-1", Size, Sha256Digest.Zero), _log.Signer);
        Assert.Equal("records-rewritten", (await TamperAsync(folder => ChangeAsync(folder, "checkpoint", _ => anotherTree))).First!.Name);
    }

    [Fact]
    public async Task A_plain_folder_of_tiles_is_checked_too()
    {
        var folder = await CopyAsync();
        Directory.Delete(Path.Combine(folder, "records"), recursive: true);
        File.Delete(Path.Combine(folder, "bundle.json"));
        Assert.Empty((await CheckAsync(folder)).Findings);
        await ChangeAsync(folder, "tile/entries/000", new Dice(13).Flip);
        Assert.Equal("tile/entries/000", (await CheckAsync(folder)).First!.Path);
    }

    [Fact]
    public async Task A_kept_checkpoint_that_the_tree_does_not_have_is_a_fork_and_a_larger_one_is_not_judged()
    {
        var good = SignedCheckpoint.Sign(new Checkpoint("audit-1", 300, await RootAtAsync(300)), _log.Signer);
        Assert.Empty((await CheckAsync(_bundle, new KeptCheckpoint("kept", good))).Findings);
        var other = SignedCheckpoint.Sign(new Checkpoint("audit-1", 300, Sha256Digest.Zero), _log.Signer);
        Assert.Equal("fork", (await CheckAsync(_bundle, new KeptCheckpoint("kept", other))).First!.Name);
        var larger = await CheckAsync(_bundle, new KeptCheckpoint("kept", _log.Log.Checkpoint.Note));
        Assert.True(larger.Sound);
        Assert.Equal("pin-beyond", Assert.Single(larger.Findings).Name);
    }

    [Fact]
    public async Task A_proof_stands_by_itself_and_a_changed_one_does_not()
    {
        foreach (var serial in (long[])[0, 255, 256, 699])
        {
            foreach (var proof in (TlogProof[])[await LogCheck.ProveAsync(_log.Log.Store, serial, CancellationToken.None), await LogCheck.ProveAsync(_bundle, serial, CancellationToken.None)])
            {
                var bytes = proof.ToBytes();
                Assert.True(ReceiptCheck.IsProof(bytes));
                Assert.True(ReceiptCheck.Proof(bytes, [_log.Known], "p").Sound);
                var dice = new Dice((int)serial + 20);
                for (var trial = 0; trial < Trials; trial++)
                {
                    var flipped = dice.Flip(bytes);
                    Assert.False(ReceiptCheck.IsProof(flipped) && ReceiptCheck.Proof(flipped, [_log.Known], "p").Sound);
                }
            }
        }

        await Assert.ThrowsAsync<BundleException>(() => LogCheck.ProveAsync(_log.Log.Store, Size, CancellationToken.None)); // Not covered by the checkpoint.
        await Assert.ThrowsAsync<BundleException>(() => LogCheck.ProveAsync(_bundle, Size, CancellationToken.None));
    }

    [Fact]
    public async Task A_receipt_is_checked_alone_and_for_its_token()
    {
        var token = Sha256Digest.Of([1]);
        var open = new OpenPart { Event = AccessEvent.Approved, Custodian = "broker", TimeMs = 1, TokenSha256 = token.ToByteString() };
        var receipt = await (await _log.Log.AppendAsync(new Transparency.NewEntry(open, []))).ToReceiptAsync(CancellationToken.None);
        var bytes = Google.Protobuf.MessageExtensions.ToByteArray(receipt);
        Assert.True(ReceiptCheck.Receipt(bytes, [_log.Known], token, "r").Sound);
        Assert.Equal("receipt-other-token", ReceiptCheck.Receipt(bytes, [_log.Known], Sha256Digest.Of([2]), "r").First!.Name);

        var evidence = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, byte[]>(StringComparer.Ordinal) { ["receipt"] = bytes, ["tokenSha256"] = Sha256Digest.Of([2]).ToArray() });
        Assert.Equal("receipt-other-token", ReceiptCheck.Receipt(evidence, [_log.Known], null, "r").First!.Name);

        using var key = Ed25519PrivateKey.Create();
        Assert.Equal("receipt-checkpoint", ReceiptCheck.Receipt(bytes, [new KnownLog(new NoteSigner("audit-1", NoteKeyKind.Log, key).Key)], token, "r").First!.Name);
        Assert.Equal("other-log", ReceiptCheck.Receipt(bytes, [new KnownLog(new NoteSigner("audit-2", NoteKeyKind.Log, key).Key)], token, "r").First!.Name);
        var dice = new Dice(14);
        for (var trial = 0; trial < 6 * Trials; trial++)
        {
            Assert.False(ReceiptCheck.Receipt(dice.Flip(bytes), [_log.Known], token, "r").Sound);
        }
    }

    private async Task<LogReport> TamperAsync(Func<string, Task> tamper)
    {
        var folder = await CopyAsync();
        await tamper(folder);
        var report = await CheckAsync(folder);
        Assert.False(report.Sound, "Nothing was found.");
        Directory.Delete(folder, recursive: true);
        return report;
    }

    private Task<LogReport> CheckAsync(string folder, params KeptCheckpoint[] kept) => LogCheck.FolderAsync(folder, _log.Known, kept, CancellationToken.None);

    private async Task<string> CopyAsync()
    {
        var to = _folder.Path($"copy-{_copies++}");
        foreach (var file in Directory.EnumerateFiles(_bundle, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(_bundle, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            await File.WriteAllBytesAsync(copy, await File.ReadAllBytesAsync(file));
        }

        return to;
    }

    private async Task<Sha256Digest> RootAtAsync(ulong size) =>
        await Contracts.Merkle.MerkleProof.RootAsync(new TileNodes(new TileFolder(_bundle), Size), size, CancellationToken.None);

    private static async Task ChangeAsync(string folder, string path, Func<byte[], byte[]> change)
    {
        var file = Path.Combine(folder, path);
        await File.WriteAllBytesAsync(file, change(await File.ReadAllBytesAsync(file)));
    }

    private static int LengthAt(byte[] bytes, int at, out int head)
    {
        var (length, shift) = (0, 0);
        for (head = 0; ; shift += 7)
        {
            var next = bytes[at + head++];
            length |= (next & 0x7F) << shift;
            if (next < 0x80)
            {
                return length;
            }
        }
    }
}
