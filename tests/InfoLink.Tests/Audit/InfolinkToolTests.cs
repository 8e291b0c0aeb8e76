using System.Diagnostics;
using System.Text.Json;
using Dapper;
using InfoLink.Audit.Logs;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Records;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.Transparency;
using InfoLink.Transparency.Sqlite;
using InfoLink.V1;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace InfoLink.Tests.Audit;

/// <summary>The tool as people run it, a process for each command, over the logs of a real exchange: what it prints, and its exit codes.</summary>
public sealed class InfolinkToolTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private NetworkFolder _network = null!;
    private ExchangeResult _exchange = null!;
    private string[] _bundles = [];

    public async ValueTask InitializeAsync()
    {
        _network = NetworkFolder.Create(_folder.Path("network"), "", TimeProvider.System);
        await using var running = await RunningNetwork.StartAsync(_network, TimeProvider.System, NullLoggerFactory.Instance);
        var walk = new Walk(running, TimeProvider.System);
        _exchange = await walk.ExchangeAsync();
        await walk.RecordsAsync(_exchange.ExchangeId!.Value);
        foreach (var cosigning in (Transparency.Witnessing.Cosigning[])[running.Broker.Cosigning, running.Requester.Cosigning, running.Provider.Cosigning])
        {
            await cosigning.UntilPublishedAsync(CancellationToken.None);
        }
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private MemberList Members => ((Authoring.Loaded<MemberList>.Whole)Authoring.MembersFile.Read(_network.MembersPath)).Value;

    private string BrokerLog => _network.Path("broker", "data", "access-log.db");

    private string RequesterLog => _network.AgencyPath(NetworkFolder.Requester, "data/access-log.db");

    private string ProviderLog => _network.AgencyPath(NetworkFolder.Provider, "data/access-log.db");

    [Fact]
    public async Task The_logs_of_an_exchange_are_verified_exported_and_reconciled()
    {
        foreach (var log in (string[])[BrokerLog, RequesterLog, ProviderLog])
        {
            var (code, output, error) = await RunAsync("log", "verify", log, "--members", _network.MembersPath, "--checkpoint", Path.GetDirectoryName(log)!);
            Assert.True(code == 0, output + error);
            Assert.Contains("Everything is what was signed", output, StringComparison.Ordinal);
            Assert.Contains("cosigned by", output, StringComparison.Ordinal);
        }

        await ExportAsync();
        var report = _folder.Path("report.json");
        string[] reconcile = ["audit", "reconcile", .. _bundles, "--members", _network.Path("authority", "members-1.json"), "--catalog", _network.Path("authority", "catalog-1.json"), "--authority", _network.Path("authority", "authority.json"), "--json", report, "--all", _folder.Path("all.jsonl")];
        var reconciled = await RunAsync(reconcile);
        Assert.True(reconciled.Code == 0, reconciled.Output + reconciled.Error);
        Assert.Contains("The custodians say the same", reconciled.Output, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(report));
        Assert.True(json.RootElement.GetProperty("sound").GetBoolean());
        Assert.Equal(1, json.RootElement.GetProperty("exchanges").GetInt32());
        Assert.Empty(await File.ReadAllTextAsync(_folder.Path("all.jsonl")));

        // One byte of a bundle.
        var file = Directory.GetFiles(Path.Combine(_bundles[0], "records", "000.p")).Single();
        await File.WriteAllBytesAsync(file, new Dice(1).Flip(await File.ReadAllBytesAsync(file)));
        reconciled = await RunAsync(reconcile);
        Assert.Equal(1, reconciled.Code);
        Assert.Contains("forged", reconciled.Output, StringComparison.Ordinal);
        Assert.NotEmpty(await File.ReadAllLinesAsync(_folder.Path("all.jsonl")));
        Assert.Equal(1, (await RunAsync("log", "verify", _bundles[0], "--members", _network.MembersPath)).Code);
        Assert.Equal(0, (await RunAsync("log", "verify", _bundles[1], "--members", _network.MembersPath)).Code);
    }

    [Fact]
    public async Task A_changed_record_and_a_database_that_was_put_back_are_found()
    {
        foreach (var (log, column) in ((string, string)[])[(BrokerLog, "open_part"), (RequesterLog, "subjects")])
        {
            var copy = _folder.Path($"{column}.db");
            await using (var connection = new SqliteConnection($"Data Source={log};Pooling=False"))
            {
                await connection.ExecuteAsync("VACUUM INTO @copy", new { copy });
            }

            await using (var connection = new SqliteConnection($"Data Source={copy};Pooling=False"))
            {
                var bytes = await connection.ExecuteScalarAsync<byte[]>($"SELECT {column} FROM entry WHERE serial = 1");
                await connection.ExecuteAsync($"UPDATE entry SET {column} = @flipped WHERE serial = 1", new { flipped = new Dice(7).Flip(bytes!) });
            }

            var (code, output, _) = await RunAsync("log", "verify", copy, "--members", _network.MembersPath, "--json");
            Assert.Equal(1, code);
            using var json = JsonDocument.Parse(output);
            var first = json.RootElement.GetProperty("first");
            Assert.Equal(("record-changed", 1), (first.GetProperty("name").GetString(), first.GetProperty("serial").GetInt32()));
        }

        // Without its newest record, by the checkpoint that lies beside it.
        await using (var connection = new SqliteConnection($"Data Source={ProviderLog};Pooling=False"))
        {
            await connection.ExecuteAsync("DELETE FROM entry; DELETE FROM checkpoint; UPDATE log SET size = 0, root = @root", new { root = Contracts.Merkle.MerkleTree.EmptyRoot.ToArray() });
        }

        var rewound = await RunAsync("log", "verify", ProviderLog, "--members", _network.MembersPath, "--checkpoint", Path.GetDirectoryName(ProviderLog)!);
        Assert.Equal(1, rewound.Code);
        Assert.Contains("rewound", rewound.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_flipped_bit_in_any_column_of_real_records_and_cosigned_checkpoints_is_found()
    {
        var dice = new Dice(31);
        var logs = KnownLog.Of(Members);
        (string Path, string Table, string Column)[] columns =
        [
            (RequesterLog, "entry", "subjects"), (RequesterLog, "entry", "particulars"), (ProviderLog, "entry", "subjects"), (BrokerLog, "entry", "subjects"),
            (BrokerLog, "checkpoint", "note"), (ProviderLog, "checkpoint", "note"),
        ];
        foreach (var (path, table, column) in columns)
        {
            for (var trial = 0; trial < (string.Equals(path, RequesterLog, StringComparison.Ordinal) && column is "subjects" ? 200 : 20); trial++)
            {
                var copy = _folder.Path($"{table}-{column}-{trial}.db");
                await using (var connection = new SqliteConnection($"Data Source={path};Pooling=False"))
                {
                    await connection.ExecuteAsync("VACUUM INTO @copy", new { copy });
                }

                await using (var connection = new SqliteConnection($"Data Source={copy};Pooling=False"))
                {
                    var (row, bytes) = await connection.QueryFirstAsync<(long, byte[])>($"SELECT rowid, {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY rowid DESC");
                    await connection.ExecuteAsync($"UPDATE {table} SET {column} = @flipped WHERE rowid = @row", new { flipped = dice.Flip(bytes), row });
                }

                var reader = await SqliteEntryStore.ReadAsync(copy, CancellationToken.None);
                var report = await LogCheck.DatabaseAsync(reader, logs.Single(log => string.Equals(log.Origin, reader.Origin, StringComparison.Ordinal)), [], copy, CancellationToken.None);
                Assert.True(report.Count > 0, $"{table}.{column}, trial {trial}: nothing was found.");
                File.Delete(copy);
            }
        }
    }

    [Fact]
    public async Task Records_are_shown_by_item_and_name_without_a_code()
    {
        var (code, output, _) = await RunAsync("log", "show", RequesterLog, "--exchange", _exchange.Id, "--json");
        Assert.Equal(0, code);
        using var json = JsonDocument.Parse(output);
        var received = json.RootElement[0];
        Assert.Equal(("RECEIVED", NetworkFolder.Requester), (received.GetProperty("event").GetString(), received.GetProperty("custodian").GetString()));
        Assert.Equal(["①", "②", "③", "④", "⑤", "⑥", "⑦", "⑨", "⑪", "⑫"], received.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("item").GetString()!), StringComparer.Ordinal);
        Assert.Contains("児童手当係", output, StringComparison.Ordinal);

        (code, output, _) = await RunAsync("log", "show", BrokerLog, "--exchange", _exchange.Id);
        Assert.Equal(0, code);
        Assert.Contains("APPROVED", output, StringComparison.Ordinal);
        Assert.Contains("106.municipality.108-1-ro", output, StringComparison.Ordinal);
        await ExportAsync();
        Assert.Contains("ASKED", (await RunAsync("log", "show", _bundles[1], "--serial", "0")).Output, StringComparison.Ordinal);
        Assert.Contains("ANSWERED", (await RunAsync("log", "show", _bundles[2], "--exchange", _exchange.Id)).Output, StringComparison.Ordinal);
        Assert.Equal(2, (await RunAsync("log", "show", BrokerLog, "--serial", "4711")).Code);
    }

    [Fact]
    public async Task A_proof_is_written_and_verified_with_the_logs_key_alone()
    {
        var file = _folder.Path("0.tlog-proof");
        Assert.Equal(0, (await RunAsync("log", "proof", BrokerLog, "--serial", "0", "--out", file)).Code);
        var key = Members.Broker.Logs[0].ToString();
        Assert.Equal(0, (await RunAsync("log", "verify", file, "--key", key)).Code);
        await ExportAsync();
        Assert.StartsWith("c2sp.org/tlog-proof@v1\n", (await RunAsync("log", "proof", _bundles[0], "--serial", "1")).Output, StringComparison.Ordinal);

        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file)).Replace("index 0", "index 1", StringComparison.Ordinal));
        var (code, output, _) = await RunAsync("log", "verify", file, "--key", key);
        Assert.Equal(1, code);
        Assert.Contains("receipt-inclusion", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_receipt_is_verified_and_one_for_another_token_is_not()
    {
        await using var log = await WrittenLog.OpenAsync(_folder.Path("log.db"), "", "audit-1", new Rpc.ManualTime());
        var token = Sha256Digest.Of([1]);
        var open = new OpenPart { Event = AccessEvent.Approved, Custodian = ApprovedRecord.BrokerCustodian, TimeMs = 1, TokenSha256 = token.ToByteString() };
        var receipt = await (await log.Log.AppendAsync(new NewEntry(open, []))).ToReceiptAsync(CancellationToken.None);
        var file = _folder.Path("a.receipt");
        await File.WriteAllBytesAsync(file, Google.Protobuf.MessageExtensions.ToByteArray(receipt));

        Assert.Equal(0, (await RunAsync("log", "verify", file, "--key", $"{log.Signer.Key}", "--token-sha256", Convert.ToHexString(token.Span))).Code);
        var (code, output, _) = await RunAsync("log", "verify", file, "--key", $"{log.Signer.Key}", "--token-sha256", Convert.ToHexString(Sha256Digest.Of([2]).Span));
        Assert.Equal(1, code);
        Assert.Contains("receipt-other-token", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_read_is_said_with_its_cause()
    {
        await AssertUnreadableAsync("No key of the log", "log", "verify", BrokerLog, "--key", $"{Members.Members[0].Logs[0]}");
        await AssertUnreadableAsync("not a log's public key", "log", "verify", BrokerLog, "--key", "x");
        await AssertUnreadableAsync("--members", "log", "verify", BrokerLog);
        await AssertUnreadableAsync("nowhere.db", "log", "verify", _folder.Path("nowhere.db"), "--members", _network.MembersPath);
        await AssertUnreadableAsync("member list", "log", "verify", BrokerLog, "--members", _network.CatalogPath);
        await AssertUnreadableAsync("no log, bundle, receipt", "log", "verify", _network.MembersPath, "--members", _network.MembersPath);
        await AssertUnreadableAsync("no bundle", "audit", "reconcile", _network.FullPath, "--members", _network.MembersPath);
        await AssertUnreadableAsync("not empty", "log", "export", BrokerLog, "--out", _network.FullPath);
        await AssertUnreadableAsync("either --exchange or --serial", "log", "show", BrokerLog);
        Assert.Contains("Exit codes", (await RunAsync("--help")).Output, StringComparison.Ordinal);

        async Task AssertUnreadableAsync(string word, params string[] arguments)
        {
            var (code, _, error) = await RunAsync(arguments);
            Assert.Equal(2, code);
            Assert.Contains(word, error, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        }
    }

    private async Task ExportAsync()
    {
        _bundles = [_folder.Path("bundle-broker"), _folder.Path("bundle-requester"), _folder.Path("bundle-provider")];
        foreach (var (log, bundle) in ((string[])[BrokerLog, RequesterLog, ProviderLog]).Zip(_bundles))
        {
            string[] pins = string.Equals(log, BrokerLog, StringComparison.Ordinal) ? [] : ["--pins", Path.Combine(Path.GetDirectoryName(log)!, "pins")];
            var (code, output, error) = await RunAsync(["log", "export", log, "--out", bundle, .. pins]);
            Assert.True(code == 0, error);
            Assert.Contains("not in it", output, StringComparison.Ordinal);
        }
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "infolink.dll"), .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(TestNetwork.Patience);
        return (process.ExitCode, await output, await error);
    }
}
